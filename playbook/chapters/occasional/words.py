"""Chapter 03 in words: the whole of it, who is left out at what price, and why each buyer is occasional."""

from collections.abc import Iterable
from functools import cache

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.occasional.evidence import Kinds
from playbook.chapters.occasional.kinds import COLUMNS, kind_labels
from playbook.chapters.occasional.second_order import SecondOrder
from playbook.show.words import Words
from playbook.stats.inactivity import share_in_words

MOST_KINDS = 3
"""Kinds of which it is told what leaving out saves and gives up."""


# Who is left out ------------------------------------------------------------------------------


def treatments(words: Words) -> dict[str, str]:
    """Return what each treatment of occasional buyers (``occasional.treat``) is called."""
    return {
        "apart": words.say("apart, by worth"),
        "out": words.say("all left out"),
        "keep": words.say("nobody left out"),
    }


def left_out_sentences(findings: Findings, words: Words) -> list[str]:
    """Word who is left out, the cost saved and the margin given up."""
    out = findings["left_out"]
    if not out.n:
        return []
    said = [_who_is_left_out(out, words)]
    if out.value:
        said += _price_sentences(findings, words)
    if findings["selection_stands"].value:
        said.append(
            words.say(
                "The selection in client.yml stands over this: whom it names may be addressed, occasional or"
                " not."
            )
        )
    return said


def _who_is_left_out(out: Finding, words: Words) -> str:
    if out.verdict == "unknown":
        return words.say(
            "What occasional buyers are worth against a contact cannot be told, so none is left out; they"
            " are treated apart."
        )
    if out.verdict == "keep":
        return words.say_many(
            "The one occasional buyer is treated apart, and not left out of win-back, as set in client.yml.",
            "None of the {n} occasional buyers is left out of win-back, as set in client.yml. They are"
            " treated apart.",
            out.n or 0,
        )
    if not out.value:
        return words.say(
            "None of the occasional buyers is left out of win-back: what each can be expected to bring, or"
            " what an offer adds to it, pays for a contact. They are treated apart."
        )
    if out.verdict == "out":
        return words.say_many(
            "The one occasional buyer is left out of win-back, as set in client.yml.",
            "All {n} occasional buyers are left out of win-back, as set in client.yml.",
            out.value,
        )
    return words.say_many(
        "{n} of the occasional buyers is left out of win-back: the chance to return times the value"
        " of a second life does not pay for the cheapest contact that may be made, nor is any offer"
        " expected to add more than it costs. The other {others} are treated apart.",
        "{n} of the occasional buyers are left out of win-back: their chance to return times the"
        " value of a second life does not pay for the cheapest contact that may be made to them, nor is"
        " any offer expected to add more than it costs. The other {others} are treated apart.",
        out.value,
        others=words.number((out.n or 0) - out.value),
    )


