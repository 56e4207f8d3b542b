"""The words of chapter 07, from its findings: the decision, what would change it, what was assumed."""

from playbook.archive.findings import Finding, Findings
from playbook.chapters.plan.decision import decision_sentences
from playbook.chapters.plan.selection import lost_for_good_sentences
from playbook.offers.names import kind_names
from playbook.settings.offers import KINDS
from playbook.show.words import Words


def status_names(words: Words) -> dict[str, str]:
    """Return what becomes of a customer, in words."""
    say = words.say
    return {
        "planned": say("gets an offer"),
        "later": say("gets an offer later, if the pilot works"),
        "held_back": say("held back by chance, to measure by"),
        "no_room": say("budget or capacity used up"),
        "no_offer_pays": say("no offer likely enough to pay"),
        "wait": say("likely to return unaided: wait"),
        "let_go": say("let go"),
        "left_out": say("occasional buyer, left out"),
        "not_ranked": say("not ranked in chapter 06"),
        "value_unknown": say("value or chance to return cannot be told"),
        "not_contactable": say("no channel allowed"),
        "lost_for_good": say("cancelled for a reason that no offer changes"),
        "suppressed": say("on the suppression list: never contacted"),
        "contacted_recently": say("contacted lately: left in peace for now"),
        "same_person": say("the same person as another number: contacted, or left alone, under that one"),
    }


def offers_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the plan: the decision first, then who is left out and how it is carried out."""
    return [
        *decision_sentences(findings, words),
        *_carried_out(findings, words),
        *_left_out(findings, words),
    ]


def _if_any(n: int, words: Words, one: str, many: str, **values: str) -> list[str]:
    """Word how many there are; nothing where there are none."""
    return [words.say_many(one, many, n, **values)] if n else []


def _carried_out(findings: Findings, words: Words) -> list[str]:
    held_back, planned = findings["held_back"].value, findings["plan_customers"].value
    closed = findings["offers_closed"].value if planned else []
    too_few = words.say("Too few to hold anybody back by chance: the effect cannot be measured.")
    return [
        *([too_few] if planned and not held_back else []),
        *_if_any(
            held_back,
            words,
            "One customer, drawn by chance, is held back and must not be contacted.",
            "{n} customers, drawn by chance, are held back and must not be contacted.",
        ),
        *_if_any(
            len(closed),
            words,
            "One offer cannot be made in these weeks, by its dates: {names}.",
            "{n} offers cannot be made in these weeks, by their dates: {names}.",
            names=", ".join(f"“{name}”" for name in closed),
        ),
        *_if_any(
            findings["plan_complaints"].value,
            words,
            "One customer of the plan has a recent complaint that was never solved: apology and repair come"
            " before money.",
            "{n} customers of the plan have recent complaints that were never solved: apology and repair come"
            " before money.",
        ),
        *_if_any(
            findings["plan_cancellations"].value,
            words,
            "One has announced a cancellation: call, where that is allowed, before you confirm it.",
            "{n} have announced a cancellation: call, where that is allowed, before you confirm it.",
        ),
    ]


def _left_out(findings: Findings, words: Words) -> list[str]:
    return [
        *_if_any(
            findings["same_person"].value,
            words,
            "One number is the same person as another one, who is not contacted twice.",
            "{n} numbers are the same persons as others, who are not contacted twice.",
        ),
        *cancelled_sentences(findings, words),
        *lost_for_good_sentences(findings, words),
        *_not_contactable(findings, words),
        *_if_any(
            findings["value_unknown"].value,
            words,
            "One is not addressed because the value or the chance to return cannot be told.",
            "{n} are not addressed because their value or their chance to return cannot be told.",
        ),
        *_if_any(
            findings["let_go"].value + findings["no_offer_pays"].value,
            words,
            "For one no offer is expected to pay today: leave a good last impression (workbook).",
            "For {n} no offer is expected to pay today: leave a good last impression (workbook).",
        ),
    ]


def cancelled_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how many cancelled and are not addressed all the same."""
    if not findings["cancelled_not_selected"].value:
        return []
    why = (
        "Only the lapsed are addressed, by their silence: so soon after a cancellation nobody knows who comes"
        " back."
        if findings["selected"].verdict == "lapsed"
        else "The selection does not name them."
    )
    return [
        words.say_many(
            "One customer is lost through a cancellation, and not addressed.",
            "{n} customers are lost through a cancellation, and not addressed.",
            findings["cancelled_not_selected"].value,
        ),
        words.say(why),
    ]


