"""After a restore, no client mistakes the new log for the one it knew: every cursor either still names the same event or names none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.shelves import RowShelf
from coordinator.store import eventlog
from coordinator.store.backup import restore_backup, write_backup
from coordinator.store.database import Database
from coordinator.store.migrate import migrate_url
from tests.factories import NOON, open_database

LATER = NOON + timedelta(days=1)


async def emit(database: Database, *words: str) -> None:
    for word in words:
        async with database.write(NOON) as work:
            work.emit("public", "echo.published", {"word": word})


async def load_cursors(database: Database) -> dict[int, str]:
    """seq → tag, as clients hold them."""
    async with database.read() as conn:
        return {e.seq: e.tag for e in await eventlog.load_after(conn, "public", 0, 100)}


async def tags_at(database: Database, *seqs: int) -> list[str | None]:
    async with database.read() as conn:
        return [await eventlog.load_tag(conn, "public", seq) for seq in seqs]


@pytest.mark.parametrize("overtaken", [False, True])
async def test_restore_cursors_beyond_the_backup_are_recognised_however_far_the_log_has_grown(
    bare_database_url: str, tmp_path: Path, overtaken: bool
) -> None:
    file, url = tmp_path / "network.zip", sa.make_url(bare_database_url)
    migrate_url(url)
    async with open_database(bare_database_url) as database:
        await emit(database, "one", "two")
        write_backup(url, file, LATER, RowShelf())
        await emit(database, "three", "four")
        known = await load_cursors(database)

    target = sa.make_url(f"sqlite+aiosqlite:///{tmp_path / 'restored.db'}")
    restore_backup(file, target, RowShelf())

    async with open_database(target.render_as_string(hide_password=False)) as restored:
        if overtaken:
            await emit(restored, "another three", "another four", "five")
        tags = await tags_at(restored, 1, 2, 3, 4)
    assert tags[:2] == [known[1], known[2]]  # these clients go on: what they know is what is there
    assert all(tag != known[seq] for seq, tag in zip((3, 4), tags[2:], strict=True))
    assert (tags[2] is None) == (not overtaken)
