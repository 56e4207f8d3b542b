"""Frozen models that are read from YAML, and what is wrong with a file in one sentence."""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from playbook.errors import LONGEST_QUOTED, SettingsError, did_you_mean

LARGEST_FILE = 1 << 20
"""Bytes of settings: what is longer was not written by hand, and takes minutes to parse."""
MOST_VALUES, DEEPEST = 20_000, 40
"""Values in a file, its aliases written out, and how deep they are nested."""
MOST_DAYS = 36_525
"""A century: with more, dates leave the calendar."""
MOST = 10**15
"""Numbers up to it are exact, and no amount, number of customers or seed is larger."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Days of other years stand for none, as 9999-12-31 does, and curves up to them take all memory."""


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know, numbers and days that nobody means."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _of_this_world(cls, value: Any, info: ValidationInfo) -> Any:
        most = MOST_DAYS if str(info.field_name).endswith("_days") else MOST
        if isinstance(value, int | float) and abs(value) > most:
            raise ValueError(f"write at most {most:,}")
        if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError(f"write a day of the years {FIRST_YEAR} to {LAST_YEAR}")
        return value


def kind_of_no_file(path: Path) -> str:
    """Return what a path leads to where that is there but no file, as a clause; empty for a file.

    Whoever opens a pipe waits for ever, and some devices never end.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "is a link that leads nowhere" if path.is_symlink() else ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if stat.S_ISREG(mode) else "is a folder" if stat.S_ISDIR(mode) else "is a pipe or a device"


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping, with the lines its keys stand on.

    Raises
    ------
    SettingsError
        Where the file may not be read, is no file or a very long one, no YAML, not UTF-8 or no mapping,
        and where what stands in it is endless: see `_refuse_endless`.
    """
    if kind := kind_of_no_file(path):
        raise SettingsError(f"{path.name} {kind}, where a file of settings should be.")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SettingsError(f"{path.name} is longer than a megabyte: settings are a page or two.")
        text = path.read_text(encoding="utf-8-sig")
        if _brackets(text) > 10 * DEEPEST:  # the parser's time grows with the square of them
            raise RecursionError
        written = YAML(typ="rt").load(text)
    except PermissionError as error:
        raise SettingsError(f"{path.name} cannot be read: Permission denied.") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = _PROBLEM.match(getattr(error, "problem", None) or "it cannot be read")
        said = problem[0].strip() if problem else ""
        raise SettingsError(f"{path.name}{where}: this is no YAML ({said}).") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: save it as UTF-8; byte {error.start} is not.") from error
    except ValueError as error:  # YAML reads 2025-13-01 as a date
        said = str(error).partition(":")[0]
        raise SettingsError(f"{path.name}: a date or a number in it does not exist ({said}).") from error
    except (LookupError, TypeError, AttributeError) as error:  # !!bool maybe, a value merged into itself
        raise SettingsError(f"{path.name}: a value in it is {_PLAIN}.") from error
    except RecursionError as error:
        raise SettingsError(f"{path.name}: what is in it is nested more than {DEEPEST} deep.") from error
    if not isinstance(written, dict):
        raise SettingsError(f"{path.name}: expected settings as 'key: value' lines, found none.")
    _refuse_endless(written, path)
    return written


def _brackets(text: str) -> int:
    """Return how many brackets are open at a time, at most."""
    return max(accumulate(1 if mark in "[{" else -1 for mark in re.findall(r"[][{}]", text)), default=0)


def _refuse_endless(written: Any, path: Path) -> None:
    """Refuse values that hold themselves, or each other so often that nobody could write them out."""
    known: dict[int, tuple[int, int]] = {}

    def measured(value: Any, keys: tuple[Any, ...]) -> tuple[int, int]:
        """Return how many values there are in a value, and how deep."""
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise SettingsError(f"{path.name}{line_of(written, keys)}: a character in it is none.")
        if isinstance(value, int) and abs(value) > _LONGEST_NUMBER:
            raise SettingsError(f"{path.name}{line_of(written, keys)}: a number in it is too long.")
        if not isinstance(value, str | int | float | date | dict | list | tuple | None):
            raise SettingsError(f"{path.name}{line_of(written, keys)}: a value in it is {_PLAIN}.")
        if not isinstance(value, dict | list | tuple):
            return 1, 0
        if id(value) not in known:
            below = [measured(v, (*keys, k)) for k, v in _inside(value)] if len(keys) <= DEEPEST else []
            deep = 1 + max((height for _, height in below), default=0)
            known[id(value)] = 1 + sum(size for size, _ in below), deep
        return known[id(value)]

    size, deep = measured(written, ())
    if deep > DEEPEST:
        raise SettingsError(f"{path.name}: what is in it is nested more than {DEEPEST} deep.")
    if size > MOST_VALUES:
        raise SettingsError(f"{path.name}: there is no client with more than {MOST_VALUES:,} settings.")


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""Zeros and halves of characters: no file can be called so, and no page can show them."""
_LONGEST_NUMBER = 10**300
_PLAIN = "no text, number, date, list or mapping: write it without a tag such as !!set, or <<"
_PROBLEM = re.compile(r"""found duplicate key "[^"]*"|(?:[^'"]|'.')*""")
"""What the parser says, without the values that it quotes."""


def _inside(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from ((key, key) for key in value)
        yield from value.items()
    else:
        yield from enumerate(value)


def first_problem(
    error: ValidationError, written: Any, path: Path, chosen: Mapping[str, Any], model: type[BaseModel]
) -> str:
    """Word the first problem of a pydantic error: file, line, key, what was expected.

    Parameters
    ----------
    written : mapping
        The file's content, as `read_yaml` returns it.
    chosen : mapping
        What was overridden for this run, in the shape of the settings.
    model : type
        The model that refused it.
    """
    first = error.errors()[0]
    keys = [key for key in first["loc"] if key not in ("percentile",)]
    name = ".".join(str(key) for key in keys)
    source = f"-p {name}" if _reached(chosen, keys) else f"{path.name}{line_of(written, keys)}: {name}"
    if first["type"] == "extra_forbidden":
        known = _known_keys(keys[:-1], model)
        return f"{source} is not a known key.{did_you_mean(str(keys[-1]), known)} Known: {', '.join(known)}."
    if first["type"] == "missing":
        return f"{path.name}: {name} is missing."
    message = first["msg"].removeprefix("Value error, ")
    said = repr(first["input"])
    said = said if len(said) <= LONGEST_QUOTED else f"{said[:LONGEST_QUOTED]}…"
    found = "" if keys[:1] == ["source"] else f", found {said}"  # it may hold a password
    return f"{source}: {message[:1].lower()}{message[1:]}{found}."


def _reached(tree: Any, keys: Sequence[Any]) -> bool:
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


def line_of(written: Any, keys: Sequence[Any]) -> str:
    """Return ``, line N`` of a key in a round-trip YAML tree, as deep as it can be followed."""
    line = None
    for key in keys:
        if not hasattr(written, "lc"):
            break
        try:
            line = written.lc.item(key)[0] if isinstance(key, int) else written.lc.key(key)[0]
            written = written[key]
        except (KeyError, IndexError):
            break
    return "" if line is None else f", line {line + 1}"


def _known_keys(keys: Sequence[Any], model: Any) -> list[str]:
    """Return the keys that the model at this place knows."""
    for key in keys:
        if isinstance(key, int):
            continue
        found = _models_in(model.model_fields[key].annotation)
        if not found:
            return []
        model = found[0]
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]
