"""Chapter 06, weights fitted on the past: a suggestion beside the chosen ones, never taken over."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from playbook.archive.findings import Finding, Findings
from playbook.chapters.scoring.backtest import SHARES, Then, taken
from playbook.chapters.scoring.criteria import label
from playbook.records.arrays import Array
from playbook.records.history import SHARDS
from playbook.show.display import Table
from playbook.show.words import Words

FOLDS = 4
LARGEST = 0.99
"""Share of the later margins above which a margin counts as this quantile: a few large orders are no rule."""


@dataclass(frozen=True)
class Suggestion:
    """Weights that would have suited the past, beside the chosen ones.

    Attributes
    ----------
    weights : DataFrame
        criterion, chosen, suggested (same mean as the chosen).
    suggested, chosen : tuple (value, low, high)
        Share of the later margin that the first tenth captured: by weights fitted to three
        quarters of the customers on the fourth that they had not seen; and by the chosen ones on
        the same quarters.
    ahead : tuple (value, low, high)
        The paired difference.
    n : int
        Customers.
    """

    weights: pd.DataFrame
    suggested: tuple[float, float, float]
    chosen: tuple[float, float, float]
    ahead: tuple[float, float, float]
    n: int

    @property
    def verdict(self) -> str:
        """Return better, worse or level."""
        return "better" if self.ahead[1] > 0 else "worse" if self.ahead[2] < 0 else "level"

    def findings(self) -> list[Finding]:
        """Return what the suggested weights would have captured, and the weights."""
        ahead, low, high = (round(number, 4) for number in self.ahead)
        rows = self.weights.to_dict("records")
        return [
            Finding("suggested_weights_ahead", ahead, low, high, "share", self.n, self.verdict),
            Finding("suggested_weights_captured", round(self.suggested[0], 4), unit="share", n=self.n),
            Finding("chosen_weights_captured", round(self.chosen[0], 4), unit="share", n=self.n),
            *(Finding(f"suggested_{row['criterion']}", round(row["suggested"], 2)) for row in rows),
        ]

    def table(self, words: Words) -> Table:
        """Return the chosen and the suggested weights."""
        say = words.say
        frame = self.weights.assign(criterion=[label(name, words) for name in self.weights["criterion"]])
        headings = {
            "criterion": say("criterion"),
            "chosen": say("chosen weight"),
            "suggested": say("weight fitted to the past"),
        }
        caption = say("Chosen weights, and what would have suited the past")
        formats = {"chosen": "decimal", "suggested": "decimal"}
        note = say("A suggestion only: the ranking uses the chosen weights.")
        return Table(frame, caption, words, formats, headings, note)


def suggest(then: Then) -> Suggestion | None:
    """Fit weights to the margin that came, and try them on customers that they have not seen.

    None where the chosen score and the later margin do not go together.
    """
    sheet, chosen = then.sheet, then.customers["score"].to_numpy(float)
    usual = sheet.weights
    fitted = fit_weights(sheet.points, then.later, usual)
    if fitted is None:
        return None
    parts, chosen_parts = np.zeros(len(chosen)), np.zeros(len(chosen))
    fold = then.shards * FOLDS // SHARDS
    for unseen in range(FOLDS):
        out = fold == unseen
        weights = fit_weights(sheet.points[~out], then.later[~out], usual)
        parts[out] = _first_tenth(sheet.points[out] @ (usual if weights is None else weights))
        chosen_parts[out] = _first_tenth(chosen[out])
    frame = pd.DataFrame({"criterion": sheet.names, "chosen": usual, "suggested": fitted})
    return Suggestion(
        frame,
        then.share_of(parts),
        then.share_of(chosen_parts),
        then.share_of(parts - chosen_parts),
        len(chosen),
    )


def fit_weights(points: Array, later: Array, usual: Array) -> Array | None:
    """Return non-negative weights under which the score goes best with the later margin.

    Ridge regression towards the chosen weights (Hoerl and Kennard 1970), not below zero: the mode
    for normal errors when a weight is thought to lie within one of the chosen, give or take. The
    margin is cut at a high quantile. Scaled to the mean of the chosen weights.

    Parameters
    ----------
    points : array, shape (customers, criteria)
    later : array, shape (customers,)
    usual : array, shape (criteria,)

    Returns
    -------
    array, shape (criteria,), or None where the usual score does not rise with the margin.
    """
    if len(later) <= points.shape[1] + 1:
        return None
    cut = np.quantile(later, LARGEST)
    wanted = np.minimum(later, cut if cut > 0 else later.max())
    wanted = wanted - wanted.mean()
    centred = points - points.mean(axis=0)
    score = centred @ usual
    slope = float(score @ wanted / (score @ score)) if score.any() else 0.0
    if slope <= 0:
        return None
    scaled = slope * centred
    noise = float(np.var(wanted - slope * score))
    precision = scaled.T @ scaled + noise * np.eye(len(usual))
    root = cholesky(precision, lower=True)
    target = solve_triangular(root, scaled.T @ wanted + noise * usual, lower=True)
    weights, _ = nnls(root.T, target)
    return np.asarray(weights * usual.mean() / weights.mean()) if weights.any() else None


def _first_tenth(score: Array) -> Array:
    return taken(np.round(score, 6), SHARES[0])


def suggestion_findings(result: Suggestion | None) -> list[Finding]:
    """Return the suggestion's findings; one that says so where there is none."""
    if result is None:
        return [Finding("suggested_weights_ahead", None, unit="share", verdict="untried")]
    return result.findings()


