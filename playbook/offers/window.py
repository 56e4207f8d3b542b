"""The weeks in which a campaign is carried out."""

from dataclasses import dataclass
from datetime import date, timedelta

from playbook.offers.catalogue import Offer


@dataclass(frozen=True)
class Window:
    """The weeks in which the campaign is carried out; the first begins on the Monday after today."""

    as_of: date
    weeks: int

    @property
    def start(self) -> date:
        """Return the first Monday after the as-of date."""
        return self.as_of + timedelta(days=7 - self.as_of.weekday())

    def monday(self, week: int) -> date:
        """Return the first day of a week, counted from 1."""
        return self.start + timedelta(weeks=week - 1)

    def sunday(self, week: int) -> date:
        """Return the last day of a week."""
        return self.monday(week) + timedelta(days=6)

    def open_weeks(self, offer: Offer) -> tuple[int, int]:
        """Return the first and the last week in which an offer may be made; first > last: none."""
        first = next(
            (w for w in self._all if self.sunday(w) >= (offer.first_day or self.start)), self.weeks + 1
        )
        last = max((w for w in self._all if self.monday(w) <= (offer.last_day or date.max)), default=0)
        return first, last

    @property
    def _all(self) -> range:
        return range(1, self.weeks + 1)
