"""Chapter 02: the stages, their rules and what the data cannot show, in words."""

from collections.abc import Mapping, Sequence
from functools import reduce

from playbook.archive.findings import Findings
from playbook.chapters.lifecycle.rules import STAGES, Silences
from playbook.settings.client import Settings
from playbook.settings.lifecycle import Lifecycle
from playbook.show.words import Words

FRESH = ("just engaged", "engaged", "firmly engaged")
CONTACTS = ("suspect", "prospect", "lead")


EVENTS = {
    "visit": "a visit",
    "inquiry": "an inquiry",
    "complaint": "a complaint that was not solved",
    "complaint_solved": "a complaint that was solved",
    "cancellation": "a cancellation",
    "unsubscribe": "an unsubscription",
    "review": "a review",
    "call": "a call",
}
"""What each kind of event is called, in the middle of a sentence."""


def stage_labels(words: Words) -> dict[str, str]:
    """Return what each stage is called, in the order of the stages."""
    return {stage: words.say(stage) for stage in STAGES}


# The rules -----------------------------------------------------------------------------------


def stage_rules(silences: Silences, settings: Settings, words: Words) -> dict[str, str]:
    """Return the rule of every stage, in words, with its numbers."""
    say, rules = words.say, settings.lifecycle
    visits = say(
        "{n} visits, the first and the last more than {days} days apart",
        n=words.number(rules.visits),
        days=words.number(rules.visits_over_days),
    )
    asked = any_of(rules.lead_events, words)
    return {
        "suspect": say("known to the client, and nothing measurable has happened yet"),
        "prospect": say("has shown interest: {events}", events=any_of(rules.prospect_events, words)),
        "lead": asked
        if rules.engaged_without_order
        else say("has asked for something: {events}; or {visits}", events=asked, visits=visits),
        **_rules_by_orders(rules, visits, words),
        **_rules_by_silence(silences, settings, words),
    }


def _rules_by_orders(rules: Lifecycle, visits: str, words: Words) -> dict[str, str]:
    def orders(least: int, below: int) -> str:
        if below - least > 1:
            span = words.between(words.number(least), words.number(below - 1))
            return words.say("{span} orders", span=span)
        return words.say_many("{n} order", "{n} orders", least)

    return {
        "just engaged": orders(rules.just_engaged_orders, rules.engaged_orders),
        "engaged": words.say(
            "{orders}; or fewer, and perhaps known since before the data begin",
            orders=orders(rules.engaged_orders, rules.firmly_engaged_orders),
        ),
        "firmly engaged": words.say(
            "{n} orders or more; or {visits}",
            n=words.number(rules.firmly_engaged_orders),
            visits=visits,
        ),
    }


def _rules_by_silence(silences: Silences, settings: Settings, words: Words) -> dict[str, str]:
    say, rules = words.say, settings.lifecycle

    def silent(days: int, source: str, share: float) -> str:
        text = say("silent for more than {days} days", days=words.number(days))
        if source != "data":
            return text
        return say(
            "{silent}: by then {share} of those who come back are back",
            silent=text,
            share=words.percent(share),
        )

    def after(rule: str, kinds: Sequence[str]) -> str:
        if not kinds:
            return rule
        return say(
            "{rule}; or {events} since the last order",
            rule=rule,
            events=any_of(kinds, words),
        )

    at_risk = silent(silences.at_risk, silences.at_risk_source, rules.at_risk_share)
    lost = silent(silences.lost, silences.lost_source, rules.lost_share)
    return {
        "at risk": after(at_risk, rules.at_risk_events),
        "lapsed": silent(silences.lapsed, silences.inactivity.source, settings.survival.share_of_returns),
        "lost": after(lost, rules.lost_events),
    }


def any_of(kinds: Sequence[str], words: Words) -> str:
    """Return kinds of events with an 'or' between them."""
    labels = [words.say(EVENTS[kind]) for kind in kinds] or [words.say("nothing")]
    return reduce(lambda some, last: words.say("{some} or {last}", some=some, last=last), labels)


