"""What earlier campaigns with a control group say of an offer's response and of its second lives.

Estimates are shrunk towards what the catalogue assumes: the less was measured, the more the
assumption counts; and the further off assumptions have proved, the less they count.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from playbook.offers.catalogue import Learned, Offer, Response
from playbook.stats.trials.trust import NOTHING, Cell, Trust, stated_variance, trust_in

LEVEL = 0.90
TAIL = float(norm.ppf((1 + LEVEL) / 2))
LEAST_PER_ARM = 30
"""Customers per arm below which no response is estimated."""
TESTED = (0.01, 0.99)
"""Between these shares of those treated lies the silence that counts as tested; nobody alone stretches it."""
LEAST_RETURNERS = 10
"""Returners per arm below which no second life is; so few count for little, after shrinkage."""
DOUBT = 0.5
"""Standard deviation of an assumed share of a second life's value: that of `trust.SPREAD`."""
GUESSED = 0.25
"""The same, as it is drawn for an offer that nothing was measured of: wider, and no client without a
campaign would ever be told to try one."""
NEXT = 0.2
"""Standard deviation by which the next campaign's share is taken to differ from those measured: few
campaigns cannot tell it, and no difference at all would be too sure."""

RESPONSES = (
    "kind",
    "channel",
    "offer",
    "lift_points",
    "low",
    "high",
    "n_treated",
    "n_control",
    "campaigns",
    "raw_points",
    "raw_low",
    "raw_high",
    "weight",
    "tested_from",
    "tested_to",
)
RATIO = ("share", "variance", "n_treated", "n_control")
SECOND_LIVES = ("kind", "channel", "share", "low", "high", "n_treated", "n_control", "campaigns", "raw_share")


def measured_responses(assigned: pd.DataFrame, assumed: Mapping[Cell, Response]) -> pd.DataFrame:
    """Estimate what offers add to the chance of a return, from campaigns with a control group.

    Intention to treat: everybody counts in the arm that chance put them in, contacted or not, and
    ``returned`` says whether they ordered within the horizon declared beforehand
    (``measurement.horizon_days``). The measurement of a campaign and the next plan both call this:
    ``measured_responses(earlier.assigned(history, sources), assumed(offers))``.

    Differences of proportions have Agresti and Caffo's (2000) variance. Campaigns of the same kind
    and channel are pooled by DerSimonian and Laird's (1986) random effects. Each estimate is
    shrunk by empirical Bayes (Efron and Morris 1975) towards its assumption as `trust.trust_in`
    has it, after all that was measured here.

    Parameters
    ----------
    assigned : DataFrame
        One row per customer and campaign: campaign, customer_id, arm (treated, control), kind and
        channel (null: not known), offer (null for controls, who count for every offer of their
        campaign and channel, unless controls name the offer that would have been theirs), returned
        (bool), silence (days before the contact; may be missing).
    assumed : mapping
        (kind, channel) to the response that the catalogue assumes.

    Returns
    -------
    DataFrame
        `RESPONSES`: kind, channel, offer (null: pooled over the offers of that kind and channel),
        lift_points (0.05: five more of a hundred) with its 90% interval low and high, after
        shrinkage; n_treated, n_control, campaigns (names, sorted, joined by ", "); raw_points,
        raw_low, raw_high before shrinkage; weight (of the measurement, 0 to 1; 1 where nothing is
        assumed); tested_from and tested_to, the silence in days of those it was measured on (`TESTED`).
        Only with `LEAST_PER_ARM` customers in either arm.
    """
    cells = _lifts(assigned)
    rows = [_pooled(tuple(key), part) for key, part in cells.groupby(["kind", "channel"])]
    named = [
        _pooled(tuple(key), part) | {"offer": tuple(key)[2]}
        for key, part in cells.groupby(["kind", "channel", "offer"])
    ]
    found = pd.DataFrame([*rows, *named], columns=[*RESPONSES[:3], *RESPONSES[6:12], *RESPONSES[13:], "se"])
    trust = trust_in(found[found["offer"].isna()], assumed)
    shrunk = [_shrunk(row, assumed.get((row["kind"], row["channel"])), trust) for _, row in found.iterrows()]
    both = pd.concat([found, pd.DataFrame(shrunk, columns=["lift_points", "low", "high", "weight"])], axis=1)
    return both[list(RESPONSES)]


