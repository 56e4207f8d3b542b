"""The canonical tables: their columns, how they are read, their words, and what client.yml must name."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from playbook.errors import DataError, did_you_mean
from playbook.settings.lifecycle import EVENT_KINDS
from playbook.settings.offers import CHANNELS
from playbook.settings.tables import OrderSettings, TableSettings

MONEY = "DECIMAL(18,4)"
ID, CODE, TEXT, DAY, FLAG, NUMBER = "id", "code", "VARCHAR", "TIMESTAMP", "flag", "DOUBLE"
AS_TEXT = (ID, CODE, TEXT, FLAG)

COLUMNS: dict[str, dict[str, str]] = {
    "orders": {
        "customer_id": ID,
        "ordered_at": DAY,
        "amount": MONEY,
        "unit_price": MONEY,
        "quantity": MONEY,
        "order_id": TEXT,
        "margin": MONEY,
        "list_amount": MONEY,
        "coupon": CODE,
        "is_sample": FLAG,
        "is_promotion": FLAG,
        "sales_channel": TEXT,
        "source": TEXT,
        "category": TEXT,
        "currency": TEXT,
    },
    "customers": {
        "customer_id": ID,
        "name": TEXT,
        "email": TEXT,
        "phone": TEXT,
        "address": TEXT,
        "company": TEXT,
        "salutation": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "street": TEXT,
        "postcode": TEXT,
        "town": TEXT,
        "country": TEXT,
        "language": TEXT,
        "segment": TEXT,
        "acquired_on": DAY,
        "cancelled_on": DAY,
        "cancel_reason": TEXT,
        "may_email": FLAG,
        "may_phone": FLAG,
        "may_letter": FLAG,
        "may_visit": FLAG,
        "owner": TEXT,
    },
    "events": {
        "customer_id": ID,
        "happened_at": DAY,
        "kind": TEXT,
        "value": NUMBER,
        "detail": TEXT,
    },
    "contacts": {
        "campaign": TEXT,
        "customer_id": ID,
        "contacted_at": DAY,
        "channel": TEXT,
        "arm": TEXT,
        "offer": TEXT,
        "cost": MONEY,
    },
}
"""Canonical columns and how they are read; further columns of `customers` are numbers."""

CONSENTS = ("may_email", "may_phone", "may_letter", "may_visit")
GENERAL = "may_advertise"
"""The column of `customers` that says whether anybody may advertise at all: a no closes all channels, a yes
opens e-mail alone, where nothing else is said of it."""

REFUSALS: dict[str, tuple[str, ...]] = {
    "no_contact": CONSENTS,
    "blocked": CONSENTS,
    "deceased": CONSENTS,
    "opted_out": CONSENTS,
    "no_email": ("may_email",),
    "no_phone": ("may_phone",),
    "no_letter": ("may_letter",),
    "no_visit": ("may_visit",),
}
"""Columns of `customers` that say what a customer has refused, and the consents that it takes away.

