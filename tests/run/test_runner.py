import json
import os
import re
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from playbook.archive import folders as runs
from playbook.errors import CallError, DataError, RunFailed
from playbook.records.identifiers import pseudonym_of
from playbook.run import plan, runner
from playbook.run.plan import Request
from tests import toys

DIRTY = """
import os, sys, warnings, decimal
import ibis, pandas as pd, matplotlib as mpl, matplotlib.pyplot as plt
left_over = 1
pd.set_option("display.max_rows", 3)
mpl.rcParams["font.size"] = 40
plt.figure()
warnings.simplefilter("ignore")
os.environ["LEFT_OVER"] = "yes"
os.chdir("/")
sys.path.insert(0, "/left_over")
ibis.set_backend(ibis.duckdb.connect())
ibis.get_backend().raw_sql("create table left_over (x int)")
ibis.options.interactive = True
html = get_ipython().display_formatter.formatters["text/html"]
html.for_type(pd.DataFrame, lambda frame: "left over")
get_ipython().events.register("post_run_cell", lambda *_: print("left over"))
"""

STATE = """
import os, sys, warnings, pathlib
import ibis, pandas as pd, matplotlib as mpl, matplotlib.pyplot as plt
{
    "names": "left_over" in globals(),
    "rows": pd.get_option("display.max_rows"),
    "font": mpl.rcParams["font.size"],
    "figures": plt.get_fignums(),
    "filters": [str(entry[:3]) for entry in warnings.filters if entry[0] == "ignore" and entry[2] is Warning],
    "environment": os.environ.get("LEFT_OVER"),
    "folder": pathlib.Path.cwd().name,
    "path": [place for place in sys.path if "left_over" in place],
    "tables": ibis.get_backend().list_tables(),
    "interactive": ibis.options.interactive,
}
"""


@pytest.fixture
def ground(tmp_path, monkeypatch):
    """Two good chapters and a client; notebooks, data and reports side by side."""
    return lay_ground(tmp_path, monkeypatch)


def lay_ground(folder, monkeypatch):
    masters = folder / "masters"
    masters.mkdir()
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(masters))
    monkeypatch.setattr(runner, "SUMMARY", toys.SUMMARY)
    toys.client(folder / "data")
    toys.chapter(masters, "01", "data", [])
    toys.chapter(masters, "04", "churn", [toys.code("print(client, knob)")])
    return folder


def request(ground, **asked):
    return Request("acme", ground / "data", ground / "reports", **asked)


def run(ground, **asked):
    return runner.run(request(ground, **asked))


def home(ground):
    return ground / "reports" / "acme"


def manifest(ground, name="2025-12-31"):
    return runs.read_manifest(home(ground) / name)


def statuses(ground, name="2025-12-31"):
    return {entry["chapter"]: entry["status"] for entry in manifest(ground, name)["chapters"]}


def executed(ground, chapter, name="2025-12-31"):
    return json.loads((home(ground) / name / "notebooks" / f"{chapter}.ipynb").read_text())


def outputs(notebook):
    return [[cell.get("execution_count"), cell.get("outputs")] for cell in notebook["cells"]]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """One run of three chapters, the second of which leaves everything behind that it can."""
    with pytest.MonkeyPatch.context() as patch:
        folder = lay_ground(tmp_path_factory.mktemp("good"), patch)
        dirt = [toys.code(DIRTY), toys.code("import sys; print('mind the gap', file=sys.stderr)")]
        toys.chapter(folder / "masters", "02", "lifecycle", dirt)
        seen = [toys.code(STATE), toys.code("print(client, knob)"), toys.code("pd.DataFrame({'x': [1]})")]
        toys.chapter(folder / "masters", "04", "churn", seen)
        told = []
        finished = runner.run(request(folder, parameters=("knob=7",)), lambda *step: told.append(step))
        yield folder, finished, told


def test_a_run_leaves_the_whole_report_and_nothing_else(good):
    ground, finished, _ = good
    assert [path.name for path in home(ground).iterdir()] == ["2025-12-31"]
    assert finished.page == home(ground) / "2025-12-31" / "index.html"
    chapters = ("01_data", "02_lifecycle", "04_churn")
    expected = [f"{name}.html" for name in chapters] + [f"notebooks/{name}.ipynb" for name in chapters]
    expected += [f"tables/{name}.parquet" for name in ("01", "02", "04", "customers")]
    expected += [f"findings/{name}.json" for name in ("01", "02", "04")] + [
        "appendix.html",
        "index.html",
        "manifest.json",
        "report.html",
    ]
    assert files(finished.page.parent) == sorted(expected)


