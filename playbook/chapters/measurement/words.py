"""The words of chapter 08's measurement, from its findings: the sentence for the meeting."""

from datetime import date

from playbook.archive.findings import Finding, Findings
from playbook.show.words import Words
from playbook.stats.trials.effects import Effect
from playbook.stats.trials.verdicts import FIRST_DAYS


def verdict_names(words: Words) -> dict[str, str]:
    """Return how the verdicts are called."""
    say = words.say
    return {
        "works": say("works"),
        "does_not": say("does not work"),
        "backfires_later": say("backfires later"),
        "cannot_be_told": say("cannot be told"),
    }


def outcome_names(words: Words) -> dict[str, str]:
    """Return how the outcomes are called."""
    say = words.say
    return {
        "visit": say("visited"),
        "return": say("came back"),
        "orders": say("orders"),
        "revenue": say("revenue"),
        "margin": say("margin before costs"),
        "net": say("margin after costs"),
        "unsubscribe": say("unsubscribed"),
        "complaint": say("complained"),
    }


# Numbers -------------------------------------------------------------------------------------


def amount(value: float, unit: str, words: Words) -> str:
    """Return an effect in its unit: money with two decimals, shares in points of a hundred."""
    return words.money(value, 2) if unit == "money" else number_of(value, unit, words)


def number_of(value: float, unit: str, words: Words) -> str:
    """Return a value as tables show it: shares in points of a hundred, money without its currency."""
    return words.points(value) if unit == "share" else words.number(value, 2)


def points(share: float | None, words: Words) -> str | None:
    """Return a share in points of a hundred; nothing where it is not known."""
    return None if share is None else words.points(share)


def limits(low: float | None, high: float | None, unit: str, words: Words) -> str | None:
    """Return an interval as tables show it; nothing where there is none."""
    if low is None or high is None:
        return None
    return words.between(number_of(low, unit, words), number_of(high, unit, words))


def with_interval(effect: Effect | None, words: Words) -> str | None:
    """Return an effect with its interval, for a table; nothing where too few came back for one."""
    if effect is None or not effect.has_interval:
        return None
    value = number_of(effect.value, effect.unit, words)
    return f"{value} ({limits(effect.low, effect.high, effect.unit, words)})"


def interval(finding: Finding, words: Words) -> str:
    """Return an effect's interval in its unit, for a sentence."""
    low, high = finding.low or 0.0, finding.high or 0.0
    return words.between(amount(low, finding.unit, words), amount(high, finding.unit, words))


def _effect(finding: Finding, words: Words) -> dict[str, str]:
    """Return an effect and its interval, to be filled into a sentence."""
    return {"what": amount(finding.value, finding.unit, words), "within": interval(finding, words)}


# Campaigns -----------------------------------------------------------------------------------


