"""Chapter 04: what goes with coming back sooner or later, all else that is seen being equal."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from playbook.archive.findings import Finding, Findings
from playbook.chapters.churn import circumstances
from playbook.chapters.churn.circumstances import NOT_KNOWN, OTHER, Circumstances
from playbook.records.history import History
from playbook.records.sources import Sources
from playbook.show.display import Table, interval_texts
from playbook.show.figures import BLUE, GREY, ORANGE, Picture, intervals
from playbook.show.words import Words
from playbook.stats import cox
from playbook.stats.result import CannotTell, Result

SILENCES = (61, 181, 366)
"""Days of silence that part the strata: customers are compared only within one."""
LEAST_ROWS, LEAST_RETURNS = 200, 50
"""Descriptions, and returns among them, below which nothing is compared."""
PREFIX, REFERENCE, LEFT_OUT = "hazard_ratio_", "compared_with_", "not_compared_"
EARLY, LATE = "_early", "_late"
_ONLY_SHOPS = ("discount", "sample", "coupon", "promotion")
"""Terms that no charity's data are expected to hold."""
NOT_COMPARED = {
    "missing": "Not compared, because the data do not hold it: {list}.",
    "constant": "Not compared, because it is the same for everybody: {list}.",
    "few": "Not compared, because too few customers or returns are with or without it: {list}.",
    "collinear": "Not compared on its own, because other lines say almost the same: {list}.",
    "unsettled": "Not compared, because the estimate does not settle: {list}.",
}
"""Why a term was left out, in words."""


@dataclass(frozen=True)
class Reasons(Result):
    """Hazard ratios of coming back (Cox 1972), from past days.

    Attributes
    ----------
    ratios : DataFrame
        term; ratio, low, high (95%, robust by customer); p; verdict (slower, faster, or alike, at a
        false discovery rate of 5%); steady (bool: hazards were proportional as far as the test can
        tell); early, early_low, early_high, late, late_low, late_high: the ratio in the first and
        the second half of the horizon where it was not steady, else NaN.
    dropped : dict
        Term to why it was not compared: missing, constant, few, collinear, unsettled.
    references : dict
        Category to the level that its others are compared with.
    descriptions, customers, returns : int
        Rows, the customers in them, and the rows that ended with an order.
    landmarks : int
        Days on which customers were described.
    horizon_days : int
    """

    ratios: pd.DataFrame
    dropped: dict[str, str]
    references: dict[str, str]
    descriptions: int
    customers: int
    returns: int
    landmarks: int
    horizon_days: int

    def findings(self) -> list[Finding]:
        """Return every hazard ratio, what it is compared with, and what was not compared."""
        found = [
            Finding("reasons_descriptions", self.descriptions, unit="descriptions", n=self.customers),
            Finding("reasons_returns", self.returns, unit="descriptions", n=self.customers),
            Finding("reasons_landmarks", self.landmarks, unit="days"),
            Finding("reasons_horizon", self.horizon_days, unit="days"),
        ]
        for row in self.ratios.to_dict("records"):
            name = PREFIX + str(row["term"])
            found.append(_ratio(name, row, "ratio", "low", "high", str(row["verdict"]), self.customers))
            for part in () if np.isnan(row["early"]) else ("early", "late"):
                keys = (part, f"{part}_low", f"{part}_high")
                found.append(_ratio(f"{name}_{part}", row, *keys, "not_steady", self.customers))
            if not row["steady"] and np.isnan(row["early"]):
                found.append(Finding(name + EARLY, None, unit="ratio", verdict="not_steady"))
        found += [Finding(REFERENCE + name, level) for name, level in self.references.items()]
        found += [Finding(LEFT_OUT + name, None, verdict=why) for name, why in self.dropped.items()]
        return found

    def sentences(self, words: Words) -> list[str]:
        """Say what goes with coming back sooner or later."""
        return reason_sentences(self.by_name, words)

    def table(self, words: Words) -> Table:
        """Return the hazard ratios."""
        say = words.say
        verdicts = {"slower": say("later"), "faster": say("sooner"), "alike": say("no clear difference")}
        shown = self._labelled(words)
        shown = shown.assign(
            between=interval_texts(shown, "low", "high", partial(words.number, digits=2), words),
            verdict=shown["verdict"].map(verdicts),
            steady=shown["steady"].map({True: say("yes"), False: say("no")}),
        )
        note = say(
            "Hazard ratios of Cox regression: 1 is as fast as comparable customers, with as many orders, as"
            " long a silence and as long a time since the first order. “Later” and “sooner” hold with 5%"
            " false discoveries among them."
        )
        return Table(
            shown,
            say("What goes with coming back"),
            words,
            columns={
                "label": say("customers with"),
                "ratio": (say("come back so many times as fast"), "decimal"),
                "between": say("95% interval"),
                "verdict": say("verdict"),
                "steady": say("steady over time"),
            },
            note=note if len(shown) else "",
        )

    def figure(self, words: Words) -> Picture | None:
        """Draw the hazard ratios with their intervals; None where there are none."""
        say, number, shown = words.say, words.number, self._labelled(words)
        if shown.empty:
            return None
        clear = number(int((shown["verdict"] != "alike").sum()))
        title = say("{clear} of {n} differences are clear of chance", clear=clear, n=number(len(shown)))
        figure = intervals(
            title,
            shown.rename(columns={"ratio": "value"}),
            {"slower": ORANGE, "faster": BLUE, "alike": GREY},
            words,
            across=say("left of 1: they come back later; right: sooner"),
            at_least=(0.45, 2.2),
        )
        farthest = shown.loc[np.log(shown["ratio"]).abs().idxmax()]
        alt = say(
            "Dots with intervals, one line for each comparison ({n}); clear of chance: {clear}. The"
            " farthest from 1 is “{name}”, with a hazard ratio of {ratio}.",
            n=number(len(shown)),
            clear=clear,
            name=farthest["label"],
            ratio=number(farthest["ratio"], 2),
        )
        return Picture(figure, alt)

    def _labelled(self, words: Words) -> pd.DataFrame:
        """Return the hazard ratios with what each comparison is called."""
        return self.ratios.assign(label=[label(str(t), self.references, words) for t in self.ratios["term"]])


