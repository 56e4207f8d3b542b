"""How cells look: formats of numbers and dates, headings, widths, colours."""

import re
from typing import Any

from babel.dates import get_date_format

from playbook.show.words import Words

Styles = dict[str, Any]

WIDTHS = {
    "text": 18,
    "long": 72,
    "number": 11,
    "money": 13,
    "share": 11,
    "date": 12,
    "decimal": 10,
}
BEST, FAIR, QUIET, GONE = "#CFE8DC", "#FFF3CD", "#E5E7EB", "#F8D7DA"
"""Fills of the classes: first, if the budget allows, wait, let go."""


def make_styles(book: Any, words: Words) -> Styles:
    """Return the cell formats of a workbook by name: the kinds of columns, headings, inputs.

    Thousands and decimal marks are those of the reader's own program; the order of a date is that
    of the report's language.
    """
    formats = {
        "text": "@",
        "number": "#,##0",
        "money": "#,##0.00",
        "share": "0.0%",
        "decimal": "0.0",
        "date": date_format(words),
    }
    styles = {name: book.add_format({"num_format": form, "valign": "top"}) for name, form in formats.items()}
    for name, form in formats.items():
        styles[f"input_{name}"] = book.add_format(
            {"num_format": form, "bg_color": "#FFFBE6", "border": 1, "border_color": "#B45309"}
        )
        styles[f"total_{name}"] = book.add_format({"num_format": form, "bold": True, "top": 1})
    styles["date"].set_align("left")
    styles["text"].set_indent(1)  # away from the number beside it
    styles["long"] = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "indent": 1})
    styles["long"].set_indent(1)
    styles["line"] = book.add_format({"bottom": 4, "bottom_color": "#9AA5B1"})
    styles["wrap"] = book.add_format({"text_wrap": True, "valign": "top"})
    styles["head"] = book.add_format(
        {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EEF2F7"}
    )
    styles["title"] = book.add_format({"bold": True, "font_size": 14})
    styles["link"] = book.add_format({"font_color": "#1D4ED8", "underline": 1, "valign": "top"})
    styles["bold"] = book.add_format({"bold": True})
    styles["input_exact"] = book.add_format(
        {"num_format": "General", "bg_color": "#FFFBE6", "border": 1, "border_color": "#B45309"}
    )
    styles["factor"] = book.add_format({"num_format": "0.0000"})
    styles["unsure"] = book.add_format({"bg_color": FAIR, "bottom": 4, "bottom_color": "#9CA3AF"})
    styles["exact"] = book.add_format({"num_format": "0.00"})
    styles["left"] = book.add_format({"num_format": "0", "align": "left"})
    styles["alarm"] = book.add_format({"bold": True, "font_color": "#B91C1C"})
    for name, colour in (("best", BEST), ("fair", FAIR), ("quiet", QUIET), ("gone", GONE)):
        styles[name] = book.add_format({"bg_color": colour})
    return styles


def date_format(words: Words) -> str:
    """Return the date format of the report's language, with a year of four digits."""
    locale = "en_GB" if words.language == "en" else words.language
    pattern = str(get_date_format("short", locale=locale).pattern)
    pattern = re.sub("y+", "yyyy", pattern)
    pattern = re.sub("M+", "mm", pattern)
    return re.sub("d+", "dd", pattern)
