"""A process that commits for ever and says so after each commit, until somebody kills it: `writer.py DATABASE_URL NAME`."""

from __future__ import annotations

import asyncio
import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.factories import open_database

AT = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)


async def main(url: str, name: str) -> None:
    async with open_database(url) as database:
        for number in itertools.count():
            async with database.write(AT) as work:
                work.emit("public", "echo.published", {"name": f"{name}:{number}"})
            sys.stdout.write(f"{name}:{number}\n")
            sys.stdout.flush()


asyncio.run(main(sys.argv[1], sys.argv[2]))