def campaign_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the verdict on every campaign, the latest last."""
    n = int(findings["campaigns"].value)
    if not n:
        return [
            words.say(
                "No campaign can be measured: the data hold no contacts. Keep a list of who was contacted and"
                " who was held back, and hand it in with the next export."
            )
        ]
    return [sentence for k in range(1, n + 1) for sentence in one_campaign(_findings_of(k, findings), words)]


def _findings_of(k: int, findings: Findings) -> Findings:
    """Return the findings of one campaign, without its place in their names."""
    name = f"campaign_{k}"
    own = {key.removeprefix(f"{name}_"): f for key, f in findings.items() if key.startswith(f"{name}_")}
    return own | {"campaign": findings[name]}


def one_campaign(own: Findings, words: Words) -> list[str]:
    """Word one campaign: the verdict, what it cost, whether it lasts, and what makes it less sure."""
    verdict = {
        "works": _works,
        "does_not": _does_not,
        "backfires_later": _backfires,
        "cannot_be_told": _cannot_be_told,
    }[str(own["campaign"].verdict)](own, words)
    return [verdict, *_arms(own, words), *_later(own, words), *_cautions(own, words)]


def _works(own: Findings, words: Words) -> str:
    effect = own["effect"]
    message = {
        "visit": "“{name}” works: within {days} days {what} more of a hundred visited than of those held back"
        " (95% interval {within}).",
        "return": "“{name}” works: within {days} days {what} more of a hundred came back than of those held"
        " back (95% interval {within}).",
        "net": "“{name}” works: within {days} days it brought {what} more margin per customer, after contacts"
        " and incentives, than leaving them alone (95% interval {within}).{cost}",
        "margin": "“{name}” works before its costs, which are not known: within {days} days it brought {what}"
        " more margin per customer than leaving them alone (95% interval {within}).{cost}",
        "revenue": "“{name}” works: within {days} days it brought {what} more revenue per customer than"
        " leaving them alone (95% interval {within}).{cost}",
    }[str(effect.verdict)]
    days = words.number(own["horizon"].value)
    name, cost = own["campaign"].value, _cost(own, words)
    return words.say(message, name=name, days=days, cost=cost, **_effect(effect, words))


def _cost(own: Findings, words: Words) -> str:
    """Say how many came back because of it, and what each of them cost."""
    back, cost = own.get("return"), own.get("cost_per_additional")
    if back is None or back.low is None or cost is None or cost.value is None:
        return ""
    return " " + words.say(
        "{what} more of a hundred came back ({within}); each of these additional customers cost {cost}"
        " ({low} to {high}).",
        cost=words.money(cost.value, 2),
        low=words.money(cost.low or 0, 2),
        high=words.money(cost.high or 0, 2),
        **_effect(back, words),
    )


def _does_not(own: Findings, words: Words) -> str:
    effect = own["effect"]
    return words.say(
        "“{name}” does not work: within {days} days the difference to those held back is {what} per {base}"
        " (95% interval {within}), and {worth} would have been the least worth having.",
        name=own["campaign"].value,
        days=words.number(own["horizon"].value),
        base=_base(effect, words),
        worth=amount(own["worthwhile"].value, effect.unit, words),
        **_effect(effect, words),
    )


def _base(effect: Finding, words: Words) -> str:
    """Return of whom an effect is."""
    return words.say("hundred customers") if effect.unit == "share" else words.say("customer")


def _backfires(own: Findings, words: Words) -> str:
    say, effect, late, quits = words.say, own.get("effect"), own.get("late"), own["unsubscribe"]
    said = [
        say(
            "“{name}” looked good and backfires: in its first {days} days it brought {what} of margin per"
            " customer ({within}, before costs).",
            name=own["campaign"].value,
            days=words.number(FIRST_DAYS),
            **_effect(own["early"], words),
        )
    ]
    if late is not None and late.low is not None:
        said.append(
            say(
                "What followed, up to day {end}, is {what} against those held back ({within}).",
                end=words.number(late.n or 0),
                **_effect(late, words),
            )
        )
    if (quits.low or 0.0) > (own["tolerance"].value or 0.0):
        said.append(
            say(
                "{what} more of a hundred unsubscribed ({within}): they cannot be won back by e-mail again.",
                **_effect(quits, words),
            )
        )
    if effect is not None and effect.low is not None and effect.verdict == "net":
        said.append(
            say(
                "At day {days}, after all costs, {what} per customer is left ({within}).",
                days=words.number(own["horizon"].value),
                **_effect(effect, words),
            )
        )
    return " ".join(said)


def _cannot_be_told(own: Findings, words: Words) -> str:
    number, effect, buyers = words.number, own.get("effect"), own.get("buyers")
    message = {
        "future": "all its contacts lie after the day the data end.",
        "no_control": "nobody was held back, so no effect can be claimed: some would have come back anyway,"
        " and nobody knows how many.",
        "nobody_contacted": "the list holds only customers who were held back, and nobody who was contacted.",
        "nobody_known": "none of its customers is in any other table; their orders are not in the data.",
        "before_data": "it began before the first order in the data, so what followed it is not all there.",
        "too_early": "its {horizon} days end on {ready}; until then every reading is interim.",
        "no_visits": "client.yml asks for visits, and the data record none.",
        "arms_differ": "contacted and held back were not alike before it, more than chance allows: the draw"
        " went wrong or the lists were changed afterwards.",
        "lost": "{lost} of its customers are in no other table, too many to do without.",
        "too_few": "too few came back for an interval that means anything: {buyers} are to be expected in the"
        " smaller group were both alike, and it takes {least}.",
        "includes_both": "within {horizon} days the difference is {what} per {base}, and the 95% interval,"
        " {within}, holds both no effect and one worth having.",
        "contaminated": "too many of those held back were contacted all the same: the effect is watered down,"
        " so that nobody can say that it is small.",
    }[str(own["reason"].value)]
    ready = own["ready"].value
    values = {
        "horizon": number(own["horizon"].value),
        "ready": words.date(date.fromisoformat(ready)) if ready else "",
        "lost": number(own["lost"].value),
        "buyers": number(buyers.value) if buyers else "–",
        "least": number(own["least_buyers"].value),
    }
    if effect:
        values |= {"base": _base(effect, words)} | _effect(effect, words)
    why = words.say(message, **values)
    return words.say("Whether “{name}” worked cannot be told: {why}", name=own["campaign"].value, why=why)


def _arms(own: Findings, words: Words) -> list[str]:
    listed, silent, names, j = [], 0, verdict_names(words), 1
    while arm := own.get(f"arm_{j}"):
        effect = own[f"arm_{j}_effect"]
        if effect.low is None:
            silent += 1
        else:
            what = amount(effect.value, effect.unit, words)
            listed.append(f"“{arm.value}”: {names[str(arm.verdict)]}, {what} ({interval(effect, words)})")
        j += 1
    if not listed:
        return []
    said = words.say("Its offers, corrected for how many there are: {arms}.", arms="; ".join(listed))
    if silent:
        said += " " + words.say_many(
            "Of one more too few came back.", "Of {n} more too few came back each.", silent
        )
    return [said]


def _later(own: Findings, words: Words) -> list[str]:
    """Say whether a gain lasts, where the data reach further than the horizon."""
    effect, last = own.get("effect"), own.get("last_reading")
    if effect is None or last is None or last.low is None:
        return []
    if own["campaign"].verdict != "works" or effect.unit != "money":
        return []
    message = (
        "And it lasts: after {days} days the gain is {what} ({within})."
        if last.low > 0
        else "Whether it lasts is another matter: after {days} days the difference is {what} ({within})."
    )
    return [words.say(message, days=words.number(last.n or 0), **_effect(last, words))]


def _cautions(own: Findings, words: Words) -> list[str]:
    """Say which customers make the comparison less sure, and how many they are."""
    messages = {
        "contaminated": (
            "One customer who was to be left alone was contacted: this customer counts as held back, and"
            " the effect looks smaller than it is.",
            "{n} customers who were to be left alone were contacted: they count as held back, and the"
            " effect looks smaller than it is.",
        ),
        "elsewhere": (
            "One of its customers was contacted by another campaign within these days.",
            "{n} of its customers were contacted by another campaign within these days.",
        ),
        "future": (
            "One of its contacts lies after the day the data end and is left out.",
            "{n} of its customers were contacted after the day the data end, and are left out.",
        ),
        "unknown": (
            "One of its customers is in no other table and left out.",
            "{n} of its customers are in no other table and left out.",
        ),
        "two_offers": (
            "One customer got two of its offers and counts with the first.",
            "{n} customers got two of its offers and count with the first.",
        ),
    }
    said = [
        words.say_many(*message, int(own[name].value))
        for name, message in messages.items()
        if own[name].value
    ]
    if own["one_start"].value:
        said.append(
            words.say(
                "The dates of those held back are not those of the contacts: all are read from the"
                " campaign's first day."
            )
        )
    return [f"“{own['campaign'].value}”: {sentence}" for sentence in said]
