"""The catalogues of messages: ``python -m tests.catalogues [LANGUAGE]`` brings them up to date.

Every text that goes through `Words.say` or `Words.say_many`, and every cell of prose in the notebooks,
becomes a message in ``playbook/locale/LANGUAGE.po``; a new language is begun by naming it. What a charity
says otherwise is a message of the context ``donations``.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from playbook.offers.catalogue import PRESETS
from playbook.settings.yaml import read_yaml
from playbook.show.exercises import A_SHARE, THE_SIGN
from playbook.show.words import CONTEXTS, LOCALE, SOURCE_LANGUAGE

PROJECT = Path(__file__).parents[1]
RULES = {"warning", "note", "error", "Rule"}
"""Calls whose texts are: of one, of many, the effect, the advice."""
ALSO = (
    *("orders", "customers", "events", "contacts", "suppress", "file", "column"),
    *("value", "ideal value", "price", "recoverability", A_SHARE, THE_SIGN),
    *("fifth of the score", "fifth of the margin before", "gift value"),
)
"""Words that are kept as codes and said as messages."""

Id = str | tuple[str, str]
Named = dict[str, list[ast.expr]]


def messages() -> dict[Id, None]:
    """Return all messages of the sources in order, those with a plural as a pair."""
    found: dict[Id, None] = {}
    for path in sorted((PROJECT / "playbook").rglob("*.py")):
        found |= dict.fromkeys(_of_module(ast.parse(path.read_text(encoding="utf-8"))))
    for path in sorted((PROJECT / "playbook").rglob("*.j2")):
        for said in re.findall(r"""say\((["'])(.*?)\1""", path.read_text(encoding="utf-8")):
            found[said[1]] = None
    for path in sorted((PROJECT / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        found |= dict.fromkeys(_of_notebook(notebook))
    for path in sorted(PRESETS.glob("*.yml")):
        for offer in read_yaml(path).get("offers") or []:
            found |= {offer["name"]: None, offer["responsible"]: None}
    return {one: None for one in found | dict.fromkeys(ALSO) if one not in ("", " ")}


def _of_notebook(notebook: dict[str, Any]) -> Iterator[str]:
    if label := notebook["metadata"].get("playbook", {}).get("label"):
        yield label
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def _of_module(tree: ast.Module) -> Iterator[Id]:
    """Return what a module says: the texts in the calls, and those of the names that stand in them."""
    named: dict[str, list[ast.expr]] = {}
    wrappers: dict[str, list[int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]:
                    named.setdefault(name, []).append(node.value)
        if isinstance(node, ast.For):
            for name in [one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)]:
                named.setdefault(name, []).append(node.iter)
        if isinstance(node, ast.comprehension):
            for name in [one.id for one in ast.walk(node.target) if isinstance(one, ast.Name)]:
                named.setdefault(name, []).append(node.iter)
        if isinstance(node, ast.FunctionDef):
            parameters = [one.arg for one in node.args.args]
            places = [
                parameters.index(name) for name in ("message", "one", "many", "why") if name in parameters
            ]
            if places:
                wrappers[node.name] = places
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, named, wrappers)


def _of_call(
    node: ast.Call, named: dict[str, list[ast.expr]], wrappers: dict[str, list[int]]
) -> Iterator[Id]:
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if called in ("say_many", "many") and len(node.args) > 1 and all(map(_choices, node.args[:2])):
        ones, manys = _choices(node.args[0]), _choices(node.args[1])
        most = max(len(ones), len(manys))
        yield from ((ones[at % len(ones)], manys[at % len(manys)]) for at in range(most))
    elif called == "Exercise" and len(node.args) > 2:
        yield from _texts(node.args[1], named, set())
        yield from (_text(key) for key in getattr(node.args[2], "keys", ()))
    elif called == "Criterion":
        yield from (_text(keyword.value) for keyword in node.keywords if keyword.arg == "name")
    elif called in ("say", "say_many"):
        for argument in node.args[: 1 if called == "say" else 2]:
            yield from _texts(argument, named, set())
    elif called in RULES and len(texts := [text for one in node.args if (text := _text(one))]) >= 4:
        yield texts[0], texts[1]
        yield from texts[2:4]
    elif called in wrappers:
        given = [node.args[place] for place in wrappers[called] if place < len(node.args)]
        texts = [_text(one) for one in given]
        if len(texts) > 1 and all(texts[:2]):
            yield texts[0], texts[1]
        else:
            for one in given:
                yield from _texts(one, named, set())


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _choices(node: ast.expr) -> list[str]:
    """Return a text, or the two that it may be."""
    both = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    texts = [_text(one) for one in both]
    return texts if all(texts) else []


def _texts(node: ast.expr, named: Named, seen: set[str]) -> Iterator[Id]:
    """Return the texts that an expression may be; pairs of which the second counts are a plural."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body, named, seen)
        yield from _texts(node.orelse, named, seen)
    elif isinstance(node, ast.Tuple) and len(node.elts) > 1 and "{n}" in _text(node.elts[-1]):
        yield _text(node.elts[-2]), _text(node.elts[-1])
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for one in node.elts:
            yield from _texts(one, named, seen)
    elif isinstance(node, ast.Dict):
        for one in node.values:
            yield from _texts(one, named, seen)
    elif _text(node):
        yield _text(node)
    elif isinstance(node, ast.Name) and node.id not in seen:
        for value in named.get(node.id, []):
            yield from _texts(value, named, {*seen, node.id})
    elif isinstance(node, ast.Starred | ast.Attribute | ast.Subscript):
        yield from _texts(node.value, named, seen)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _texts(one, named, seen)
    elif isinstance(node, ast.GeneratorExp | ast.ListComp):
        for one in node.generators:
            yield from _texts(one.iter, named, seen)
    elif isinstance(node, ast.Call):
        for one in [node.func, *node.args, *(keyword.value for keyword in node.keywords)]:
            if not isinstance(one, ast.Name) or one.id in named:
                yield from _texts(one, named, seen)


def template(language: str) -> Catalog:
    """Return the messages without translations; of English, only what a charity says otherwise."""
    made, charity = Catalog(project="playbook", fuzzy=False), catalogue(SOURCE_LANGUAGE)
    said = messages()
    for one in said if language != SOURCE_LANGUAGE else ():
        made.add(one)
    for one in charity:
        if one.context in CONTEXTS and one.id in said:
            made.add(one.id, context=one.context)
    return made


def catalogue(language: str) -> Catalog:
    """Read a language's catalogue."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def write(language: str) -> None:
    """Bring a language's catalogue up to date, or begin it; what is no longer said goes."""
    path = LOCALE / f"{language}.po"
    made = catalogue(language) if path.is_file() else Catalog(language, project="playbook", fuzzy=False)
    made.update(template(language), no_fuzzy_matching=True)
    made.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, made, width=0, omit_header=False, ignore_obsolete=True)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or sorted(path.stem for path in LOCALE.glob("*.po")):
        write(chosen)