def measured_second_lives(
    assigned: pd.DataFrame, assumed: Mapping[Cell, float], responses: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Estimate what a second life under an offer is worth, as a share of one that began unaided.

    The share s at which an offer claims of the campaign's customers what the margins of all assigned
    differ by: (p0 + lift) s V - p0 V = M, with M that difference by intention to treat, p0 the share of
    those held back who returned within the horizon of the plan, lift the response that the plan takes, and
    V what a second life begun unaided brings in the same days. So what an offer does to those who would
    have come anyway, or come later, is in it, and a response drawn towards its assumption takes nothing
    away from the margin. Its variance comes from each customer's influence on it; it is pooled over
    campaigns of the same kind and channel, and shrunk towards the assumed share, which is in doubt by
    `DOUBT`. The interval is that of a next campaign (Higgins, Thompson and Spiegelhalter 2009).

    Parameters
    ----------
    assigned : DataFrame
        As in `measured_responses`, with value: the margin from the contact on, over days that are
        the same for everybody in the campaign; life: what a second life would bring in them; and home:
        whether they ordered within the horizon of the plan.
    assumed : mapping
        (kind, channel) to the share that the catalogue assumes.
    responses : DataFrame
        As `measured_responses` returns them; None: the lift of each campaign as it was measured.

    Returns
    -------
    DataFrame
        `SECOND_LIVES`: kind, channel, share with its 90% interval low and high, after shrinkage;
        n_treated, n_control (returners), campaigns; raw_share before shrinkage. Only with
        `LEAST_RETURNERS` in either arm, and where second lives bring a margin.
    """
    known = assigned[assigned["kind"].notna() & assigned["channel"].notna()]
    pooled = responses[responses["offer"].isna()] if responses is not None else pd.DataFrame()
    lifts = {(row["kind"], row["channel"]): float(row["lift_points"]) for row in pooled.to_dict("records")}
    ratios = [
        {"kind": key[0], "channel": key[1], "campaign": key[2], **ratio}
        for key, part in known.groupby(["kind", "channel", "campaign"], sort=True)
        if (ratio := _margin_ratio(part, lifts.get((str(key[0]), str(key[1]))))) is not None
    ]
    found = pd.DataFrame(ratios, columns=["kind", "channel", "campaign", *RATIO])
    rows = []
    for key, known in found.groupby(["kind", "channel"], sort=True):
        kind, channel = str(key[0]), str(key[1])
        share, variance = _combined(known["share"], known["variance"])
        prior = assumed.get((kind, channel), 1.0)
        weight = DOUBT**2 / (DOUBT**2 + variance)
        middle, reach = prior + weight * (share - prior), TAIL * np.sqrt(weight * variance + NEXT**2)
        interval = [max(0.0, value) for value in (middle, middle - reach, middle + reach)]
        counts = int(known["n_treated"].sum()), int(known["n_control"].sum())
        rows.append((kind, channel, *interval, *counts, ", ".join(known["campaign"]), share))
    return pd.DataFrame(rows, columns=list(SECOND_LIVES))


def assumed(offers: Sequence[Offer]) -> dict[Cell, Response]:
    """Return what the catalogue assumes of each kind and channel: the mean over its offers.

    Offers that suit a reason only (a complaint, a cancellation) are left out: earlier campaigns
    went to everybody.
    """
    return {
        cell: Response(
            points=float(np.mean([offer.response.points for offer in listed])),
            low=float(np.mean([offer.response.low for offer in listed])),
            high=float(np.mean([offer.response.high for offer in listed])),
        )
        for cell, listed in _by_cell(offers).items()
    }


def assumed_shares(offers: Sequence[Offer]) -> dict[Cell, float]:
    """Return the assumed share of a second life of each kind and channel, the mean over its offers."""
    cells = _by_cell(offers)
    return {cell: float(np.mean([o.second_life_share for o in listed])) for cell, listed in cells.items()}


def _by_cell(offers: Sequence[Offer]) -> dict[Cell, list[Offer]]:
    """Return the offers for everybody by kind and channel."""
    cells: dict[Cell, list[Offer]] = {}
    for offer in offers:
        if not offer.suits:
            cells.setdefault((offer.kind, offer.channel), []).append(offer)
    return cells


def informed(
    offers: Sequence[Offer], responses: pd.DataFrame, second_lives: pd.DataFrame | None = None
) -> tuple[Offer, ...]:
    """Return the offers with what was measured in place of what is assumed.

    An offer of the same name as one of an earlier campaign takes that one's response; any other
    that of its kind and channel, unless it suits a reason only. What was not measured is assumed at
    the level that the measured ones have shown, and keeps a chance of at least `trust.NOTHING` to do
    nothing; what the catalogue itself states as measured keeps its points.
    """
    pooled: dict[Cell, Any] = {}
    named: dict[tuple[str, str, str], Any] = {}
    for row in responses.to_dict("records"):
        if pd.isna(row["offer"]):
            pooled[row["kind"], row["channel"]] = row
        else:
            named[row["kind"], row["channel"], row["offer"]] = row
    listed = [] if second_lives is None else second_lives.to_dict("records")
    lives = {(row["kind"], row["channel"]): row for row in listed}
    everywhere = responses[responses["offer"].isna()]
    error = (everywhere["raw_high"] - everywhere["raw_low"]) / (2 * TAIL)
    trust = trust_in(everywhere.assign(se=error), assumed(offers))
    return tuple(_inform(offer, pooled, named, lives, trust) for offer in offers)


def _inform(
    offer: Offer,
    pooled: Mapping[Cell, Any],
    named: Mapping[tuple[str, str, str], Any],
    lives: Mapping[Cell, Any],
    trust: Trust,
) -> Offer:
    cell = (offer.kind, offer.channel)
    changes: dict[str, Any] = {}
    everybodys = None if offer.suits else pooled.get(cell)
    row = named.get((*cell, offer.name), everybodys)
    stated = offer.response
    if row is not None and stated.source == "assumed":
        values = {"points": row["lift_points"], "low": row["low"], "high": row["high"]}
        known = {"source": "measured", "idle": trust.nothing}
        if pd.notna(row["tested_from"]):
            known["span"] = (row["tested_from"], row["tested_to"])
    else:
        level = trust.level if stated.source == "assumed" else 1.0
        values = {name: level * getattr(stated, name) for name in ("points", "low", "high")}
        known = {"source": stated.source, "idle": max(trust.nothing, NOTHING)}
    within = {name: min(1.0, max(-1.0, float(value))) for name, value in values.items()}
    changes["response"] = Learned(**within, **known)
    life = None if offer.suits else lives.get(cell)
    if life is not None and offer.second_life_source == "assumed":
        share, low, high = (min(2.0, life[name]) for name in ("share", "low", "high"))
        changes |= {
            "second_life_share": share,
            "second_life_range": (low, high),
            "second_life_source": "measured",
        }
    elif offer.second_life_source == "assumed":
        share, reach = offer.second_life_share, TAIL * GUESSED
        changes["second_life_range"] = (max(0.0, share - reach), share + reach)
    return offer.model_copy(update=changes)


# Estimates -----------------------------------------------------------------------------------


def _lifts(assigned: pd.DataFrame) -> pd.DataFrame:
    """Return the lift of each offer of each campaign: one row per campaign, kind, channel and offer."""
    keys = ["campaign", "kind", "channel", "offer"]
    known = assigned[assigned["kind"].notna() & assigned["channel"].notna()]
    known = known.assign(silence=known["silence"] if "silence" in known else np.nan)
    treated = known[known["arm"] == "treated"]
    treated = treated.assign(offer=treated["offer"].fillna(""))
    counted = treated.groupby(keys, sort=True).agg(
        n_treated=("returned", "size"),
        came=("returned", "sum"),
        tested_from=("silence", lambda days: days.quantile(TESTED[0])),
        tested_to=("silence", lambda days: days.quantile(TESTED[1])),
    )
    held_back = known[known["arm"] == "control"]
    named = held_back["offer"].notna().groupby(held_back["campaign"]).transform("any").astype(bool)
    counted = counted.reset_index()
    alike = counted["campaign"].isin(held_back.loc[named, "campaign"])
    both = pd.concat(
        [
            _against(counted[~alike], held_back[~named], ["campaign", "channel"]),
            _against(counted[alike], held_back[named], ["campaign", "channel", "offer"]),
        ],
        ignore_index=True,
    )
    both = both[(both["n_treated"] >= LEAST_PER_ARM) & (both["n_control"] >= LEAST_PER_ARM)]
    lift = both["came"] / both["n_treated"] - both["unaided"] / both["n_control"]
    variance = _variance(both["came"], both["n_treated"]) + _variance(both["unaided"], both["n_control"])
    return both.assign(lift=lift, variance=variance, offer=both["offer"].where(both["offer"] != ""))


def _against(treated: pd.DataFrame, held_back: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Put beside the treated those held back who are alike in some columns."""
    counted = held_back.groupby(by)["returned"].agg(n_control="size", unaided="sum").reset_index()
    counted["controls"] = counted[by].astype(str).agg("|".join, axis=1) if len(counted) else ""
    return treated.merge(counted, on=by)


def _variance(came: pd.Series, n: pd.Series) -> pd.Series:
    share = (came + 1) / (n + 2)
    return share * (1 - share) / (n + 2)


def _pooled(key: Sequence[Any], lifts: pd.DataFrame) -> dict[str, object]:
    lift, variance = _combined(lifts["lift"], lifts["variance"])
    reach = TAIL * np.sqrt(variance)
    once = lifts.drop_duplicates("controls")  # the same controls count once
    return {
        "kind": key[0],
        "channel": key[1],
        "offer": None,
        "n_treated": int(lifts["n_treated"].sum()),
        "n_control": int(once["n_control"].sum()),
        "campaigns": ", ".join(sorted(lifts["campaign"].astype(str).unique())),
        "raw_points": lift,
        "raw_low": lift - reach,
        "raw_high": lift + reach,
        "tested_from": lifts["tested_from"].min(),
        "tested_to": lifts["tested_to"].max(),
        "se": float(np.sqrt(variance)),
    }


def _combined(effects: pd.Series, variances: pd.Series) -> tuple[float, float]:
    """Return the mean effect and its variance; of several campaigns by random effects."""
    if len(effects) == 1:
        return float(effects.iloc[0]), float(variances.iloc[0])
    effect, variance = effects.to_numpy(float), variances.to_numpy(float)
    weight = 1 / variance
    q = float(weight @ (effect - np.average(effect, weights=weight)) ** 2)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, (q - len(effect) + 1) / scale)  # campaigns may agree better than chance has it
    weight = 1 / (variance + between)
    return float(np.average(effect, weights=weight)), float(1 / weight.sum())


