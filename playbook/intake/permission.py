"""What the name of a column, a file or a sheet says about contact: who may be contacted, or must not be.

A name with a word of refusal in it never becomes a consent. Names are compared as `words_of` returns them.
"""

import re
from collections.abc import Iterable

from playbook.records.canonical import GENERAL, without_accents

_BY_POST = re.compile(r"(postal|direct) ?mail|(mail )?(by|per) post|werbebrief")
_CHANNELS = {
    "email": re.compile(
        r"mail(?!ing)|newsletter|\bnl\b|courriel|infolettre|lettre d ?information|posta elettronica"
    ),
    "phone": re.compile(
        r"tele?fon|\btele?\b|phone|anruf|\bcalls?\b|call(er|ing)|appel"
        r"|chiam|\bsms\b|bloctel|\bfax"
    ),
    "letter": re.compile(
        r"\bposta?\b|postal|post(werb|sper|send|vers|verb|weg)|brief|letter[aes]?\b|lettre|courrier|katalog"
        r"|catalog"
    ),
    "visit": re.compile(r"besuch|visit|aussendienst"),
}
_GENERAL = re.compile(
    r"werb|reklam|marketing|advert|pubblicit|publicit|\bpub\b|mailing|kontakt|contact|contatt|anschreib"
    r"|angeschrieb|consen[st]|einwillig|zustimm|\bopt ?in|dsgvo|gdpr|rgpd|\baccord|permission"
)
"""What contact is about where no channel is named."""

_ASKED = re.compile(
    r"\bok\b|erlaub|einwillig|zustimm|zugestimmt|consen[st]|\baccord|permission|\bopt(ed)? ?in"
    r"|allow|accept|accett"
    r"|autori|\bdarf\b|\bmay\b|freigabe|gdpr|rgpd|dsgvo|einverst|zulass|zugelass|erwu?n?scht|\bsi\b|ja nein"
)
"""Words of consent, as against what contact is about."""

_REFUSING = re.compile(
    r"\b(kein\w*|nicht|nie|ohne|non|not|never|pas|sans|ne|niente|nessun\w*|stop\w*|weg|off)\b"
    r"|^no\b|\bno (more|e?mail|call|phone|post|letter|visit|contact|market|advert|newsletter|sms|telefon)"
    r"|do ?not|don ?t\b"
    r"|abgemeld|abmeld|abbestell|austrag|ausgetr|abgelehnt|ablehn|gek(u|ue)ndigt|k(u|ue)ndigung|sperr|verbot|verweig"
    r"|untersag|unerw|widerruf|widersp|entzog|beendet|l(o|oe)sch|revoc|revok|refus|rifiut|negat|retir|withdr"
    r"|opt(ed|ing)? ?out|unsub|block|bloc|black ?list|suppress|disiscri|cancel|annul|resili|desabon|desinscri"
    r"|oppos|object|reject|declin|denied|deny|disallow|forbid|prohibit|interdi|vietat|robinson|bounce|spam|remov"
    r"|exclu|esclus|ausgeschl|\bdnc\b|delet|disabl|deaktiv|inaktiv|inactiv"
)
_REFUSING_ALONE = re.compile(
    r"sperr|robinson|black ?list|block|blocc|bloqu|blocag|suppress"
    r"|opt(ed|ing)? ?out|widersp|widerruf|revoc|oppos(e|iz|it)"
    r"|l(o|oe)sch(vorm|antr|ung|ken)|gel(o|oe)scht|erasure|delet|do ?not|\bdnc\b|liste rouge"
)
_OF_LISTS = re.compile(r"unsub|abgemeld|abmeld|abbestell|ausgetrag|austrag|disiscri|desabon|desinscri|bounce")
"""Refusals that need no word for contact; the second kind is of newsletters."""

