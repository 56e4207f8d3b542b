"""Chapter 03: why each occasional buyer is one, and is left out or treated apart, in words."""

from collections.abc import Callable, Iterable
from functools import cache

import pandas as pd

from playbook.chapters.occasional.evidence import Kinds
from playbook.chapters.occasional.kinds import NO_KIND, NOT_KNOWN
from playbook.show.words import Words


def with_reasons(customers: pd.DataFrame, kinds: Kinds, cut_days: int, words: Words) -> pd.Series:
    """Return a sentence or two for each occasional buyer, None for everybody else.

    Parameters
    ----------
    customers : DataFrame
        occasional, occasional_kind, silence_days, return_probability, worth, contact_cost, left_out,
        as `apart.leave_out` returns them.
    kinds : Kinds
        The evidence for the kinds.
    cut_days : int
        The silence beyond which a one-time buyer is occasional.
    """
    rare = customers[customers["occasional"]]
    when = _once(rare["silence_days"].astype(int), cut_days, words)
    of_kind = _kind_texts(kinds, words)
    worth = _worth(rare, words)
    texts = [
        " ".join(filter(None, (first, of_kind.get(kind, ""), last)))
        for first, kind, last in zip(when, rare["occasional_kind"], worth, strict=True)
    ]
    return pd.Series(texts, index=rare.index, dtype=object).reindex(customers.index)


def _once(silences: Iterable[int], cut_days: int, words: Words) -> list[str]:
    @cache
    def text(days: int) -> str:
        return words.say(
            "One order, {days} days ago; nine in ten second orders come within {cut} days.",
            days=words.number(days),
            cut=words.number(cut_days),
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
    for row in kinds.evidence.to_dict("records"):
        kind = str(row["kind"])
        if kind in (NO_KIND, NOT_KNOWN):
            continue
        if pd.isna(row["rate"]):
            texts[kind] = messages[kind] + "."
            continue
        texts[kind] = say(
            "{what}: {rate} of such buyers order again within {days} days, {others} of all others.",
            what=messages[kind],
            rate=words.percent(row["rate"]),
            others=words.percent(row["others_rate"]),
            days=words.number(kinds.days),
        )
    return texts


def _worth(rare: pd.DataFrame, words: Words) -> list[str]:
    """Return whether each is worth the cheapest contact."""
    say, money, percent = words.say, cache(_money(words)), cache(lambda share: words.percent(share, 1))

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
        return say(message, chance=percent(round(chance, 3)), worth=money(round(worth, 2)), cost=money(cost))

    columns = (rare[name] for name in ("return_probability", "worth", "contact_cost", "left_out"))
    return [text(*values) for values in zip(*columns, strict=True)]


def _money(words: Words) -> Callable[[float], str]:
    return lambda amount: words.money(amount, 2)
