"""For whom a campaign worked: segments that differ and segments that do not."""

import numpy as np
import pandas as pd

from playbook.chapters.measurement.segments import by_segment
from playbook.settings.measurement import Measurement
from tests.trials import START, client_of, contacts_of, ids, judged, orders_of, simple


def test_a_segment_that_really_differs_is_found_and_one_that_does_not_is_not():
    n = 3000
    treated, control = ids("T", n), ids("C", n)
    spread = np.random.default_rng(5).gamma(4, 5, n)
    won = [who for k, who in enumerate(treated) if k % 2 == 0][:400] + [
        who for k, who in enumerate(treated) if k % 2
    ][:100]
    orders = orders_of(
        (treated + control, -400, 30.0), (won, 10, spread[:500]), (control[:200], 10, spread[:200])
    )
    known = pd.DataFrame({"customer_id": treated + control})
    known["segment"] = np.where(np.arange(2 * n) % 2 == 0, "even", "odd")
    known["language"] = np.where(np.arange(2 * n) // 2 % 2 == 0, "de", "it")
    client = client_of(orders, contacts_of(treated, control), known=known)
    rules = Measurement(segments=("segment", "language"), bootstrap_draws=200)
    found = {u.segment: u.p for u in by_segment((judged(client, rules),), client.sources, None).compared}
    assert found["segment"] < 0.001
    assert found["language"] > 0.05


def test_the_score_is_the_one_from_before_the_campaign():
    client = simple(n=200)
    people = ids("T", 200) + ids("C", 200)
    scores = pd.DataFrame({"customer_id": people, "score": np.arange(400.0), "as_of": START})
    measured = (judged(client),)
    late = by_segment(measured, client.sources, scores)
    early = by_segment(measured, client.sources, scores.assign(as_of=START - pd.Timedelta(days=9)))
    assert {u.segment for u in late.compared} == {"fifth of the margin before"}
    assert {u.segment for u in early.compared} == {"fifth of the score"}