def test_paper_is_made_when_it_is_asked_for_also_from_a_report_that_is_there(ground):
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed", exc_type=ImportError)
    place = run(ground).page.parent
    assert not (place / "report.pdf").exists() and "report.pdf" not in (place / "index.html").read_text()
    again = run(ground, pdf=True)
    assert again.unchanged and (place / "report.pdf").read_bytes().startswith(b"%PDF")
    assert '<a href="report.pdf">' in (place / "index.html").read_text()


def test_the_manifest_says_what_was_run_on_what(good):
    ground, _, _ = good
    record = manifest(ground)
    assert record["client"], record["status"] == ("acme", "done")
    assert record["as_of"] == "2025-12-31"
    assert record["error"] is None
    assert set(record["inputs"]) == {"client.yml", "orders.csv"}
    assert statuses(ground) == {"01": "done", "02": "done", "04": "done"}
    assert record["versions"]["packages"]["papermill"]
    assert record["seconds"] > 0


WARNING = """import warnings, pandas as pd
warnings.warn_explicit("odd", UserWarning, pd.__file__, 7)
warnings.warn("strange")
print(pd.__file__)
pd.DataFrame({"x": [pd.__file__]})"""


def test_no_folder_of_this_machine_stands_on_a_page(tmp_path, monkeypatch):
    folder = lay_ground(tmp_path, monkeypatch)
    toys.chapter(folder / "masters", "04", "churn", [toys.code(WARNING)])
    finished = run(folder)
    warned = " ".join(finished.warnings)
    assert "__init__.py:7: UserWarning: odd" in warned
    assert "a cell:3: UserWarning: strange" in warned
    page = (finished.page.parent / "04_churn.html").read_text()
    assert "__init__.py" in page
    folders = (Path(pd.__file__).parent, folder, Path.cwd(), Path(tempfile.gettempdir()))
    assert not [name for name in folders for text in (page, warned) if str(name) in text]


def test_what_a_chapter_writes_to_stderr_is_a_warning_in_the_manifest_and_not_in_the_page(good):
    ground, finished, _ = good
    assert manifest(ground)["warnings"] == ["chapter 02: mind the gap"] == list(finished.warnings)
    assert "mind the gap" not in (home(ground) / "2025-12-31" / "02_lifecycle.html").read_text()


def test_each_chapter_is_announced_by_its_title(good):
    _, _, told = good
    assert told == [(0, 3, "The data"), (1, 3, "The lifecycle"), (2, 3, "The churn"), (3, 3, "Summary")]


def test_the_customer_table_joins_the_chapters(good):
    ground, _, _ = good
    table = pq.read_table(home(ground) / "2025-12-31" / "tables" / "customers.parquet")
    assert table.column_names == ["customer_id", "column_01", "column_02", "column_04"]


def test_a_chapter_gives_the_same_outputs_alone_and_after_one_that_leaves_everything_behind(
    good, ground, monkeypatch
):
    first, _, _ = good
    state = executed(first, "04_churn")["cells"][3]["outputs"][0]["data"]["text/plain"]
    assert "'names': False" in "".join(state)
    assert "left" not in "".join(state)
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(ground / "masters"))
    (ground / "masters" / "04_churn.ipynb").write_bytes((first / "masters" / "04_churn.ipynb").read_bytes())
    run(ground, parameters=("knob=7",))
    assert outputs(executed(ground, "04_churn")) == outputs(executed(first, "04_churn"))


def test_no_path_enters_an_executed_notebook(good):
    ground, _, _ = good
    for path in (home(ground) / "2025-12-31" / "notebooks").iterdir():
        assert str(ground) not in path.read_text()


def test_a_notebooks_own_parameter_reaches_it_and_no_other(good):
    ground, _, _ = good
    said = [cell["outputs"] for cell in executed(ground, "04_churn")["cells"] if cell.get("outputs")]
    assert said[1][0]["text"] == "acme 7\n"


def test_a_second_run_of_the_same_input_starts_no_kernel(good, monkeypatch):
    ground, finished, _ = good
    monkeypatch.setenv("PLAYBOOK_NOTEBOOKS", str(ground / "masters"))
    monkeypatch.delattr(runner, "WarmKernel")
    again = run(ground, parameters=("knob=7",))
    assert again.unchanged
    assert again.page == finished.page
    assert again.warnings == finished.warnings


