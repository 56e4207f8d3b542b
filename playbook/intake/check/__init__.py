"""Everything that can be wrong with a client's data, found in the engine: no large table is loaded."""

from dataclasses import replace
from datetime import date

from playbook.errors import DataError
from playbook.intake.check.calendar import inspect_calendar
from playbook.intake.check.ids import inspect_ids
from playbook.intake.check.orders import inspect_orders
from playbook.intake.check.people import inspect_people
from playbook.intake.check.records import inspect_records
from playbook.intake.check.rows import Delivery, inspect_row_rules
from playbook.intake.check.rule import SEVERITIES
from playbook.intake.check.rules import Check
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.settings.client import Settings
from playbook.show.words import Words


def inspect(
    settings: Settings,
    sources: Sources,
    history: History,
    today: date | None = None,
    *,
    with_values: bool = False,
) -> tuple[Check, ...]:
    """Return what is wrong with a client's data, errors first.

    Parameters
    ----------
    today : date
        Later dates lie in the future; by default the day of the call.
    with_values : bool
        Whether the checks hold what stands in the cells, which no report may.
    """
    data = Delivery(settings, sources, history)
    checks = [
        *inspect_orders(data),
        *inspect_row_rules(data),
        *inspect_calendar(data, today or date.today()),
        *inspect_ids(data),
        *inspect_people(data),
        *inspect_records(data),
    ]
    if not with_values:
        checks = [replace(check, values=()) for check in checks]
    return tuple(sorted(checks, key=lambda check: SEVERITIES.index(check.severity)))


def refuse_errors(checks: tuple[Check, ...]) -> None:
    """Stop where the data cannot be used.

    Raises
    ------
    DataError
        For the first error found, with how many more there are.
    """
    errors = [check for check in checks if check.severity == "error"]
    if errors:
        more = f" {len(errors) - 1} more: see playbook check." if len(errors) > 1 else ""
        raise DataError(errors[0].text(Words()) + more)