Whatever stands in them but a clear no is a refusal: a day, a reason, the name of a list.
"""

REFUSING = {"unsubscribe": ("may_email",), "no_contact": CONSENTS}
"""Kinds of events that are refusals, whatever their day, and the consents that they take away."""


def _any(patterns: str) -> str:
    return "|".join(patterns.split())


_CALLS = "(call|phone|tel|anruf|anrufen|appeler|chiamare|chiamate|sms)"
REFUSING_WORDS = {
    "no_contact": _any(rf"""
        do.?not.?(contact|mail|send|market|track|approach)  no.?marketing  \bdnc\b  blacklist  block  suppress
        (do.?not|don.?t|never|no|nicht|ne.pas|ne.plus|non).?(mehr.?)?(be.)?(contact|kontakt|anschreiben|{_CALLS})
        kontaktverbot  anrufverbot  kontakt.{{1,3}}unerw  robinson  sperr  widersp  widerruf  bloc+at  bloqu
        oppos  revo[ck]  rifiut  refus  withdr[ae]w  zur(ü|u\x{{308}}|ue)ckgezogen  retrait
        (kein|nessun|aucun|stop).{{0,3}}.?(werb|pub|contat|kontakt|contact)
        {_CALLS}.{{0,8}}(opt.?out|verboten)  werb.{{0,12}}(untersag|verb|unerw|stop)
        (opt.?out|unsub\w*|abmeld\w*|abgemeldet).{{1,12}}(post|letter|brief|mailing|courrier|all\b|alle|{_CALLS})
        deceased  passed.away  \b(dead|died|death|tod|tot|mort|morte|morto)\b  d(é|e\x{{301}}?)fun  todesf
        verstorb  gestorben  decedut  d(é|e\x{{301}}?)c(é|e\x{{301}}?)[ds]
        erasure  erase  forgotten  gdpr  dsgvo  rgpd  effacement  oubli  cancellazione.dati
        l(ö|o\x{{308}}|oe)sch(ung|antrag|begehr|t)
    """),
    "unsubscribe": _any(r"""
        unsub  opt.{0,2}.?out  opted.?out  no.?(more.?)?(e.?)?mail  no.?newsletter  spam  abmeld  abgemeldet
        abbestell  austrag  ausgetragen  kein.{0,2}.?(newsletter|mail|e-mail)  disiscri
        d(é|e\x{301}?)s(abon|inscri)
        (newsletter|mail).{0,3}((ge)?k(ü|u\x{308}|ue)ndig|disdett|stop)
        (k(ü|u\x{308}|ue)ndig|disdett|stop).{1,12}(newsletter|mail)
        (cancell|annull).{1,20}(iscri|newsletter|mail)  plus.de.(newsletter|mail)
    """),
}
"""How such a kind is written in English, German, French and Italian, as a pattern in lower case."""

NOT_REFUSING = _any(r"""
    (pa[iy]e?ment|pagamento|zahlung|livraison|deliver|liefer|consegna).{0,4}(refus|bloc|gesperrt|sperr|declin|rifiut)
    (ordine|order|bestell|commande|karte|card|carta|carte).{0,4}(refus|bloc|gesperrt|sperr|declin|rifiut)
    sperrgut  entsperr  unblock  blockfl  wohnblock  dead.?(stock|line|letter)  robinson.club
    mail.{1,3}(open|click|read|sent)  casino
