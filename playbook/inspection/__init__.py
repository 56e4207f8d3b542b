"""Everything that can be wrong with a client's data, found in the engine: no large table is loaded."""

from datetime import date

from playbook.errors import DataError
from playbook.history import History
from playbook.inspection.calendar import inspect_calendar
from playbook.inspection.ids import inspect_ids
from playbook.inspection.orders import inspect_orders
from playbook.inspection.people import inspect_people
from playbook.inspection.records import inspect_records
from playbook.inspection.rules import SEVERITIES, Check
from playbook.settings import Settings
from playbook.sources import Sources
from playbook.wording import Words


def inspect(
    settings: Settings, sources: Sources, history: History, today: date | None = None
) -> tuple[Check, ...]:
    """Return what is wrong with a client's data, errors first.

    Parameters
    ----------
    today : date
        Later dates lie in the future; by default the day of the call.
    """
    checks = [
        *inspect_orders(settings, sources, history),
        *inspect_calendar(settings, sources, history, today or date.today()),
        *inspect_ids(settings, sources, history),
        *inspect_people(settings, sources, history),
        *inspect_records(settings, sources, history),
    ]
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
