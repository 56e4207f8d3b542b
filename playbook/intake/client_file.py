"""Proposals written into ``client.yml`` without losing what a person wrote there."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken

from playbook.offers.catalogue import ASSUMED_RATES
from playbook.settings.client import SETTINGS_FILE, Settings
from playbook.settings.offers import Offers
from playbook.settings.yaml import read_yaml

PROPOSED_FILE = ".proposed.yml"
"""The last proposal as it was made, beside client.yml: what differs from it there, a person wrote."""

UNSURE = "unsure: "
HEAD = "# Unsure, to settle first; delete the mark behind a line that is right:\n"
Comments = dict[tuple[str, ...], str]
"""What is said behind a line of client.yml, by the keys that lead to it."""


def write(folder: Path, tree: CommentedMap, comments: Comments) -> tuple[list[str], list[str]]:
    """Write client.yml, what is unsure in it first.

    Returns
    -------
    (kept, unsure) : lists of str
        Sentences about what stays as a person wrote it, and about what is to be settled.
    """
    path, before = folder / SETTINGS_FILE, folder / PROPOSED_FILE
    kept: list[str] = []
    if path.is_file():
        written = read_yaml(path)
        base = read_yaml(before) if before.is_file() else {}
        _merge(written, base, tree, comments, (), kept)
    else:
        written = tree
        for place, text in comments.items():
            _comment(_at(written, place[:-1]), place[-1], text)
    unsure = list(_unsure(written, ()))
    path.write_text(_headed(_dumped(written), unsure), encoding="utf-8")
    before.write_text(_dumped(_plain(tree)), encoding="utf-8")
    return kept, [f"Unsure, {line}." for line in unsure]


def _dumped(content: Any) -> str:
    dumped = io.StringIO()
    _yaml().dump(content, dumped)
    return dumped.getvalue()


def _unsure(written: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Return each line that is still marked as unsure: its place, what stands there, and why."""
    for key, value in written.items() if isinstance(written, CommentedMap) else ():
        tokens = written.ca.items.get(key)
        said = tokens[2].value.partition("\n")[0].strip() if tokens and tokens[2] else ""
        if said.startswith(f"# {UNSURE}"):
            yield f"{'.'.join([*place, str(key)])}: {_short(value)}; {said.removeprefix(f'# {UNSURE}')}"
        yield from _unsure(value, (*place, str(key)))


def unsettled(settings: Settings, folder: Path) -> Iterator[str]:
    """Return the places of settings that are marked as unsure in client.yml, or never written there."""
    written = read_yaml(folder / SETTINGS_FILE)
    yield from (line.partition(":")[0] for line in _unsure(written, ()))
    own = written.get("offers") or {}
    if "budget" not in own and settings.offers.budget == Offers.model_fields["budget"].default:
        yield "offers.budget"
    if settings.currency in ASSUMED_RATES and not {"exchange_rate", "catalogue"} & set(own):
        yield "offers.exchange_rate"


def _headed(text: str, unsure: Sequence[str]) -> str:
    """Return client.yml with what is unsure listed above it, in place of an earlier list."""
    lines = text.splitlines(keepends=True)
    if HEAD in lines[:1]:
        lines = lines[1:]
        while lines and lines[0].startswith("#   "):
            del lines[0]
    return "".join([*([HEAD] if unsure else []), *(f"#   {line}\n" for line in unsure), *lines])


def _yaml() -> YAML:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    yaml.allow_unicode = True
    return yaml


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


def _merge(
    written: Any,
    base: Any,
    tree: Any,
    comments: Comments,
    place: tuple[str, ...],
    kept: list[str],
) -> None:
    """Bring a new proposal into what is there: from the last proposal changes, a person's stays."""
    for key, new in tree.items():
        here, old = (*place, key), base.get(key)
        known, changed = key in written, False
        if not known:
            taken = place[-1:] == ("columns",) and new in written.values()
            changed = key not in base and not taken
            if changed:
                written[key] = new
                _comment_below(written, key, comments, here)
        elif isinstance(written[key], dict) and isinstance(new, dict):
            _merge(written[key], old if isinstance(old, dict) else {}, new, comments, here, kept)
        elif key == "files" and written[key] != old:
            _add_files(written, new)
        elif _plain(written[key]) == _plain(old) and written[key] != new:
            written[key] = new
            changed = True
        elif written[key] != new:
            kept.append(
                f"{'.'.join(here)} stays {_short(written[key])}, as you wrote it;"
                f" the files say {_short(new)}."
            )
        if changed and here in comments:
            _comment(written, key, comments[here])
        elif changed and known:
            _uncomment(written, key)
    for key, old in base.items():
        if key not in tree and key in written and _plain(written[key]) == _plain(old):
            del written[key]


def _short(value: Any) -> str:
    return str(value if not isinstance(value, list) else ", ".join(map(str, value)))[:80]


def _add_files(written: Any, new: Sequence[str]) -> None:
    there = [written["files"]] if isinstance(written["files"], str) else written["files"]
    missing = [name for name in new if name not in there]
    if missing and isinstance(written["files"], str):
        written["files"] = [*there, *missing]
    else:
        there.extend(missing)


def _comment_below(written: Any, key: str, comments: Comments, place: tuple[str, ...]) -> None:
    """Write the comments of a part that was added as a whole."""
    for where, text in comments.items():
        if where[: len(place)] == place and where != place:
            _comment(_at(written[key], where[len(place) : -1]), where[-1], text)


def _at(tree: Any, place: Sequence[str]) -> Any:
    for key in place:
        tree = tree[key]
    return tree


def _comment(mapping: Any, key: str, text: str) -> None:
    """Put a comment behind a key, unless a person's is there."""
    _uncomment(mapping, key)
    if not mapping.ca.items.get(key):
        mapping.ca.items[key] = [None, None, CommentToken(f" # {text}\n", CommentMark(0)), None]


def _uncomment(mapping: Any, key: str) -> None:
    """Take away a comment of an earlier proposal behind a key."""
    tokens = mapping.ca.items.get(key)
    token = tokens[2] if tokens else None
    if token is None:
        return
    first, _, rest = token.value.partition("\n")
    if first.strip().startswith(f"# {UNSURE}"):
        if rest.strip():
            token.value = "\n" + rest
        else:
            del mapping.ca.items[key]