def test_only_a_changed_chapter_and_those_after_it_run_again_unless_asked(ground):
    run(ground)
    tables = home(ground) / "2025-12-31" / "tables"
    before = {path.name: path.read_bytes() for path in tables.iterdir()}
    toys.chapter(ground / "masters", "04", "churn", [toys.code("print(client, knob, 2)")])
    run(ground)
    assert statuses(ground) == {"01": "cached", "04": "done"}
    run(ground, fresh=True)
    assert statuses(ground) == {"01": "done", "04": "done"}
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == before


def test_changed_data_or_settings_run_everything_again(ground):
    plans = [runner.plan_run(request(ground)).keys]
    plans.append(runner.plan_run(request(ground, parameters=("horizon_days=90",))).keys)
    plans.append(runner.plan_run(request(ground, as_of=date(2025, 6, 30))).keys)
    (ground / "data" / "acme" / "orders.csv").write_text(toys.ORDERS + "c,2025-03-01,5\n")
    plans.append(runner.plan_run(request(ground)).keys)
    assert len({keys[0] for keys in plans}) == len({keys[1] for keys in plans}) == 4


@pytest.mark.parametrize(
    ("given", "first"),
    [("budget=90", "07"), ("scoring.weights.referrals=3", "06"), ("seed=9", "01"), ("horizon_days=9", "01")],
)
def test_a_changed_setting_touches_no_chapter_before_the_first_that_reads_it(ground, given, first):
    for number, name in (("06", "scoring"), ("07", "offers")):
        toys.chapter(ground / "masters", number, name, [])
    made = [runner.plan_run(request(ground, parameters=words)) for words in ((), (given,))]
    same = [
        chapter.number
        for chapter, *keys in zip(made[0].chapters, *(p.keys for p in made), strict=True)
        if keys[0] == keys[1]
    ]
    assert same == [chapter.number for chapter in made[0].chapters if chapter.number < first]


CHAPTERS = ("data", "lifecycle", "occasional", "churn", "warning", "scoring", "plan", "measurement")


def test_no_chapter_reads_a_setting_that_is_said_to_be_read_later_alone():
    package = Path(runner.__file__).parent.parent
    for place, first in plan.READ_FROM.items():
        earlier = [package / "chapters" / name for name in CHAPTERS[: int(first) - 1]]
        for room in [package / "records", package / "stats", package / "offers", *earlier]:
            for path in room.rglob("*.py"):
                found = re.search(rf"\b(settings|offers|scoring)\.{place[-1]}\b", path.read_text())
                assert not found, (path, found)


def test_a_failing_cell_is_named_and_the_last_good_report_stands(ground):
    run(ground)
    before = files(home(ground) / "2025-12-31")
    toys.chapter(ground / "masters", "04", "churn", [toys.code("1 + 1"), toys.code("1 / 0")])
    with pytest.raises(RunFailed, match=r"^chapter 04, cell 4: ZeroDivisionError: division by zero$"):
        run(ground)
    assert files(home(ground) / "2025-12-31") == before
    failed = manifest(ground, "2025-12-31.failed")
    assert failed["status"] == "failed"
    assert failed["error"]["chapter"], failed["error"]["cell"] == ("04", 4)
    assert failed["error"]["message"] == "chapter 04, cell 4: ZeroDivisionError: division by zero"
    assert statuses(ground, "2025-12-31.failed") == {"01": "cached", "04": "failed"}
    kept = executed(ground, "04_churn", "2025-12-31.failed")["cells"]
    assert [cell["execution_count"] for cell in kept if cell.get("outputs")][-1] == 4
    assert sorted(path.name for path in home(ground).iterdir()) == ["2025-12-31", "2025-12-31.failed"]


QUOTES_A_CELL = """import os, pandas as pd
path = os.environ["TMPDIR"] + "/kunden.csv"
raise ValueError(f"{path}, line 3: no number in 'Anna Meier'\\nOriginal line: 17;Anna Meier;anna@meier.ch")"""


def test_what_an_error_quotes_of_the_data_and_folders_of_the_machine_stay_out_of_the_record(ground):
    toys.chapter(ground / "masters", "04", "churn", [toys.code(QUOTES_A_CELL)])
    with pytest.raises(RunFailed, match=r"ValueError: kunden\.csv, line 3: no number in …$") as stopped:
        run(ground)
    error = manifest(ground, "2025-12-31.failed")["error"]["message"]
    assert "Meier" not in error + str(stopped.value) and "/" not in error
    kept = json.dumps(outputs(executed(ground, "04_churn", "2025-12-31.failed")))
    assert "Original line" in kept and str(ground) not in kept and tempfile.gettempdir() + "/" not in kept


