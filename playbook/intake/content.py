"""What a column may be by its values, whatever its name: answers, numbers of customers, a counter."""

import re
from itertools import islice, pairwise

from playbook.intake.formats import VALUES_TRIED, FileColumn
from playbook.intake.look import Look
from playbook.records.canonical import NO, YES
from playbook.records.identifiers import PLACEHOLDER

LEAST_COUNTED = 10
"""So many rows tell a number that is counted up."""


def is_flag(column: FileColumn) -> bool:
    """Whether a column holds nothing but yes and no, in at most four spellings but for capitals."""
    words = {text.lower().removesuffix(".0") for text in islice(column.values, VALUES_TRIED)}
    return bool(words) and len(words) <= 4 and words <= {*YES, *NO}


def is_id(column: FileColumn) -> bool:
    """Whether a column may hold the numbers of customers: short, no amounts, texts or times."""
    nobody = placeholders(column)
    return (
        len(nobody) < len(column.values)
        and column.share(
            lambda text: (
                len(text) <= 40 and not re.search(r"\d[.,]\d{1,2}$|^\d{1,2}:\d{2}\b", text.removesuffix(".0"))
            )
        )
        > 0.95
        and column.share(
            lambda text: text in nobody or (bool(re.search(r"\d|@", text)) and len(text.split()) <= 2)
        )
        > 0.8
    )


def placeholders(column: FileColumn) -> list[str]:
    """Return values that stand for nobody in particular, such as Gast; 9999, if rare, may be somebody."""
    often = 0.02 * column.filled
    return [
        value
        for value, n in column.values.most_common(VALUES_TRIED)
        if re.match(PLACEHOLDER, value) and (n > often or not re.match("[9xX]", value))
    ]


def of_few_rows(look: Look, column: FileColumn) -> bool:
    """Whether a column tells of less than half of the rows who somebody is."""
    rows = max(other.filled for other in look.columns)
    nobody = sum(column.values[value] for value in placeholders(column))
    common = max(column.values.values(), default=0) if rows >= LEAST_COUNTED else 0
    return column.filled - max(nobody, common if common > rows / 2 else 0) < rows / 2


def counts_up(look: Look, column: FileColumn) -> bool:
    """Whether whole numbers rise, or fall, from row to row, as numbers of orders do and no money."""
    if not column.unique or len(column.values) < LEAST_COUNTED or not all(t.isdigit() for t in column.values):
        return False
    steps = [later - earlier for earlier, later in pairwise(look.numbers(column))]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def mostly_unique(column: FileColumn) -> bool:
    """Whether hardly any value comes twice."""
    return bool(column.values) and len(column.values) >= 0.95 * column.filled
