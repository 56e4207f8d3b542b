"""Write the generated clients' exports again: ``python -m playbook.demo [FOLDER]``."""

from __future__ import annotations

import sys
from pathlib import Path

from playbook.demo import retailer


def main(data: Path) -> None:
    """Write every generated client's files below `data`, where their client.yml stand."""
    folder = data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    retailer.write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data"))
