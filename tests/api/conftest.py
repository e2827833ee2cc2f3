"""Every test of the API gets its own small network on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.world import World, open_world
from tests.conftest import FakeClock


@pytest.fixture
async def world(sqlite_database_url: str, clock: FakeClock) -> AsyncIterator[World]:
    async with open_world(sqlite_database_url, clock) as opened:
        yield opened
