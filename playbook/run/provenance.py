"""What a run was made of: the client's files, this package and the packages it stands on."""

import hashlib
import platform
import re
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import playbook
from playbook.archive.folders import file_sha256
from playbook.errors import DataError

_NAME = re.compile(r"[\w.-]+")


def input_hashes(paths: Sequence[Path], folder: Path) -> dict[str, str]:
    """Return sha256 by the files' names in the client's folder.

    Raises
    ------
    DataError
        Where a file is missing or cannot be read.
    """
    return {_name(path, folder): _hash(path, folder) for path in paths}


@cache
def package_sha256() -> str:
    """Hash this package's own files."""
    folder = Path(playbook.__file__).parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    listed = [f"{path.relative_to(folder).as_posix()} {file_sha256(path)}" for path in files]
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


@cache
def versions() -> dict[str, Any]:
    """Return the versions of this package, of Python and of the packages it depends on."""
    needed = [line for line in metadata.requires("playbook") or [] if "extra ==" not in line]
    names = sorted(found[0] for line in needed if (found := _NAME.match(line)))
    return {
        "playbook": metadata.version("playbook"),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in names},
    }


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _hash(path: Path, folder: Path) -> str:
    try:
        return file_sha256(path)
    except FileNotFoundError as error:
        raise DataError(
            f"{_name(path, folder)} is missing in {folder.name}: put it there or correct client.yml."
        ) from error
    except OSError as error:
        raise DataError(f"{_name(path, folder)} cannot be read: {error.strerror}.") from error