def _not_contactable(findings: Findings, words: Words) -> list[str]:
    selected, n = findings["selected"], findings["not_contactable"].value
    if not n:
        return []
    message = (
        "{n} of the {selected} lapsed may not be contacted by any channel of the catalogue: ask for consent"
        " at the next occasion."
        if selected.verdict == "lapsed"
        else "{n} of the {selected} selected may not be contacted by any channel of the catalogue: ask for"
        " consent at the next occasion."
    )
    return [words.say(message, n=words.number(n), selected=words.number(selected.value))]


def change_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what would change the advice: the kind left out, the response, its form, the budget."""
    failed = failed_kinds(findings, words)
    if failed:
        failed.append(
            words.say("To plan them all the same, name their kind under offers.retry in client.yml.")
        )
    if not findings["plan_customers"].value:
        return [*failed, *_change_of_nothing(findings, words)]
    say, money, percent = words.say, words.money, words.percent
    lower, even = findings["profit_if_response_30_lower"], findings["break_even_response"]
    said = [
        say(
            "If all responses were 30% lower than stated, this plan would bring {profit}.",
            profit=money(lower.value),
        )
        if lower.value > 0
        else say(
            "If all responses were 30% lower than stated, this plan would lose {loss}.",
            loss=money(-lower.value),
        ),
        say(
            "It pays as long as the offers bring back at least {share} of the additional customers stated.",
            share=percent(even.value),
        ),
        _other_form(findings, words),
    ]
    return [*failed, *said, *_more_budget(findings, words), *_one_more_caller(findings, words)]


def failed_kinds(findings: Findings, words: Words) -> list[str]:
    """Word which kinds of offers are not planned, since their last campaign failed."""
    verdicts = {
        "backfires_later": words.say("brought money at first and lost it later, or drove people away"),
        "does_not": words.say("was measured, and does not work"),
    }
    failed = {kind: findings[f"failed_{kind}"] for kind in KINDS if f"failed_{kind}" in findings}
    return [
        words.say(
            "No {kind} offer is planned where none has worked: “{campaign}” {verdict}.",
            kind=kind_names(words)[kind],
            campaign=why.value,
            verdict=verdicts[str(why.verdict)],
        )
        for kind, why in failed.items()
    ]


def _change_of_nothing(findings: Findings, words: Words) -> list[str]:
    if findings["plan_customers"].verdict == "no_room":
        return _more_budget(findings, words)
    if findings["plan_customers"].verdict == "no_offer_pays":
        return [
            words.say(
                "This would change with cheaper contacts, with offers that bring back more customers, or with"
                " customers whose second life is worth more."
            )
        ]
    return []


def _other_form(findings: Findings, words: Words) -> str:
    other = findings["profit_other_form"]
    message = (
        "If offers multiplied everybody's odds to return instead of adding the same points, the plan would"
        " hold {held}, {share} of those of this plan among them, and bring {profit}."
        if other.verdict == "odds"
        else "If offers added the same points for everybody instead of multiplying the odds to return, the"
        " plan would hold {held}, {share} of those of this plan among them, and bring {profit}."
    )
    return words.say(
        message,
        held=words.say_many("{n} customer", "{n} customers", other.n or 0),
        share=words.percent(findings["share_in_common"].value),
        profit=words.money(other.value),
    )


def _one_more_caller(findings: Findings, words: Words) -> list[str]:
    caller = findings["value_of_one_more_caller"]
    if caller.value is None:
        return []
    if caller.value < 0.5:
        return [words.say("One more caller would bring nothing: calls are not what is scarce.")]
    return [
        words.say(
            "One more caller ({calls} a week for {weeks}) would bring about {profit} more, within"
            " the same budget and before the caller's own pay.",
            calls=words.say_many("{n} call", "{n} calls", caller.n or 0),
            weeks=words.say_many("{n} week", "{n} weeks", findings["plan_weeks"].value),
            profit=words.money(caller.value),
        )
    ]


def _more_budget(findings: Findings, words: Words) -> list[str]:
    value, room = findings["value_of_one_more"].value, findings["no_room"].value
    if value > 0.005:
        return [
            words.say(
                "The budget is the limit: {one} more would bring about {value} more, and any budget at all"
                " {profit} instead of {now}.",
                one=words.money(1),
                value=words.money(value, 2),
                profit=words.money(findings["profit_without_limit"].value),
                now=words.money(findings["plan_expected_profit"].value),
            )
        ]
    if room:
        return [words.say("The capacities are the limit: more budget would bring nothing.")]
    return [words.say("The budget is no limit: more of it would bring nothing.")]


def assumed_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what the plan takes for granted until it is measured."""
    say, percent, planned = words.say, words.percent, findings["plan_customers"]
    if not planned.value and planned.verdict not in ("no_offer_pays", "no_room"):
        return []
    said = [*_measured_response(findings, words), *_assumed_response(findings, words)]
    if findings["catalogue_preset"].value:
        said.append(
            say(
                "The offers and what they cost are the preset's, not the client's own: name a catalogue under"
                " offers in client.yml."
            )
        )
    if planned.value and findings["second_life_share"].value < 1:
        said.append(
            say(
                "Under some of these offers a second life is assumed to be worth less, down to {share} of the"
                " usual: those who come for an offer may leave when it is over.",
                share=percent(findings["second_life_share"].value),
            )
        )
    if findings["stay_share"].n:
        said.append(
            say(
                "{share} of those who return are assumed to be there still when the incentive for staying is"
                " paid.",
                share=percent(findings["stay_share"].value),
            )
        )
    said += _if_any(
        findings["language_unknown"].value,
        words,
        "One customer of the plan has no language here, and is addressed in {language}.",
        "{n} customers of the plan have no language here, and are addressed in {language}.",
        language=words.language_name(str(findings["language_unknown"].verdict)),
    )
    return said + _if_any(
        findings["consent_assumed"].value,
        words,
        "For one customer of the plan no consent is recorded: it was assumed (consent.assumed in"
        " client.yml).",
        "For {n} customers of the plan no consent is recorded: it was assumed (consent.assumed in"
        " client.yml).",
    )


