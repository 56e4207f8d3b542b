"""Store anew the outputs that are compared: ``python tests/refresh_notebooks.py [NOTEBOOK...]``.

Run it after a change that is meant to change them, and read the difference before committing it.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
COMPARED = "nbval-check-output"


def refresh(path: Path) -> None:
    """Run a notebook and keep the outputs of the compared cells, and nothing else."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    executed = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(executed, timeout=600, kernel_name="python3").execute()
    for cell, ran in zip(kept["cells"], executed.cells, strict=True):
        if COMPARED in cell["metadata"].get("tags", []):
            cell["execution_count"] = 1  # nbval takes a cell without one for a cell that never ran
            cell["outputs"] = [
                {"name": "stdout", "output_type": "stream", "text": output.text.splitlines(keepends=True)}
                for output in ran.outputs
                if output.get("name") == "stdout"
            ]
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as reports:
        os.environ["PLAYBOOK_REPORTS"] = reports
        for notebook in map(Path, sys.argv[1:] or sorted(map(str, NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")))):
            refresh(notebook)
            print(notebook.name)
