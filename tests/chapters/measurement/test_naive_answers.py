"""The usual answers, beside which stands an interval or that nothing can be told."""

from playbook.chapters.measurement.naive_answers import NaiveAnswers
from playbook.show.words import Words
from tests.trials import changed, client_of, contacts_of, ids, judged, orders_of

WORDS = Words()


def test_beside_the_usual_answers_stands_an_interval_or_that_it_cannot_be_told():
    rows = contacts_of(ids("T", 200), ids("C", 200))
    clear = judged(changed(rows))
    low, high = (WORDS.number(end, 2) for end in (clear.main.low, clear.main.high))
    few = judged(
        client_of(orders_of((ids("T", 200) + ids("C", 200), -400, 30.0), (["T00001"], 10, 20.0)), rows)
    )
    alone = judged(changed(contacts_of(ids("T", 200), [])))
    shown = NaiveAnswers((clear, few, alone)).table(WORDS)
    effects = shown.frame["effect"].tolist()
    assert effects[0] == f"{WORDS.number(clear.main.value, 2)} ({low} to {high})"
    assert effects[1:] == ["cannot be told", None]
