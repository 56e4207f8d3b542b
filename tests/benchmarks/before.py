"""What a report takes, against an earlier state of this repository, in the same run.

``PLAYBOOK_BEFORE`` names the state (a commit); without it, that of before reports were made quicker. Each is
run three times, in turns, and the medians are compared. Other clients' folders are taken from
``PLAYBOOK_CLIENTS``, where that is set.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Cost, cost, line, python

PROJECT = Path(__file__).parent.parent.parent
BEFORE = "1412049f566b"
TURNS = 3


def main() -> None:
    """Compare whole reports, and one of which the budget alone was changed."""
    before = os.environ.get("PLAYBOOK_BEFORE", BEFORE)
    found = subprocess.run(["git", "-C", PROJECT, "cat-file", "-e", before], check=False)
    if found.returncode:
        print(f"The state {before} is not in this clone's history: nothing is compared.")
        return
    data = Path(os.environ.get("PLAYBOOK_CLIENTS", PROJECT / "data"))
    with tempfile.TemporaryDirectory() as place:
        old = Path(place) / "before"
        git = ["git", "-C", str(PROJECT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(old), before], check=True)
        try:
            for client in sorted(path.name for path in data.iterdir() if (path / "client.yml").is_file()):
                _compare(client, old, data, Path(place))
        finally:
            subprocess.run([*git, "remove", "--force", str(old)], check=True)


def _compare(client: str, old: Path, data: Path, place: Path) -> None:
    spent: dict[tuple[str, str], list[Cost]] = {}
    trees = {"before": old, "now": PROJECT}
    ways = {"whole": ["--fresh"], "changed budget": ["-p", "budget={}"]}
    for turn in range(TURNS):
        for tree, folder in trees.items():
            environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
            for way, words in ways.items():
                given = [word.format(3000 + turn) for word in words]
                command = python("-m", "playbook", "run", client, "--data", data, *given)
                command += ["--reports", place / tree]
                spent.setdefault((tree, way), []).append(cost(command, environment))

    def of(tree: str, way: str, what: str) -> float:
        return median(getattr(one, what) for one in spent[tree, way])

    print(client)
    for tree in trees:
        line(f"{tree}, whole", of(tree, "whole", "seconds"), unit="s")
        line(f"{tree}, changed budget", of(tree, "changed budget", "seconds"), unit="s")
        line(f"{tree}, peak memory", of(tree, "whole", "gigabytes"), unit="GB")
    now, then = of("now", "whole", "seconds"), of("before", "whole", "seconds")
    line("whole, now / before", now / then, "at most 0.3")
    line("changed budget / whole, now", of("now", "changed budget", "seconds") / now, "at most 0.2")
    line("changed budget, now / whole, before", of("now", "changed budget", "seconds") / then)


if __name__ == "__main__":
    main()
