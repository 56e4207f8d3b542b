"""The demo client, opened once for the tests of its chapter."""

import pytest

from playbook.records.history import read_history
from playbook.records.sources import open_sources
from playbook.settings import client


@pytest.fixture(scope="package")
def demo(demo_data):
    chosen = client.load("demo", demo_data)
    sources = open_sources(chosen, demo_data / "demo")
    yield read_history(chosen, sources), sources
    sources.close()
