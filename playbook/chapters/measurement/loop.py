"""The loop: what earlier runs of a client planned, and what came of it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from playbook.archive.earlier import EarlierRun, earlier_runs
from playbook.archive.findings import Finding, Findings
from playbook.chapters.measurement.design_page import assignment
from playbook.chapters.measurement.words import limits, points
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Table, table_of
from playbook.show.words import Words
from playbook.stats.result import Result
from playbook.stats.trials.data import read_rows, trials_of
from playbook.stats.trials.earlier import PLAN, read_intended, read_plan, spared
from playbook.stats.trials.measure import Measured, measure

NOT_YET = "not_yet"
HEADLINES = {
    "lapsed": "customers",
    "at_risk": "customers",
    "planned": "customers",
    "expected": "money",
    "measured": "share",
}
"""The figures by which this report is held against the last one, with their units."""


def earlier_scores(home: Path, before: date) -> pd.DataFrame:
    """Return the scores of earlier reports: customer_id, score, as_of."""
    columns, parts = ["customer_id", "score", "as_of"], []
    for run in earlier_runs(home, before):
        frame = pd.read_parquet(run.folder / "tables/customers.parquet")
        if "score" in frame:
            parts.append(frame.assign(as_of=pd.Timestamp(run.as_of))[columns].dropna())
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


# Run by run ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chronicle(Result):
    """The client over time.

    Attributes
    ----------
    runs : DataFrame
        One row per report, this one last: as_of, threshold (days), lapsed, at_risk (customers), returned
        (of them, by the next report; None where the data end before it), planned (contacts),
        held_back, expected (profit), measured (share of it), and, of an earlier plan: campaign (its
        name), planned_return and, where its horizon is over and the data reach it, realised_return
        (additional share back, with low and high), realised_margin (per customer after costs), source
        (contacts: as carried out; plan: as planned, whether it was carried out is not in the data;
        not_yet: the data do not reach the horizon).
    """

    runs: pd.DataFrame

    def findings(self) -> list[Finding]:
        """Return how many reports there are, and what came of the last plan that can be judged."""
        waiting = int((self.runs["source"] == NOT_YET).sum())
        listed = [
            Finding("runs", len(self.runs), unit="runs"),
            Finding("plans_not_yet", waiting, unit="runs", n=len(self.runs) - 1),
        ]
        listed += self._headlines()
        for row in self.runs.dropna(subset="realised_return").to_dict("records")[-1:]:
            day, low, high = row["as_of"].date().isoformat(), _known(row["low"]), _known(row["high"])
            listed += [
                Finding("last_plan", day, unit="date", verdict=row["source"]),
                Finding("last_plan_expected", row["planned_return"], unit="share"),
                Finding("last_plan_realised", row["realised_return"], low, high, "share"),
            ]
        return listed

    def _headlines(self) -> list[Finding]:
        """Return the headline figures of this report and the last one, as far as both have them."""
        if len(self.runs) < 2:
            return []
        then, now = self.runs.iloc[-2], self.runs.iloc[-1]
        day = Finding("last_report", then["as_of"].date().isoformat(), unit="date")
        both = [name for name in HEADLINES if pd.notna(then[name]) and pd.notna(now[name])]
        return [
            day,
            *(
                Finding(f"{name}_{when}", float(row[name]), unit=HEADLINES[name])
                for name in both
                for when, row in (("then", then), ("now", now))
            ),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say what became of the lapsed, and of the last plan, and what changed since the last report."""
        return chronicle_sentences(self.by_name, words)

    def table(self, words: Words) -> Table | None:
        """Return the client run by run; None for the first run."""
        say = words.say
        if len(self.runs) < 2:
            return None
        return table_of(
            self.runs.to_dict("records"),
            {
                (say("as of"), "date"): lambda run: run["as_of"],
                (say("threshold, days"), "number"): lambda run: run["threshold"],
                (say("lapsed"), "number"): lambda run: run["lapsed"],
                (say("of them back by the next"), "number"): lambda run: run["returned"],
                (say("at risk"), "number"): lambda run: run["at_risk"],
                (say("planned contacts"), "number"): lambda run: run["planned"],
                (say("held back"), "number"): lambda run: run["held_back"],
                (say("expected profit"), "money"): lambda run: run["expected"],
                (say("of it measured"), "percent"): lambda run: run["measured"],
                say("more returns of a hundred, planned"): lambda run: points(
                    _known(run["planned_return"]), words
                ),
                say("and realised"): lambda run: _realised_in_words(run, words),
                (say("margin per customer, realised"), "money_exact"): lambda run: run["realised_margin"],
            },
            say("This client, run by run"),
            words,
            say(
                "Realised is the difference to those held back at the declared horizon, from the contacts"
                " where they hold the campaign, else as if the plan had been carried out. “Not yet”: the data"
                " do not reach that day."
            ),
        )


