"""Toy notebooks and clients for tests of the runner: small cells instead of chapters."""

import json
import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path

_ids = count()

CLIENT_YML = """client: Acme & Sons
tables:
  orders:
    files: [orders.csv]
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}
"""

ORDERS = "customer_id,ordered_at,amount\na,2025-01-01,10\nb,2025-02-01,20\n"

SUMMARY = """
import os
from pathlib import Path
from playbook.run import pages
run = Path(os.environ["PLAYBOOK_RUN"])
nav = pages.navigation(run, "en")
for href in ("index.html", "appendix.html"):
    html = pages.page(
        "Summary", "<p>Advice</p>", nav=nav, active=href, language="en", client="Acme", as_of=None
    )
    (run / href).write_text(html)
"""

FINISH = """
import json, os
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
run = Path(os.environ["PLAYBOOK_RUN"])
empty = dict.fromkeys(["low", "high", "n", "verdict"])
finding = {"name": "as_of", "value": "2025-12-31", "unit": "date"} | empty
pq.write_table(pa.table({"customer_id": ["a", "b"], "NAME": [1, 2]}), run / "tables" / "NUMBER.parquet")
(run / "findings" / "NUMBER.json").write_text(json.dumps([finding]))
"""


SITE = """
import importlib.util
if importlib.util.find_spec("playbook"):
    import toys
    from playbook.run import runner
    runner.SUMMARY = toys.SUMMARY
"""


def ground(folder: Path) -> dict[str, str]:
    """Make a folder of masters; return the environment in which every process runs toys only."""
    (folder / "masters").mkdir()
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(SITE)
    inherited = os.environ.get("PYTHONPATH", "")
    places = [folder / "site", Path(__file__).parent, *filter(None, inherited.split(os.pathsep))]
    return {
        "PLAYBOOK_NOTEBOOKS": str(folder / "masters"),
        "PYTHONPATH": os.pathsep.join(map(str, places)),
    }


def code(source: str, *tags: str) -> dict:
    return {
        "cell_type": "code",
        "id": f"c{next(_ids)}",
        "source": source,
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "execution_count": None,
    }


def prose(source: str, *tags: str) -> dict:
    return {
        "cell_type": "markdown",
        "id": f"m{next(_ids)}",
        "source": source,
        "metadata": {"tags": list(tags)},
    }


def finish(number: str, column: str | None = None) -> dict:
    """The last cell of a chapter: writes a table with one column, and findings."""
    return code(FINISH.replace("NUMBER", number).replace("NAME", column or f"column_{number}"))


def notebook(*cells: dict) -> dict:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def chapter(folder: Path, number: str, name: str, cells: Sequence[dict], ends: bool = True) -> Path:
    """Write a chapter: a title, the parameters cell, ``cells`` and, where it ends well, the last cell."""
    parameters = code('client: str = "demo"  # whose data\nknob: int = None', "parameters")
    last = [finish(number)] if ends else []
    path = folder / f"{number}_{name}.ipynb"
    path.write_text(json.dumps(notebook(prose(f"# The {name}"), parameters, *cells, *last)))
    return path


def client(data: Path, name: str = "acme", settings: str = CLIENT_YML) -> Path:
    folder = data / name
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text(settings)
    (folder / "orders.csv").write_text(ORDERS)
    return folder
