import json

import pytest

from playbook.errors import RunFailed
from playbook.run import notebooks
from tests import toys


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A folder of masters with one chapter, and a client's folder."""
    (tmp_path / "masters").mkdir()
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(tmp_path / "masters"))
    toys.chapter(tmp_path / "masters", "04", "churn", [toys.code("x = 1")])
    return tmp_path / "masters", toys.client(tmp_path / "data")


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def the_chapter(client):
    (chapter,) = notebooks.chapters(client)
    return chapter


def test_a_copy_names_the_client_in_its_parameters_cell_and_keeps_the_rest(folders):
    _, client = folders
    (copy,), _ = notebooks.copy_for_client("acme", client)
    assert copy == client / "notebooks" / "04_churn.ipynb"
    parameters = notebooks.source(notebooks.read(copy)["cells"][1])
    assert parameters == 'client: str = "acme"  # whose data\nknob: int = None'


def test_a_copy_is_written_without_the_masters_outputs(folders):
    folder, client = folders
    master = notebooks.read(folder / "04_churn.ipynb")
    master["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "demo"}]
    (folder / "04_churn.ipynb").write_text(json.dumps(master))
    (copy,), _ = notebooks.copy_for_client("acme", client)
    assert all(cell.get("outputs", []) == [] for cell in notebooks.read(copy)["cells"])


def test_an_unchanged_copy_is_not_run_in_place_of_the_master(folders):
    folder, client = folders
    notebooks.copy_for_client("acme", client)
    chapter = the_chapter(client)
    assert (chapter.path.parent, chapter.changed_for_client) == (folder, False)


def test_a_copy_whose_code_was_changed_is_run(folders):
    _, client = folders
    (copy,), _ = notebooks.copy_for_client("acme", client)
    edit(copy, "x = 1", "x = 2")
    chapter = the_chapter(client)
    assert (chapter.path, chapter.changed_for_client, chapter.master_moved_on) == (copy, True, False)


def test_a_changed_copy_tells_when_its_master_has_moved_on(folders):
    folder, client = folders
    (copy,), _ = notebooks.copy_for_client("acme", client)
    edit(copy, "x = 1", "x = 2")
    edit(folder / "04_churn.ipynb", "x = 1", "x = 3")
    assert the_chapter(client).master_moved_on


def test_a_changed_copy_is_never_overwritten_and_an_unchanged_one_is_renewed(folders):
    folder, client = folders
    toys.chapter(folder, "01", "data", [toys.code("y = 1")])
    notebooks.copy_for_client("acme", client)
    changed = client / "notebooks" / "04_churn.ipynb"
    edit(changed, "x = 1", "x = 2")
    for name in ("01_data", "04_churn"):
        edit(folder / f"{name}.ipynb", " = 1", " = 9")
    written, kept = notebooks.copy_for_client("acme", client)
    assert [path.name for path in written] == ["01_data.ipynb"]
    assert kept == [changed]
    assert "x = 2" in changed.read_text()
    assert "y = 9" in (client / "notebooks" / "01_data.ipynb").read_text()


def test_a_copy_of_an_older_master_that_nobody_changed_is_not_run(folders):
    folder, client = folders
    notebooks.copy_for_client("acme", client)
    edit(folder / "04_churn.ipynb", "x = 1", "x = 9")
    assert the_chapter(client).path.parent == folder


def test_outputs_do_not_change_a_notebooks_hash_and_cells_do(folders):
    folder, _ = folders
    notebook = notebooks.read(folder / "04_churn.ipynb")
    before = notebooks.cells_sha256(notebook)
    notebook["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    assert notebooks.cells_sha256(notebook) == before
    notebook["cells"][0]["source"] = ["# Another title"]
    assert notebooks.cells_sha256(notebook) != before


def test_parameters_of_the_parameters_cell_are_known_with_their_types(folders):
    folder, client = folders
    edit(folder / "04_churn.ipynb", "knob: int = None", "knob: float = None\\nname: str = None")
    assert the_chapter(client).knobs == {"knob": float, "name": str}


def test_a_parameters_cell_that_is_no_python_does_not_stop_the_planning(folders):
    folder, client = folders
    edit(folder / "04_churn.ipynb", "knob: int = None", "knob: int =")
    assert the_chapter(client).knobs == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", "{"])
def test_a_file_that_is_no_notebook_is_named(folders, text):
    folder, client = folders
    (folder / "04_churn.ipynb").write_text(text)
    with pytest.raises(RunFailed, match=r"04_churn\.ipynb is no notebook"):
        notebooks.chapters(client)


def test_a_folder_without_chapters_is_an_error(folders):
    folder, client = folders
    (folder / "04_churn.ipynb").unlink()
    with pytest.raises(RunFailed, match="no chapter notebook"):
        notebooks.chapters(client)


OLD_SETUP = "from playbook import churn, waiting\nfrom playbook.display import Say\nx = 1"
NEW_SETUP = "from playbook.chapter import open_chapter\nfrom playbook.chapters import churn"


@pytest.fixture
def older(folders):
    """A client's copy made when the package had other modules, and its master of today."""
    masters, client = folders
    toys.chapter(masters, "04", "churn", [toys.code(OLD_SETUP, "setup")])
    (copy,), _ = notebooks.copy_for_client("acme", client)
    toys.chapter(masters, "04", "churn", [toys.code(NEW_SETUP, "setup")])
    return copy


def test_an_unchanged_copy_of_an_older_master_is_written_anew_before_a_run(older):
    notebooks.renew_copies("acme", older.parent.parent)
    assert notebooks.source(notebooks.read(older)["cells"][2]) == NEW_SETUP
    assert 'client: str = "acme"' in notebooks.source(notebooks.read(older)["cells"][1])
    assert notebooks.what_to_change(older) is None


def test_a_changed_copy_says_in_one_sentence_which_imports_are_gone_and_what_to_write(older):
    edit(older, "x = 1", "x = 2")
    notebooks.renew_copies("acme", older.parent.parent)
    assert "x = 2" in older.read_text()
    assert notebooks.what_to_change(older) == (
        "04_churn.ipynb was changed for this client and imports playbook.churn, playbook.display,"
        " playbook.waiting, which are no longer there: write `from playbook.chapter import open_chapter`;"
        " `from playbook.chapters import churn` in its setup cell, as in the master, and call by that name"
        " what its cells need."
    )


def test_a_changed_copy_with_todays_imports_has_nothing_to_change(folders):
    masters, client = folders
    toys.chapter(masters, "04", "churn", [toys.code(NEW_SETUP + "\nx = 1")])
    (copy,), _ = notebooks.copy_for_client("acme", client)
    edit(copy, "x = 1", "x = 2; import os")
    assert notebooks.what_to_change(copy) is None
