"""``workbook.xlsx``: the scoring, the plan and the lists, for the client's desk.

It carries names and contact details, which the report does not. A sheet is a function from a run
and its customers to a `BookSheet` (or None where there is nothing to show), named in `book.SHEETS`.
"""

from playbook.report.workbook.book import FILE, write

__all__ = ["FILE", "write"]
