"""Opening days, seasons and sales: clocks that run faster when a shop, or a charity, is busy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import NDArray

from playbook.records.arrays import Flags

Days = NDArray[np.int64]
Numbers = NDArray[np.float64]
Words = NDArray[np.str_]

MONTHS = (0.80, 0.80, 0.92, 1.00, 1.05, 0.95, 0.72, 0.76, 1.00, 1.08, 1.30, 1.75)
WEEKDAYS = (0.75, 0.90, 0.95, 1.05, 1.20, 1.60, 0.10)
EASTER = ("2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28")
AFTER_EASTER = (-2, 1, 39, 50)
FIXED_HOLIDAYS = ((1, 1), (1, 2), (8, 1), (12, 25), (12, 26))
SALES = ((1, 4, 1, 25), (7, 1, 7, 20), (11, 22, 11, 30))
SALE_FACTOR = 1.35
NEWSLETTER_FACTOR = 1.4
YEARLY_TREND = 0.04

GIVING_MONTHS = (0.70, 0.70, 1.10, 1.05, 0.90, 0.80, 0.55, 0.60, 0.95, 1.05, 1.50, 2.80)
GIVING_WEEKDAYS = (1.1, 1.1, 1.1, 1.1, 1.1, 0.7, 0.25)


@dataclass(frozen=True)
class Clock:
    """Busy time against calendar days, both counted from the first day.

    Parameters
    ----------
    first : datetime.date
        Day 0.
    weights : array of float, shape (days,)
        How busy a day is; 1 on average.
    sale : array of bool, shape (days,)
        Whether a sale runs.
    closed : array of bool, shape (days,)
        Sundays and holidays: only the online shop is open.
    """

    first: dt.date
    weights: Numbers
    sale: Flags
    closed: Flags

    @property
    def days(self) -> int:
        """Count the days in the world."""
        return len(self.weights)

    def time(self, day: Days, within: Numbers) -> Numbers:
        """Return shop time at the fraction `within` of a calendar day."""
        passed = np.concatenate([[0.0], np.cumsum(self.weights)])
        return np.asarray(passed[day] + within * self.weights[day], dtype=np.float64)

    def day(self, time: Numbers) -> Days:
        """Return the calendar day of a shop time; `days` where the world has ended."""
        return np.searchsorted(np.cumsum(self.weights), time, side="right").astype(np.int64)

    def open_day(self, day: Days) -> Days:
        """Return the day itself, or the next one that is not closed."""
        following = np.arange(self.days)
        for start in range(self.days - 2, -1, -1):
            if self.closed[start]:
                following[start] = following[start + 1]
        return np.asarray(following[np.clip(day, 0, self.days - 1)], dtype=np.int64)

    def busy_days(self, random: RandomState, size: int) -> Days:
        """Draw days on which it is open, more of them when it is busy."""
        return self.open_day(self.day(random.uniform(0, self.weights.sum(), size)))

    def number(self, date: dt.date) -> int:
        """Return the day number of a date."""
        return (date - self.first).days

    def last_number(self, last_day: dt.date) -> int:
        """Return the day number of the last day of the data, which must lie in the world."""
        end = self.first + dt.timedelta(days=self.days - 1)
        if not self.first <= last_day <= end:
            raise ValueError(f"last_day is {last_day}, but the demo's world runs from {self.first} to {end}.")
        return self.number(last_day)

    def dates(self, day: Days) -> pd.Series[pd.Timestamp]:
        """Return day numbers as dates; negative numbers lie before the first day."""
        return pd.Series(np.datetime64(self.first, "ns") + day.astype("timedelta64[D]"))


def _holidays(dates: pd.DatetimeIndex) -> Flags:
    moving = {pd.Timestamp(easter) + pd.Timedelta(days=after) for easter in EASTER for after in AFTER_EASTER}
    fixed = [np.asarray((dates.month == month) & (dates.day == day)) for month, day in FIXED_HOLIDAYS]
    return np.asarray(dates.isin(list(moving)) | np.any(fixed, axis=0), dtype=np.bool_)


def _sales(dates: pd.DatetimeIndex) -> Flags:
    of_year = np.asarray(dates.month * 100 + dates.day)
    running = [(of_year >= a * 100 + b) & (of_year <= c * 100 + d) for a, b, c, d in SALES]
    return np.asarray(np.any(running, axis=0), dtype=np.bool_)


def _clock(dates: pd.DatetimeIndex, weights: Numbers, trend: float, sale: Flags) -> Clock:
    """Return a clock that runs this fast, and faster from year to year; 1 on average."""
    weights = weights * (1 + trend) ** (np.arange(len(dates)) / 365.25)
    closed = _holidays(dates) | np.asarray(dates.weekday == 6)
    return Clock(dates[0].date(), weights / weights.mean(), sale, closed)


def _usual(dates: pd.DatetimeIndex, months: tuple[float, ...], weekdays: tuple[float, ...]) -> Numbers:
    """Return how busy days are by their month and weekday alone."""
    of_month, of_weekday = np.array(months), np.array(weekdays)
    return np.asarray(of_month[np.asarray(dates.month) - 1] * of_weekday[np.asarray(dates.weekday)])


def shop_clock(first: dt.date, end: dt.date) -> Clock:
    """Return the clock of a shop with quiet Sundays, a summer dip, sales, and a strong December."""
    dates = pd.date_range(first, end)
    sale = _sales(dates)
    newsletter = np.asarray((dates.weekday == 3) & (dates.day <= 7))
    quiet = np.asarray((dates.month == 12) & (dates.day > 26))
    weights = _usual(dates, MONTHS, WEEKDAYS) * np.where(sale, SALE_FACTOR, 1.0)
    weights = weights * np.where(_holidays(dates), 0.08, 1.0)
    weights = weights * np.where(newsletter, NEWSLETTER_FACTOR, 1.0) * np.where(quiet, 0.4, 1.0)
    return _clock(dates, weights, YEARLY_TREND, sale)


def charity_clock(first: dt.date, end: dt.date) -> Clock:
    """Return the clock of a charity: quiet summers, more before Easter, most before Christmas."""
    dates = pd.date_range(first, end)
    weights = _usual(dates, GIVING_MONTHS, GIVING_WEEKDAYS) * np.where(_holidays(dates), 0.2, 1.0)
    return _clock(dates, weights, YEARLY_TREND, np.zeros(len(dates), dtype=np.bool_))
