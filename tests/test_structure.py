"""The package's rooms: what may import what, and how full a folder may be."""

import ast
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "playbook"
FLOORS = (
    ("errors",),
    ("show",),
    ("settings",),
    ("archive",),
    ("records",),
    ("offers",),
    ("stats",),
    ("intake", "chapter"),
    ("run", "chapters"),
    ("report", "demo"),
    ("cli",),
    ("__main__",),
)
"""From the ground up: a room imports from the floors below it and from itself, never from its neighbours."""
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
LONGEST_CHAIN = 19
MOST_FILES = 20


def module(path: Path) -> str:
    parts = ("playbook", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in PACKAGE.rglob("*.py")}


def imports(path: Path) -> set[str]:
    """The package's modules that a module imports, wherever in it; not those that only type checkers see."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    unseen = {id(inner) for node in checked for inner in ast.walk(node)}
    named = [
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and id(node) not in unseen
        for alias in node.names
    ]
    named += [
        (alias.name, "") for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    ]
    both = {f"{origin}.{name}" if f"{origin}.{name}" in MODULES else origin for origin, name in named}
    return (both & MODULES.keys()) - {"playbook"}


IMPORTS = {name: imports(path) for name, path in MODULES.items() if name != "playbook"}


def rooms(name: str) -> list[str]:
    return name.split(".")[1:]


def test_imports_go_down_and_no_chapter_imports_another():
    for name, imported in IMPORTS.items():
        for other in imported:
            ours, theirs = rooms(name), rooms(other)
            if ours[0] == theirs[0] != "chapters":
                continue
            same_chapter = ours[:2] == theirs[:2]
            assert same_chapter or FLOOR[theirs[0]] < FLOOR[ours[0]], f"{name} imports {other}"


def test_no_circle_and_a_short_way_to_the_ground():
    chain: dict[str, int] = {}
    for name in TopologicalSorter(IMPORTS).static_order():  # raises CycleError where there is one
        chain[name] = 1 + max((chain[other] for other in IMPORTS[name]), default=0)
    longest = max(chain, key=lambda name: chain[name])
    assert chain[longest] <= LONGEST_CHAIN, longest


def test_no_folder_is_too_full_to_be_looked_over():
    files = Counter(path.parent for path in PACKAGE.rglob("*.py"))
    assert {str(folder): n for folder, n in files.items() if n > MOST_FILES} == {}