""")
"""What is no refusal though its words seem to say so."""

ARMS = ("treated", "control")
CLOSED = {"kind": EVENT_KINDS, "arm": ARMS, "channel": CHANNELS}
"""The columns of events and contacts in which only certain words stand."""

_MEANINGS = {
    "kind": {
        "visit": """visits|visited|store visit|shop visit|site visit|website visit|web visit|Besuch|Besuche
            |besucht|Ladenbesuch|Filialbesuch|Websitebesuch|Webseitenbesuch|Webbesuch|Besuch der Website
            |visita|visite|visita in negozio|visita al negozio|visita sito|visita al sito|visita sito web
            |visites|visite en magasin|visite du magasin|visite du site|visite site web|visite du site web""",
        "inquiry": """inquiries|enquiry|enquiries|information request|request for information|quote request
            |Anfrage|Anfragen|Kundenanfrage|Informationsanfrage|Preisanfrage|Offertanfrage|Angebotsanfrage
            |richiesta|richieste|richiesta informazioni|richiesta di informazioni|richiesta preventivo
            |richiesta di preventivo|demande|demandes|demande d'information|demande d'informations
            |demande de renseignement|demande de renseignements|demande de devis""",
        "complaint": """complaints|complained|Beschwerde|Beschwerden|Kundenbeschwerde|Reklamation
            |Reklamationen|reklamiert|reclamo|reclami|reclamazione|reclamazioni|lamentela|lamentele|réclamation|réclamations
            |réclamation client|plainte|plaintes""",
        "complaint_solved": """complaint resolved|complaint settled|solved complaint|resolved complaint
            |Beschwerde gelöst|Beschwerde behoben|Beschwerde erledigt|gelöste Beschwerde|erledigte Beschwerde
            |Reklamation gelöst|Reklamation behoben|Reklamation erledigt|gelöste Reklamation
            |erledigte Reklamation|reclamo risolto|reclami risolti|reclamazione risolta|lamentela risolta
            |réclamation résolue|réclamation réglée|plainte résolue|plainte réglée""",
        "cancellation": """cancellations|cancelled|canceled|contract cancelled|contract cancellation
            |subscription cancelled|membership cancelled|termination|terminated|contract terminated|Kündigung
            |Kündigungen|gekündigt|Vertragskündigung|Kündigung Vertrag|Abokündigung|Kündigung Abo
            |Vertrag gekündigt|Abo gekündigt|Austritt|disdetta|disdette|disdetta contratto
            |disdetta del contratto|disdetta abbonamento|disdetta dell'abbonamento|recesso
            |recesso dal contratto|résiliation|résiliations|résilié|résiliation contrat
            |résiliation du contrat|résiliation de contrat|résiliation abonnement
            |résiliation de l'abonnement""",
        "review": """reviews|reviewed|rating|ratings|product review|customer review|Bewertung|Bewertungen
            |bewertet|Produktbewertung|Kundenbewertung|Rezension|Rezensionen|recensione|recensioni
            |valutazione|valutazioni|avis|avis client|avis clients|avis produit|évaluation|évaluations""",
        "call": """calls|called|phone|phone call|phone calls|telephone call|Anruf|Anrufe|angerufen|Telefonat
            |Telefonate|Telefonanruf|Telefongespräch|chiamata|chiamate|telefonata
            |chiamata telefonica|appel|appels|appel téléphonique|appels téléphoniques""",
    },
    "arm": {
        "treated": """treatment|treated group|treatment group|test|test group|experimental group|behandelt
            |Behandlung|Behandlungsgruppe|Testgruppe|Versuchsgruppe|Experimentalgruppe|trattato|trattata
            |trattati|trattamento|gruppo trattato|gruppo trattamento|gruppo di trattamento|gruppo test
            |gruppo di test|gruppo sperimentale|traité|traitée|traités|traitement|groupe traité
            |groupe traitement|groupe de traitement|groupe test|groupe de test|groupe expérimental""",
        "control": """controls|control group|holdout|holdout group|held out|held back|Kontrolle|Kontrollen
            |Kontrollgruppe|zurückgehalten|controllo|controlli|gruppo controllo|gruppo di controllo|contrôle
            |contrôles|groupe contrôle|groupe de contrôle|témoin|témoins|groupe témoin""",
    },
    "channel": {
        "email": """emails|by email|via email|per Email|elektronische Post|tramite email|posta elettronica
            |par email|courriel|courriels|par courriel|courrier électronique|mél""",
        "phone": """tel|telephone|phone call|call|by phone|by telephone|Telefon|telefonisch|per Telefon
            |Telefonat|Telefonanruf|Anruf|Anrufe|per Anruf|telefono|per telefono|telefonata|chiamata
            |chiamata telefonica|par téléphone|appel|appels|appel téléphonique""",
        "letter": """letters|by letter|post|by post|postal|postal mail|direct mail|Brief|Briefe|per Brief
            |per Post|Briefpost|postalisch|Postweg|lettera|lettere|per lettera|posta|per posta
            |posta cartacea|lettre|lettres|par lettre|courrier|courrier postal|par courrier|poste
            |par la poste|voie postale|par voie postale""",
        "visit": """visits|personal visit|home visit|Besuch|Besuche|Hausbesuch|Kundenbesuch
            |persönlicher Besuch|Vor-Ort-Besuch|visita|visite|visita personale|visita a domicilio|visites
            |visite personnelle|visite à domicile|visite sur place""",
    },
}
"""By column, our word to what is meant by it in English, German, Italian and French, parted by bars. What
may mean something else (mail, contacted, not contacted, variant B) is not among them: it is asked."""

BETWEEN_LETTERS = r"[\s\xa0_.'’\-‐-―]"
"""Blanks, dashes, points and apostrophes, which do not count in a word."""


