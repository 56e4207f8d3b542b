from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chapters.occasional.study import Study, opened


@pytest.fixture
def read(client):
    """Write a client and study it: ``read(orders, settings, **files)``."""
    with ExitStack() as stack:
        yield lambda *text, **files: stack.enter_context(opened(*client(*text, **files)))


@pytest.fixture(scope="session")
def demo() -> Iterator[Study]:
    with opened(Path(__file__).parents[3] / "data", "demo") as chapter:
        yield chapter
