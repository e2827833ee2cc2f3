"""What tests of use cases share: an open, empty database on SQLite (tests/store runs the queries on both engines)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from coordinator.store.database import Database
from tests.factories import open_database


@pytest.fixture
async def database(sqlite_database_url: str) -> AsyncIterator[Database]:
    """An open database with every table and no row."""
    async with open_database(sqlite_database_url) as opened:
        yield opened
