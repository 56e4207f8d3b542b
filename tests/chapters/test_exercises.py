"""The exercises of the chapters, walked through as a student would: stubs, mistakes and solutions."""

import contextlib
import io
import json
import shutil
from pathlib import Path

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
    yield seen
    names["run"].sources.close()
    chapter._read.cache_clear()


def test_stubs_solutions_and_mistakes_are_told_apart(walked):
    tried = 0
    for tags, about, source, _, checked in walked:
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
    taught = [printed for tags, _, _, printed, _ in walked if "teach" in tags]
    by_hand = [text for text in taught if "True" in text or "False" in text]
    assert len(by_hand) == 1
    assert "True" in by_hand[0] and "False" not in by_hand[0]
