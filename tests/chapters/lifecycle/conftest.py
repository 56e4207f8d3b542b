"""Clients of chapter 02, opened: their history and their sources."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from playbook.records.history import History, read_history
from playbook.records.sources import Sources, open_sources
from playbook.settings import client as settings

HEAD = "customer_id,ordered_at,amount\n"

Opened = tuple[History, Sources]


@contextmanager
def opened(data: Path, name: str) -> Iterator[Opened]:
    chosen = settings.load(name, data)
    sources = open_sources(chosen, data / name)
    try:
        yield read_history(chosen, sources), sources
    finally:
        sources.close()


@pytest.fixture
def open_client(client):
    """Write a client and open it until the test ends: ``open_client(order_lines, client_yml, **files)``."""
    with ExitStack() as stack:

        def write(lines: str, text: str, **files: str) -> Opened:
            return stack.enter_context(opened(*client(HEAD + lines, text, **files)))

        yield write


@pytest.fixture(scope="module")
def demo_client(demo_data):
    with opened(demo_data, "demo") as demo:
        yield demo