def _ratio(name: str, row: dict[Any, Any], value: str, low: str, high: str, verdict: str, n: int) -> Finding:
    ratio, below, above = (round(float(row[key]), 6) for key in (value, low, high))
    return Finding(name, ratio, below, above, "ratio", n, verdict)


# The comparison ------------------------------------------------------------------------------


def find_reasons(history: History, sources: Sources) -> Reasons | CannotTell:
    """Compare who came back sooner and who later, where the history is long enough and enough came.

    Customers are described on past days, one horizon apart, and followed for one horizon; they
    are compared within bands of silence, with number of orders, silence, time since the
    first order and the day itself held equal.
    """
    seen = circumstances.describe(history, sources)
    if seen is None or len(seen.rows) < LEAST_ROWS or seen.rows["returned"].sum() < LEAST_RETURNS:
        too_few = Finding("reasons_descriptions", None, verdict="too_few")
        return CannotTell((too_few,), reason_sentences)
    rows = cox.Survivors(
        wait=seen.rows["wait"].to_numpy(float),
        event=seen.rows["returned"].to_numpy(bool),
        stratum=np.searchsorted(SILENCES, seen.rows["silence"], side="right"),
        customer=pd.factorize(seen.rows["customer_id"])[0],
    )
    held = circumstances.as_design(seen)
    names, kept, dropped = cox.usable(seen.terms, held, rows)
    fitted = cox.fit(seen.terms[names], held[kept], rows)
    ratios = _judged(fitted.ratios) if fitted else _judged(_NOTHING)
    dropped |= fitted.dropped if fitted else dict.fromkeys(names, "unsettled")
    if not ratios["steady"].all():
        ratios = _by_period(ratios, seen, held[kept], rows)
    missing = dict.fromkeys(seen.missing, "missing")
    compared = {str(term).partition("=")[0] for term in ratios["term"]}
    return Reasons(
        ratios=ratios,
        dropped=missing | dropped,
        references={name: level for name, level in seen.references.items() if name in compared},
        descriptions=len(seen.rows),
        customers=int(rows.customer.max()) + 1,
        returns=int(rows.event.sum()),
        landmarks=len(seen.landmarks),
        horizon_days=seen.horizon_days,
    )


_NOTHING = pd.DataFrame({name: pd.Series(dtype=float) for name in ("ratio", "low", "high", "p", "steady_p")})
_NOTHING.insert(0, "term", pd.Series(dtype=object))
PERIODS = [f"{part}{end}" for part in ("early", "late") for end in ("", "_low", "_high")]


def _judged(ratios: pd.DataFrame) -> pd.DataFrame:
    """Add the verdicts, corrected for how many there are."""
    clear = cox.discoveries(ratios["p"])
    verdict = np.where(~clear, "alike", np.where(ratios["ratio"] < 1, "slower", "faster"))
    judged = ratios.assign(verdict=verdict, steady=~cox.discoveries(ratios["steady_p"]))
    return judged.drop(columns="steady_p").assign(**dict.fromkeys(PERIODS, np.nan))


