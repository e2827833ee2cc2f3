"""Words go when their time has come, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.store.database import Database
from coordinator.store.retention import BURDEN_COUNTS_FOR, EARLIER_KEPT_FOR, LINK_SHOWN_FOR, REPLACED_KEPT_FOR, sweep
from coordinator.store.tables import (
    action,
    echo,
    glossary_term,
    group,
    heartbeat,
    idempotency,
    invitation,
    job,
    leg,
    link,
    metadata,
    packet,
    rendering,
    rota,
    session,
    spotlight,
    text,
    text_version,
    voice_note,
)
from tests.factories import NOON, add_group, add_lease, add_link, add_session
from tests.store.rows import AT, count_rows, fill_every_table, load_rows, row_of

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def sweep_at(database: Database, now: Any) -> dict[str, int]:
    async with database.write(now) as work:
        return await sweep(work.conn, now)


async def add_action(conn: AsyncConnection, group_id: str, **values: Any) -> None:
    await conn.execute(sa.insert(action).values(row_of(action) | {"group_id": group_id} | values))
    await conn.execute(sa.insert(leg).values(row_of(leg)))
    await conn.execute(sa.insert(invitation).values(row_of(invitation) | {"group_id": group_id, "expires_at": None}))


async def count(database: Database, *tables: sa.Table) -> list[int]:
    async with database.read() as conn:
        return [(await conn.execute(sa.select(sa.func.count()).select_from(t))).scalar_one() for t in tables]


async def test_sweep_ten_years_on_leaves_nobodys_words(database: Database) -> None:
    async with database.write(AT) as work:
        await work.conn.run_sync(fill_every_table)

    swept = await sweep_at(database, AT + 3653 * DAY)

    async with database.read() as conn:
        left = await conn.run_sync(load_rows)
        counts = await conn.run_sync(count_rows)
    told = {"text", "text_version", "rendering", "glossary_term", "packet", "spotlight", "echo"}
    gone = told | {
        "upload",
        "upload_chunk",
        "voice_note",
        "voice_report",
        "action",
        "leg",
        "invitation",
        "link",
        "session",
        "session_grant",
        "idempotency",
        "heartbeat",
        "zone_drift",
        "no_go",
        "busy_calendar",
        "busy_span",
    }
    assert {name for name, rows in counts.items() if rows == 0} == gone
    assert set(swept) == {
        "action", "link", "session", "idempotency", "heartbeat", "rota", "group", "event", "packet", "meeting", "text", "glossary_term",
        "upload", "voice_note", "voice_report", "no_go", "busy_calendar",
    }  # fmt: skip
    words = {
        "group.name",
        "group.place",
        "group.alias_name",
        "rota.alias",
        "rota.skipped",
        "meeting.next_researcher",
        "link.label",
        "event.kind",
        "action.title",
        "voice_report.words",
        "ğüşl",
    }
    found = repr({name: rows for name, rows in left.items() if name not in {"network", "job"}})
    assert [word for word in words if word in found] == []


async def test_sweep_before_anything_expires_changes_nothing(database: Database) -> None:
    async with database.write(AT) as work:
        await work.conn.run_sync(fill_every_table)
        before = await work.conn.run_sync(load_rows)

    assert await sweep_at(database, AT - SECOND) == {}

    async with database.read() as conn:
        assert await conn.run_sync(load_rows) == before
        assert len(before) == len(metadata.sorted_tables)


async def test_sweep_action_stays_whole_while_its_burden_counts(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_action(work.conn, group_id, expires_at=AT)

    still = await sweep_at(database, AT + BURDEN_COUNTS_FOR - SECOND)
    there = await count(database, action, leg, invitation)
    swept = await sweep_at(database, AT + BURDEN_COUNTS_FOR)

    assert (still, there) == ({}, [1, 1, 1])
    assert swept == {"action": 1}
    assert await count(database, action, leg, invitation, group) == [0, 0, 0, 1]


async def test_sweep_reason_goes_and_the_answer_stays(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_action(work.conn, group_id, expires_at=None)
        await work.conn.execute(sa.update(invitation).values(reason="we mourn", expires_at=AT + DAY))

    assert await sweep_at(database, AT + DAY) == {"invitation": 1}

    async with database.read() as conn:
        row = (await conn.execute(sa.select(invitation.c.reason, invitation.c.response))).one()
    assert tuple(row) == ("", "consent")
    assert await sweep_at(database, AT + 2 * DAY) == {}


async def test_sweep_rota_alias_goes_after_its_time_on_the_seat_only(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_lease(work.conn, group_id, until_at=NOON + 90 * DAY, expires_at=NOON + 30 * DAY, skipped="On the road.")

    while_held = await sweep_at(database, NOON + 60 * DAY)
    afterwards = await sweep_at(database, NOON + 90 * DAY)

    async with database.read() as conn:
        assert (await conn.execute(sa.select(rota.c.alias, rota.c.skipped, rota.c.fence))).one() == ("", "", 1)
    assert (while_held, afterwards) == ({}, {"rota": 1})


async def test_sweep_link_goes_a_month_after_its_end_with_its_grants(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        ended = await add_link(work.conn, "room", group_id, expires_at=NOON)
        revoked = await add_link(work.conn, "member", group_id, revoked_at=NOON + DAY)
        open_ended = await add_link(work.conn, "member", group_id)
        await add_session(work.conn, ended, revoked, open_ended, expires_at=NOON + 999 * DAY)

    early = await sweep_at(database, NOON + LINK_SHOWN_FOR - SECOND)
    first = await sweep_at(database, NOON + LINK_SHOWN_FOR)
    second = await sweep_at(database, NOON + LINK_SHOWN_FOR + DAY)

    async with database.read() as conn:
        left = (await conn.execute(sa.select(link.c.id))).scalars().all()
    assert (early, first, second) == ({}, {"link": 1}, {"link": 1})
    assert left == [open_ended.id]
    assert await count(database, session) == [1]


async def test_sweep_short_lived_rows_go_at_their_time(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_session(work.conn, expires_at=NOON + DAY)
        await work.conn.execute(sa.insert(idempotency).values(row_of(idempotency) | {"expires_at": NOON + DAY}))
        await work.conn.execute(sa.insert(heartbeat).values(process="worker-short", at=NOON, detail={}))
        for state, done_at in (("done", NOON), ("dead", NOON), ("waiting", None)):
            values = row_of(job) | {"id": state, "key": state, "state": state, "done_at": done_at}
            await work.conn.execute(sa.insert(job).values(values))

    assert await sweep_at(database, NOON + DAY) == {"session": 1, "idempotency": 1, "heartbeat": 1}
    assert await sweep_at(database, NOON + 90 * DAY) == {"job": 2}


# --- told words -----------------------------------------------------------------------------------------------------------

LATER = AT + 365 * DAY


async def add_words(conn: AsyncConnection, name: str, group_id: str, *, kind: str = "spotlight", expires_at: Any = LATER) -> None:
    """A text with an earlier wording and a translation, both named after it."""
    own = {"group_id": group_id, "expires_at": expires_at}
    await conn.execute(sa.insert(text).values(row_of(text) | own | {"id": name, "kind": kind}))
    await conn.execute(sa.insert(text_version).values(row_of(text_version) | {"text_id": name, "at": LATER, "expires_at": expires_at}))
    await add_rendering(conn, f"{name}.es", name, group_id)


async def add_rendering(conn: AsyncConnection, name: str, text_id: str, group_id: str, **values: Any) -> None:
    made = {"id": name, "text_id": text_id, "group_id": group_id, "signed_by": group_id, "replaced_by": None, "expires_at": LATER}
    await conn.execute(sa.insert(rendering).values(row_of(rendering) | made | values))


async def add_spotlight(conn: AsyncConnection, name: str, group_id: str, *, expires_at: Any = LATER, packet_id: str | None = None) -> None:
    """A spotlight with its words and an echo by the same group."""
    await add_words(conn, name, group_id, expires_at=expires_at)
    own = {"id": name, "slug": name, "text_id": name, "group_id": group_id, "packet_id": packet_id, "expires_at": expires_at}
    await conn.execute(sa.insert(spotlight).values(row_of(spotlight) | own))
    await add_words(conn, f"{name}.echo", group_id, kind="echo")
    answer = {"id": f"{name}.echo", "spotlight_id": name, "text_id": f"{name}.echo", "group_id": group_id}
    await conn.execute(sa.insert(echo).values(row_of(echo) | answer | {"meeting_id": None, "action_id": None, "expires_at": LATER}))


async def ids(database: Database, table: sa.Table) -> list[str]:
    async with database.read() as conn:
        return sorted((await conn.execute(sa.select(table.c.id))).scalars())


async def test_sweep_spotlight_goes_with_its_words_translations_and_echoes(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_spotlight(work.conn, "over", group_id, expires_at=AT + DAY)
        await add_spotlight(work.conn, "there", group_id)

    early = await sweep_at(database, AT + DAY - SECOND)
    swept = await sweep_at(database, AT + DAY)

    assert (early, swept) == ({}, {"spotlight": 1, "text": 2})
    assert [await ids(database, table) for table in (spotlight, echo, text, rendering)] == [
        ["there"],
        ["there.echo"],
        ["there", "there.echo"],
        ["there.echo.es", "there.es"],
    ]
    assert await count(database, text_version) == [2]


async def test_sweep_words_that_belong_to_nothing_go_at_once(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        for kind in ("spotlight", "echo", "voice"):
            await add_words(work.conn, kind, group_id, kind=kind)

    assert await sweep_at(database, AT) == {"text": 3}


async def test_sweep_voice_note_goes_at_its_end_with_its_words(database: Database) -> None:
    bare = {"upload_id": None, "spotlight_id": None, "meeting_id": None, "to_group_id": None, "expires_at": AT + DAY}
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        for name in ("spoken", "silent"):
            await add_words(work.conn, name, group_id, kind="voice")
            await work.conn.execute(
                sa.insert(voice_note).values(row_of(voice_note) | bare | {"id": name, "group_id": group_id, "text_id": name})
            )
        await work.conn.execute(sa.update(voice_note).where(voice_note.c.id == "silent").values(text_id=None))

    assert await sweep_at(database, AT + DAY - SECOND) == {"text": 1}
    assert await ids(database, text) == ["spoken"]
    assert await sweep_at(database, AT + DAY) == {"voice_note": 2, "text": 1}
    assert await count(database, text, voice_note) == [0, 0]


async def test_sweep_packet_goes_at_its_end_with_all_that_it_brought(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await work.conn.execute(sa.insert(packet).values(row_of(packet) | {"id": "p", "group_id": group_id, "expires_at": AT + DAY}))
        await add_spotlight(work.conn, "brought", group_id, packet_id="p")

    assert await sweep_at(database, AT + DAY - SECOND) == {}
    assert await sweep_at(database, AT + DAY) == {"packet": 1, "text": 2}
    assert await count(database, packet, spotlight, echo, text, text_version, rendering) == [0] * 6


async def test_sweep_translation_goes_a_month_after_another_took_it_up(database: Database) -> None:
    async with database.write(AT) as work:
        group_id = await add_group(work.conn)
        await add_spotlight(work.conn, "told", group_id)
        await add_rendering(work.conn, "first", "told", group_id, replaced_by="second", created_at=AT - 99 * DAY)
        await add_rendering(work.conn, "second", "told", group_id, replaced_by="third", created_at=AT)
        await add_rendering(work.conn, "third", "told", group_id, created_at=AT + 10 * DAY)

    swept = [
        await sweep_at(database, AT + after) for after in (REPLACED_KEPT_FOR - SECOND, REPLACED_KEPT_FOR, REPLACED_KEPT_FOR + 10 * DAY)
    ]

    assert swept == [{}, {"rendering": 1}, {"rendering": 1}]
    assert await ids(database, rendering) == ["third", "told.echo.es", "told.es"]


async def test_sweep_wording_goes_a_month_after_it_was_changed(database: Database) -> None:
    async with database.write(AT) as work:
        await add_spotlight(work.conn, "told", await add_group(work.conn))
        for name, changed_at in (("told.echo", AT), ("told", AT + DAY)):
            await work.conn.execute(sa.update(text_version).where(text_version.c.text_id == name).values(at=changed_at))

    swept = [await sweep_at(database, AT + EARLIER_KEPT_FOR + after) for after in (-SECOND, 0 * DAY, DAY)]

    assert swept == [{}, {"text_version": 1}, {"text_version": 1}]
    assert await ids(database, text) == ["told", "told.echo"]


async def test_sweep_term_of_the_glossary_goes_at_its_end(database: Database) -> None:
    async with database.write(AT) as work:
        for name, expires_at in (("gone", AT), ("there", AT + SECOND), ("kept", None)):
            await work.conn.execute(sa.insert(glossary_term).values(row_of(glossary_term) | {"id": name, "expires_at": expires_at}))

    assert await sweep_at(database, AT) == {"glossary_term": 1}
    assert await ids(database, glossary_term) == ["kept", "there"]
