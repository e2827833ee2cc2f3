"""Links: who makes them, what is kept of them, and that a revoked one is gone."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Role
from coordinator.domain.link import LinkRole, LinkState
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.callers import authenticate, enter
from coordinator.services.issue import MadeLink
from coordinator.services.links import list_links, load_feed, make_link, recover_steward_link, revoke_link
from coordinator.services.rota import load_rota
from coordinator.store import tables
from coordinator.store.database import Database, Work
from tests.factories import NOON, SECRET_KEY, STEWARD, add_group, add_link, add_session, caller_as, load_events, open_database

DAY = timedelta(days=1)
OF_GROUP = {"member", "witness", "room", "remote", "feed"}


async def make(work: Work, caller: object, role: str, group_id: str | None, **raw: str) -> MadeLink:
    raw = {"role": role, "alias": "ibis", **({"meeting": "m1"} if role == "remote" else {}), **raw}
    return await make_link(work, caller, raw, group_id=group_id, languages=("en", "es"), secret_key=SECRET_KEY)  # type: ignore[arg-type]  # a Caller


async def load_row(database: Database, link_id: str) -> sa.Row[tuple[object, ...]]:
    async with database.read() as conn:
        return (await conn.execute(sa.select(tables.link).where(tables.link.c.id == link_id))).one()


# --- making -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "role"), list(itertools.product(["steward", "custodian", "lapsed", "member", "witness", "room"], LinkRole))
)
async def test_make_link_every_maker_and_role(database: Database, maker: str, role: LinkRole) -> None:
    allowed = maker == "steward" or (maker == "custodian" and role in OF_GROUP)
    async with database.write(NOON) as work:
        own_id, other_id = await add_group(work.conn, "a"), await add_group(work.conn, "b")
        caller = STEWARD if maker == "steward" else caller_as(maker, own_id)

        if allowed:
            made = await make(work, caller, role, own_id)
            assert (made.role, made.group_id) == (role, None if role == "steward" else own_id)
        else:
            with pytest.raises(Forbidden):
                await make(work, caller, role, own_id)
        if maker != "steward":
            with pytest.raises(Forbidden):
                await make(work, caller, role, other_id)


async def test_make_link_without_a_session_or_for_no_group_is_refused(database: Database) -> None:
    async with database.write(NOON) as work:
        with pytest.raises(NotSignedIn):
            await make(work, NOBODY, "member", await add_group(work.conn))
        with pytest.raises(NotFound):
            await make(work, STEWARD, "member", "nowhere1")
        with pytest.raises(Forbidden):
            await make(work, STEWARD, "member", None)


async def test_make_link_keeps_hashes_only(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            made = await make(work, caller_as("custodian", group_id), "room", group_id, label="hall")
        row = await load_row(database, made.id)
        entered = []
        for opener in (made.secret, made.code or ""):
            async with database.write(NOON) as work:
                entered.append(await enter(work, opener, None, secret_key=SECRET_KEY))

    assert made.code is not None
    assert made.path == f"/enter#{made.secret}"
    assert not {made.secret, made.code, made.code.replace("-", "")} & set(map(str, row))
    assert (row.label, row.expires_at, row.code_expires_at) == ("hall", NOON + DAY, NOON + DAY)
    assert {e.grant.role for e in entered} == {Role.ROOM}


async def test_make_link_of_a_witness_invited_into_one_meeting_ends_after_a_day(database: Database) -> None:
    async with database.write(NOON) as work:
        made = await make(work, STEWARD, "witness", await add_group(work.conn), meeting="m1")

    row = await load_row(database, made.id)
    assert (row.role, row.meeting_id, row.expires_at) == ("witness", "m1", NOON + DAY)
    assert made.code is not None


@pytest.mark.parametrize("role", ["member", "witness", "feed", "steward"])
async def test_make_link_that_lasts_has_no_code_and_no_end(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        made = await make(work, STEWARD, role, await add_group(work.conn))

    row = await load_row(database, made.id)
    assert (made.code, made.expires_at, row.code_hash, row.expires_at) == (None, None, None, None)


async def test_make_link_with_faults_writes_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        with pytest.raises(Invalid) as refused:
            await make(work, STEWARD, "custodian", group_id, alias="", until="2020-01-01")

        assert {(p.field, p.code) for p in refused.value.problems} == {("alias", "missing"), ("until", "until_past")}
        assert await list_links(work.conn, STEWARD, group_id) == []


# --- custodians' links by the steward ---------------------------------------------------------------------------------


async def test_make_link_for_a_custodian_offers_a_lease_and_leaves_the_holder_until_it_is_opened(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        former = await add_session(work.conn, await add_link(work.conn, "custodian", group_id))
        made = await make(work, STEWARD, "custodian", group_id)
        seat = (await load_rota(work.conn, group_id, NOON))[0]
        still = await authenticate(work.conn, former, NOON)
        await enter(work, made.secret, None, secret_key=SECRET_KEY)
        after = (await load_rota(work.conn, group_id, NOON))[0]
        gone = await authenticate(work.conn, former, NOON)

    assert seat.holder is not None
    assert seat.successor is not None
    assert (seat.holder.alias, seat.holder.fence, seat.successor.alias, seat.successor.fence) == ("heron", 1, "ibis", 2)
    assert [g.role for g in still.grants] == [Role.CUSTODIAN]
    assert after.holder is not None
    assert (after.holder.alias, after.successor) == ("ibis", None)
    assert gone.grants == ()


async def test_make_link_for_a_custodian_anew_withdraws_the_offer_before(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        first = await make(work, STEWARD, "custodian", group_id)
        second = await make(work, STEWARD, "custodian", group_id, alias="crane")
        with pytest.raises(NotFound):
            await enter(work, first.secret, None, secret_key=SECRET_KEY)
        entered = await enter(work, second.secret, None, secret_key=SECRET_KEY)
        seat = (await load_rota(work.conn, group_id, NOON))[0]

    assert entered.grant.role is Role.CUSTODIAN
    assert seat.holder is not None
    assert (seat.holder.alias, seat.holder.fence) == ("crane", 2)


async def test_make_link_for_the_same_holder_opens_beside_the_first(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        before_anybody = await make(work, STEWARD, "custodian", group_id, same_holder="on")
        while_offered = await make(work, STEWARD, "custodian", group_id, same_holder="on")
        sessions = [(await enter(work, m.secret, None, secret_key=SECRET_KEY)).session_secret for m in (before_anybody, while_offered)]
        while_held = await make(work, STEWARD, "custodian", group_id, same_holder="on")
        sessions.append((await enter(work, while_held.secret, None, secret_key=SECRET_KEY)).session_secret)
        roles = [[g.role for g in (await authenticate(work.conn, s, NOON)).grants] for s in sessions]

    assert roles == [[Role.CUSTODIAN]] * 3


async def test_make_link_for_the_same_holder_of_a_lapsed_lease_offers_a_new_one(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_link(work.conn, "custodian", group_id)
    later = NOON + timedelta(days=91)
    async with database.write(later) as work:
        made = await make(work, STEWARD, "custodian", group_id, same_holder="on")
        entered = await enter(work, made.secret, None, secret_key=SECRET_KEY)

    assert entered.grant.role is Role.CUSTODIAN


# --- revoking and listing ---------------------------------------------------------------------------------------------


async def test_revoke_link_ends_it_at_once_and_tells_the_group(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        room = await add_link(work.conn, "room", group_id, code="k7f2-9mqd")
        session_secret = await add_session(work.conn, room)
    async with database.write(NOON) as work:
        await revoke_link(work, caller_as("custodian", group_id), room.id)
    async with database.write(NOON) as work:
        await revoke_link(work, caller_as("custodian", group_id), room.id)  # a second press is harmless
        for opener in (room.secret, "k7f2-9mqd"):
            with pytest.raises(NotFound):
                await enter(work, opener, None, secret_key=SECRET_KEY)
        assert (await authenticate(work.conn, session_secret, NOON)).grants == ()

    async with database.read() as conn:
        assert await load_events(conn) == [(f"group:{group_id}", "link.revoked", {"link": room.id, "group": group_id})]


@pytest.mark.parametrize("who", ["custodian", "member", "witness", "room", "lapsed"])
async def test_revoke_link_foreign_and_unknown_are_answered_alike(database: Database, who: str) -> None:
    async with database.write(NOON) as work:
        own_id, other_id = await add_group(work.conn, "a"), await add_group(work.conn, "b")
        foreign, steward = await add_link(work.conn, "member", other_id), await add_link(work.conn, "steward")
        answers = set()
        for link_id in (foreign.id, steward.id, "unknown"):
            with pytest.raises(NotFound) as refused:
                await revoke_link(work, caller_as(who, own_id), link_id)
            answers.add(refused.value.what)
        with pytest.raises(NotSignedIn):
            await revoke_link(work, NOBODY, foreign.id)

    assert answers == {"link"}


async def test_revoke_link_never_ends_the_last_stewards(database: Database) -> None:
    async with database.write(NOON) as work:
        one, two = await add_link(work.conn, "steward"), await add_link(work.conn, "steward")
        await revoke_link(work, STEWARD, one.id)
        with pytest.raises(Conflict) as refused:
            await revoke_link(work, STEWARD, two.id)
        entered = await enter(work, two.secret, None, secret_key=SECRET_KEY)

    assert refused.value.code == "last_steward_link"
    assert entered.caller.is_steward()


async def test_revoke_link_of_an_offer_withdraws_it_with_its_last_link(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        first = await make(work, STEWARD, "custodian", group_id)
        second = await make(work, STEWARD, "custodian", group_id, same_holder="on")
        custodian = caller_as("custodian", group_id)
        await revoke_link(work, custodian, first.id)
        one_left = (await load_rota(work.conn, group_id, NOON))[0].successor
        await revoke_link(work, custodian, second.id)
        none_left = (await load_rota(work.conn, group_id, NOON))[0].successor

    assert one_left is not None
    assert none_left is None


async def test_list_links_shows_states_holders_and_days_but_no_hash(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_link(work.conn, "member", await add_group(work.conn, "other"))
        custodian = await add_link(work.conn, "custodian", group_id)
        room = await add_link(work.conn, "room", group_id, label="hall", created_at=NOON + DAY)
        await enter(work, room.secret, None, secret_key=SECRET_KEY)
        links = await list_links(work.conn, caller_as("custodian", group_id), group_id)
        with pytest.raises(Forbidden):
            await list_links(work.conn, caller_as("member", group_id), group_id)
        with pytest.raises(Forbidden):
            await list_links(work.conn, caller_as("custodian", group_id), None)

    assert [(x.id, x.holder, x.label, x.last_used_on, x.state(NOON)) for x in links] == [
        (room.id, "", "hall", NOON.date(), LinkState.LIVE),
        (custodian.id, "heron", "", None, LinkState.LIVE),
    ]
    assert room.secret not in repr(links)


async def test_recover_steward_link_leaves_earlier_ones_alone(database: Database) -> None:
    async with database.write(NOON) as work:
        first, second = await recover_steward_link(work), await recover_steward_link(work)
        entered = [await enter(work, made.secret, None, secret_key=SECRET_KEY) for made in (first, second)]

    assert all(e.caller.is_steward() for e in entered)


# --- feeds ------------------------------------------------------------------------------------------------------------


async def test_load_feed_by_its_secret_only(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        made = await make(work, STEWARD, "feed", group_id, language="es")
        member = await add_link(work.conn, "member", group_id)
        feed = await load_feed(work.conn, made.secret, NOON)
        await revoke_link(work, STEWARD, made.id)
        for secret in (made.secret, member.secret, "x"):
            with pytest.raises(NotFound):
                await load_feed(work.conn, secret, NOON)

    assert (feed.id, feed.group_id, feed.language) == (made.id, group_id, "es")
