"""The selection that says who is addressed, and whom no offer wins, in words, with what is left out."""

from collections.abc import Sequence

import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.settings.client import PRESETS, Range, SelectionRule, Settings
from playbook.show.words import Words


def selection_findings(everybody: pd.DataFrame, settings: Settings) -> list[Finding]:
    """Return how many of the lapsed a selection leaves out, and what second lives are worth in all.

    Parameters
    ----------
    everybody : DataFrame
        lapsed, status (not_selected for whoever the selection leaves out), second_lifetime_value.
    """
    if settings.selection is None:
        return []
    lapsed = everybody["lapsed"].to_numpy(bool)
    out = (everybody["status"] == "not_selected").to_numpy() & lapsed
    preset = PRESETS[settings.preset].get("selection", ())
    own = [SelectionRule.model_validate(rule) for rule in preset] != list(settings.selection)
    worth = everybody["second_lifetime_value"]
    kept = float(worth[everybody["status"] != "not_selected"].sum())
    return [
        Finding("selection_leaves_out", int(out.sum()), unit="customers", n=int(lapsed.sum())),
        Finding("selection_value_left_out", round(float(worth[out].sum()), 2), unit="money"),
        Finding("selection_value", round(kept, 2), unit="money", verdict="own" if own else "preset"),
    ]


def selection_sentences(rules: Sequence[SelectionRule] | None, findings: Findings, words: Words) -> list[str]:
    """Word whom the selection names, whose it is, and what it leaves out."""
    if not rules:
        return []
    whose = {
        "own": words.say("the selection in client.yml"),
        "preset": words.say("the preset’s selection"),
    }
    out, named = findings["selection_leaves_out"], findings["selection_value"]
    said = words.say(
        "Who is addressed is said by {whose}: {rules}.",
        whose=whose[str(named.verdict)],
        rules=words.say("; or ").join(rule_in_words(rule, words) for rule in rules),
    )
    if not out.value:
        return [said]
    return [
        said,
        words.say_many(
            "It leaves out one of the {lapsed} lapsed, whose second life would be worth {value}; those of"
            " whom it names, {kept}. To address all who are lapsed, write selection: null in client.yml.",
            "It leaves out {n} of the {lapsed} lapsed ({share}), whose second lives would be worth {value} if"
            " all came back; those of whom it names, {kept}. To address all who are lapsed, write"
            " selection: null in client.yml.",
            out.value,
            lapsed=words.number(out.n or 0),
            share=words.percent(out.value / (out.n or 1)),
            value=words.money(findings["selection_value_left_out"].value),
            kept=words.money(named.value),
        ),
    ]


def lost_for_good_findings(everybody: pd.DataFrame, settings: Settings) -> list[Finding]:
    """Return what second lives of those would be worth who cancelled for reasons that no offer changes.

    Parameters
    ----------
    everybody : DataFrame
        status, second_lifetime_value.
    """
    named = list(settings.offers.lost_for_good)
    if not named:
        return []
    out = everybody["status"] == "lost_for_good"
    worth = round(float(everybody.loc[out, "second_lifetime_value"].sum()), 2)
    return [
        Finding("lost_for_good_reasons", named, unit="names"),
        Finding("lost_for_good_value", worth, unit="money", n=int(out.sum())),
    ]


def lost_for_good_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how many are left out as no offer changes why they cancelled, and with what value."""
    if "lost_for_good_reasons" not in findings:
        return []
    value = findings["lost_for_good_value"]
    return [
        words.say_many(
            "{n} of those who may be addressed is left out: no offer changes why this customer cancelled"
            " ({reasons}; offers.lost_for_good in client.yml). A second life would be worth {value}.",
            "{n} of those who may be addressed are left out: no offer changes why they cancelled ({reasons};"
            " offers.lost_for_good in client.yml). Their second lives would be worth {value} if all came"
            " back.",
            value.n or 0,
            reasons=", ".join(findings["lost_for_good_reasons"].value),
            value=words.money(value.value),
        )
    ]


def rule_in_words(rule: SelectionRule, words: Words) -> str:
    """Return the conditions of a rule as a clause."""
    kinds = (
        (rule.orders, "{range} order" if rule.orders and rule.orders.max == 1 else "{range} orders"),
        (rule.first_order_months_ago, "first order {range} months ago"),
        (rule.last_order_months_ago, "last order {range} months ago"),
    )
    said = [words.say(message, range=_range(limits, words)) for limits, message in kinds if limits]
    for column, wanted in rule.where.items():
        values = wanted if isinstance(wanted, list | tuple) else [wanted]
        said.append(f"{column}: {words.say(' or ').join(map(str, values))}")
    return ", ".join(said) or words.say("everybody")


def _range(limits: Range, words: Words) -> str:
    low, high = (None if end is None else words.number(end) for end in (limits.min, limits.max))
    if low is None or high is None:
        message = "any" if low == high else "at least {n}" if high is None else "at most {n}"
        return words.say(message, n=low or high)
    message = "exactly {low}" if low == high else "{low} to {high}"
    return words.say(message, low=low, high=high)