_DEAD = re.compile(
    r"verstorb|gestorb|todes|\btot\b|deceas|\bdead\b|\bdied\b|death|decedut|defunt|decess|\bdece[ds]|\bmorte\b"
)
_OF_BUSINESS = re.compile(
    r"(mahn|kredit|liefer|spenden|auftrags?|zahl\w*|buchung|faktur|rechnung|bestell|order|credit|deliver\w*"
    r"|shipping|payment|dunning|ordin\w|consegn\w|pagament\w|command\w+|livraison|paiement|lastschrift)s? ?"
    r"(sperr|stop|gesperrt|block|bloc|hold|l(o|oe)sch|delet)"
    r"|(stop|blocc?o|bloqu\w+|blocage|blocked|deleted|gel(o|oe)schte|gesperrte?) (de |des |di |for )?"
    r"(order|bestell|auftr|credit|deliver|payment|ordin|consegn|pagament|credito|command|livraison|paiement)"
)
"""Blocks of orders, credit, deliveries: no refusals of contact."""

_NO_ANSWER = re.compile(r"\b(url|link|token)\b")
ABOUT_IT = re.compile(
    r"\b(datum|date|data|am|le|il|ip|quelle|source|fonte|version|text|id|time|zeit|um|von|by|per|on)\b"
)
"""What stands in names of columns that say when and how somebody was asked, and not what was answered."""


def words_of(name: str) -> str:
    """Return a name as words parted by single blanks, without capitals, accents and marks."""
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", without_accents(spaced)).strip()


def _channels(words: str) -> list[str]:
    posted = _BY_POST.sub(" ", words)
    named = [channel for channel, pattern in _CHANNELS.items() if pattern.search(posted)]
    left = _CHANNELS["email"].sub(" ", posted)
    if "letter" in named and not _CHANNELS["letter"].search(left):  # newsletter, posta elettronica
        named.remove("letter")
    return named if posted == words or "letter" in named else [*named, "letter"]


def is_about_contact(name: str) -> bool:
    """Whether a name speaks of contact, by any channel: not only of what is blocked or deleted."""
    words = words_of(name)
    return bool(_GENERAL.search(words) or _OF_LISTS.search(words) or (_channels(words) and meaning(name)))


def refuses(text: str) -> bool:
    """Whether a text has a word of refusal in it, such as one of many answers or the name of a list."""
    return text.strip().lower() == "n" or bool(_REFUSING.search(words_of(text)))


def names_refusals(name: str) -> bool:
    """Whether a file, or a sheet, is by its name a list of those who must not be contacted."""
    return bool((found := meaning(name)) and not found.startswith("may_"))


def meaning(name: str) -> str | None:
    """Return which consent or refusal a name stands for, None for neither."""
    words = words_of(name)
    channels, general = _channels(words), _GENERAL.search(words)
    if _DEAD.search(words):
        return "deceased"
    if _NO_ANSWER.search(words) or (_OF_BUSINESS.search(words) and not channels and not general):
        return None
    if _REFUSING.search(words) and (channels or general):
        return f"no_{channels[0]}" if len(channels) == 1 else "no_contact"
    if _REFUSING_ALONE.search(words) or _OF_LISTS.search(words):
        return "no_contact" if _REFUSING_ALONE.search(words) else "no_email"
    if len(channels) == 1 and (
        general or _ASKED.search(words) or re.search(r"newsletter|\bnl\b|infolettre", words)
    ):
        return f"may_{channels[0]}"
    return GENERAL if general or (channels and _ASKED.search(words)) else None


def says_consent(name: str) -> bool:
    """Whether a name says that somebody was asked, whatever stands in the column."""
    return bool(_ASKED.search(words_of(name)))


def smells_of_consent(name: str) -> bool:
    """Whether a column may say something about contact."""
    words = words_of(name)
    return any(pattern.search(words) for pattern in (_DEAD, _REFUSING, _ASKED, _GENERAL, _OF_LISTS))


def consent_first(names: Iterable[str]) -> list[str]:
    """Return columns that are not used, those first, and marked, that may say something about contact."""
    marked = [(not smells_of_consent(name), name) for name in names]
    return [
        name if plain else f"{name} (consent?)" for plain, name in sorted(marked, key=lambda pair: pair[0])
    ]
