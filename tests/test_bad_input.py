"""What users get wrong, and what clients have too little of: exit codes, one sentence, no half reports."""

import json
import re
import shutil

import pytest

from tests.conftest import SETTINGS, playbook

HEAD = "customer_id,ordered_at,amount\n"
GOOD = HEAD + "".join(f"c{n},2025-0{month}-{n + 1:02d},10\n" for n in range(9) for month in (1, 4, 7))


def run(data, name, *words):
    return playbook("run", name, "--data", str(data), "--reports", str(data.parent / "reports"), *words)


def is_one_sentence(text):
    return text.startswith("Error: ") and text.count("\n") == 1 and "Traceback" not in text


WRONG_BEFORE_ANYTHING_STARTS = {
    "no such client": (GOOD, SETTINGS, ["acm"], "Did you mean 'acme'?"),
    "a name that leads elsewhere": (GOOD, SETTINGS, ["../acme"], "is no client name"),
    "a slash in the name": (GOOD, SETTINGS, ["a/b"], "is no client name"),
    "unknown parameter": (GOOD, SETTINGS, ["acme", "-p", "horizn_days=3"], "Did you mean 'horizon_days'?"),
    "wrong type": (GOOD, SETTINGS, ["acme", "-p", "horizon_days=x"], "expected a whole number"),
    "no date": (GOOD, SETTINGS, ["acme", "--as-of", "yesterday"], "expected a date"),
    "no YAML": (GOOD, "client: [", ["acme"], "this is no YAML"),
    "no file": (None, SETTINGS, ["acme"], "orders.csv is missing"),
}


@pytest.mark.parametrize("case", WRONG_BEFORE_ANYTHING_STARTS)
def test_a_wrong_call_ends_with_2_and_a_sentence(client, case):
    orders, settings, words, said = WRONG_BEFORE_ANYTHING_STARTS[case]
    data, _ = client(orders, settings)
    done = run(data, *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert is_one_sentence(done.stderr[done.stderr.index("Error:") :])
    left = (data.parent / "reports").glob("*/*")
    assert [path for path in left if path.parent.name != ".locks"] == []


WRONG_DATA = {
    "empty file": ("", [], "orders.csv is empty"),
    "missing column": ("customer_id,ordered_at,sum\na,2025-01-01,3\n", [], "has no column 'amount'"),
    "unreadable date": (HEAD + "a,2025-01-01,5\nb,31.31.2025,5\n", [], "row 3, column ordered_at"),
    "as-of before the data": (GOOD, ["--as-of", "2020-01-01"], "lies before the first order"),
}


@pytest.mark.parametrize("case", WRONG_DATA)
def test_wrong_data_end_with_2_and_leave_no_report(client, case):
    orders, words, said = WRONG_DATA[case]
    data, name = client(orders)
    done = run(data, name, *words)
    assert done.returncode == 2, done.stderr
    error = done.stderr[done.stderr.index("Error:") :]
    assert said in error and is_one_sentence(error)
    left = (data.parent / "reports").glob("*/*")
    assert [path for path in left if path.parent.name != ".locks"] == []


TOO_LITTLE = {
    "one customer": HEAD + "a,2025-01-01,5\na,2025-02-01,5\na,2025-09-01,5\n",
    "no second order": HEAD
    + "".join(f"c{n},2025-0{n},5\n".replace(f"0{n},", f"0{n}-11,") for n in range(1, 9)),
    "all on one day": HEAD + "".join(f"c{n},2025-05-05,5\n" for n in range(9)),
    "amounts all zero": HEAD + "".join(f"c{n},2025-05-0{n + 1},0\n" for n in range(8)),
}


@pytest.mark.parametrize("case", TOO_LITTLE)
def test_too_little_data_make_a_report_that_says_what_cannot_be_told(client, case):
    data, name = client(TOO_LITTLE[case])
    done = run(data, name)
    assert done.returncode == 0, done.stderr
    folder = next((data.parent / "reports" / name).glob("????-??-??"))
    page = (folder / "index.html").read_text(encoding="utf-8")
    opening = page[page.index('<p class="decision">') :][:400]
    assert "cannot be told" in opening
    text = re.sub(r"<[^>]+>", " ", page)
    assert "nan" not in text.lower().split()
    assert json.loads((folder / "manifest.json").read_text())["status"] == "done"


def test_a_bad_delivery_leaves_the_last_good_report(client):
    data, name = client(GOOD)
    assert run(data, name).returncode == 0
    folder = next((data.parent / "reports" / name).glob("????-??-??"))
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    (data / name / "orders.csv").write_text(HEAD + "a,gone,5\n")
    assert run(data, name).returncode == 2
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before
    assert [path.name for path in (data.parent / "reports" / name).iterdir()] == [folder.name]


def test_check_says_what_is_wrong_and_what_is_there(client, demo_data):
    done = playbook("check", "demo", "--data", str(demo_data))
    assert done.returncode == 0, done.stderr
    assert "have no customer" in done.stdout
    assert "bestellungen_2023.csv, row 453, column Datum: cannot read '31.02.2023'" in done.stdout
    data, name = client("customer_id,ordered_at\n1,2025-01-01\n")
    done = playbook("check", name, "--data", str(data))
    assert done.returncode == 2
    assert "no column 'amount'" in done.stderr
    shutil.rmtree(data)
