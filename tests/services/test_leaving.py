"""A group leaves: its links end, its past stays, and nothing waits for its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import Caller
from coordinator.domain.action import State
from coordinator.domain.response import Response
from coordinator.errors import Forbidden, NotFound
from coordinator.services.callers import authenticate
from coordinator.services.groups import load_cards, load_group, load_groups
from coordinator.services.leaving import archive_group
from coordinator.services.mirror import Reading, load_spotlights
from coordinator.services.proposals import draft_action, put_forward
from coordinator.services.responses import respond
from coordinator.services.rota import load_rota
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.store import tables
from coordinator.store.actions import Record, find_record
from coordinator.store.database import Database
from tests.factories import NOON, STEWARD, add_group, add_link, add_network, add_session, caller_as, load_events, open_database

MOMENT, OTHER_MOMENT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC), datetime(2027, 2, 7, 17, 0, tzinfo=UTC)
FORM: dict[str, Any] = {
    "title": "Keep the taps open",
    "kind": "silence",
    "story": "Thirty minutes of silence.",
    "duration_minutes": "30",
    "quarter": "2027-Q1",
    "language": "en",
}


async def test_archive_group_ends_its_links_and_leases_and_hides_it_from_the_list(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, "Minga")
        staying_id = await add_group(work.conn, "Atlas")
        custodian, feed = await add_link(work.conn, "custodian", group_id), await add_link(work.conn, "feed", group_id)
        session_secret = await add_session(work.conn, custodian)
    async with database.write(NOON) as work:
        await archive_group(work, STEWARD, group_id)

    async with database.read() as conn:
        assert [g.id for g in await load_groups(conn)] == [staying_id]
        assert set(await load_cards(conn, [group_id])) == {group_id}
        with pytest.raises(NotFound):
            await load_group(conn, group_id)
        assert (await authenticate(conn, session_secret, NOON)).grants == ()
        assert all(seat.holder is None for seat in await load_rota(conn, group_id, NOON))
        revoked = (await conn.execute(sa.select(tables.link.c.id).where(tables.link.c.revoked_at == NOON))).scalars().all()
        told = await load_events(conn, f"group:{group_id}")
    assert set(revoked) == {custodian.id, feed.id}
    assert [kind for _, kind, _ in told] == ["link.revoked", "link.revoked", "group.changed"]


async def test_archive_group_twice_or_by_its_custodian_is_refused(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        with pytest.raises(Forbidden):
            await archive_group(work, caller_as("custodian", group_id), group_id)
        await archive_group(work, STEWARD, group_id)
        with pytest.raises(NotFound):
            await archive_group(work, STEWARD, group_id)


# --- decisions ----------------------------------------------------------------------------------------------------------


async def add_four(database: Database) -> dict[str, str]:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        return {name: await add_group(work.conn, name) for name in ("Minga", "Atlas", "Cedar", "Heron")}


async def draft(database: Database, ids: dict[str, str]) -> str:
    async with database.write(NOON) as work:
        return await draft_action(work, caller_as("custodian", ids["Minga"]), ids["Minga"], FORM, frozenset({"en"}))


async def offer(database: Database, ids: dict[str, str], slug: str, at: datetime = MOMENT) -> None:
    async with database.write(NOON) as work:
        await put_forward(work, caller_as("custodian", ids["Minga"]), slug, {"start": at.isoformat()})


async def answer(database: Database, ids: dict[str, str], slug: str, **answers: str) -> None:
    for name, response in answers.items():
        raw = {"response": response, "reason": "Not on a Saturday." if response == "object" else ""}
        async with database.write(NOON) as work:
            await respond(work, caller_as("custodian", ids[name]), ids[name], slug, raw)


async def leave(database: Database, group_id: str) -> None:
    async with database.write(NOON + timedelta(hours=1)) as work:
        await archive_group(work, STEWARD, group_id)


async def load(database: Database, slug: str) -> Record:
    async with database.read() as conn:
        found = await find_record(conn, slug)
    assert found is not None
    return found


async def test_leaving_without_an_answer_takes_the_group_out_of_the_count(database_url: str) -> None:
    async with open_database(database_url) as database:
        ids = await add_four(database)
        slug = await draft(database, ids)
        await offer(database, ids, slug)
        before = await load(database, slug)
        await leave(database, ids["Heron"])

        after = await load(database, slug)
        async with database.read() as conn:
            told = (await load_events(conn, "partners"))[-1]

    assert (before.tally.invited, after.tally.invited, after.action.state) == (4, 3, State.PROPOSED)
    assert after.action.revision == before.action.revision + 1
    assert (told[1], told[2]["invited"], told[2]["consents"]) == ("action.edited", 3, 1)


@pytest.mark.parametrize("answers", [{}, {"Heron": "object"}])
async def test_leaving_of_the_last_group_that_held_a_decision_up_confirms_it(database: Database, answers: dict[str, str]) -> None:
    ids = await add_four(database)
    slug = await draft(database, ids)
    await offer(database, ids, slug)
    await answer(database, ids, slug, Atlas="consent", Cedar="consent", **answers)
    open_before = (await load(database, slug)).action.state
    await leave(database, ids["Heron"])

    after = await load(database, slug)
    assert (open_before, after.action.state, after.starts) == (State.PROPOSED, State.CONFIRMED, (MOMENT,))
    assert after.agreed_tally.invited == 3


async def test_leaving_after_a_consent_lets_it_count(database: Database) -> None:
    ids = await add_four(database)
    slug = await draft(database, ids)
    await offer(database, ids, slug)
    await answer(database, ids, slug, Heron="consent")
    await leave(database, ids["Heron"])

    after = await load(database, slug)
    assert (after.tally.invited, after.tally.consents) == (4, 2)


async def test_leaving_during_a_move_decides_the_move(database: Database) -> None:
    ids = await add_four(database)
    slug = await draft(database, ids)
    await offer(database, ids, slug)
    await answer(database, ids, slug, Atlas="consent", Cedar="consent", Heron="consent")
    await offer(database, ids, slug, OTHER_MOMENT)
    await answer(database, ids, slug, Atlas="consent", Cedar="consent")
    moving = (await load(database, slug)).action.moving
    await leave(database, ids["Heron"])

    after = await load(database, slug)
    assert (moving, after.action.moving, after.starts) == (True, False, (OTHER_MOMENT,))


async def test_leaving_keeps_what_the_group_agreed_to(database: Database) -> None:
    ids = await add_four(database)
    slug = await draft(database, ids)
    await offer(database, ids, slug)
    await answer(database, ids, slug, Atlas="consent", Cedar="consent", Heron="stand_aside")
    before = await load(database, slug)
    await leave(database, ids["Heron"])

    after = await load(database, slug)
    invited = after.invited(ids["Heron"])
    assert after == before
    assert invited is not None
    assert invited.agreed_response is Response.STAND_ASIDE


async def test_put_forward_after_a_group_left_does_not_ask_it(database: Database) -> None:
    ids = await add_four(database)
    slug = await draft(database, ids)
    await leave(database, ids["Heron"])
    await offer(database, ids, slug)

    assert {i.group_id for i in (await load(database, slug)).invitations} == {ids["Minga"], ids["Atlas"], ids["Cedar"]}


async def test_archive_group_takes_its_spotlights_back_from_every_reader(database: Database) -> None:
    telling = {"title": "T", "story": "S", "consent": "C", "language": "en", "audience": "public"}
    async with database.write(NOON) as work:
        await add_network(work.conn)
        leaving_id, partner_id = await add_group(work.conn, "Minga", listing="public"), await add_group(work.conn, "Atlas")
        custodian, partner = caller_as("custodian", leaving_id), caller_as("member", partner_id)
        slug = await draft_spotlight(work, custodian, leaving_id, telling, ["en"])
        await publish_spotlight(work, custodian, slug)
        await draft_spotlight(work, custodian, leaving_id, telling | {"title": "Unsaid"}, ["en"])
    async with database.write(NOON) as work:
        await archive_group(work, STEWARD, leaving_id)

    async with database.read() as conn:
        states = [view.state for view in await load_spotlights(conn, Reading(STEWARD, "en", NOON))]
        seen = [await load_spotlights(conn, Reading(who, "en", NOON)) for who in (partner, Caller())]
        told = [(stream, data["spotlight"]) for stream, kind, data in await load_events(conn) if kind == "spotlight.retired"]
    assert (sorted(states), seen) == (["draft", "retired"], [[], []])
    assert sorted(told) == sorted((stream, slug) for stream in ("partners", "public", f"group:{leaving_id}"))