def _price_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the cost saved beside the margin given up."""
    say, saved, given_up = words.say, findings["cost_saved"].value, findings["margin_given_up"].value
    if given_up is None:
        message = "That saves {saved} for one contact each; the margin it gives up cannot be told."
        return [say(message, saved=words.money(saved))]
    said = [
        say(
            "That saves {saved} for one contact each and gives up {given_up} of margin ({low} to {high}):"
            " what this contact would add to what comes anyway, by the response that the offers assume.",
            **_amounts(findings, words),
        )
    ]
    if given_up > saved:
        said += [
            _whose_rule(findings, words),
            say(
                "Leaving them out pays only if they respond less than {share} as well as the offers assume"
                " of everybody. That may be so: contact a small share of them, drawn at random, and see.",
                share=words.percent(saved / given_up),
            ),
        ]
    return said


def _amounts(findings: Findings, words: Words) -> dict[str, str]:
    """Return what is saved and given up (with its range), where both are known."""
    given_up = findings["margin_given_up"]
    return {
        "saved": words.money(findings["cost_saved"].value),
        "given_up": words.money(given_up.value),
        "low": words.money(given_up.low or 0),
        "high": words.money(given_up.high or 0),
    }


def _whose_rule(findings: Findings, words: Words) -> str:
    """Word that leaving them out costs money by these figures, whose rule it is and how to change it."""
    message = (
        "By these figures leaving them out costs {more} more than it saves. It is as client.yml says"
        " (occasional.treat: out): apart keeps those in who pay for a contact, and keep all of them."
    )
    loss = findings["margin_given_up"].value - findings["cost_saved"].value
    return words.say(message, more=words.money(loss))


def left_out_cautions(findings: Findings, words: Words) -> list[str]:
    """Say where leaving occasional buyers out costs more than it saves, and how to keep them in."""
    out, saved, given_up = (findings[name] for name in ("left_out", "cost_saved", "margin_given_up"))
    at_stake = out.value and given_up.value is not None and not findings["selection_stands"].value
    if not at_stake or given_up.value <= saved.value:
        return []
    message = (
        "By these figures, the occasional buyers that client.yml leaves out (occasional.treat) would bring"
        " more than their contacts cost: to leave out {n} saves {saved} and gives up {given_up} of margin"
        " ({low} to {high})."
    )
    return [words.say(message, n=words.number(out.value), **_amounts(findings, words))]


def kind_price_sentences(findings: Findings, words: Words) -> list[str]:
    """Word, for the kinds with most to leave out, what that saves and gives up, from the findings."""
    if findings["left_out"].verdict != "apart":
        return []
    labels = kind_labels(words)
    sizes = {kind: findings.get(f"left_out_{kind}") for kind in COLUMNS}
    some = [(found.value, kind, found.n) for kind, found in sizes.items() if found and found.value]
    return [
        words.say(
            "Of {n} {kind}, {out} cannot pay for a contact: leaving them out saves {saved} and gives up"
            " {lost} of margin.",
            n=words.number(n or 0),
            kind=labels[kind],
            out=words.number(out),
            saved=words.money(findings[f"cost_saved_{kind}"].value),
            lost=words.money(findings[f"margin_given_up_{kind}"].value),
        )
        for out, kind, n in sorted(some, key=lambda row: (-row[0], row[1]))[:MOST_KINDS]
    ]


# Why each of them is one ----------------------------------------------------------------------


def reasons(customers: pd.DataFrame, kinds: Kinds, second: SecondOrder, words: Words) -> pd.Series:
    """Return a sentence or two for each occasional buyer, None for everybody else.

    Parameters
    ----------
    customers : DataFrame
        occasional, occasional_kind, silence_days, return_probability, worth, contact_cost, left_out,
        as `left_out.leave_out` returns them.
    kinds : Kinds
        The evidence for the kinds.
    second : SecondOrder
        The silence beyond which a one-time buyer is occasional.
    """
    rare = customers[customers["occasional"]]
    when, of_kind = _once(rare["silence_days"], second, words), _kind_texts(kinds, words)
    worth = _worth(rare, words)
    texts = [
        " ".join(filter(None, (once, of_kind.get(kind), last)))
        for once, kind, last in zip(when, rare["occasional_kind"], worth, strict=True)
    ]
    return pd.Series(texts, index=rare.index, dtype=object).reindex(customers.index)


def _once(silences: Iterable[int], second: SecondOrder, words: Words) -> list[str]:
    usual = round(second.share, 6) == 0.9
    most = (
        words.say("nine in ten second orders")
        if usual
        else words.say("{share} of second orders", share=share_in_words(second.share, words))
    )

    @cache
    def text(days: int) -> str:
        return words.say(
            "One order, {days} days ago; {most} come within {cut} days.",
            days=words.number(days),
            most=most,
            cut=words.number(second.days),
        )

    return [text(int(days)) for days in silences]


def _kind_texts(kinds: Kinds, words: Words) -> dict[str, str]:
    """Return what each kind says of its buyers, with its evidence."""
    say, texts = words.say, {}
    messages = {
        "sample": say("It was a sample"),
        "coupon": say("It was made with a coupon"),
        "promotion": say("It was of promoted products"),
        "bargain": say("It was a bargain"),
        "online_only": say("It was made online, brought by paid search or an affiliate"),
    }
    evidence = {row["kind"]: row for row in kinds.evidence.to_dict("records")}
    for kind, message in messages.items():
        rate, others = evidence[kind]["rate"], evidence[kind]["others_rate"]
        texts[kind] = f"{message}."
        if pd.notna(rate) and pd.notna(others):
            texts[kind] = say(
                "{what}: {rate} of such buyers order again within {days} days, {others} of all others.",
                what=message,
                rate=words.percent(rate),
                others=words.percent(others),
                days=words.number(kinds.days),
            )
    return texts


def _worth(rare: pd.DataFrame, words: Words) -> list[str]:
    """Return whether each is worth the cheapest contact."""
    say, money, percent = words.say, cache(words.money), cache(words.percent)

    def text(chance: float, worth: float, cost: float, out: bool) -> str:
        if pd.isna(cost):
            return say("No contact is allowed.")
        if pd.isna(worth):
            return say("What a contact could bring cannot be told.")
        message = (
            "Left out: the chance to return, {chance}, times the value of a second life is {worth}, and the"
            " cheapest contact costs {cost}."
            if out
            else "Treated apart: the chance to return, {chance}, times the value of a second life is {worth},"
            " and the cheapest contact costs {cost}."
        )
        chance_words, worth_words = percent(round(chance, 3), 1), money(round(worth, 2), 2)
        return say(message, chance=chance_words, worth=worth_words, cost=money(cost, 2))

    columns = (rare[name] for name in ("return_probability", "worth", "contact_cost", "left_out"))
    return [text(*values) for values in zip(*columns, strict=True)]
