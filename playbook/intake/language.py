"""In which language a client's customers are addressed, as far as the exports tell."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from playbook.intake.formats import FileColumn
from playbook.intake.guess import Guess
from playbook.records.canonical import without_accents

LEAST_NAMES = 3
"""Names of columns of one language that tell it, twice as many as of any other."""
LEAST_SHARE = 0.5
"""Share of the customers whose own language tells it."""

LANGUAGE_HINTS = {
    "de": r"kunde|bestell|datum|betrag|menge|artikel|umsatz|rechnung|beleg|vorname|nachname|strasse|ort$|plz$"
    r"|sprache|preis|verkauf|einwillig|erlaubt|freiwillig|gutschein|muster$|kanal$|herkunft|bemerkung|ereignis"
    r"|wert$|deckungsbeitrag|listenpreis|empfehl|potenzial$|kampagne|kosten|spende|gruppe|warengruppe|geburt",
    "it": r"cliente$|clienti$|ordine|data$|importo|quantita|articolo|fattura|nome$|cognome|indirizzo|citta$"
    r"|cap$|lingua|prezzo|vendita|consenso|volontari|sconto|campione|canale|provenienza|nota$|tipo$|valore|margine"
    r"|responsabile|passaparola|potenziale|campagna|costo|donazione|donatore|categoria|segmento",
    "fr": r"client$|clients$|commande|montant|quantite|facture|nom$|prenom|adresse|ville$|langue|prix|vente"
    r"|accord|benevole|remise|echantillon|canal$|provenance|remarque|genre$|valeur|marge$|conseiller|parrainage"
    r"|potentiel|campagne|cout|don$|dons$|donateur|categorie|courriel",
    "en": r"customer|order|amount|quantity|qty|invoice|price|sale|first$|last$|street|city|language|phone$"
    r"|consent|volunteer|discount|sample|channel|comment|type$|value|owner|referral|potential|campaign|cost"
    r"|donation|donor|gift|category|email$|date$",
}
"""What names of columns begin with in each language, or are where a ``$`` follows; without accents."""
NAMES = {"de": "German", "it": "Italian", "fr": "French", "en": "English"}


def guess_language(guesses: Sequence[Guess]) -> tuple[str, str] | None:
    """Return the language of most customers, or of the names of the columns, and what tells it.

    Returns
    -------
    (language, reason) or None
        None where it is not clear.
    """
    for guess in guesses:
        for column in guess.look.columns:
            if guess.table == "customers" and column.name == guess.columns.get("language"):
                return _of_customers(column)
    names = {column.name for guess in guesses for column in guess.look.columns}
    found = _of_names(names)
    return (found, f"the names of the columns are {NAMES[found]}") if found else None


def _of_customers(column: FileColumn) -> tuple[str, str] | None:
    counts = Counter[str]()
    for text, n in column.values.items():
        counts[text[:2].lower()] += n
    code, customers = counts.most_common(1)[0] if counts else ("", 0)
    if code not in LANGUAGE_HINTS or customers < LEAST_SHARE * column.filled:
        return None
    return code, f"most customers have it ({column.name})"


def _of_names(names: Iterable[str]) -> str | None:
    votes = Counter[str]()
    for name in names:
        words = re.split(r"[^a-z]+", without_accents(name))
        for language, hints in LANGUAGE_HINTS.items():
            votes[language] += any(re.match(rf"(?:{hints})", word) for word in words)
    (first, most), (_, second) = votes.most_common(2)
    return first if most >= LEAST_NAMES and most >= 2 * second else None