def chronicle(
    home: Path,
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    now: Mapping[str, Findings],
    campaigns: tuple[Measured, ...],
) -> Chronicle:
    """Return what earlier reports found and planned, and what came of it.

    Parameters
    ----------
    customers : DataFrame
        Everybody the client knows: customer_id.
    now : mapping
        Chapters 02, 04 and 07 of this run to their findings.
    campaigns : tuple of Measured
        Those of ``contacts``.
    """
    runs, rows = earlier_runs(home, history.as_of), []
    for k, run in enumerate(runs):
        following = runs[k + 1].as_of if k + 1 < len(runs) else history.as_of
        row = _row(run.as_of, {chapter: run.findings(chapter) for chapter in ("02", "04", "07")})
        row["returned"] = _returned(run, following, history)
        rows.append(row | _realised(run, history, sources, customers, campaigns))
    rows.append(_row(history.as_of, now))
    names = ["as_of", "threshold", "lapsed", "at_risk", "returned", "planned", "held_back", "expected"]
    names += [
        "measured",
        "campaign",
        "planned_return",
        "realised_return",
        "low",
        "high",
        "realised_margin",
        "source",
    ]
    return Chronicle(pd.DataFrame(rows).reindex(columns=names))


def _row(as_of: date, chapters: Mapping[str, Findings]) -> dict[str, Any]:
    stages, lost, plan = (chapters.get(chapter, {}) for chapter in ("02", "04", "07"))
    taken = {
        "threshold": lost.get("inactivity_threshold"),
        "lapsed": lost.get("lapsed"),
        "at_risk": stages.get("stage_at_risk"),
        "planned": plan.get("plan_customers"),
        "held_back": plan.get("held_back"),
        "expected": plan.get("plan_expected_profit"),
        "measured": plan.get("profit_measured"),
    }
    values = {name: finding.value if finding else None for name, finding in taken.items()}
    return {"as_of": pd.Timestamp(as_of)} | values


def _returned(run: EarlierRun, following: date, history: History) -> int | None:
    """Return how many of those lapsed ordered by the next report; None where the data end before it."""
    if history.data_end < following or history.last_day <= run.as_of:
        return None
    then = pd.read_parquet(run.folder / "tables/customers.parquet", columns=["customer_id", "lapsed"])
    orders, first, last = history.orders, ibis.literal(run.as_of), ibis.literal(following)
    came = orders.filter((orders.day > first) & (orders.day <= last)).select("customer_id").distinct()
    back = set(came.to_pyarrow()["customer_id"].to_pylist())
    return int((then["lapsed"].fillna(False).astype(bool) & then["customer_id"].isin(back)).sum())


