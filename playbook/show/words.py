"""Words, numbers, money and dates as the client reads them."""

import datetime as dt
import gettext
import html
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent

import playbook
from playbook.show.terms import in_terms_of

LOCALE = Path(playbook.__file__).parent / "locale"
SOURCE_LANGUAGE = "en"


def languages() -> list[str]:
    """Return the languages that a report can be written in."""
    catalogues = LOCALE.glob("*/LC_MESSAGES/playbook.mo")
    return sorted({SOURCE_LANGUAGE, *(path.parts[-3] for path in catalogues)})


@dataclass(frozen=True)
class Words:
    """The language, the currency and the terms of a report.

    `say` and `say_many` take English messages in the words of a shop, put them in the terms of the
    client's preset, translate them and fill in values that are already formatted.
    """

    language: str = SOURCE_LANGUAGE
    currency: str = "CHF"
    preset: str = "retail"

    @cached_property
    def _catalogue(self) -> gettext.NullTranslations:
        return gettext.translation("playbook", LOCALE, [self.language], fallback=True)

    @property
    def _locale(self) -> str:
        """The language as people write it where the currency is used; English as in Britain."""
        return "en_GB" if self.language == "en" else self.language

    def say(self, message: str, **values: Any) -> str:
        """Return the translated message with its values filled in."""
        return self._catalogue.gettext(in_terms_of(self.preset, message)).format(**values)

    def say_many(self, one: str, many: str, n: int, **values: Any) -> str:
        """Return the translated message in the right number; ``{n}`` is the formatted count."""
        one, many = in_terms_of(self.preset, one), in_terms_of(self.preset, many)
        return self._catalogue.ngettext(one, many, n).format(n=self.number(n), **values)

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
        return str(format_date(day, format="d MMM y", locale=self._locale))

    def month(self, day: dt.date) -> str:
        """Return the month of a date, such as Dec 2025."""
        return str(format_date(day, format="MMM y", locale=self._locale))

    def between(self, low: str, high: str) -> str:
        """Return an interval of two formatted values."""
        return self.say("{low} to {high}", low=low, high=high)


def _typeset(number: str) -> str:
    """Return a number with a real minus sign, that no line end tears apart."""
    return number.replace("-", "\N{MINUS SIGN}").replace(" ", "\N{NO-BREAK SPACE}")


def escape(text: object) -> str:
    """Return text that may stand in HTML, whatever a client's data hold."""
    return html.escape(str(text))
