"""Frozen models that are read from YAML, and what is wrong with a file in one sentence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from playbook.errors import SettingsError, did_you_mean


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping, with the lines its keys stand on.

    Raises
    ------
    SettingsError
        Where the file may not be read, is no YAML, not UTF-8 or no mapping.
    """
    try:
        written = YAML(typ="rt").load(path.read_text(encoding="utf-8-sig"))
    except PermissionError as error:
        raise SettingsError(f"{path.name} cannot be read: Permission denied.") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise SettingsError(f"{path.name}{where}: this is no YAML ({problem}).") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: save it as UTF-8; byte {error.start} is not.") from error
    except ValueError as error:  # YAML reads 2025-13-01 as a date
        raise SettingsError(f"{path.name}: a date in it does not exist ({error}).") from error
    if not isinstance(written, dict):
        raise SettingsError(f"{path.name}: expected settings as 'key: value' lines, found none.")
    return written


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
    found = "" if keys[:1] == ["source"] else f", found {first['input']!r}"  # it may hold a password
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
