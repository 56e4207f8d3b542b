"""The decision of chapter 07 in words, from its findings: do it, try it small, or do not."""

from playbook.archive.findings import Findings
from playbook.show.words import Words


def headline(findings: Findings, words: Words) -> str:
    """Word the decision in one sentence: do it, try it small, or do not."""
    profit, n = findings["plan_expected_profit"], findings["plan_customers"].value
    if profit.verdict in ("do_not", "unknown"):
        return _do_not(findings, words)
    pilot, measured = findings.get("pilot"), findings["profit_measured"]
    none = words.say("none of it measured here yet")
    values = {
        "channels": _channels(findings, words),
        "profit": words.money(profit.value),
        "low": words.money(profit.low or 0),
        "high": words.money(profit.high or 0),
        "chance": words.chance(findings["chance_of_profit"].value),
        "known": words.say("{share} of it measured here", share=words.percent(measured.value))
        if measured.n
        else none,
    }
    if profit.verdict == "do_it":
        return words.say_many(
            "Do it: contact one customer, {channels}. That is expected to bring {profit} more than leaving"
            " this customer alone, after all costs (90% interval {low} to {high}), {known}.",
            "Do it: contact {n} customers, {channels}. That is expected to bring {profit} more than leaving"
            " them alone, after all costs (90% interval {low} to {high}), {known}.",
            n,
            **values,
        )
    if pilot is None or pilot.value == n:
        return words.say_many(
            "Try it small: contacting one customer, {channels}, is expected to bring {profit} more than"
            " leaving this customer alone, after all costs (90% interval {low} to {high}, chance of a profit"
            " {chance}), {known}.",
            "Try it small: contacting {n} customers, {channels}, is expected to bring {profit} more than"
            " leaving them alone, after all costs (90% interval {low} to {high}, chance of a profit"
            " {chance}), {known}.",
            n,
            **values,
        )
    return words.say(
        "Try it small: contact {pilot} customers first. All {n}, {channels}, are expected to bring {profit}"
        " more than leaving them alone, after all costs (90% interval {low} to {high}, chance of a profit"
        " {chance}), {known}.",
        pilot=words.number(pilot.value),
        n=words.number(n),
        **values,
    )


def decision_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the decision, what it costs, what it rests on, and how a pilot begins."""
    said, n = headline(findings, words), findings["plan_customers"].value
    if not n:
        return [said]
    costs = words.say(
        "It is expected to cost {spend}: {contact} for contacts, {incentives} for incentives to those who"
        " return.",
        spend=words.money(findings["budget_used"].value),
        contact=words.money(findings["plan_contact_cost"].value),
        incentives=words.money(findings["plan_incentives"].value),
    )
    return [said, " ".join([costs, *beyond_tested(findings, words)]), *_pilot(findings, words)]


def _pilot(findings: Findings, words: Words) -> list[str]:
    """Word the pilot: how many now, how many are held back, how many if it works."""
    pilot, number = findings.get("pilot"), words.number
    if pilot is None:
        many = (
            findings["plan_expected_profit"].verdict == "try_small" and findings["plan_customers"].value > 1
        )
        return [words.say("Begin with one in five, measure, and go on only if it pays.")] if many else []
    message = (
        "The pilot: {pilot} are contacted, and {held_back} are left alone whom chance drew from the same"
        " customers; {later} more follow only if it works."
        if findings["later"].value
        else "All of it is a pilot: {pilot} are contacted, and {held_back} are left alone whom chance drew"
        " from the same customers."
    )
    values = {
        "pilot": pilot.value,
        "held_back": findings["held_back"].value,
        "later": findings["later"].value,
    }
    said = words.say(message, **{name: number(value) for name, value in values.items()})
    return [said, *too_small(findings, words)]


def too_small(findings: Findings, words: Words) -> list[str]:
    """Say so where a pilot cannot prove anything."""
    pilot = findings.get("pilot")
    if pilot is None or pilot.verdict != "too_small":
        return []
    return [
        words.say(
            "Only a clear effect will show: should the offers bring hardly anybody back, too few return by"
            " the day of the verdict to tell."
        )
    ]


def beyond_tested(findings: Findings, words: Words) -> list[str]:
    """Word how much of the expected profit lies beyond the silence that was tested."""
    beyond = findings["profit_beyond_tested"]
    if not beyond.n:
        return []
    return [
        words.say_many(
            "{amount} of the profit comes from one customer whose silence lies beyond what the offer was"
            " tested on.",
            "{amount} of the profit comes from {n} customers whose silence lies beyond what their offer was"
            " tested on.",
            beyond.n,
            amount=words.money(beyond.value),
        )
    ]


def _do_not(findings: Findings, words: Words) -> str:
    say, budget = words.say, words.money(findings["budget"].value)
    why = str(findings["plan_customers"].verdict)
    if why == "nobody_selected":
        if findings["selected"].verdict == "lapsed":
            return say("Nothing to do: nobody is lapsed, so there is nobody to win back today.")
        return say("Nothing to do: nobody fits the selection in client.yml.")
    if why == "no_even_chance":
        return say(
            "Do not: even the best plan has a chance of a profit of {chance} only, as far as is known of what"
            " offers do here. Cheaper contacts would change that, or a campaign that works.",
            chance=words.chance(findings["chance_of_profit"].value),
        )
    reasons = {
        "unknown": say(
            "Whether an offer would pay cannot be told: these data do not show who returns unaided."
        ),
        "nobody_contactable": say(
            "Do not: none of those who could be won back may be contacted by a channel of the catalogue."
        ),
        "nobody_addressed": say(
            "Do not: nobody who may be contacted is left to be addressed; all wait, are let go or left out."
        ),
        "no_offer_pays": say(
            "Do not: no offer of the catalogue is expected to bring back more than it costs from anybody."
            " The plan is empty, and that is the advice."
        ),
        "offers_over": say(
            "Do not: none of the catalogue's offers can be made in the coming weeks, because their dates are"
            " over or have not begun. Set first_day and last_day anew, and run again."
        ),
        "no_offer_suits": say(
            "Do not: no offer of the catalogue suits anybody who may be addressed, by its channel and the"
            " reasons and stages that it is made for."
        ),
        "no_capacity": say(
            "Nothing is planned: the capacities in the catalogue and in client.yml leave nobody to make"
            " any contact."
        ),
        "no_room": say(
            "Nothing is planned: offers would pay, but the budget of {budget} or the capacities leave room"
            " for none.",
            budget=budget,
        ),
    }
    return reasons[why]


def _channels(findings: Findings, words: Words) -> str:
    say = words.say
    used = {
        channel: n
        for channel in ("phone", "letter", "email", "visit")
        if (n := findings[f"plan_{channel}"].value)
    }
    alone = {
        "phone": say("by phone"),
        "letter": say("by letter"),
        "email": say("by e-mail"),
        "visit": say("by a visit"),
    }
    if len(used) == 1:
        return alone[next(iter(used))]
    counted = {
        "phone": "{count} by phone",
        "letter": "{count} by letter",
        "email": "{count} by e-mail",
        "visit": "{count} by a visit",
    }
    return ", ".join(say(counted[channel], count=words.number(n)) for channel, n in used.items())