def _realised(
    run: EarlierRun,
    history: History,
    sources: Sources,
    customers: pd.DataFrame,
    campaigns: tuple[Measured, ...],
) -> dict[str, Any]:
    """Return what came of a report's plan, where its horizon is over."""
    if not (run.folder / PLAN).is_file():
        return {}
    planned, held_back = read_plan(run.folder), read_intended(run.folder)
    planned = planned[~spared(planned)]
    if planned.empty or held_back.empty:
        return {}
    rows = assignment(planned, held_back, run.as_of)
    name = str(rows["campaign"].iloc[0])
    share = float((planned["return_probability_with_offer"] - planned["return_probability"]).mean())
    carried_out = [campaign for campaign in campaigns if campaign.trial.campaign == name]
    measured = carried_out[0] if carried_out else _as_planned(rows, history, sources, customers)
    expected = {"campaign": name, "planned_return": share}
    if measured is None or measured.trial.followed < measured.settings.horizon_days:
        return expected | {"source": NOT_YET}
    if "return" not in measured.whole.effects:
        return expected
    back, main = measured.whole.effects["return"], measured.main
    return expected | {
        "realised_return": back.value,
        "low": back.low,
        "high": back.high,
        "realised_margin": main.value if main and main.unit == "money" else None,
        "source": "contacts" if carried_out else "plan",
    }


def _as_planned(
    rows: pd.DataFrame, history: History, sources: Sources, customers: pd.DataFrame
) -> Measured | None:
    trials = trials_of(read_rows(rows), history, sources, customers)
    if not trials:
        return None
    # The as-of date may lie after the data: nothing is known of the days between.
    known = trials[0].followed - (history.as_of - history.data_end).days
    settings = history.settings
    return measure(replace(trials[0], followed=max(known, 0)), settings.measurement, settings.seed)


def chronicle_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what became of the last plan."""
    n, last = int(findings["runs"].value), findings.get("last_plan")
    if n < 2:
        return [
            words.say(
                "This is the first report of this client. The next one shows beside it what became of this"
                " plan."
            )
        ]
    if last is None:
        message = (
            "This is report number {n} of this client. What came of an earlier plan cannot be told yet: the"
            " data do not reach the day on which it is to be read."
            if findings["plans_not_yet"].value
            else "This is report number {n} of this client. No earlier plan can be compared with what came."
        )
        return [*_then_and_now(findings, words), words.say(message, n=words.number(n))]
    expected, realised = findings["last_plan_expected"], findings["last_plan_realised"]
    low, high = points(realised.low, words), points(realised.high, words)
    known = " (95% interval {low} to {high})" if low else " (too few came back for an interval)"
    said = words.say(
        "The plan of {day} expected {expected} more returns of a hundred; {realised} came{within}.",
        day=words.date(date.fromisoformat(last.value)),
        expected=points(expected.value, words),
        realised=points(realised.value, words),
        within=words.say(known, low=low, high=high),
    )
    if last.verdict == "plan":
        said += " " + words.say(
            "Whether it was carried out is not in the data: hand in its contacts (campaign.csv lies beside"
            " that report)."
        )
    return [*_then_and_now(findings, words), said]


def _then_and_now(findings: Findings, words: Words) -> list[str]:
    """Word the headline figures of this report beside those of the last one."""
    messages = {
        "lapsed": ("{now} lapsed (then {then})", words.number),
        "at_risk": ("{now} at risk ({then})", words.number),
        "planned": ("{now} contacts planned ({then})", words.number),
        "expected": ("an expected profit of {now} ({then})", words.money),
        "measured": ("{now} of it measured ({then})", words.percent),
    }
    told = [
        words.say(
            message, now=shown(findings[f"{name}_now"].value), then=shown(findings[f"{name}_then"].value)
        )
        for name, (message, shown) in messages.items()
        if f"{name}_now" in findings
    ]
    day = words.date(date.fromisoformat(findings["last_report"].value))
    said = words.say("Since the report of {day}: {told}.", day=day, told=", ".join(told))
    return [said] if told else []


def _known(value: Any) -> float | None:
    """Return a number of the table of runs; None where it has none."""
    return None if pd.isna(value) else float(value)


def _realised_in_words(row: Mapping[Hashable, Any], words: Words) -> str | None:
    """Return what came of a plan, with its interval where enough came back for one."""
    if row["source"] == NOT_YET:
        return words.say("not yet")
    realised, low, high = (_known(row[name]) for name in ("realised_return", "low", "high"))
    value, within = points(realised, words), limits(low, high, "share", words)
    return f"{value} ({within})" if within else value
