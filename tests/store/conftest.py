"""What storage tests share: an open database with every table, once on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from coordinator.store.database import Database
from tests.factories import open_database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened
