"""What a user reads of an error: one sentence, without the machine's folders and the client's data."""

import tempfile
from pathlib import Path

import duckdb
import pytest

from playbook.errors import CallError, one_line

HERE = Path(tempfile.gettempdir())


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CallError(f"{HERE / 'acme'} has no\nclient.yml."), "acme has no client.yml."),
        (FileNotFoundError(2, "No such file", str(HERE / "x.csv")), "The run stopped: No such file (x.csv)."),
        (OSError(f"no space in '{HERE}'"), "The run stopped: no space in …."),
        (
            ValueError("no float: 'Anna Meier' in 'amount'\nOriginal line: 17;Anna"),
            "The run stopped: ValueError: no float: … in 'amount'",
        ),
        (KeyError("K1"), "The run stopped: KeyError: …"),
    ],
)
def test_an_error_is_one_sentence_without_folders_and_values(error, sentence):
    assert one_line(error) == sentence


def test_an_engines_error_does_not_repeat_a_line_of_a_file(tmp_path):
    (tmp_path / "people.csv").write_text("number,day\n" + "1,2024-01-01\n" * 3 + "Anna Meier,gone\n")
    with pytest.raises(duckdb.Error) as stopped:
        duckdb.read_csv(str(tmp_path / "people.csv"), dtype={"day": "DATE"}).fetchall()
    assert "Anna" in str(stopped.value) and str(tmp_path) in str(stopped.value)
    said = one_line(stopped.value)
    assert "Anna" not in said and "gone" not in said and str(tmp_path) not in said
