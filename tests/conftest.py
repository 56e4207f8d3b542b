"""Shared by all tests: prepared runs, each made once, and client folders of real data."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

PROJECT = Path(__file__).parent.parent
REAL_DATA = PROJECT.parent / "shared" / "data"


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, the client's folder, and what the command printed."""

    folder: Path
    data: Path
    client: str
    output: str

    def page(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def playbook(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Call the command as a user does."""
    command = [sys.executable, "-W", "error", "-m", "playbook", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def make_run(data: Path, client: str, reports: Path) -> Run:
    done = playbook("run", client, "--data", str(data), "--reports", str(reports))
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip().splitlines()[-1])
    return Run(page.parent, data, client, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder that all processes of this test run see: what is made there is made once."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def demo_data(shared) -> Path:
    """A data folder with a copy of the demo clients, so that nothing is written beside them."""
    data = shared / "demo_data"
    with FileLock(shared / "demo_data.lock"):
        for name in ("demo", "demo_donors") if not data.exists() else ():
            shutil.copytree(PROJECT / "data" / name, data / name, ignore=shutil.ignore_patterns("notebooks"))
    return data


@pytest.fixture(scope="session")
def demo_run(demo_data, shared) -> Run:
    return run_once(demo_data, "demo", shared)


@pytest.fixture(scope="session")
def donors_run(demo_data, shared) -> Run:
    return run_once(demo_data, "demo_donors", shared)


def run_once(data: Path, client: str, shared: Path) -> Run:
    """Return the one run of a client that all tests share; whoever comes first makes it."""
    made = shared / f"{client}.json"
    with FileLock(made.with_suffix(".lock")):
        if not made.exists():
            run = make_run(data, client, shared / "reports")
            made.write_text(json.dumps([str(run.folder), run.output]))
    folder, output = json.loads(made.read_text())
    return Run(Path(folder), data, client, output)


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data in {REAL_DATA.relative_to(PROJECT.parent)} beside the project")
    return REAL_DATA


@pytest.fixture(scope="session")
def cdnow(real_data, tmp_path_factory) -> tuple[Path, str]:
    """CDNOW as a client: (data folder, client)."""
    data = tmp_path_factory.mktemp("cdnow_data")
    write_cdnow(real_data, data / "cdnow")
    return data, "cdnow"


@pytest.fixture(scope="session")
def online_retail(real_data, tmp_path_factory) -> tuple[Path, str]:
    """Online Retail II as a client, its overlap of December 2010 dropped: (data folder, client)."""
    data = tmp_path_factory.mktemp("online_retail_data")
    write_online_retail(real_data, data / "online_retail")
    return data, "online_retail"


def write_cdnow(real_data: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = pd.read_csv(
        real_data / "cdnow" / "CDNOW_master.txt",
        sep=r"\s+",
        header=None,
        names=["id", "date", "cds", "dollars"],
        dtype=str,
    )
    lines.to_csv(folder / "orders.csv", index=False)
    (folder / "client.yml").write_text(
        """client: CDNOW
currency: USD
tables:
  orders:
    files: orders.csv
    format: {dates: "%Y%m%d"}
    columns: {customer_id: id, ordered_at: date, amount: dollars}
    zero_is_order: true
    cohort: true
"""
    )


def write_online_retail(real_data: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    source = real_data / "online_retail_ii"
    shutil.copy(source / "year_2009_2010.parquet", folder)
    second = pd.read_parquet(source / "year_2010_2011.parquet")
    second[second["InvoiceDate"] >= "2010-12-10"].to_parquet(folder / "year_2010_2011.parquet")
    (folder / "client.yml").write_text(
        """client: Online Retail II
currency: GBP
tables:
  orders:
    files: [year_2009_2010.parquet, year_2010_2011.parquet]
    columns:
      customer_id: Customer ID
      ordered_at: InvoiceDate
      unit_price: Price
      quantity: Quantity
      order_id: Invoice
"""
    )


@pytest.fixture
def client(tmp_path):
    """Write a small client: ``client(orders="...", settings="...")`` returns (data folder, name)."""

    def write(orders: str | None, settings: str = "", name: str = "acme", **files: str) -> tuple[Path, str]:
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        if orders is not None:
            (folder / "orders.csv").write_text(orders, encoding="utf-8")
        for file, text in files.items():
            (folder / file.replace("_csv", ".csv")).write_text(text, encoding="utf-8")
        (folder / "client.yml").write_text(settings or SETTINGS, encoding="utf-8")
        return tmp_path / "data", name

    return write


SETTINGS = """client: Acme
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}
"""
