"""The project's own files: what may be in git, and that two lists of packages agree."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).parent.parent
CONDA_NAMES = {
    "ibis-framework": "ibis-duckdb",
    "duckdb": "python-duckdb",
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
}


def tracked():
    if not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    return [PROJECT / name for name in names.stdout.split("\0") if name and (PROJECT / name).exists()]


def test_only_the_demo_clients_data_can_reach_git():
    inside = [path.relative_to(PROJECT).parts for path in tracked()]
    assert {parts[1] for parts in inside if parts[0] == "data"} <= {"demo", "demo_donors"}
    assert not [parts for parts in inside if parts[0] == "reports"]
    for secret in (
        "data/acme/orders.csv",
        "data/.keys/acme/key.yml",
        "reports/demo/2025-01-01/plan.csv",
        "data/demo/notebooks/01_data.ipynb",
        "out.ipynb",
        "exports/orders.csv",
        "spark-warehouse/days/part-0",
    ):
        ignored = subprocess.run(["git", "check-ignore", "-q", secret], cwd=PROJECT, check=False)
        assert ignored.returncode == 0, secret


def test_conda_and_pip_name_the_same_packages_and_bounds():
    wanted = {}
    for line in tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]:
        name, bounds = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?(.*)", line).groups()
        wanted[CONDA_NAMES.get(name, name)] = bounds
    listed = {}
    for line in YAML(typ="safe").load((PROJECT / "environment.yml").read_text())["dependencies"]:
        if isinstance(line, str) and not line.startswith("python>"):
            name, bounds = re.fullmatch(r"([\w.-]+?)([<>=].*)?", line).groups()
            listed[name] = bounds or ""
    assert listed == wanted


def test_the_lock_holds_hashes_and_no_address():
    text = (PROJECT / "requirements.lock").read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--index|--find-links", text)
    locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        assert re.match(r"[\w.-]+", line)[0].lower().replace(".", "-") in locked, line


def test_no_module_has_grown_past_one_sitting():
    longest = {path.name: len(path.read_text().splitlines()) for path in (PROJECT / "playbook").rglob("*.py")}
    assert {name: lines for name, lines in longest.items() if lines > 450} == {}
