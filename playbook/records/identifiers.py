"""What tells one person from another, compared by one rule wherever somebody is looked up.

A number is compared without capitals, blanks of any kind, marks that nobody sees, zeros in front and the
point that a spreadsheet put behind; a telephone by its last digits, however its country is written.
"""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

PHONE_DIGITS = 9
"""Last digits of a telephone that tell it, however its country is written; shorter ones tell nothing."""

_UNSEEN = r"[\s\p{Z}\p{Cf}\p{Cc}]+|^'"
_NUMBER, _BARE = r"^0*(\d+?)(?:\.0)?$", r"\1"
_NO_EMAIL = r"\s<>\"'();:,|?/\u200b\ufeff"
_EMAIL = rf"[^{_NO_EMAIL}]+@[^{_NO_EMAIL}]*[^.{_NO_EMAIL}]"
_SEVERAL = r"(?:(?=\S*\d)(?=\S*[^\W\d])[\w.-]+[\s/]+)+(?=\S*\d)(?=\S*[^\W\d])[\w.-]+|\d{4,}(?:[\s/]+\d{4,})+"
"""Several numbers in one cell: all of letters and digits, or all of four digits or more."""
_CELLS = r"[;,|\t\"]"


def spelled(ids: pd.Series) -> pd.Series:
    """Return customers' numbers as they are compared, on the same index."""
    texts = pa.array(ids, pa.string(), from_pandas=True)
    bare = pc.utf8_lower(pc.replace_substring_regex(texts, _UNSEEN, ""))
    plain = pc.replace_substring_regex(bare, _NUMBER, _BARE)
    return pd.Series(plain.to_numpy(zero_copy_only=False), ids.index, dtype=object)


def spelled_by_engine(ids: Any) -> Any:
    """Return the expression of what `spelled` returns."""
    return ids.re_replace(_UNSEEN, "").lower().re_replace(_NUMBER, _BARE)


def emails_in(texts: pd.Series) -> pd.Series:
    """Return every e-mail address in some texts, in lower case, each on the index of its text."""
    found = texts.dropna().astype(str).str.lower().str.findall(_EMAIL).explode()
    return found.dropna()


def phones(texts: pd.Series) -> pd.Series:
    """Return the last digits of all telephones in some texts, each on the index of its text."""
    texts = texts.dropna().astype(str)
    digits = pd.concat([texts, texts.str.split(r"[;,/|]", regex=True).explode()]).str.replace(
        r"\D", "", regex=True
    )
    return digits[digits.str.len() >= PHONE_DIGITS].str[-PHONE_DIGITS:]


def cells_of(lines: pd.Series) -> pd.Series:
    """Return the cells of lines of text, whatever separates them, each on the index of its line."""
    cells = lines.str.split(_CELLS, regex=True).explode().str.strip()
    several = (
        cells[cells.str.fullmatch(_SEVERAL).fillna(False).astype(bool)]
        .str.split(r"[\s/]+", regex=True)
        .explode()
    )
    cells = pd.concat([cells, several])
    return cells[cells != ""].dropna()