def suggestion_sentences(findings: Findings, words: Words) -> list[str]:
    """Word whether weights fitted to the past would have served better.

    Parameters
    ----------
    findings : mapping
        Those of `suggestion_findings`; with those of the ranking's backtest it is also told why the
        chosen weights have two figures.
    """
    ahead = findings["suggested_weights_ahead"]
    if ahead.value is None:
        return [words.say("No weights can be suggested from the past.")]
    verdicts = {
        "better": words.say(
            "That is more than chance: talk about it, and change the weights if it convinces."
        ),
        "level": words.say("The difference is within chance: no reason to change the weights."),
        "worse": words.say("They would have done worse: keep the chosen ones."),
    }
    said = words.say(
        "Weights fitted to three quarters of these customers were tried on the fourth, each quarter in turn:"
        " the first tenths of the four quarters would have brought {suggested} of the margin, and those by"
        " the chosen weights {chosen} (the difference: {low} to {high} percentage points).",
        suggested=words.percent(findings["suggested_weights_captured"].value, 1),
        chosen=words.percent(findings["chosen_weights_captured"].value, 1),
        low=words.number(100 * (ahead.low or 0), 1),
        high=words.number(100 * (ahead.high or 0), 1),
    )
    return [said + " " + verdicts[str(ahead.verdict)], *_two_measures(findings, words)]


def _two_measures(findings: Findings, words: Words) -> list[str]:
    """Word why the chosen weights have another figure here than where they are tried on everybody."""
    whole = findings.get("captured_score_10%")
    if whole is None or whole.value is None:
        return []
    quarters = findings["chosen_weights_captured"].value
    if round(quarters, 3) == round(whole.value, 3):
        return []
    return [
        words.say(
            "The {quarters} are not the {whole} further up, which are those of the first tenth of all"
            " customers: the best of each quarter are partly others, and a few large orders weigh much."
            " Compare the {quarters} with the {suggested} only.",
            quarters=words.percent(quarters, 1),
            whole=words.percent(whole.value, 1),
            suggested=words.percent(findings["suggested_weights_captured"].value, 1),
        )
    ]


def suggestion_table(result: Suggestion | None, words: Words) -> Table | None:
    """Return the weights side by side; None where there is no suggestion."""
    return result.table(words) if result else None
