"""Every damaged export gets the answer that it should, and never a traceback."""

from pathlib import Path

import pytest

from tests import zoo

FAST = zoo.ZOO[::9]
"""Some of each kind; the slow test visits all."""


@pytest.mark.parametrize("animal", FAST, ids=[animal.name for animal in FAST])
def test_a_damaged_export_gets_its_answer(animal, tmp_path):
    outcome = zoo.visit(animal, tmp_path)
    assert outcome.as_expected, outcome.answer


def test_the_zoo_is_large_and_each_animal_is_named_once():
    names = [animal.name for animal in zoo.ZOO]
    assert len(names) >= 60
    assert len(names) == len(set(names))


def test_the_document_names_every_animal_and_claims_nothing_else():
    """What it claims of each is held against the result by the slow test."""
    rows = [line for line in zoo.DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[1:]] == [animal.name for animal in zoo.ZOO]
    assert not any("not as expected" in row for row in rows)


@pytest.mark.slow
def test_the_document_says_what_comes_of_every_animal():
    found = list(zoo.results())
    assert [(animal.name, outcome.answer) for animal, outcome in found if not outcome.as_expected] == []
    assert _animals(zoo.document(found)) == _animals(Path(zoo.DOCUMENT).read_text(encoding="utf-8"))


def _animals(document):
    """Each animal and the kind of answer it gets; the wording beside them may quote the engine."""
    return [line.split(" | ")[:2] for line in document.splitlines() if line.startswith("| ")]
