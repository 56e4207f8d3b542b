"""Rules that the notebooks keep."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if not path.name.startswith("00")]


def cells(path, kind="code"):
    return [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind
    ]


def tags(cell):
    return cell["metadata"].get("tags", [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_cells_whose_output_is_compared_keep_it(path):
    for cell in cells(path):
        assert bool(cell["outputs"]) == ("nbval-check-output" in tags(cell)), cell["source"]
        assert cell["execution_count"] == (1 if cell["outputs"] else None)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_only_tests_look_at_is_folded_away(path):
    hidden = [cell for cell in cells(path) if "hide" in tags(cell)]
    assert hidden
    for cell in hidden:
        assert cell["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_is_built_as_a_lesson(path):
    sources = ["".join(cell["source"]) for cell in cells(path)]
    first = "".join(cells(path, "markdown")[0]["source"])
    assert first.startswith("# ") and first.splitlines()[0].endswith("?")
    assert sum("parameters" in tags(cell) for cell in cells(path)) == 1
    assert 'client = "demo"' in next("".join(c["source"]) for c in cells(path) if "parameters" in tags(c))
    assert any("exercise" in tags(cell) for cell in cells(path))
    assert any("solution" in tags(cell) for cell in cells(path))
    assert not any(line.startswith(("def ", "class ")) for source in sources for line in source.splitlines())
    assert max(len(source.splitlines()) for source in sources) <= 12
    assert "What could make this wrong" in path.read_text(encoding="utf-8")
    assert "run.finish(" in sources[-1]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_lesson_is_read_by_its_chapter(path):
    sources = ["".join(cell["source"]) for cell in cells(path)]
    names = [
        line.partition(" import ")[2]
        for source in sources
        for line in source.splitlines()
        if " import " in line
    ]
    assert len(names) == 2 and "," not in "".join(names), names


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_parameters_are_written_as_papermill_sees_them(path):
    parameters = next("".join(cell["source"]) for cell in cells(path) if "parameters" in tags(cell))
    for line in parameters.splitlines()[1:]:
        assert line.split(":")[1].strip() in ("int = None", "float = None", "str = None"), line


def test_executed_notebooks_say_nothing_on_stderr(demo_run):
    executed = sorted((demo_run.folder / "notebooks").glob("*.ipynb"))
    assert len(executed) == len(CHAPTERS)
    for path in executed:
        for cell in cells(path):
            assert not [o for o in cell["outputs"] if o.get("name") == "stderr"], path.name
            assert cell["execution_count"] or not "".join(cell["source"]).strip()


def test_no_path_of_the_machine_is_in_an_executed_notebook(demo_run):
    for path in sorted((demo_run.folder / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        assert str(demo_run.data) not in text
        assert str(Path.home()) not in text or str(Path.home()) == "/"
