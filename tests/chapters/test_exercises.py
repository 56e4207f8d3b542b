"""The chapters as a student walks through them: promises, what is done by hand, exercises and solutions."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from playbook import chapter
from playbook.settings import client as settings
from playbook.show.exercises import Exercise

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("0[1-8]_*.ipynb"))
AT_LEAST = 3
YOUR_TURN = "Your turn: replace None with your answer and run the cell again."


@pytest.fixture(scope="module")
def place(demo_run, tmp_path_factory):
    """A copy of the demo shop's run, in which chapters are opened."""
    folder = tmp_path_factory.mktemp("course") / "run"
    shutil.copytree(demo_run.folder, folder)
    (folder / "settings.json").write_text(settings.load("demo", demo_run.data, {}).model_dump_json())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYBOOK_RUN", str(folder))
        patch.setenv("PLAYBOOK_SETTINGS", str(folder / "settings.json"))
        patch.setenv("PLAYBOOK_DATA", str(demo_run.data))
        yield folder
    chapter._read.cache_clear()


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def walked(request, place):
    """What became of each cell of a chapter: its tags, its source, what it printed, what was checked."""
    checked, check = [], Exercise.check

    def record(self, answer):
        said = check(self, answer)
        checked.append((self, answer, str(said)))
        return said

    patch = pytest.MonkeyPatch()
    patch.setattr(Exercise, "check", record)
    seen, names = [], {}
    for cell in json.loads(request.param.read_text(encoding="utf-8"))["cells"]:
        tags, source = set(cell["metadata"].get("tags", ())), "".join(cell["source"])
        if cell["cell_type"] != "code" or "hide" in tags:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        seen.append((tags, cell["metadata"], source, printed.getvalue(), checked[:]))
        checked.clear()
    patch.undo()
    yield SimpleNamespace(chapter=request.param.stem[:2], cells=seen, names=SimpleNamespace(**names))
    names["run"].sources.close()
    chapter._read.cache_clear()


def test_stubs_solutions_and_mistakes_are_told_apart(walked):
    tried = 0
    for tags, about, source, _, checked in walked.cells:
        if "exercise" in tags:
            [(exercise, answer, said)] = checked
            assert (answer, said) == (None, YOUR_TURN), source
            assert " = None" in source.splitlines()[-2] and ".check(" in source.splitlines()[-1]
            _try_mistakes(exercise)
            tried += 1
        elif "solution" in tags:
            [(exercise, answer, said)] = checked
            assert said.startswith("Right: "), (source, said)
            assert about["jupyter"] == {"outputs_hidden": True, "source_hidden": True}
            assert source.startswith("# Solution\n")  # the line that is seen of a folded cell
        else:
            assert not checked
    assert tried >= AT_LEAST


def _try_mistakes(exercise):
    expected = exercise.expected
    assert str(exercise.check(expected * 1.004)).startswith("Right: ")
    assert str(exercise.check(float(f"{expected:.3g}"))).startswith("Right: ")
    assert "without quotation marks" in str(exercise.check(str(expected)))
    assert "one number is asked" in str(exercise.check([expected]))
    assert "nan" in str(exercise.check(float("nan")))
    assert exercise.mistakes
    for hint, wrong in exercise.mistakes.items():
        assert str(exercise.check(wrong)).endswith(f"is not it. {hint}"), (hint, wrong, expected)
    unheard = 3 * expected + 17.3
    assert str(exercise.check(unheard)).endswith(exercise.hint)
    if exercise.share:
        assert "0.25 for a quarter" in str(exercise.check(100 * expected))


def test_what_is_done_by_hand_is_what_the_package_says(walked):
    taught = [printed for tags, _, _, printed, _ in walked.cells if "teach" in tags]
    by_hand = [text for text in taught if "True" in text or "False" in text]
    assert len(by_hand) == 1
    assert "True" in by_hand[0] and "False" not in by_hand[0]


def differences(one, days):
    """What the contacted brought more than those left alone, each by so many days, after costs."""
    trial, gains = one.trial, []
    for day in days:
        net = trial.total("margin", 0, day) - trial.spent(day)
        gains.append(net[trial.treated].mean() - net[~trial.treated].mean())
    return gains


def gap_and_threshold(n):
    came = n.gaps[n.gaps["returned"]]
    return (came["duration"] * came["n"]).sum() / came["n"].sum(), n.threshold.cut.days


