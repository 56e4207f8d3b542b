"""The words of chapter 08's measurement, from its findings: the sentence for the meeting."""

from datetime import date

from playbook.archive.findings import Finding, Findings
from playbook.show.words import Words
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


def amount(value: float, unit: str, words: Words) -> str:
    """Return an effect in its unit: money with two decimals, shares in points of a hundred."""
    if unit == "money":
        return words.money(value, 2)
    if unit == "share":
        return words.number(100 * value, 1)
    return words.number(value, 2)


def interval(finding: Finding, words: Words) -> str:
    """Return an effect's interval in its unit."""
    low, high = finding.low or 0.0, finding.high or 0.0
    return words.between(amount(low, finding.unit, words), amount(high, finding.unit, words))


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
    return [sentence for k in range(1, n + 1) for sentence in one_campaign(findings, k, words)]


def one_campaign(findings: Findings, k: int, words: Words) -> list[str]:
    """Word one campaign: the verdict, what it cost, whether it lasts, and what makes it less sure."""
    verdict = str(findings[f"campaign_{k}"].verdict)
    told = {
        "works": _works,
        "does_not": _does_not,
        "backfires_later": _backfires,
        "cannot_be_told": _cannot_be_told,
    }[verdict](findings, k, words)
    said = [told, *_arms(findings, k, words), *_later(findings, k, words), *_cautions(findings, k, words)]
    return [sentence for sentence in said if sentence]


def _works(findings: Findings, k: int, words: Words) -> str:
    say, effect = words.say, findings[f"campaign_{k}_effect"]
    days = words.number(findings[f"campaign_{k}_horizon"].value)
    name, within = str(findings[f"campaign_{k}"].value), interval(effect, words)
    what = amount(effect.value, effect.unit, words)
    if effect.unit == "share":
        message = (
            "“{name}” works: within {days} days {what} more of a hundred visited than of those held back (95%"
            " interval {within})."
            if effect.verdict == "visit"
            else "“{name}” works: within {days} days {what} more of a hundred came back than of those held"
            " back (95% interval {within})."
        )
        return say(message, name=name, days=days, what=what, within=within)
    message = {
        "net": "“{name}” works: within {days} days it brought {what} more margin per customer, after contacts"
        " and incentives, than leaving them alone (95% interval {within}).{cost}",
        "margin": "“{name}” works before its costs, which are not known: within {days} days it brought {what}"
        " more margin per customer than leaving them alone (95% interval {within}).{cost}",
        "revenue": "“{name}” works: within {days} days it brought {what} more revenue per customer than"
        " leaving them alone (95% interval {within}).{cost}",
    }[str(effect.verdict)]
    return say(message, name=name, days=days, what=what, within=within, cost=_cost(findings, k, words))


def _cost(findings: Findings, k: int, words: Words) -> str:
    """Say how many came back because of it, and what each of them cost."""
    back, cost = findings.get(f"campaign_{k}_return"), findings.get(f"campaign_{k}_cost_per_additional")
    if back is None or back.low is None or cost is None or cost.value is None:
        return ""
    return " " + words.say(
        "{back} more of a hundred came back ({within}); each of these additional customers cost {cost}"
        " ({low} to {high}).",
        back=amount(back.value, "share", words),
        within=interval(back, words),
        cost=words.money(cost.value, 2),
        low=words.money(cost.low or 0, 2),
        high=words.money(cost.high or 0, 2),
    )


def _does_not(findings: Findings, k: int, words: Words) -> str:
    effect, worth = findings[f"campaign_{k}_effect"], findings[f"campaign_{k}_worthwhile"]
    return words.say(
        "“{name}” does not work: within {days} days the difference to those held back is {what} per {base}"
        " (95% interval {within}), and {worth} would have been the least worth having.",
        name=findings[f"campaign_{k}"].value,
        days=words.number(findings[f"campaign_{k}_horizon"].value),
        what=amount(effect.value, effect.unit, words),
        base=words.say("hundred customers") if effect.unit == "share" else words.say("customer"),
        within=interval(effect, words),
        worth=amount(worth.value, effect.unit, words),
    )


def _backfires(findings: Findings, k: int, words: Words) -> str:
    say, early = words.say, findings[f"campaign_{k}_early"]
    late, quits = findings.get(f"campaign_{k}_late"), findings[f"campaign_{k}_unsubscribe"]
    said = [
        say(
            "“{name}” looked good and backfires: in its first {days} days it brought {what} of margin per"
            " customer ({within}, before costs).",
            name=findings[f"campaign_{k}"].value,
            days=words.number(FIRST_DAYS),
            what=amount(early.value, early.unit, words),
            within=interval(early, words),
        )
    ]
    if late is not None and late.low is not None:
        said.append(
            say(
                "What followed, up to day {end}, is {what} against those held back ({within}).",
                end=words.number(late.n or 0),
                what=amount(late.value, late.unit, words),
                within=interval(late, words),
            )
        )
    if (quits.low or 0.0) > (findings[f"campaign_{k}_tolerance"].value or 0.0):
        said.append(
            say(
                "{what} more of a hundred unsubscribed ({within}): they cannot be won back by e-mail again.",
                what=amount(quits.value, "share", words),
                within=interval(quits, words),
            )
        )
    effect = findings.get(f"campaign_{k}_effect")
    if effect is not None and effect.low is not None and effect.unit == "money":
        said.append(
            say(
                "At day {days}, after all costs, {what} per customer is left ({within}).",
                days=words.number(findings[f"campaign_{k}_horizon"].value),
                what=amount(effect.value, effect.unit, words),
                within=interval(effect, words),
            )
            if effect.verdict == "net"
            else ""
        )
    return " ".join(part for part in said if part)


