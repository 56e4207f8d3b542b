"""What no export tells and every figure needs: kind of client, currency, margin, budget; asked, or marked."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from playbook.intake.client_file import UNSURE, Comments
from playbook.intake.guess import Guess
from playbook.offers.catalogue import ASSUMED_RATES, PRICED_IN, usual_costs
from playbook.settings.client import PRESETS, Settings
from playbook.settings.offers import Offers

Ask = Callable[[str, str, Sequence[str]], str]
"""Asks a person: question, proposed answer, other answers (none: any); returns the answer."""

_CURRENCIES = {"€": "EUR", "£": "GBP", "Fr": "CHF", "SFr": "CHF", "$": "USD"} | {
    code: code for code in ("CHF", "EUR", "USD", "GBP")
}
_POSSIBLE = {
    "currency": "[A-Z]{3}",
    "margin_rate": r"(?=.*[1-9])(0[.,]\d+|1([.,]0+)?)",
    "exchange_rate": r"(?=.*[1-9])\d+([.,]\d+)?",
}
"""What an answer may look like, where not every text or number can stand."""
_MONEY = ("amount", "unit_price", "margin", "potential", "cost")
_GIVING = ("spend", "donat", "donaz", "donor", "gift", "dons", "donateur")
_FROM = "the preset's, as the Red Cross chose whom to call; null in its place addresses everybody lapsed"


def assume(
    tree: CommentedMap,
    comments: Comments,
    guesses: Sequence[Guess],
    ask: Ask | None,
    written: Mapping[str, Any],
) -> None:
    """Put these settings into a proposal: from the files, else asked, else assumed and marked as unsure.

    ``written`` is what stands in client.yml already, and stays.
    """
    default = {name: Settings.model_fields[name].default for name in ("preset", "currency", "margin_rate")}

    def settle(place: tuple[str, ...], assumed: Any, reason: str, others: Sequence[str] = ()) -> None:
        inside: Any = tree
        for key in place[:-1]:
            inside = inside.setdefault(key, CommentedMap())
        there = _inside(written, place)
        if there is not None:
            inside[place[-1]] = there
        elif ask is not None:
            inside[place[-1]] = _answered(ask, place, reason, assumed, others)
        else:
            inside[place[-1]] = assumed
            comments[place] = UNSURE + reason

    known = next((guess.origin.preset for guess in guesses if guess.origin and guess.origin.preset), None)
    if known:
        tree["preset"] = known
    else:
        giving = _of_a_charity(guesses)
        reason = (
            "the names are those of a charity"
            if giving
            else "nothing in the files says what kind of client it is"
        )
        preset = "donations" if giving else default["preset"]
        settle(("preset",), preset, reason, [name for name in PRESETS if name != preset])
    tree["currency"] = next(filter(None, map(_currency, guesses)), None)
    if tree["currency"] is None:
        settle(("currency",), default["currency"], "the files name no currency")
    preset = PRESETS.get(tree["preset"], {})
    if "margin_rate" not in preset and not any("margin" in guess.columns for guess in guesses):
        settle(("margin_rate",), default["margin_rate"], "the files hold no margin; it decides what pays")
    if "selection" in preset:
        tree["selection"] = _on_lines(preset["selection"])
        comments["selection",] = _FROM
    rate, own = ASSUMED_RATES.get(tree["currency"]), _inside(written, ("offers", "catalogue"))
    if tree["currency"] != PRICED_IN and not own and (rate or ask):
        worth = f"what 1 {PRICED_IN} of the preset's prices is worth in {tree['currency']}"
        settle(("offers", "exchange_rate"), rate, f"{worth}, about" if rate else worth)
    if ask is not None and not own:
        at = float(_inside(tree, ("offers", "exchange_rate")) or 1)
        for channel, cost in usual_costs(tree["preset"], at).items():
            settle(
                ("offers", "contact_costs", channel),
                cost,
                f"what a contact costs in {tree['currency']}, about",
            )
    settle(("offers", "budget"), Offers.model_fields["budget"].default, "nobody has said what may be spent")


def _inside(written: Any, place: Iterable[str]) -> Any:
    for key in place:
        written = written.get(key) if isinstance(written, Mapping) else None
    return written


def _answered(ask: Ask, place: tuple[str, ...], reason: str, assumed: Any, others: Sequence[str]) -> Any:
    """Return an answer that can stand there, asked for until one does: of the kind of what is assumed."""
    is_text = isinstance(assumed, str)
    possible = _POSSIBLE.get(place[-1], ".+" if is_text else r"\d+([.,]\d+)?")
    proposed = "" if assumed is None else str(assumed)
    while True:
        answer = ask(f"{'.'.join(place)} ({reason})", proposed, others)
        if re.fullmatch(possible, answer) and is_text:
            return answer
        if re.fullmatch(possible, answer):
            return (int if isinstance(assumed, int) else float)(float(answer.replace(",", ".")))


def _on_lines(rules: Sequence[Any]) -> CommentedSeq:
    """Return rules with one line for each."""
    lines = CommentedSeq()
    for rule in rules:
        inside = CommentedMap({name: CommentedMap(limits) for name, limits in rule.items()})
        inside.fa.set_flow_style()
        lines.append(inside)
    return lines


def _of_a_charity(guesses: Sequence[Guess]) -> bool:
    orders = [guess for guess in guesses if guess.table == "orders"]
    words = " ".join(name for g in orders for name in (g.look.path.stem, *g.columns.values())).lower()
    return any(word in words for word in _GIVING)


def _currency(guess: Guess) -> str | None:
    """Return the currency that a file names in a column of its own, or shows with its amounts."""
    columns = guess.look.columns
    named = [column for column in columns if column.name == guess.columns.get("currency")]
    codes = [code for column in named for code, _ in column.values.most_common(1)]
    if codes and re.fullmatch("[A-Z]{3}", codes[0]):
        return codes[0]
    money = {guess.columns.get(ours) for ours in _MONEY}
    for text in (text for c in columns if c.name in money for text in (c.name, *c.first[:50])):
        words = re.findall("[A-Za-z]+", text)
        for mark, code in _CURRENCIES.items():
            if mark in (words if mark.isalpha() else text):
                return code
    return None
