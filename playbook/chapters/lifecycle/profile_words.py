"""Chapter 02: what sets groups of customers apart, in words."""

from datetime import date

from playbook.archive.findings import Finding, Findings
from playbook.show.words import Words

MOST_NAMED = 5
LEAST_TO_COMPARE = 2
"""Customers without whom there is nobody to compare."""
SMALL = 0.1
"""Standardised difference below which a clear difference is a small one, and is not told."""


def attribute_labels(preset: str, words: Words) -> dict[str, tuple[str, str]]:
    """Return what each attribute is called, and how it is shown: share, money, mean or days."""
    say = words.say
    return {
        "orders": (say("number of orders"), "mean"),
        "silence": (say("days since the last order"), "days"),
        "age": (say("days since the first order"), "days"),
        "order_value": (say("amount of a usual order"), "money"),
        "gap": (say("usual days between orders"), "days"),
        "late": (say("silence, in times of the usual gap"), "mean"),
        "discount": (say("share of the list price not paid"), "share"),
        "coupons": (say("share of orders with a coupon"), "share"),
        "promotions": (say("share of orders with a promoted product"), "share"),
        "returned": (say("days with a return, per order"), "share"),
        "online": (say("share of orders placed online"), "share"),
        "visits": (say("visits in the last 90 days"), "mean"),
        "inquired": (say("having asked for something"), "share"),
        "complained": (say("a complaint that was not solved"), "share"),
        "solved": (say("complaints that were all solved"), "share"),
        "unsubscribed": (say("having unsubscribed"), "share"),
        "rating": (say("mean rating"), "mean"),
    }


def profile_sentences(group: str, findings: Findings, words: Words) -> list[str]:
    """Word what a group had more and less of, from the findings."""
    say = words.say
    compared = findings[f"{group}_customers"].value + findings[f"{group}_others"].value
    if compared < LEAST_TO_COMPARE or not findings[f"{group}_days"].value:
        return [
            say("Who left and who stayed cannot be told: too few days, or too few customers.")
            if group == "left"
            else say("Who is happiest cannot be told: too few days, or too few customers.")
        ]
    prefix = f"{group}_difference_"
    seen = {name.removeprefix(prefix): f for name, f in findings.items() if name.startswith(prefix)}
    who = [_who(group, findings, words)]
    if not seen:
        return [
            *who,
            say("Too few, or too little known of them, to tell what sets them apart."),
        ]
    clear = {name: f for name, f in seen.items() if f.verdict != "alike" and abs(f.value) >= SMALL}
    for verdict, message in (
        ("more", "Already on that day they stood higher than the others, on average, in: {list}."),
        ("less", "Already on that day they stood lower than the others, on average, in: {list}."),
    ):
        named = sorted((-abs(f.value), name) for name, f in clear.items() if f.verdict == verdict)
        if named:
            listed = "; ".join(_named(name, group, findings, words) for _, name in named[:MOST_NAMED])
            who.append(say(message, list=listed))
    if not clear:
        who.append(say("Nothing that was known before sets them clearly apart."))
    return [*who, say("These are associations: they say whom to look after, not why anybody left or stayed.")]


def _who(group: str, findings: Findings, words: Words) -> str:
    say, number = words.say, words.number
    inside, outside = findings[f"{group}_customers"], findings[f"{group}_others"]
    values = {
        "n": number(inside.value),
        "all": number(inside.value + outside.value),
        "days": number(findings[f"{group}_days"].value),
        "date": words.date(_date(findings[f"{group}_landmark"])),
    }
    if group == "left":
        return say(
            "Of {all} customers who were not lapsed on {date}, {n} left: none of them ordered in the"
            " {days} days that followed.",
            **values,
        )
    if inside.verdict == "ratings":
        return say(
            "Of {all} customers who gave a rating in the {days} days after {date}, {n} gave the best one"
            " every time: they are the happiest here.",
            **values,
        )
    return say(
        "Too few gave ratings to tell who is happiest. In their place stand the {n} of {all} customers who"
        " ordered most often in the {days} days after {date}.",
        **values,
    )


def _date(landmark: Finding) -> date:
    return date.fromisoformat(str(landmark.value))


def _named(name: str, group: str, findings: Findings, words: Words) -> str:
    preset = str(findings["preset"].value)
    means = (findings[f"{group}_{side}_{name}"].value for side in ("inside", "outside"))
    ours, theirs = (shown_mean(name, mean, preset, words) for mean in means)
    label = attribute_labels(preset, words)[name][0]
    return words.say("{attribute} ({ours} against {theirs})", attribute=label, ours=ours, theirs=theirs)


def shown_mean(attribute: str, mean: float, preset: str, words: Words) -> str:
    """Return the mean of an attribute as the reader sees it."""
    kind = attribute_labels(preset, words)[attribute][1]
    if kind == "share":
        return words.percent(mean, 1)
    return words.money(mean) if kind == "money" else words.number(mean, 1 if kind == "mean" else 0)