def test_a_repaired_run_takes_up_what_the_failed_one_had_done(ground):
    toys.chapter(ground / "masters", "04", "churn", [toys.code("1 / 0")])
    with pytest.raises(RunFailed):
        run(ground)
    toys.chapter(ground / "masters", "04", "churn", [])
    run(ground)
    assert statuses(ground) == {"01": "cached", "04": "done"}


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the notebook kernel died"),
        ("import time; time.sleep(60)", "it took longer than 1 seconds"),
        ("import sys; sys.exit(0)", "it stopped before its last cell (SystemExit)"),
    ],
    ids=["dead kernel", "time-out", "sys.exit"],
)
def test_a_chapter_that_does_not_reach_its_end_fails_the_run(ground, cell, cause):
    with (ground / "data" / "acme" / "client.yml").open("a") as settings:
        settings.write("cell_timeout_seconds: 1\n")
    toys.chapter(ground / "masters", "01", "data", [toys.code(cell)])
    with pytest.raises(RunFailed) as failure:
        run(ground)
    assert str(failure.value) == f"chapter 01, cell 3: {cause}"
    assert [path.name for path in home(ground).iterdir()] == ["undated.failed"]
    assert manifest(ground, "undated.failed")["as_of"] is None


def test_a_chapter_without_findings_is_not_done(ground):
    toys.chapter(ground / "masters", "04", "churn", [], ends=False)
    with pytest.raises(RunFailed, match=r"^chapter 04: it ended without writing its findings$"):
        run(ground)


def test_wrong_data_found_by_a_chapter_leave_nothing_behind(ground):
    run(ground)
    raising = "from playbook.errors import DataError\nraise DataError('orders.csv, row 3:\\n no date.')"
    toys.chapter(ground / "masters", "04", "churn", [toys.code(raising)])
    with pytest.raises(DataError, match=r"^orders.csv, row 3: no date\.$"):
        run(ground)
    assert [path.name for path in home(ground).iterdir()] == ["2025-12-31"]


def test_a_first_run_on_wrong_data_leaves_no_folder(ground):
    raising = "from playbook.errors import DataError\nraise DataError('No orders.')"
    toys.chapter(ground / "masters", "01", "data", [toys.code(raising)])
    with pytest.raises(DataError):
        run(ground)
    assert not home(ground).exists()


def test_a_missing_file_is_found_before_anything_runs(ground):
    (ground / "data" / "acme" / "orders.csv").unlink()
    with pytest.raises(DataError, match=r"orders\.csv"):
        run(ground)
    assert not home(ground).exists()


def test_a_summary_that_cannot_be_written_fails_the_run(ground, monkeypatch):
    monkeypatch.setattr(runner, "SUMMARY", "1 / 0")
    with pytest.raises(RunFailed, match=r"^summary: ZeroDivisionError: division by zero$"):
        run(ground)
    assert statuses(ground, "2025-12-31.failed") == {"01": "done", "04": "done"}


def test_an_interrupted_run_leaves_nothing_behind(ground):
    def stop(done, total, now):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(request(ground), stop)
    assert not home(ground).exists()


