"""Words, numbers, money and dates as the client reads them."""

import datetime as dt
import gettext
import html
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, localedata
from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent

import playbook

LOCALE = Path(os.environ.get("PLAYBOOK_LOCALE") or Path(playbook.__file__).parent / "locale")
"""The folder of the catalogues; ``PLAYBOOK_LOCALE`` names another one."""
SOURCE_LANGUAGE = "en"
CONTEXTS = ("donations",)
"""Presets that say some messages in words of their own."""
COUNTRIES = {"CHF": "CH", "EUR": "", "GBP": "GB"}
"""Where a language is read, by the currency: numbers are written as people write them there."""


def languages() -> list[str]:
    """Return the languages that a report can be written in."""
    return sorted({SOURCE_LANGUAGE, *(path.stem for path in LOCALE.glob("*.po"))})


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read a language's messages; English ones stand in the sources, but for a charity's own."""
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # an English shop's report does without
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Words:
    """The language, the currency and the terms of a report.

    `say` and `say_many` take English messages in the words of a shop, translate them, in the words of the
    client's preset where it has its own, and fill in values that are already formatted.
    """

    language: str = SOURCE_LANGUAGE
    currency: str = "CHF"
    preset: str = "retail"

    @property
    def _locale(self) -> str:
        """The language as people write it where the currency is used; English as in Britain."""
        if self.language == SOURCE_LANGUAGE:
            return "en_GB"
        named = f"{self.language}_{COUNTRIES.get(self.currency, '')}".rstrip("_")
        return named if localedata.exists(named) else self.language

    def text(self, message: str) -> str:
        """Return the translated message as it stands, with its placeholders."""
        if self.preset in CONTEXTS:
            own = _catalogue(self.language).pgettext(self.preset, message)
            if own != message:
                return own
        return _catalogue(self.language).gettext(message)

    def say(self, message: str, **values: Any) -> str:
        """Return the translated message with its values filled in."""
        return self.text(message).format(**values)

    def say_many(self, one: str, many: str, n: int, **values: Any) -> str:
        """Return the translated message in the right number; ``{n}`` is the formatted count."""
        told, english = _catalogue(self.language), one if n == 1 else many
        found = told.npgettext(self.preset, one, many, n) if self.preset in CONTEXTS else english
        if found == english:
            found = told.ngettext(one, many, n)
        return found.format(n=self.number(n), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with thousands marks and ``digits`` decimals."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _typeset(format_decimal(round(value, digits), format=pattern, locale=self._locale))

    def compact(self, value: float) -> str:
        """Return a number in short form, such as 2.5M."""
        return str(format_compact_decimal(value, locale=self._locale, fraction_digits=1))

    def language_name(self, code: str) -> str:
        """Return what a language is called."""
        return str(Locale(self.language).languages.get(code, code))

    def price(self, amount: float) -> str:
        """Return an amount as it is promised: without decimals where there are none."""
        return self.money(amount, 0 if float(amount).is_integer() else 2)

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share as a percentage."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return str(format_percent(share, format=pattern, locale=self._locale)).replace("-", "\N{MINUS SIGN}")

    def chance(self, share: float) -> str:
        """Return a chance found by drawing worlds, as a percentage: never none, and never certain."""
        if share < 0.01:
            return self.say("below 1%")
        return self.say("over 99%") if share > 0.99 else self.percent(share)

    def points(self, share: float, digits: int = 1) -> str:
        """Return a share as so many of a hundred, without a sign for percent."""
        return self.number(100 * share, digits)

    def money(self, value: float, digits: int = 0) -> str:
        """Return an amount in the client's currency, currency code first."""
        pattern = "¤¤ #,##0" + ("." + "0" * digits if digits else "")
        rounded = round(value, digits) + 0.0  # no minus zero
        text = format_currency(
            rounded, self.currency, format=pattern, locale=self._locale, currency_digits=False
        )
        return _typeset(text)

    def date(self, day: dt.date) -> str:
        """Return a date such as 31 Dec 2025."""
        return str(format_skeleton("yMMMd", day, locale=self._locale))

    def month(self, day: dt.date) -> str:
        """Return the month of a date, such as Dec 2025."""
        return str(format_skeleton("yMMM", day, locale=self._locale))

    def between(self, low: str, high: str) -> str:
        """Return an interval of two formatted values."""
        return self.say("{low} to {high}", low=low, high=high)


def _typeset(number: str) -> str:
    """Return a number with a real minus sign, that no line end tears apart."""
    return number.replace("-", "\N{MINUS SIGN}").replace(" ", "\N{NO-BREAK SPACE}")


def escape(text: object) -> str:
    """Return text that may stand in HTML, whatever a client's data hold."""
    return html.escape(str(text))