PROMISES = {
    "01": {
        "how order lines become orders": lambda n: n.intake.orders < n.intake.sales and n.intake.returns,
        "why a line without a customer": lambda n: 0 < n.intake.without_customer < n.intake.read,
        "which warnings touch the numbers": lambda n: (
            n.intake.wrong(n.words).frame["severity"] == "warning"
        ).any(),
    },
    "02": {
        "how to tell the stages": lambda n: (
            set(n.base.customers["stage"].dropna()) == set(n.moved.months.base)
        ),
        "why a stage needs a rule": lambda n: n.base.silences.at_risk < n.base.silences.lapsed,
        "how a base can look steady": lambda n: (
            abs(n.moves.loc[n.came, "customers"].sum() - n.moves.loc[n.went, "customers"].sum())
            < n.moves.loc[n.went, "customers"].sum() / 10
        ),
        "how to compare those who left": lambda n: n.left.by_name["left_difference_visits"].value < -0.1,
    },
    "03": {
        "why “bought once” and “lost” are two": lambda n: n.base.by_name["one_time_recent"].value > 100,
        "how to read from first-to-second": lambda n: (
            0 < n.second.by_name["still_to_order_at_cut"].value < 0.1
        ),
        "how to test whether a kind": lambda n: (n.kinds.evidence["ratio"].dropna().head(5) < 0.7).all(),
        "why leaving people out has a price": lambda n: (
            0 < n.weighed.by_name["margin_given_up"].value < n.weighed.by_name["cost_saved"].value
        ),
    },
    "04": {
        "why the average gap": lambda n: 2 < gap_and_threshold(n)[1] / gap_and_threshold(n)[0] < 5,
        "how to read a survival curve": lambda n: 0 < n.curve[-1] < 0.5,
        "why “lapsed” is a label": lambda n: n.base.by_name["returners_lapsed"].low > 0,
    },
    "05": {
        "why a signal must be judged": lambda n: (
            n.naive_ratio > 1.2
            and n.signals.judged.set_index("signal").at["overdue", "lift"] < 1 + (n.naive_ratio - 1) / 2
        ),
        "why “lapsed” is no outcome": lambda n: 0.2 < n.past.rows["left"].mean() < 0.8,
        "how to try a warning on the past": lambda n: n.tried.by_name["warning_ahead_of_silence"].low > 0,
    },
    "06": {
        "what a customer brings who comes back": lambda n: n.first_share < 0.5,
        "how criteria become points": lambda n: (
            n.tried.by_name["score_ahead_of_revenue"].low > 0 and n.steady.by_name["stability"].value < 0.9
        ),
        "why letting go and waiting": lambda n: {"wait", "let_go"} <= set(n.ranking.customers["class"]),
    },
    "07": {
        "why “the same discount": lambda n: (
            n.plan.same_for_all(n.campaign).claimed > 2 * max(0, n.plan.same_for_all(n.campaign).profit)
        ),
        "how to put a price on an offer": lambda n: n.best_plan.contacts["expected_profit"].min() > 0,
        "how to spend a budget": lambda n: n.best_plan.by_name["plan_expected_profit"].low > 0,
        "why some customers are held back": lambda n: n.best_plan.by_name["held_back"].value > 0,
    },
    "08": {
        "why “they ordered after": lambda n: (
            all(one.trial.returned(90)[one.trial.treated].mean() > 0 for one in n.measured.campaigns)
            and n.measured.by_name["campaign_2_effect"].value < 0
        ),
        "how a control group answers": lambda n: (
            0 < max(differences(n.measured.campaigns[1], (14, 21, 28, 35)))
            and differences(n.measured.campaigns[1], (350,))[0] < 0
        ),
        "why the verdict is read once": lambda n: n.share > 0.08,
        "how many customers it takes": lambda n: n.called > 1_000,
    },
}
"""What each chapter promises (the beginning of its lines), and what shows it on the demo shop."""


def test_what_a_chapter_promises_happens_on_the_demo_shop(walked):
    path = next(path for path in NOTEBOOKS if path.stem.startswith(walked.chapter))
    told = ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    lines = next(text for text in told if text.startswith("**What you will learn**")).splitlines()
    promised = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    kept = PROMISES[walked.chapter]
    assert len(promised) == len(kept)
    for line, (begins, happens) in zip(promised, kept.items(), strict=True):
        assert line.startswith(begins)
        assert happens(walked.names), line


def test_a_question_is_asked_before_an_answer_and_a_chapter_ends_in_a_decision(walked):
    path = next(path for path in NOTEBOOKS if path.stem.startswith(walked.chapter))
    told = ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    asked = [place for place, text in enumerate(told) if "efore you" in text or "Make a guess" in text]
    assert asked and asked[0] < len(told) / 2
    assert told[-2].startswith("## Decision")