def _cannot_be_told(findings: Findings, k: int, words: Words) -> str:
    say, number = words.say, words.number
    campaign, reason = findings[f"campaign_{k}"], str(findings[f"campaign_{k}_reason"].value)
    effect, horizon = findings.get(f"campaign_{k}_effect"), findings[f"campaign_{k}_horizon"]
    buyers, least = findings.get(f"campaign_{k}_buyers"), findings[f"campaign_{k}_least_buyers"]
    messages = {
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
    }
    ready, lost = findings.get(f"campaign_{k}_ready"), findings.get(f"campaign_{k}_lost")
    values = {
        "horizon": number(horizon.value),
        "ready": words.date(date.fromisoformat(str(ready.value))) if ready and ready.value else "",
        "lost": number(lost.value) if lost else "",
        "buyers": number(buyers.value) if buyers and buyers.value is not None else "–",
        "least": number(least.value),
        "what": amount(effect.value, effect.unit, words) if effect else "",
        "base": say("hundred customers") if effect and effect.unit == "share" else say("customer"),
        "within": interval(effect, words) if effect else "",
    }
    return say(
        "Whether “{name}” worked cannot be told: {why}",
        name=campaign.value,
        why=say(messages[reason], **values),
    )


def _arms(findings: Findings, k: int, words: Words) -> list[str]:
    told, silent, names, j = [], 0, verdict_names(words), 1
    while arm := findings.get(f"campaign_{k}_arm_{j}"):
        effect = findings[f"campaign_{k}_arm_{j}_effect"]
        if effect.value is None or effect.low is None:
            silent += 1
        else:
            what = amount(effect.value, effect.unit, words)
            told.append(f"“{arm.value}”: {names[str(arm.verdict)]}, {what} ({interval(effect, words)})")
        j += 1
    said = []
    if told:
        arms = "; ".join(told)
        said.append(words.say("Its offers, corrected for how many there are: {arms}.", arms=arms))
    if silent and told:
        said.append(
            words.say_many("Of one more too few came back.", "Of {n} more too few came back each.", silent)
        )
    return [" ".join(said)] if said else []


def _later(findings: Findings, k: int, words: Words) -> list[str]:
    """Say whether a gain lasts, where the data reach further than the horizon."""
    effect, last = findings.get(f"campaign_{k}_effect"), findings.get(f"campaign_{k}_last_reading")
    verdict = findings[f"campaign_{k}"].verdict
    if effect is None or last is None or last.low is None or verdict != "works" or effect.unit != "money":
        return []
    values = {
        "days": words.number(last.n or 0),
        "what": amount(last.value, last.unit, words),
        "within": interval(last, words),
    }
    if last.low > 0:
        return [words.say("And it lasts: after {days} days the gain is {what} ({within}).", **values)]
    return [
        words.say(
            "Whether it lasts is another matter: after {days} days the difference is {what} ({within}).",
            **values,
        )
    ]


def _cautions(findings: Findings, k: int, words: Words) -> list[str]:
    say, said = words.say, []
    counts = {
        name: findings.get(f"campaign_{k}_{name}")
        for name in ("contaminated", "future", "unknown", "two_offers", "one_start", "elsewhere")
    }
    n = {name: int(found.value) if found and found.value else 0 for name, found in counts.items()}
    if n["contaminated"]:
        said.append(
            words.say_many(
                "One customer who was to be left alone was contacted: it counts as held back, and the effect"
                " looks smaller than it is.",
                "{n} customers who were to be left alone were contacted: they count as held back, and the"
                " effect looks smaller than it is.",
                n["contaminated"],
            )
        )
    if n["elsewhere"]:
        said.append(
            words.say_many(
                "One of its customers was contacted by another campaign within these days.",
                "{n} of its customers were contacted by another campaign within these days.",
                n["elsewhere"],
            )
        )
    if n["future"]:
        said.append(
            words.say_many(
                "One of its contacts lies after the day the data end and is left out.",
                "{n} of its customers were contacted after the day the data end, and are left out.",
                n["future"],
            )
        )
    if n["unknown"]:
        said.append(
            words.say_many(
                "One of its customers is in no other table and left out.",
                "{n} of its customers are in no other table and left out.",
                n["unknown"],
            )
        )
    if n["two_offers"]:
        said.append(
            words.say_many(
                "One customer got two of its offers and counts with the first.",
                "{n} customers got two of its offers and count with the first.",
                n["two_offers"],
            )
        )
    if n["one_start"]:
        said.append(
            say(
                "The dates of those held back are not those of the contacts: all are read from the"
                " campaign's first day."
            )
        )
    return [f"“{findings[f'campaign_{k}'].value}”: {sentence}" for sentence in said]
