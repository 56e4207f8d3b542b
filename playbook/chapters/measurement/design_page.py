"""Chapter 08, before the campaign: what the planned test can show, and the list to keep for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.archive.sheets import write_sheet
from playbook.chapters.measurement.design import (
    LEAST_BUYERS,
    READINGS,
    Arms,
    Reading,
    UnaidedPast,
    enough,
    power_of_shares,
    read_after,
)
from playbook.chapters.measurement.words import points
from playbook.settings.client import Settings
from playbook.show.display import Column, Table, table_of
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.earlier import ASSIGNMENT, read_intended, spared

WITHOUT_A_TEST = {
    "nobody": "No campaign is planned, so there is nothing to measure.",
    "no_holdout": "Nobody is held back, so nobody will be able to say what the campaign did: raise"
    " offers.holdout_share in client.yml, or contact more customers.",
    "unknown": "What the test could show cannot be told: the record is too short to learn from.",
}
"""What is said of a plan by its verdict, where there is nothing to be tested."""


@dataclass(frozen=True)
class Design(Result):
    """The test that the plan makes possible.

    Attributes
    ----------
    arms : Arms
        Who gets an offer and who is held back.
    planned : float
        Additional share that the plan expects to come back.
    readings : tuple of Reading
        What can be shown after how many days.
    horizon, power : int, float
        The declared horizon, and the wanted chance.
    last_contact : date or None
        Last day of the campaign.
    halves : float
        Chance to show the planned return if half of all were held back.
    enough : Arms or None
        Arms in the same proportion that would show it with the wanted chance.
    past : UnaidedPast
    later : int
        How many are contacted only if this pilot works.
    """

    arms: Arms
    planned: float
    readings: tuple[Reading, ...]
    horizon: int
    power: float
    last_contact: date | None
    halves: float
    enough: Arms | None
    past: UnaidedPast
    later: int = 0

    @property
    def at(self) -> Reading | None:
        """What can be shown at the declared horizon; the longest that is known where it is shorter."""
        known = [reading for reading in self.readings if reading.days <= self.horizon]
        return known[-1] if known else None

    @property
    def verdict(self) -> str:
        """Return nobody, unknown, enough or too_small."""
        if not self.arms.contacted:
            return "nobody"
        if self.at is None or not self.arms.held_back:
            return "unknown" if self.arms.held_back else "no_holdout"
        return "enough" if self.at.power_return >= self.power else "too_small"

    def _buyers(self, at: Reading) -> float:
        """Return how many are expected back in the smaller arm, were both alike."""
        back = self.arms.contacted * (at.base + self.planned) + self.arms.held_back * at.base
        both = self.arms.contacted + self.arms.held_back
        return back * min(self.arms.contacted, self.arms.held_back) / both

    def findings(self) -> list[Finding]:
        """Return what the test can show."""
        at, arms, ready = self.at, self.arms, self.last_contact
        found = [
            Finding("design", self.planned, unit="share", n=arms.contacted, verdict=self.verdict),
            Finding("design_held_back", arms.held_back, unit="customers"),
            Finding("design_later", self.later, unit="customers"),
            Finding("design_horizon", at.days if at else self.horizon, unit="days"),
            Finding("design_power", self.power, unit="share"),
            Finding("design_halves", self.halves, unit="share"),
        ]
        if ready is not None:
            day = (ready + timedelta(days=self.horizon)).isoformat()
            found.append(Finding("design_ready", day, unit="date"))
        if self.enough is not None:
            found.append(Finding("design_enough", self.enough.contacted, unit="customers"))
            found.append(Finding("design_enough_held_back", self.enough.held_back, unit="customers"))
        if at is not None:
            found += [
                Finding("design_base", at.base, unit="share", n=self.past.customers),
                Finding("design_buyers", round(self._buyers(at)), unit="customers"),
                Finding("design_least_return", at.least_return, unit="share"),
                Finding("design_least_visit", at.least_visit, unit="share"),
                Finding("design_least_margin", at.least_margin, unit="money"),
                Finding("design_power_return", at.power_return, unit="share"),
                Finding("design_planned_margin", at.planned_margin, unit="money"),
                Finding("design_power_margin", at.power_margin, unit="share"),
            ]
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what the test can show, when to read it, and what would be enough."""
        return design_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return what can be shown after how many days."""
        say = words.say
        visits = say("least more visitors, of a hundred")
        columns: dict[Column, Callable[[Reading], object]] = {
            (say("after days"), "number"): lambda reading: reading.days,
            (say("come back unaided"), "percent"): lambda reading: reading.base,
            visits: lambda reading: points(reading.least_visit, words),
            say("least more returns, of a hundred"): lambda reading: points(reading.least_return, words),
            (say("least margin per customer"), "money_exact"): lambda reading: reading.least_margin,
            (say("margin per customer as planned"), "money_exact"): lambda reading: reading.planned_margin,
            (say("chance to show the planned return"), "chance"): lambda reading: reading.power_return,
            (say("and the planned margin"), "chance"): lambda reading: reading.power_margin,
        }
        if all(reading.least_visit is None for reading in self.readings):
            del columns[visits]
        caption = say("How long to wait, and what can be shown by then")
        note = say(
            "“Least” is the smallest difference that is shown with a chance of {power}. Margins are after"
            " contacts and incentives, simulated from what {n} lapsed customers really brought after"
            " {day}.",
            power=words.percent(self.power),
            n=words.number(self.past.customers),
            day=words.date(self.past.landmark),
        )
        return table_of(self.readings, columns, caption, words, note)


def design_test(
    customers: pd.DataFrame, planned: pd.DataFrame, past: UnaidedPast, settings: Settings
) -> Design:
    """Return what the plan's holdout will be able to show.

    Parameters
    ----------
    customers : DataFrame
        The customer table with chapter 07's columns: plan_status, holdout.
    planned : DataFrame
        ``plan.csv`` as `read_plan` gives it: week, contact_cost, incentive_return, return_probability,
        return_probability_with_offer, spared.
    """
    planned = planned[~spared(planned)]
    later = int((customers["plan_status"] == "later").sum())
    arms = Arms(len(planned), int(customers["holdout"].to_numpy(bool).sum()))
    wanted, horizon = settings.measurement.power, settings.measurement.horizon_days
    if not arms.contacted:
        return Design(arms, 0.0, (), horizon, wanted, None, 0.0, None, past)
    with_offer = planned["return_probability_with_offer"]
    share = float((with_offer - planned["return_probability"]).mean())
    last = pd.Timestamp(planned["week"].max()).date() + timedelta(days=6)
    if not arms.held_back:
        return Design(arms, share, (), horizon, wanted, last, 0.0, None, past)
    cost = float((planned["contact_cost"] + planned["incentive_return"] * with_offer).mean())
    usual = past.rate(min(settings.horizon_days, past.reaches))
    level = float(planned["return_probability"].mean()) / usual if usual else 1.0
    days = [day for day in sorted({*READINGS, horizon}) if day <= past.reaches]
    readings = read_after(past, days, arms, share, cost, level, wanted, settings.seed)
    base = next((reading.base for reading in reversed(readings) if reading.days <= horizon), 0.0)
    both = arms.contacted + arms.held_back
    halves = power_of_shares(base, share, Arms(both - both // 2, both // 2))
    more = enough(base, share, arms, wanted)
    return Design(arms, share, tuple(readings), horizon, wanted, last, halves, more, past, later)


def design_sentences(findings: Findings, words: Words) -> list[str]:
    """Word the design: enough, or too small and what would be enough."""
    say, number = words.say, words.number
    plan = findings["design"]
    if plan.verdict in WITHOUT_A_TEST:
        return [say(WITHOUT_A_TEST[plan.verdict])]
    values = {
        "contacted": words.say_many("{n} customer", "{n} customers", plan.n or 0),
        "held_back": number(findings["design_held_back"].value),
        "days": number(findings["design_horizon"].value),
        "planned": words.points(float(plan.value)),
        "power": words.chance(findings["design_power_return"].value),
        "wanted": words.percent(findings["design_power"].value),
        "ready": words.date(date.fromisoformat(findings["design_ready"].value)),
        "later": number(findings["design_later"].value),
    }
    can, pays, pilot = _can_show(findings, values, words), _pays(findings, words), []
    if findings["design_later"].value:
        pilot = [
            say(
                "This is a pilot: {contacted} contacted, {held_back} drawn by chance from the same customers"
                " and held back; {later} more follow if it works.",
                **values,
            )
        ]
    if plan.verdict == "enough":
        proved = say(
            "The plan expects {planned}, so it can be proved (chance {power}). Read it on {ready}, not"
            " before.",
            **values,
        )
        return [*pilot, can, proved, pays]
    too_small = say(
        "It may leave open whether the offers work: the plan expects {planned} more returns of a hundred, and"
        " the chance that the test shows them is {power}."
        if pilot
        else "Your base is too small to prove this: the plan expects {planned} more returns of a hundred, and"
        " the chance that the test shows them is {power}.",
        **values,
    )
    read = say("Read it on {ready}, not before.", **values)
    return [*pilot, too_small, can, *_what_is_missing(findings, words), pays, read]


def _can_show(findings: Findings, values: dict[str, str], words: Words) -> str:
    """Word the smallest effect that the test can show."""
    least = findings["design_least_return"].value
    if least is None:
        return words.say(
            "With {contacted} contacted and {held_back} held back, no effect on returns within {days} days"
            " would show with a chance of {wanted}.",
            **values,
        )
    return words.say(
        "With {contacted} contacted and {held_back} held back, a difference of {least} returns of a hundred"
        " within {days} days would show with a chance of {wanted}; smaller ones might not.",
        least=words.points(least),
        **values,
    )


def _what_is_missing(findings: Findings, words: Words) -> list[str]:
    """Say why the base is too small, and what would be enough."""
    say, number, said = words.say, words.number, []
    if findings["design_buyers"].value < LEAST_BUYERS:
        said.append(
            say(
                "The reason is the small number held back: of so many {buyers} would come back, and below"
                " {least} no interval means anything.",
                buyers=number(findings["design_buyers"].value),
                least=number(LEAST_BUYERS),
            )
        )
    more, contacted = findings.get("design_enough"), findings["design"].n or 0
    if more is not None:
        halved = findings["design_held_back"].value >= contacted - 1
        said.append(
            say(
                "Enough would be {n} contacted and {held_back} held back, or several campaigns taken"
                " together."
                if halved
                else "Enough would be {n} contacted and {held_back} held back, or several campaigns taken"
                " together; holding back half of the same customers would show it with a chance of {halves}.",
                n=number(more.value),
                held_back=number(findings["design_enough_held_back"].value),
                halves=words.chance(findings["design_halves"].value),
            )
        )
    return said


def _pays(findings: Findings, words: Words) -> str:
    """Say whether the test can show that the campaign pays."""
    least = findings["design_least_margin"].value
    if least is None:
        return words.say(
            "Whether it pays cannot be shown by so few: margins vary too much from order to order."
        )
    return words.say(
        "That it pays is harder to show than that they return: it takes {least} of margin per customer,"
        " the plan expects {planned} after costs by then (chance to show it {power}).",
        least=words.money(least, 2),
        planned=words.money(findings["design_planned_margin"].value, 2),
        power=words.chance(findings["design_power_margin"].value),
    )


def assignment(planned: pd.DataFrame, held_back: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return who was drawn into which arm, in the columns of the contacts table.

    Parameters
    ----------
    planned : DataFrame
        ``plan.csv`` as `read_plan` gives it.
    held_back : DataFrame
        ``held_back.csv``: customer_id, and the offer, channel and week that would have been.

    Returns
    -------
    DataFrame
        campaign, customer_id, contacted_at, channel, arm, offer, cost; by customer_id. Whoever chance
        could not have held back stands in a campaign of their own, without a control group.
    """
    treated = planned[["customer_id", "week", "channel", "offer", "contact_cost"]].assign(arm="treated")
    controls = held_back[["customer_id", "week", "channel", "offer"]].assign(arm="control")
    rows = pd.concat([part for part in (treated, controls) if len(part)] or [treated], ignore_index=True)
    rows = rows.rename(columns={"week": "contacted_at", "contact_cost": "cost"})
    name, alone = f"Plan {as_of.isoformat()}", set(planned.loc[spared(planned), "customer_id"])
    rows["campaign"] = np.where(rows["customer_id"].isin(alone), f"{name} never held back", name)
    columns = ["campaign", "customer_id", "contacted_at", "channel", "arm", "offer", "cost"]
    return rows.sort_values("customer_id", ignore_index=True).reindex(columns=columns)


def write_assignment(folder: Path, planned: pd.DataFrame, as_of: date) -> None:
    """Write the arms of the planned campaign, the held back too, beside the report: whole or not at all."""
    rows = assignment(planned, read_intended(folder), as_of)
    write_sheet(rows, folder / ASSIGNMENT)