# What was found ------------------------------------------------------------------------------


def stage_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the base by stage from its findings."""
    say, number = words.say, words.number
    counts = {stage: int(findings[stage_key(stage)].value) for stage in STAGES}
    buyers = sum(counts[stage] for stage in STAGES if stage not in CONTACTS)
    known = sum(counts.values())
    if known == 1:
        stage = next(stage for stage in STAGES if counts[stage])
        return [say("One person is known, in the stage “{stage}”.", stage=stage_labels(words)[stage])]
    said = [
        say(
            "Of {known} people known, {buyers}. {engaged}"
            " ({just} just engaged, {some} engaged, {firmly} firmly engaged), {risk} at risk, {lapsed}"
            " lapsed and {lost} lost.",
            known=number(known),
            buyers=words.say_many("{n} has ordered", "{n} have ordered", buyers),
            engaged=words.say_many(
                "{n} customer is engaged", "{n} customers are engaged", sum(counts[stage] for stage in FRESH)
            ),
            just=number(counts["just engaged"]),
            some=number(counts["engaged"]),
            firmly=number(counts["firmly engaged"]),
            risk=number(counts["at risk"]),
            lapsed=number(counts["lapsed"]),
            lost=number(counts["lost"]),
        )
    ]
    said += _lapsed_sentences(findings, words)
    if contacts := sum(counts[stage] for stage in CONTACTS):
        stages = ", ".join(_contacts_by_stage(counts, words))
        said.append(say("{n} never ordered: {stages}.", n=number(contacts), stages=stages))
    return said + _margin_sentences(findings, words)


def _lapsed_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how the two last stages go together with who is called lapsed in the other chapters."""
    lapsed, early = findings["lapsed_by_silence"].value, findings["lost_before_silence"].value
    if not lapsed + early:
        return []
    both = words.number(lapsed + early)
    if not early:
        return [words.say("In the other chapters both stages count as lapsed, {both} together.", both=both)]
    return [
        words.say_many(
            "Lapsed and lost together are {both}. The other chapters go by silence alone and call {lapsed} of"
            " them lapsed: {n} is lost through {events} and has not been silent for that long.",
            "Lapsed and lost together are {both}. The other chapters go by silence alone and call {lapsed} of"
            " them lapsed: {n} are lost through {events} and have not been silent for that long.",
            early,
            both=both,
            lapsed=words.number(lapsed),
            events=any_of(str(findings["lost_events"].value).split(), words),
        )
    ]


def _contacts_by_stage(counts: Mapping[str, int], words: Words) -> list[str]:
    """Word how many never bought, for every stage that holds any."""
    texts = {
        "suspect": ("{n} suspect of whom nothing is known", "{n} suspects of whom nothing is known"),
        "prospect": ("{n} prospect who has shown interest", "{n} prospects who have shown interest"),
        "lead": (
            "{n} lead who has asked for something or visits often",
            "{n} leads who have asked for something or visit often",
        ),
    }
    return [words.say_many(*texts[stage], counts[stage]) for stage in CONTACTS if counts[stage]]


def _margin_sentences(findings: Findings, words: Words) -> list[str]:
    total = sum(findings[f"year_margin_{stage_key(stage)}"].value for stage in STAGES)
    if total <= 0:
        return []
    risk = findings["year_margin_stage_at_risk"].value
    firm = findings["year_margin_stage_firmly_engaged"].value
    return [
        words.say(
            "Of the margin of the last 12 months, {firm} came from customers who are now firmly engaged,"
            " and {risk} ({amount}) from those now at risk: they are the first to look after."
            if risk > 0
            else "Of the margin of the last 12 months, {firm} came from customers who are now firmly"
            " engaged, and nothing from those now at risk.",
            firm=words.percent(firm / total),
            risk=words.percent(risk / total),
            amount=words.money(risk),
        )
    ]


def stage_key(stage: str) -> str:
    """Return the name of the finding that holds a stage's customers."""
    return "stage_" + stage.replace(" ", "_")
