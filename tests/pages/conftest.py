"""What tests of pages share: the application over a small network, on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import FakeClock
from tests.pages.world import Pages, open_pages


@pytest.fixture
async def pages(sqlite_database_url: str, clock: FakeClock) -> AsyncIterator[Pages]:
    """The pages of a network of three groups that list themselves differently."""
    async with open_pages(sqlite_database_url, clock) as opened:
        yield opened
