"""Chapter 06, second half: whom the client wants back first, and whom to let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from playbook.archive.findings import Finding
from playbook.chapters.scoring.criteria import ScoreSheet, chosen_criteria, label, reasons, score_sheet
from playbook.chapters.scoring.words import ranking_sentences
from playbook.offers import response
from playbook.offers.catalogue import Offer, cheapest_contact
from playbook.records.arrays import Flags
from playbook.records.consent import MAY_BE_CONTACTED
from playbook.records.history import History
from playbook.records.selection import selected
from playbook.settings.client import Settings
from playbook.show.display import Column, Table
from playbook.show.words import Words
from playbook.stats.result import Result

FIRST, BUDGET, WAIT, LET_GO = "first", "budget", "wait", "let_go"
CLASSES = (FIRST, BUDGET, WAIT, LET_GO)
OCCASIONAL, NO_CONSENT = "occasional", "no_consent"
APART = ("", OCCASIONAL, NO_CONSENT)
"""How customers are ranked apart, in the order of the ranking; most are not."""
CONSENT = "consent_"
SHOWN = 5
"""Rows of the tables."""


@dataclass(frozen=True)
class Ranking(Result):
    """Everybody who may be won back, in order.

    Attributes
    ----------
    customers : DataFrame
        The ranked, best first, those ranked apart behind the others: the measured columns, apart
        (one of `APART`), score, rank (1 is best), class, best_profit (of the best offer under its
        optimistic response), reason, weakest.
    sheet : ScoreSheet
        Points by criterion, in the same order.
    everybody : DataFrame
        All measured customers, by customer_id.
    not_ranked : int
        Occasional buyers who are left out.
    contact_cost : float
        What the cheapest contact costs that suits everybody.
    settings : Settings
    lost_for_good : int
        Those not ranked who cancelled for a reason that no offer changes.
    """

    customers: pd.DataFrame
    sheet: ScoreSheet
    everybody: pd.DataFrame
    not_ranked: int
    contact_cost: float
    settings: Settings
    lost_for_good: int = 0

    def of(self, kind: str) -> pd.DataFrame:
        """Return the customers of a class."""
        return self.customers[self.customers["class"] == kind]

    @property
    def together(self) -> Flags:
        """Whether each customer is ranked with the others, not apart."""
        return (self.customers["apart"] == "").to_numpy()

    def columns(self) -> pd.DataFrame:
        """Return this chapter's columns for every customer, sorted by customer_id."""
        sheet = pd.DataFrame(
            np.hstack([self.sheet.points, self.sheet.values]),
            columns=[f"{kind}_{name}" for kind in ("points", "value") for name in self.sheet.names],
            index=self.customers.index,
        )
        new = ["customer_id", "score", "rank", "class", "reason", "weakest", "apart", "best_profit"]
        ranked = pd.concat([self.customers[new], sheet], axis=1)
        frame = self.everybody[["customer_id", "second_lifetime_value", "mean_order_margin", "lapsed"]]
        frame = frame.merge(ranked, on="customer_id", how="left")
        shown = frame["lapsed"] | frame["rank"].notna()
        frame["second_lifetime_value"] = frame["second_lifetime_value"].where(shown)
        frame = frame.astype({"rank": "Int64", "reason": "string", "weakest": "string", "apart": "string"})
        return frame.drop(columns="lapsed").sort_values("customer_id", ignore_index=True)

    def findings(self) -> list[Finding]:
        """Return the criteria, who is ranked, and the classes."""
        n, sheet, settings = len(self.customers), self.sheet, self.settings
        lapsed = int(self.everybody["lapsed"].sum())
        who = "lapsed" if settings.selection is None else "selected"
        return [
            Finding("ranked", n, unit="customers", n=lapsed, verdict=who),
            Finding("criteria", sheet.names, unit="names", n=n),
            Finding("criteria_left_out", [criterion.name for criterion in sheet.left_out], unit="names"),
            Finding("criteria_constant", sheet.constant, unit="names", n=n),
            Finding("occasional_not_ranked", self.not_ranked, unit="customers"),
            Finding("lost_for_good_not_ranked", self.lost_for_good, unit="customers"),
            *(self._count(f"apart_{kind}", (self.customers["apart"] == kind).sum()) for kind in APART[1:]),
            *(self._count(f"missing_{name}", n) for name, n in zip(sheet.names, sheet.missing, strict=True)),
            *(self._count(f"class_{kind}", len(self.of(kind))) for kind in CLASSES),
            Finding("first_margin", round(float(self.of(FIRST)["margin"].sum()), 2), unit="money"),
            Finding("first_share", settings.scoring.first_share, unit="share"),
            Finding("wait_probability", settings.scoring.wait_probability, unit="share"),
            self._count("classes_unknown", self.customers["best_profit"].isna().sum()),
            Finding("contact_cost", round(self.contact_cost, 6), unit="money"),
            Finding("let_go_cost", round(len(self.of(LET_GO)) * self.contact_cost, 2), unit="money"),
        ]

    def _count(self, name: str, customers: int) -> Finding:
        return Finding(name, int(customers), unit="customers", n=len(self.customers))

    def sentences(self, words: Words) -> list[str]:
        """Say who is ranked by what, and how many are in each class."""
        return ranking_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the first of those who come first, with the reasons."""
        say, frame = words.say, self.of(FIRST).head(SHOWN)
        caption = say("The first {n} of those who come first", n=words.number(len(frame)))
        return Table(
            frame,
            caption,
            words,
            columns={
                "rank": (say("rank"), "number"),
                "customer_id": say("customer"),
                "score": (say("points"), "decimal"),
                "second_lifetime_value": (say("second lifetime value"), "money"),
                "reason": say("strongest"),
                "weakest": say("weakest"),
            },
        )

    def criteria_table(self, words: Words) -> Table:
        """Return the criteria with their weights, mean points and missing values."""
        say, sheet = words.say, self.sheet
        frame = pd.DataFrame(
            {
                "criterion": [label(name, words) for name in sheet.names],
                "group": [say(criterion.group) for criterion in sheet.criteria],
                "points": [
                    _points_in_words(criterion.points, criterion.better, words)
                    for criterion in sheet.criteria
                ],
                "weight": sheet.weights,
                "mean": sheet.points.mean(axis=0) if len(sheet.points) else np.nan,
                "missing": sheet.missing,
            }
        )
        note = say("Who lacks a value gets no points for it.")
        return Table(
            frame,
            say("The criteria"),
            words,
            columns={
                "criterion": say("criterion"),
                "group": say("group"),
                "points": say("how it is mapped to 0 to 10"),
                "weight": (say("weight"), "decimal"),
                "mean": (say("mean points"), "decimal"),
                "missing": (say("customers without it"), "number"),
            },
            note=note,
        )

    def class_table(self, words: Words) -> Table:
        """Return the classes with what they brought and may bring again."""
        say = words.say
        rows = [
            (
                name,
                len(group),
                float(group["margin"].sum()),
                group["second_lifetime_value"].median(),
                group["return_probability"].mean(),
                group["silence_days"].median(),
            )
            for kind, name in class_names(words).items()
            for group in [self.of(kind)]
        ]
        columns: dict[str, Column] = {
            "class": say("class"),
            "customers": (say("customers"), "number"),
            "margin": (say("past margin"), "money"),
            "second": (say("second lifetime value (median)"), "money"),
            "chance": (say("mean chance to return"), "percent"),
            "silence": (say("days of silence (median)"), "number"),
        }
        frame = pd.DataFrame(rows, columns=list(columns))
        return Table(frame, say("The classes"), words, columns=columns, bars=("customers", "margin"))


def class_names(words: Words) -> dict[str, str]:
    """Return how the classes are called."""
    say = words.say
    return {
        FIRST: say("first"),
        BUDGET: say("if the budget allows"),
        WAIT: say("wait"),
        LET_GO: say("let go"),
    }


def _points_in_words(points: Any, better: str, words: Words) -> str:
    if points == "percentile":
        return (
            words.say("by rank, high is better") if better == "high" else words.say("by rank, low is better")
        )
    marks = ", ".join(f"{mark:g}" for mark in points)
    if better == "high":
        return words.say("from {marks}, high is better", marks=marks)
    return words.say("up to {marks}, low is better", marks=marks)


def rank(measured: pd.DataFrame, history: History, offers: Sequence[Offer], words: Words) -> Ranking:
    """Rank those who may be won back, and sort them into classes.

    Parameters
    ----------
    measured : DataFrame
        As `worth.measure` returns it, with lapsed; and with occasional and left_out where
        chapter 03 has set them.
    offers : sequence of Offer
        What a customer could be offered at best.

    Raises
    ------
    SettingsError
        For criteria or weights in ``client.yml`` that cannot be.
    """
    settings = history.settings
    chosen, dropped = candidates(measured, history)
    beyond = lost_for_good(measured)
    gone, chosen = int((chosen & beyond).sum()), chosen & ~beyond
    sheet = score_sheet(measured[chosen], chosen_criteria(settings))
    ranked = measured[chosen].assign(score=sheet.score()).reset_index(drop=True)
    ranked["apart"] = apart(ranked, settings)
    ranked = ranked.assign(behind=ranked["apart"].map(APART.index)).sort_values(
        ["behind", "score", "second_lifetime_value", "customer_id"], ascending=[True, False, False, True]
    )
    sheet = sheet.of(ranked.index.to_numpy())
    ranked = ranked.drop(columns="behind").reset_index(drop=True)
    ranked["rank"] = np.arange(1, len(ranked) + 1)
    ranked["best_profit"] = response.best_optimistic_profit(
        offers,
        ranked["return_probability"].to_numpy(float),
        ranked["second_lifetime_value"].to_numpy(float),
        ranked["mean_order_value"].to_numpy(float),
        settings,
    )
    ranked["class"] = classify(ranked, settings)
    ranked = pd.concat([ranked, reasons(sheet, words)], axis=1)
    usual = [offer for offer in offers if not offer.suits] or offers
    return Ranking(ranked, sheet, measured, dropped, cheapest_contact(usual), settings, gone)


def candidates(measured: pd.DataFrame, history: History) -> tuple[Flags, int]:
    """Return who is ranked, and how many occasional buyers are left out.

    A selection in the settings decides over the labels lapsed and occasional. Without one: the
    lapsed, but for the occasional buyers that are left out.
    """
    settings = history.settings
    chosen = selected(measured, settings, history.as_of) & (measured["orders"] > 0).to_numpy()
    if settings.selection is not None or "left_out" not in measured:
        return chosen, 0
    out = measured["left_out"].to_numpy(bool)
    return chosen & ~out, int((chosen & out).sum())


def lost_for_good(measured: pd.DataFrame) -> Flags:
    """Say who cancelled for a reason that no offer changes, as the consents of chapter 01 have it."""
    consent = [column for column in measured if str(column).startswith(CONSENT)]
    return (measured[consent] == "lost_for_good").any(axis=1).to_numpy(bool)


def apart(ranked: pd.DataFrame, settings: Settings) -> npt.NDArray[np.object_]:
    """Say who is ranked apart: whom no channel may reach, and occasional buyers.

    A selection in the settings decides over the label occasional. Without the columns that chapter
    01 (consent) and chapter 03 (occasional) write, nobody is apart.
    """
    kinds = np.full(len(ranked), "", dtype=object)
    if "occasional" in ranked and settings.selection is None:
        kinds[ranked["occasional"].to_numpy(bool)] = OCCASIONAL
    consent = [column for column in ranked if str(column).startswith(CONSENT)]
    if consent:
        allowed = ranked[consent].isin(MAY_BE_CONTACTED).any(axis=1).to_numpy(bool)
        kinds[~allowed] = NO_CONSENT
    return kinds


def classify(ranked: pd.DataFrame, settings: Settings) -> npt.NDArray[np.object_]:
    """Sort customers, best first, into classes.

    Let go: even the best offer under its optimistic response does not pay, or a second life would
    bring no margin. Wait: of the others,
    those as likely to return unaided as ``wait_probability``. First: of the rest, the top
    ``first_share``, rounded up, of those who are not ranked apart. If the budget allows: the
    others. Where profit or probability are not known, nobody is let go and nobody waits.

    Parameters
    ----------
    ranked : DataFrame
        best_profit, second_lifetime_value, return_probability, apart; sorted by rank.
    """
    classes = np.full(len(ranked), BUDGET, dtype=object)
    let_go = ((ranked["best_profit"] <= 0) | (ranked["second_lifetime_value"] <= 0)).to_numpy()
    wait = (ranked["return_probability"] >= settings.scoring.wait_probability).to_numpy() & ~let_go
    classes[let_go], classes[wait] = LET_GO, WAIT
    rest = np.flatnonzero(~let_go & ~wait & (ranked["apart"] == "").to_numpy())
    classes[rest[: int(np.ceil(settings.scoring.first_share * len(rest) - 1e-9))]] = FIRST
    return classes