def _shrunk(row: pd.Series, prior: Response | None, trust: Trust) -> tuple[float, float, float, float]:
    """Return the estimate with its interval, and the weight of what was measured."""
    if prior is None:
        return row["raw_points"], row["raw_low"], row["raw_high"], 1.0
    spread, middle = trust.doubt * stated_variance(prior), trust.level * prior.points
    weight = spread / (spread + row["se"] ** 2)
    points = middle + weight * (row["raw_points"] - middle)
    reach = TAIL * np.sqrt(weight) * row["se"]
    return points, points - reach, points + reach, weight


def _margin_ratio(part: pd.DataFrame, lift: float | None) -> dict[str, float] | None:
    """Return one campaign's share of a second life, as `measured_second_lives` has it, and its variance."""
    treated = (part["arm"] == "treated").to_numpy()
    back, value = part["returned"].to_numpy(float), part["value"].to_numpy(float)
    came, unaided = int(back[treated].sum()), int(back[~treated].sum())
    if min(came, unaided) < LEAST_RETURNERS:
        return None
    home, life = part["home"].to_numpy(float)[~treated], float(part["life"].mean())
    p0 = home.mean()
    p1 = p0 + (back[treated].mean() - back[~treated].mean() if lift is None else lift)
    if not (life > 0 and p1 > 0):
        return None
    share = ((value[treated].mean() - value[~treated].mean()) / life + p0) / p1
    own = (value[treated] / life - share * back[treated]) / p1
    theirs = (home - value[~treated] / life) / p1
    variance = own.var(ddof=1) / len(own) + theirs.var(ddof=1) / len(theirs)
    return dict(zip(RATIO, (share, variance, came, unaided), strict=True)) if variance > 0 else None
