"""What a run costs beside the client's own work, against the notebooks one by one."""

import json
import os
import tempfile
from pathlib import Path

from playbook.settings.client import load
from tests.benchmarks.measure import cost, line, python

PROJECT = Path(__file__).parent.parent.parent


def main() -> None:
    """Compare ``playbook run demo --fresh`` with papermill and nbconvert, notebook by notebook."""
    print("Overhead of a run: wall seconds minus the seconds inside cells (of the warm run)")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ours = cost(
            python("-m", "playbook", "run", "demo", "--fresh", "--teach", "--reports", folder / "reports")
        )
        work = _seconds_in_cells(next((folder / "reports" / "demo").glob("????-??-??")))
        theirs = _one_by_one(folder)
    line("chapters", len(_masters()))
    line("work in cells", work, unit="s")
    line("playbook run demo --fresh, wall", ours.seconds, unit="s")
    line("papermill and jupyter nbconvert one by one, wall", theirs, unit="s")
    line("our overhead", ours.seconds - work, unit="s")
    line("their overhead", theirs - work, unit="s")
    line("our overhead / theirs", (ours.seconds - work) / (theirs - work), "at most 0.15")


def _masters() -> list[Path]:
    return sorted((PROJECT / "notebooks").glob("0[1-9]_*.ipynb"))


def _seconds_in_cells(run: Path) -> float:
    notebooks = [json.loads(path.read_text()) for path in sorted((run / "notebooks").glob("*.ipynb"))]
    cells = [cell for notebook in notebooks for cell in notebook["cells"]]
    return sum(cell["metadata"].get("papermill", {}).get("duration") or 0 for cell in cells)


def _one_by_one(folder: Path) -> float:
    run, settings = folder / "run", folder / "settings.json"
    run.mkdir()
    settings.write_text(load("demo", PROJECT / "data").model_dump_json())
    places = {"PLAYBOOK_DATA": PROJECT / "data", "PLAYBOOK_RUN": run, "PLAYBOOK_SETTINGS": settings}
    environment = os.environ | {name: str(place) for name, place in places.items()}
    total = 0.0
    for notebook in _masters():
        executed = folder / notebook.name
        words = ["-m", "papermill", notebook, executed, "-p", "client", "demo", "--no-progress-bar"]
        total += cost(python(*words), environment).seconds
        total += cost(python("-m", "jupyter", "nbconvert", "--to", "html", executed), environment).seconds
    return total
