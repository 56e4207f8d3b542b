"""What a kind of client calls its customers and their orders.

Messages, and the prose of the notebooks, are written once, in the words of a shop. A charity has
donors who give where a shop has customers who order; `in_terms_of` puts a text in its words.
"""

import re
from collections.abc import Sequence
from functools import lru_cache, partial

_AS_IT_STANDS = re.compile(r"(`[^`]*`|\{[^{}]*\}|\$[^$\n]*\$|\S*(?:[/_]|\.\w)\S*)")
"""Code, placeholders, formulas, names of files and columns."""

Rules = Sequence[tuple[re.Pattern[str], str]]


def _rules(*pairs: tuple[str, str]) -> Rules:
    return [(re.compile(rf"\b{pattern}\b", re.IGNORECASE), by) for pattern, by in pairs]


_HAVING = "(?:has|have|had|was|were|be|been)"

_TERMS: dict[str, Rules] = {
    "donations": _rules(
        (r"from order to order", "from gift to gift"),
        (r"order lines", "lines of gifts"),
        (r"order number(s?)", r"number\1 of gifts"),
        (rf"({_HAVING}(?: not| never| ever| since| all)*) (?:ordered|bought)", r"\1 given"),
        (r"(?:ordered|bought)", "gave"),
        (r"(?:ordering|buying)", "giving"),
        (r"buys", "gives"),
        (r"buy", "give"),
        (r"(who|to|never|not|hardly|they|will|would|may|can) order", r"\1 give"),
        (r"whoever orders", "whoever gives"),
        (r"order(s?) (again|nothing|anything|more often)", r"give\1 \2"),
        (r"an( \**)(?:order|purchase|sale)", r"a\1gift"),
        (r"(?:order|purchase|sale)", "gift"),
        (r"(?:orders|purchases)", "gifts"),
        (r" net of returns", " less what was taken back"),
        (r"(?:revenue and margin|revenue|margins?|sales)", "donations"),
        (r"(?:customer|buyer)", "donor"),
        (r"(?:customers|buyers)", "donors"),
        (r"a competitor", "another cause"),
        (r"competitors", "other causes"),
        (r"goods returned", "a gift taken back"),
        (r"sell", "ask for"),
        (r"sold", "asked for"),
    ),
}
"""Whole words by preset, in the order in which they are replaced; presets not named speak like a shop."""

ONLY_SHOPS = frozenset({"margin", "list_amount", "coupon", "is_sample", "is_promotion"})
"""Columns of the orders that no charity is asked for."""


@lru_cache(maxsize=4096)
def in_terms_of(preset: str, text: str) -> str:
    """Return an English text in the words of this kind of client.

    Parameters
    ----------
    preset : str
        As in `client.yml`: retail, donations or subscription.
    text : str
        A message with placeholders, or the Markdown of a notebook's cell. What stands in code font or
        in braces, formulas, and names of files and columns stay as they are.
    """
    rules = _TERMS.get(preset)
    if rules is None:
        return text
    parts = _AS_IT_STANDS.split(text)
    parts[::2] = [_replaced(part, rules) for part in parts[::2]]
    return "".join(parts)


def _replaced(text: str, rules: Rules) -> str:
    for pattern, by in rules:
        text = pattern.sub(partial(_like, by=by), text)
    return text


def _like(found: re.Match[str], by: str) -> str:
    """Return the replacement, with a capital where the replaced words had one."""
    new = found.expand(by)
    return new[0].upper() + new[1:] if found[0][0].isupper() else new
