"""Write the generated clients' exports again: ``python -m playbook.demo [FOLDER]``."""

import sys
from pathlib import Path

from playbook.demo import donors, retailer


def main(data: Path) -> None:
    """Write every generated client's files below `data`, where their client.yml stand."""
    for name, write in (("demo", retailer.write), ("demo_donors", donors.write)):
        folder = data / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data"))
