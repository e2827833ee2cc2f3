"""When is a machine asked? Once for each wording and each glossary, with an id and no word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.translation import Section, Source
from coordinator.services.drafting import plan_drafts
from coordinator.services.spotlights import draft_spotlight, edit_spotlight, publish_spotlight, retire_spotlight
from coordinator.store.database import Database, Work
from coordinator.store.network import raise_glossary_revision
from coordinator.store.tables import job
from coordinator.store.texts import change_text, find_text, insert_text
from tests.factories import NOON, add_group, add_network, caller_as, open_database

FIRST, SECOND = Source("t", "en", (Section("title", "The tide"),)), Source("t", "en", (Section("title", "The tides"),))
TELLING = {"title": "The tide", "story": "They come.", "consent": "All.", "language": "en", "audience": "partners"}


@pytest.fixture
async def database(sqlite_database_url: str) -> AsyncIterator[Database]:
    async with open_database(sqlite_database_url) as opened:
        async with opened.write(NOON) as work:
            await add_network(work.conn)
        yield opened


async def planned(work: Work) -> list[tuple[str, Any]]:
    """(key, ref) of each job that asks for drafts."""
    rows = await work.conn.execute(sa.select(job.c.key, job.c.ref).where(job.c.kind == keys.JOB_TRANSLATE).order_by(job.c.key))
    return [(row.key, row.ref) for row in rows]


async def test_plan_is_once_for_a_wording_and_a_glossary(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await insert_text(work.conn, FIRST, group_id=group_id, kind="spotlight", may_leave=False, now=NOON, expires_at=None)
        for _ in range(2):
            await plan_drafts(work, "t")
        before = await find_text(work.conn, "t")
        assert before is not None
        await change_text(work.conn, before, SECOND, may_leave=False, now=NOON, expires_at=None)
        await plan_drafts(work, "t")
        await raise_glossary_revision(work.conn)
        await plan_drafts(work, "t")

        assert await planned(work) == [(key, {"text": "t"}) for key in ("t:1:0", "t:2:0", "t:2:1")]
        assert [ref.kind for ref in work.due_jobs] == [keys.JOB_TRANSLATE] * 3


async def test_plan_for_a_text_that_has_gone_asks_nobody(database: Database) -> None:
    async with database.write(NOON) as work:
        await plan_drafts(work, "nothing")

        assert (await planned(work), work.due_jobs) == ([], [])


async def test_draft_asks_no_machine_before_it_is_published(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        custodian = caller_as("custodian", group_id)
        slug = await draft_spotlight(work, custodian, group_id, TELLING, ["en"])
        await edit_spotlight(work, custodian, slug, TELLING | {"title": "Not yet"}, ["en"])
        before = await planned(work)
        await publish_spotlight(work, custodian, slug)
        at_once = await planned(work)
        await edit_spotlight(work, custodian, slug, TELLING | {"title": "Now"}, ["en"])
        after = await planned(work)
        await retire_spotlight(work, custodian, slug)

        assert (before, len(at_once), len(after), len(await planned(work))) == ([], 1, 2, 2)
