"""How well a column's name says which of ours it is."""

import re
from functools import cache

from playbook.intake.vocabulary import WORDS
from playbook.records.canonical import without_accents

CERTAIN, SURE, LIKELY, LEAST = 1.0, 0.95, 0.75, 0.45
"""How well a name fits: a known name, a compound with a known word in it, and the least that counts."""
MONEY_OF_A_LINE = ("amount", "unit_price", "list_amount", "margin")
NOT_PAID = re.compile(
    r"freight|shipping|versand|porto|spedizion|livraison|\bport\b|tax|steuer|imposta|tva|iva\b|mwst|discount|rabatt"
    r"|sconto|remise|refund|cost|kosten|einkauf|\bek\b|acquisto|balance|saldo|solde",
    re.I,
)
"""What stands in the names of columns of money that nobody paid for the goods."""


def squeezed(text: str) -> str:
    """Return a name without accents, blanks, marks and capitals."""
    return re.sub(r"[^a-z0-9]", "", without_accents(text))


@cache
def _known(table: str, ours: str) -> frozenset[str]:
    names = {ours, *WORDS[table].get(ours, "").split("|")}
    if ours == "customer_id":
        names |= set(WORDS["orders"]["customer_id"].split("|"))
    names |= {re.sub("[äöü]", lambda umlaut: umlaut[0] + "e", name) for name in names}
    return frozenset({squeezed(name) for name in names} | {_core(name) for name in names}) - {""}


_SMALL = frozenset("de du des d la le l il di del della dell do the of der die das n".split())
_UNITS = re.compile(
    r"\b(CHF|EUR|USD|GBP|Fr|in|inkl?|excl?|exkl|MWST|MwSt|IVA|TVA|VAT)\b\.?|[(\[].*?[)\]]|[€$£%#*:°]"
)


def _tokens(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return [token for part in re.split(r"[\W_]+", _UNITS.sub(" ", spaced)) if (token := squeezed(part))]


def _core(name: str) -> str:
    """Return a name without units, articles and prepositions."""
    return "".join(token for token in _tokens(name) if token not in _SMALL)


def name_fits(table: str, ours: str, name: str) -> float:
    """Return how well a column's name says that it is ours: 0 not at all, 1 certainly."""
    known = _known(table, ours)
    whole, core = squeezed(name), _core(name)
    if whole in known:
        return CERTAIN
    if core in known:
        return SURE
    within = [
        word
        for word in known
        if len(word) >= 4 and (word in _tokens(name) or core.startswith(word) or core.endswith(word))
    ]
    longest = max((len(word) for word in within), default=0)
    if ours in MONEY_OF_A_LINE and NOT_PAID.search(name):
        return 0.0
    return LEAST + (LIKELY - LEAST) * longest / len(core) if longest else 0.0