def _by_period(
    ratios: pd.DataFrame, seen: Circumstances, held: pd.DataFrame, rows: cox.Survivors
) -> pd.DataFrame:
    """Add the ratios of the first and of the second half of the horizon where they are not steady."""
    half = seen.horizon_days // 2
    still = rows.wait > half
    first = cox.Survivors(np.minimum(rows.wait, half), rows.event & ~still, rows.stratum, rows.customer)
    names = list(ratios["term"])
    found = ratios.set_index("term")
    for part, rows_in, chosen in (("early", first, np.ones_like(still)), ("late", rows.take(still), still)):
        terms, others = seen.terms.loc[chosen, names], held[chosen]
        good, kept, _ = cox.usable(terms, others, rows_in)
        fitted = cox.fit(terms[good], others[kept], rows_in, check_steady=False)
        if fitted is not None:
            period = fitted.ratios.set_index("term")[["ratio", "low", "high"]]
            found.loc[period.index, [part, f"{part}_low", f"{part}_high"]] = period.to_numpy()
    both_known = ~found["steady"] & found["early"].notna() & found["late"].notna()
    found[PERIODS] = found[PERIODS].where(both_known)
    return found.reset_index()


# The words -----------------------------------------------------------------------------------


def label(term: str, references: dict[str, str], words: Words) -> str:
    """Return what a term of the comparison is called."""
    say = words.say
    labels = {
        "unsolved_complaint": say("an unsolved complaint"),
        "solved_complaint": say("a complaint that was solved"),
        "low_review": say("reviews below the usual"),
        "returned_goods": say("goods returned"),
        "discount": say("each further 10% off the list price"),
        "order_value": say("orders worth twice as much"),
        "sample": say("a sample in the first order"),
        "coupon": say("a coupon in the first order"),
        "promotion": say("a promoted product in the first order"),
        "channel": say("another first channel"),
        "source": say("another source"),
    }
    name, _, level = term.partition("=")
    if not level:
        return labels[name]
    names = {NOT_KNOWN: say("not known"), OTHER: say("rarer ones")}
    level, base = names.get(level, level), references.get(name, "")
    if name == "channel":
        return say("first channel {level} (against {base})", level=level, base=base)
    return say("source {level} (against {base})", level=level, base=base)


def reason_sentences(findings: Findings, words: Words) -> list[str]:
    """Word what goes with coming back sooner or later, from its findings."""
    say, number = words.say, words.number
    compared = findings.get("reasons_descriptions")
    if compared is None:
        return []
    if compared.value is None:
        return [
            say(
                "What goes with coming back or staying away cannot be told: too few customers or too"
                " few days."
            )
        ]
    references = {
        name.removeprefix(REFERENCE): str(seen.value)
        for name, seen in findings.items()
        if name.startswith(REFERENCE)
    }
    ratios = {n.removeprefix(PREFIX): seen for n, seen in findings.items() if n.startswith(PREFIX)}
    said = [
        words.say_many(
            "{customers} customers were described on a past day and followed for {horizon} days.",
            "{customers} customers were described on {n} past days and followed for {horizon} days.",
            findings["reasons_landmarks"].value,
            customers=number(compared.n or 0),
            horizon=number(findings["reasons_horizon"].value),
        )
    ]
    clear = [name for name, seen in ratios.items() if seen.verdict in ("slower", "faster")]
    clear.sort(key=lambda name: -abs(np.log(ratios[name].value)))
    messages = {
        "slower": "Compared with customers alike in orders, silence and time since the first order, these"
        " come back later: {list}.",
        "faster": "And these sooner: {list}.",
    }
    for verdict, message in messages.items():
        listed = [
            _with_ratio(label(name, references, words), ratios[name], words)
            for name in clear
            if ratios[name].verdict == verdict
        ]
        said += [say(message, list="; ".join(listed))] if listed else []
    unsteady = [
        label(name, references, words)
        for name in ratios
        if name + LATE in ratios or (name in clear and name + EARLY in ratios)
    ]
    if unsteady:
        said.append(say("Not the same at all times, so a mean: {list}.", list="; ".join(unsteady)))
    said += _left_out(findings, references, words)
    if clear:
        said.append(say("These are associations, not causes; what the others show may be chance."))
    return said


def _with_ratio(name: str, seen: Finding, words: Words) -> str:
    ratio, low, high = (words.number(value or 0, 2) for value in (seen.value, seen.low, seen.high))
    return words.say(
        "{name} ({ratio} times the rate, 95% interval {low} to {high})",
        name=name,
        ratio=ratio,
        low=low,
        high=high,
    )


def _left_out(findings: Findings, references: dict[str, str], words: Words) -> list[str]:
    why: dict[str, list[str]] = {}
    for name, seen in findings.items():
        term = name.removeprefix(LEFT_OUT)
        if name != term and not (words.preset == "donations" and term in _ONLY_SHOPS):
            why.setdefault(str(seen.verdict), []).append(label(term, references, words))
    return [
        words.say(message, list="; ".join(why[reason]))
        for reason, message in NOT_COMPARED.items()
        if reason in why
    ]
