"""The survival model of returns: against lifelines, and on covariates that say nothing or too much."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import WeibullAFTFitter

from playbook.stats import survival_model
from playbook.stats.season import FURTHEST_KNOT, KNOTS, _by_silence, hats
from playbook.stats.survival_model import PENALIZER, PENALTY_ROWS, Covariates, chance, fit_waits

HORIZON = 183


def landmark_rows(n=4000, seed=1, follow_up=120.0, **columns):
    """Customers whose wait is Weibull, shorter with more orders, longer with more silence."""
    random = np.random.default_rng(seed)
    orders = 1 + random.poisson(2, n)
    silence = random.integers(0, 300, n)
    span = np.where(orders > 1, random.integers(5, 60, n) * (orders - 1), 0)
    scale = np.exp(4.5 - 0.5 * np.log(orders) + 0.4 * np.log1p(silence))
    wait = np.ceil(scale * random.exponential(size=n) ** (1 / 0.8))
    frame = pd.DataFrame(
        {
            "shard": random.integers(0, 64, n),
            "orders": orders,
            "silence": silence,
            "age": silence + span,
            "squared_gaps": span**2 * random.uniform(1, 2.5, n) / np.maximum(orders - 1, 1),
            "amount": orders * random.lognormal(3, 0.5, n),
            "recent": np.minimum(orders, random.integers(0, 3, n)),
            "season": random.integers(0, 2, n),
            "wait": np.minimum(wait, follow_up),
            "returned": wait <= follow_up,
        }
    )
    return frame.assign(**columns)


def test_the_fit_is_that_of_lifelines():
    rows = landmark_rows()
    model = fit_waits(rows, HORIZON)
    table = pd.DataFrame(model.covariates.design(rows)[:, :-1], columns=list(model.covariates.names))
    table = table.assign(wait=rows["wait"], returned=rows["returned"])
    peer = WeibullAFTFitter(penalizer=PENALIZER + PENALTY_ROWS / len(rows)).fit(table, "wait", "returned")
    theirs = peer.params_["lambda_"].reindex([*model.covariates.names, "Intercept"]).to_numpy()
    assert model.coefficients == pytest.approx(theirs, abs=0.02)
    assert model.log_shape == pytest.approx(float(peer.params_["rho_"].iloc[0]), abs=1e-3)
    ours = chance(model.log_hazard(model.covariates.design(rows), 90))
    survival = peer.predict_survival_function(table, times=[90]).to_numpy()[0]
    assert ours == pytest.approx(1 - survival, abs=2e-3)


def test_the_chances_are_those_that_made_the_data():
    rows = landmark_rows(20_000)
    model = fit_waits(rows, HORIZON)
    orders, silence = rows["orders"], rows["silence"]
    scale = np.exp(4.5 - 0.5 * np.log(orders) + 0.4 * np.log1p(silence))
    true = 1 - np.exp(-((90 / scale) ** 0.8))
    ours = chance(model.log_hazard(model.covariates.design(rows), 90))
    assert np.abs(ours - true).mean() < 0.015


def test_the_standard_errors_allow_for_rows_of_the_same_customer():
    rows = landmark_rows(3000)
    once = fit_waits(rows, HORIZON)
    doubled = fit_waits(pd.concat([rows, rows]), HORIZON)
    ratio = np.sqrt(np.diag(doubled.variance)[-2] / np.diag(once.variance)[-2])
    assert ratio == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    "columns",
    [
        {"orders": 1, "age": 10, "silence": 10},
        {"amount": 0.0, "season": 0, "recent": 0},
        {"discount": 0.0},
        {"returned": True},
        {"recent": 1, "season": 1},
    ],
    ids=["constant", "no amounts", "no discount", "everybody returns", "all alike"],
)
def test_constant_and_collinear_covariates_are_fitted(columns):
    rows = landmark_rows(600, **columns)
    model = fit_waits(rows, HORIZON)
    assert np.isfinite(model.coefficients).all() and np.isfinite(model.variance).all()


def test_a_covariate_that_tells_all_is_held_by_the_penalty():
    rows = landmark_rows(600)
    rows["discount"] = rows["returned"].astype(float)
    model = fit_waits(rows, HORIZON)
    assert np.abs(model.coefficients).max() < 50


def test_covariates_outside_what_landmarks_saw_are_clipped():
    rows = landmark_rows()
    covariates = Covariates.of(rows, HORIZON)
    far = rows.head(1).assign(silence=5000, age=9000, orders=4000, squared_gaps=1e12)
    farther = far.assign(silence=50_000, age=90_000, orders=9000)
    assert covariates.design(far)[0] == pytest.approx(covariates.design(farther)[0])


def test_a_chance_is_that_of_its_cumulative_hazard():
    p = np.array([0.001, 0.2, 0.9])
    assert chance(np.log(-np.log1p(-p))) == pytest.approx(p)


def test_the_knots_of_silence_share_every_customer():
    silence = np.array([0, 30, 100, 180, 540, 4000])
    assert hats(silence).sum(axis=1) == pytest.approx(1)
    assert hats(np.array(KNOTS)) == pytest.approx(np.eye(len(KNOTS)))


def test_a_silence_says_more_of_a_customer_with_an_even_rhythm():
    # half of the customers order every 30 days or never again, the others at random times
    random = np.random.default_rng(5)
    n = 8_000
    even = np.arange(n) % 2 == 0
    orders, silence = np.full(n, 8), random.integers(0, 120, n)
    gone = random.random(n) < 0.3
    wait = np.where(even & ~gone & (silence < 40), np.maximum(35 - silence, 1), random.exponential(60, n))
    wait = np.where(gone | (even & (silence >= 40)), 400, np.ceil(wait))
    mean = np.full(n, 210 / 7)
    rows = landmark_rows(n).assign(
        orders=orders,
        silence=silence,
        age=silence + 210,
        squared_gaps=7 * mean**2 * np.where(even, 1.02, 2.2),
        wait=np.minimum(wait, 200),
        returned=wait <= 200,
    )
    model = fit_waits(rows, HORIZON)
    asked = rows.head(4).assign(silence=[20, 20, 100, 100], age=[230, 230, 310, 310])
    chances = chance(model.log_hazard(model.covariates.design(asked), 60))
    even_fall, uneven_fall = chances[2] / chances[0], chances[3] / chances[1]
    assert even_fall < 0.5 * uneven_fall


def test_the_level_by_silence_is_that_of_a_binomial_model_and_bounded_where_all_came():
    random = np.random.default_rng(1)
    silence = random.integers(1, 900, 4_000)
    basis, hazard = hats(silence), random.normal(-1.5, 0.8, 4_000)
    came = (random.random(4_000) < chance(hazard + basis @ [0.3, -0.2, -0.6])).astype(float)
    ones = np.ones(4_000)
    link = sm.families.Binomial(sm.families.links.CLogLog())
    theirs = sm.GLM(came, basis, family=link, offset=hazard).fit().params
    assert _by_silence(hazard, basis, came, ones, 0.0) == pytest.approx(theirs, abs=1e-5)
    everybody = _by_silence(hazard + 3, basis, ones, ones, 0.5)
    assert everybody == pytest.approx(0.5 + FURTHEST_KNOT)


def test_the_curvature_is_the_second_derivative_of_the_penalised_likelihood():
    random = np.random.default_rng(3)
    design = np.column_stack([random.normal(size=(40, 2)), np.ones(40)])
    wait, returned = random.exponential(50, 40), (random.random(40) < 0.6).astype(float)
    penalty, at = np.array([5.0, 2.0, 0.0, 0.0]), np.array([0.1, -0.2, 4.0, 0.1])
    step = 1e-4 * np.eye(4)

    def likelihood(values):
        return survival_model._log_likelihood(design, wait, returned, penalty, values)

    def second(a, b):
        same = likelihood(at + a + b) + likelihood(at - a - b)
        across = likelihood(at + a - b) + likelihood(at - a + b)
        return (same - across) / 4e-8

    curvature = survival_model._curvature(design, wait, returned, penalty, at)
    numeric = [[-second(a, b) for a in step] for b in step]
    np.testing.assert_allclose(curvature, numeric, rtol=1e-3, atol=1e-2)
