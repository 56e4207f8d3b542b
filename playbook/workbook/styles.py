"""How cells look: formats of numbers, headings, widths."""

from typing import Any

from playbook.wording import Words

Styles = dict[str, Any]

WIDTHS = {"text": 18, "long": 60, "number": 11, "money": 13, "share": 11, "date": 12, "decimal": 10}


def make_styles(book: Any, words: Words) -> Styles:
    """Return the cell formats of a workbook by name: the kinds of columns, head and title."""
    formats = {
        "text": "@",
        "number": "#,##0",
        "money": "#,##0.00",
        "share": "0.0%",
        "decimal": "0.0",
        "date": "yyyy-mm-dd",
    }
    styles = {name: book.add_format({"num_format": form}) for name, form in formats.items()}
    styles["long"] = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    styles["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    styles["title"] = book.add_format({"bold": True, "font_size": 14})
    return styles