def test_temporary_files_of_a_killed_kernel_go_with_the_run(ground):
    copied = ground / "where.txt"
    cell = (
        "import os, pathlib, signal, tempfile\n"
        "place = pathlib.Path(tempfile.mkdtemp())\n"
        "(place / 'orders.csv').write_text('private')\n"
        f"pathlib.Path({str(copied)!r}).write_text(str(place))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    toys.chapter(ground / "masters", "04", "churn", [toys.code(cell)])
    with pytest.raises(RunFailed, match="died"):
        run(ground)
    assert not Path(copied.read_text()).exists()
    assert not [name for name in files(home(ground)) if "orders.csv" in name]


def test_chapters_asked_for_run_with_what_they_need_beside_the_full_report(ground):
    toys.chapter(ground / "masters", "05", "warning", [toys.code("1 / 0")])
    finished = run(ground, chapters="04")
    assert finished.page.parent.name == "2025-12-31.partial"
    assert statuses(ground, "2025-12-31.partial") == {"01": "done", "04": "done"}


@pytest.mark.parametrize("asked", ["01-04", "01,04", "4", "04"])
def test_chapters_can_be_asked_for_in_several_ways(ground, asked):
    toys.chapter(ground / "masters", "05", "warning", [])
    plan = runner.plan_run(request(ground, chapters=asked))
    assert [chapter.number for chapter in plan.chapters] == ["01", "04"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"chapters": "40"}, "There is no chapter '40'. There are: 01, 04."),
        ({"chapters": "01-09"}, "There is no chapter '09'"),
        ({"chapters": ""}, "There is no chapter ''"),
        ({"parameters": ("horizn_days=90",)}, "horizon_days"),
        ({"parameters": ("nob=1",)}, "'knob'"),
        ({"parameters": ("knob=much",)}, "whole number"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_runs(ground, asked, sentence):
    with pytest.raises(CallError) as refusal:
        run(ground, **asked)
    assert sentence in str(refusal.value)
    assert not home(ground).exists()


def test_a_report_for_teaching_is_not_taken_for_the_one_for_the_client(ground):
    run(ground)
    assert not run(ground, teach=True).unchanged
    assert statuses(ground) == {"01": "done", "04": "done"}  # exercises are run for teaching alone
    assert "print(client" not in (home(ground) / "2025-12-31" / "01_data.html").read_text()
    assert run(ground, teach=True).unchanged


def test_exercises_are_not_run_for_a_client(ground):
    exercise = toys.code("raise ValueError('left to the student')", "exercise")
    toys.chapter(ground / "masters", "04", "churn", [exercise])
    assert run(ground).page.is_file()
    with pytest.raises(RunFailed, match="left to the student"):
        run(ground, teach=True)


def test_environment_of_this_process_stays_as_it_was(good):
    assert not {name for name in os.environ if name.startswith("PLAYBOOK_") and name != "PLAYBOOK_NOTEBOOKS"}
    assert Path.cwd().exists()


SECRETS = (
    *(
        "PLAYBOOK_SOURCE_PASSWORD",
        "PLAYBOOK_ID_KEY",
        "PLAYBOOK_ID_KEY_FILE",
        "PGPASSWORD",
        "PGPASSFILE",
        "MYSQL_PWD",
    ),
    *(
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AZURE_CLIENT_ID",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GITHUB_TOKEN",
    ),
    *(
        "MOTHERDUCK_TOKEN",
        "MY_SECRET_THING",
        "openai_api_key",
        "SNOWFLAKE_PRIVATE_KEY_PATH",
        "ANY_PASSPHRASE",
    ),
)


def test_no_kernel_gets_a_secret(ground, monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, "hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://me:hush-hush@host/shop")
    monkeypatch.setenv("NOT_HIDDEN", "https://example.com/a:b")
    found = "[name for name in os.environ if 'hush' in os.environ[name]]"
    seen = f"import os; print({found}, os.environ['NOT_HIDDEN'])"
    toys.chapter(ground / "masters", "04", "churn", [toys.code(seen)])
    run(ground)
    assert '"[] https://example.com/a:b\\n"' in json.dumps(outputs(executed(ground, "04_churn")))


IDS = """from playbook.chapter import open_chapter
sources = open_chapter("04", client).sources
print(sources.pseudonyms.key, *sorted(sources.orders.customer_id.execute()))"""


def test_notebooks_see_pseudonyms_and_not_their_key(ground, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_ID_KEY", "a key that nobody guesses")
    with (ground / "data" / "acme" / "client.yml").open("a") as settings:
        settings.write("pseudonymise: true\n")
    toys.chapter(ground / "masters", "04", "churn", [toys.code(IDS)])
    finished = run(ground)
    ids = " ".join(sorted(pseudonym_of(one, "a key that nobody guesses") for one in "ab"))
    assert f"None {ids}" in json.dumps(outputs(executed(ground, "04_churn")))
    left = [path for path in finished.page.parent.rglob("*") if path.is_file()]
    assert not [path for path in left if b"nobody guesses" in path.read_bytes() or "pseudonym" in path.name]


@pytest.mark.parametrize("umask", [0, 0o022])
def test_a_report_is_for_nobody_else_to_read(ground, umask):
    before = os.umask(umask)
    try:
        run(ground)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    for path in [ground / "reports", *(ground / "reports").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_runs_beside_each_other_know_it(ground):
    toys.chapter(
        ground / "masters", "04", "churn", [toys.code("import os; print(os.environ['PLAYBOOK_BESIDE'])")]
    )
    run(ground, beside=3)
    assert '"3\\n"' in json.dumps(outputs(executed(ground, "04_churn")))