def _measured_response(findings: Findings, words: Words) -> list[str]:
    known = findings["response_measured"]
    if not known.value:
        return []
    return [
        words.say_many(
            "For {n} contact the response was measured in earlier campaigns with a control group: between"
            " {low} and {high} percentage points more return.",
            "For {n} contacts the response was measured in earlier campaigns with a control group: between"
            " {low} and {high} percentage points more return.",
            known.n or 0,
            **_points(findings["response_range_measured"], words),
        )
    ]


def _assumed_response(findings: Findings, words: Words) -> list[str]:
    known, guessed = findings["response_measured"], findings["response_assumed"]
    if not guessed.value or (known.value and not guessed.n):
        return []
    message = (
        "For the other {n} it is assumed, not measured: between {low} and {high} percentage points more."
        if known.n
        else "How many more return because of an offer is assumed, not measured: between {low} and {high}"
        " percentage points more."
    )
    said = words.say(message, n=words.number(guessed.n or 0), **_points(findings["response_range"], words))
    nothing = findings["chance_of_nothing"].value
    if not nothing:
        return [said]
    counted = words.say(
        "A chance of {share} that they do nothing at all is counted in.", share=words.percent(nothing)
    )
    return [f"{said} {counted}"]


def _points(reach: Finding, words: Words) -> dict[str, str]:
    """Return the ends of a range of responses as points of a hundred."""
    return {"low": words.points(reach.low or 0), "high": words.points(reach.high or 0)}