def without_accents(text: str) -> str:
    """Return a text in small letters without accents."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(c for c in bare if not unicodedata.combining(c))


def compared(text: str) -> str:
    """Return a word as it is compared: without capitals, accents and `BETWEEN_LETTERS`."""
    return re.sub(BETWEEN_LETTERS, "", without_accents(text))


def is_any_of(text: Any, named: Sequence[str]) -> Any:
    """Whether what stands in a column of texts is one of some, as `text_key` compares them."""
    keys = [text_key(name) for name in named]
    return text.lower().re_replace(BETWEEN_LETTERS, "").isin(keys).fill_null(False)


def text_key(text: str) -> str:
    """Return a text without capitals and `BETWEEN_LETTERS`."""
    return re.sub(BETWEEN_LETTERS, "", text.lower())


@cache
def meanings(column: str) -> dict[str, str]:
    """Return the words that are understood in a column of `CLOSED`, as `compared`, and ours for each."""
    listed = [(ours, ours) for ours in CLOSED[column]]
    for ours, words in _MEANINGS[column].items():
        listed += [(word, ours) for word in words.split("|")]
    spelled = [(re.sub("[äöü]", lambda one: one[0] + "e", word.lower()), ours) for word, ours in listed]
    return {compared(word): ours for word, ours in [*listed, *spelled]}


LINES = "lines"
"""The name of the lines of `orders` where they are a table of their own."""
WITH_TOTALS = ("orders", LINES)
"""The tables that may end with totals: in one of people the last row is somebody."""
PERSONS = "persons"
"""The name of the table that says whose the numbers are which `orders` have for each order."""
PARTS_OF_ORDERS = (LINES, PERSONS)
"""What stands below the orders in client.yml."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "orders": ("customer_id", "ordered_at"),
    LINES: ("order_id",),
    PERSONS: ("number", "customer_id"),
    "customers": (),
    "events": ("customer_id", "happened_at", "kind"),
    "contacts": ("campaign", "customer_id", "contacted_at", "channel", "arm"),
}

NO = tuple(
    "0 0.0 false f no n nein falsch non faux falso - . none kein keine keiner keines nessuno aucun".split()
)
YES = tuple("1 1.0 true t yes y x ja j wahr sì si s vero oui o vrai".split())


def kinds_of(name: str, texts: Collection[str] = ()) -> dict[str, str]:
    """Return the columns that a table may have, and how they are read.

    ``texts`` are further ones of customers.
    """
    if name == LINES:
        return {ours: kind for ours, kind in COLUMNS["orders"].items() if ours not in REQUIRED["orders"]}
    if name == PERSONS:
        return {"number": ID, "customer_id": ID}
    if name == "customers":
        return dict.fromkeys(texts, TEXT) | COLUMNS[name] | dict.fromkeys((GENERAL, *REFUSALS), FLAG)
    return COLUMNS[name]


def place_of(name: str) -> str:
    """Return where in client.yml a table stands."""
    return f"tables.orders.{name}" if name in PARTS_OF_ORDERS else f"tables.{name}"


def check_mapping(name: str, table: TableSettings) -> None:
    """Refuse a mapping with columns that no table has, or without one that it needs.

    Raises
    ------
    DataError
    """
    kinds, place = kinds_of(name), place_of(name)
    for ours, theirs in table.columns.items():
        if not isinstance(theirs, str) and (name != "customers" or kinds.get(ours) != FLAG):
            raise DataError(
                f"client.yml: {place}.columns.{ours} names {len(theirs)} columns: name the one that is meant;"
                " only consents and refusals may have several."
            )
        if ours not in kinds and name != "customers":
            raise DataError(
                f"client.yml: {place}.columns.{ours} is no column of {name}."
                f"{did_you_mean(ours, kinds)} Known: {', '.join(kinds)}."
            )
    missing = [ours for ours in _required(name, table) if ours not in table.columns]
    if missing:
        raise DataError(f"client.yml: {place}.columns does not say which column is {' or '.join(missing)}.")


def _required(name: str, table: TableSettings) -> list[str]:
    required = list(REQUIRED[name])
    if name == LINES or (name == "orders" and not (isinstance(table, OrderSettings) and table.lines)):
        priced = "unit_price" in table.columns and "quantity" in table.columns
        required += [] if priced else ["amount"]
    if name == "customers" and "email" not in table.columns:  # a list of addresses names nobody's number
        required += ["customer_id"]
    if isinstance(table, OrderSettings) and table.lines:
        required += ["order_id"]
    if "unit_price" in table.columns and "amount" not in table.columns:
        required += ["quantity"]
    return required
