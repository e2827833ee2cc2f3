"""What somebody who joins now is told of spotlights: those that stand and that events have told this reader of, and no others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.services.snapshots import load_snapshot
from coordinator.services.spotlights import draft_spotlight, publish_spotlight, retire_spotlight
from coordinator.store.database import Database
from tests.factories import NOON, add_group, add_network, caller_as, load_events, open_database

TELLING = {"title": "The tide is ours", "story": "The port wants the mangrove.", "consent": "All may be shown.", "language": "en"}


async def _tell(database: Database, group_id: str, *, publish: bool = True, **fields: str) -> str:
    caller = caller_as("custodian", group_id)
    async with database.write(NOON) as work:
        slug = await draft_spotlight(work, caller, group_id, TELLING | fields, {"en"})
        if publish:
            await publish_spotlight(work, caller, slug)
    return slug


async def _told(database: Database, stream: str, caller: Caller, now: Any = NOON) -> list[dict[str, Any]]:
    async with database.read() as conn:
        found: list[dict[str, Any]] = (await load_snapshot(conn, stream, caller, now))["spotlights"]
    return sorted(found, key=lambda row: str(row["spotlight"]))


async def test_snapshot_tells_the_spotlights_that_stand_as_each_reader_may_know(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group = await add_group(work.conn, listing="public")
            hidden = await add_group(work.conn, "Unseen", listing="hidden")
        member, partner = caller_as("member", group), caller_as("custodian", hidden)
        public = await _tell(database, group, audience="public")
        partners = await _tell(database, group, audience="partners")
        theirs = await _tell(database, hidden, audience="public")
        await _tell(database, group, publish=False)
        async with database.write(NOON) as work:
            retired = await draft_spotlight(work, caller_as("custodian", group), group, TELLING, {"en"})
            await publish_spotlight(work, caller_as("custodian", group), retired)
            await retire_spotlight(work, caller_as("custodian", group), retired)

        def rows(*slugs: str) -> list[dict[str, Any]]:
            return [{"spotlight": slug, "revision": 2, "state": "published"} for slug in sorted(slugs)]

        assert await _told(database, keys.PUBLIC, NOBODY) == rows(public)
        assert await _told(database, keys.PUBLIC, member) == rows(public)
        assert await _told(database, keys.PARTNERS, partner) == rows(public, partners, theirs)
        assert await _told(database, keys.PARTNERS, member) == rows(public, partners, theirs)
        assert await _told(database, keys.group_stream(group), member) == rows(public, partners)
        assert await _told(database, keys.group_stream(hidden), partner) == rows(theirs)


async def test_snapshot_tells_a_spotlight_in_the_words_of_its_last_event(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group = await add_group(work.conn, listing="public")
        await _tell(database, group, audience="public")

        async with database.read() as conn:
            events = await load_events(conn, keys.PUBLIC)

        assert await _told(database, keys.PUBLIC, NOBODY) == [events[-1][2]]


@pytest.mark.parametrize(("after", "standing"), [(timedelta(days=183), 1), (timedelta(days=185), 0)])
async def test_snapshot_leaves_out_what_is_over(sqlite_database_url: str, after: timedelta, standing: int) -> None:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            group = await add_group(work.conn, listing="public")
        await _tell(database, group, audience="public")

        assert len(await _told(database, keys.PUBLIC, NOBODY, NOON + after)) == standing
        assert len(await _told(database, keys.group_stream(group), caller_as("room", group), NOON + after)) == standing
