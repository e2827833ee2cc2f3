"""Sessions: what a cookie holds now, how a link or a code opens it, how custodianship begins, and how one leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller, Grant, Role
from coordinator.errors import NotFound, NotSignedIn
from coordinator.services.callers import SESSION_FOR, authenticate, enter, leave, load_callers
from coordinator.services.links import revoke_link
from coordinator.store import tables
from coordinator.store.database import Database
from coordinator.store.ids import hash_secret, new_secret
from tests.factories import (
    NOON,
    SECRET_KEY,
    STEWARD,
    add_group,
    add_lease,
    add_link,
    add_session,
    count_rows,
    load_events,
    open_database,
)

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


async def identify(database: Database, secret: str, now: Any = NOON) -> Caller:
    async with database.read() as conn:
        return await authenticate(conn, secret, now)


# --- who is asking ----------------------------------------------------------------------------------------------------


async def test_authenticate_knows_every_grant_by_one_query(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            one, two = await add_group(work.conn, "a"), await add_group(work.conn, "b")
            links = [
                await add_link(work.conn, "steward"),
                await add_link(work.conn, "custodian", one),
                await add_link(work.conn, "room", one),
                await add_link(work.conn, "member", two),
            ]
            secret = await add_session(work.conn, *links)
        asked: list[str] = []
        sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        caller = await identify(database, secret)

    assert set(caller.grants) == {
        Grant(Role.STEWARD, None, links[0].id),
        Grant(Role.CUSTODIAN, one, links[1].id),
        Grant(Role.ROOM, one, links[2].id),
        Grant(Role.MEMBER, two, links[3].id),
    }
    assert len([statement for statement in asked if statement.lstrip().startswith("SELECT")]) == 1


@pytest.mark.parametrize("secret", ["", "x", "é\x00", "y" * 100_000])
async def test_authenticate_unknown_secret_is_nobody(database: Database, secret: str) -> None:
    assert await identify(database, secret) == NOBODY


async def test_authenticate_session_ends_by_its_date(database: Database) -> None:
    async with database.write(NOON) as work:
        secret = await add_session(work.conn, await add_link(work.conn, "steward"), expires_at=NOON + DAY)

    assert (await identify(database, secret, NOON + DAY - MICROSECOND)).is_steward()
    assert await identify(database, secret, NOON + DAY) == NOBODY


async def test_authenticate_revoked_and_expired_links_carry_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        room, member = await add_link(work.conn, "room", group_id), await add_link(work.conn, "member", group_id)
        feed = await add_link(work.conn, "feed", group_id)
        secret = await add_session(work.conn, room, member, feed)

    at_once = await identify(database, secret)
    day_later = await identify(database, secret, NOON + DAY)
    async with database.write(NOON) as work:
        await revoke_link(work, STEWARD, member.id)

    assert {g.role for g in at_once.grants} == {Role.ROOM, Role.MEMBER}
    assert {g.role for g in day_later.grants} == {Role.MEMBER}
    assert {g.role for g in (await identify(database, secret)).grants} == {Role.ROOM}
    emptied = await identify(database, secret, NOON + DAY)
    assert emptied.grants == ()
    assert emptied.session_id is not None


async def test_authenticate_custodian_lapses_when_the_lease_runs_out(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        secret = await add_session(work.conn, await add_link(work.conn, "custodian", group_id))
    until = NOON + timedelta(days=90)

    assert [g.role for g in (await identify(database, secret, until - MICROSECOND)).grants] == [Role.CUSTODIAN]
    assert [g.role for g in (await identify(database, secret, until)).grants] == [Role.LAPSED]


@pytest.mark.parametrize("lease", [{"ended_at": NOON}, {"accepted_at": None}])
async def test_authenticate_custodian_of_an_ended_or_offered_lease_is_nobody_special(database: Database, lease: dict[str, Any]) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        link = await add_link(work.conn, "custodian", group_id, rota_id=await add_lease(work.conn, group_id, **lease))
        secret = await add_session(work.conn, link)

    assert (await identify(database, secret)).grants == ()


async def test_load_callers_answers_for_many_sessions(database: Database) -> None:
    async with database.write(NOON) as work:
        secrets = [await add_session(work.conn, await add_link(work.conn, "steward")), await add_session(work.conn)]
        await add_session(work.conn, expires_at=NOON, id="over")
    callers = [await identify(database, secret) for secret in secrets]

    async with database.read() as conn:
        found = await load_callers(conn, [str(c.session_id) for c in callers] + ["over", "unknown"], NOON)

    assert found == {c.session_id: c for c in callers}


# --- entering ---------------------------------------------------------------------------------------------------------


async def test_enter_makes_a_session_that_holds_the_link(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            link = await add_link(work.conn, "member", group_id)
        async with database.write(NOON) as work:
            entered = await enter(work, f" {link.secret}\n", None, secret_key=SECRET_KEY)
        caller = await identify(database, entered.session_secret)
        async with database.read() as conn:
            row = (await conn.execute(sa.select(tables.link).where(tables.link.c.id == link.id))).one()
            stored = (await conn.execute(sa.select(tables.session))).one()

    assert entered.grant == Grant(Role.MEMBER, group_id, link.id)
    assert caller == entered.caller
    assert caller.grants == (entered.grant,)
    assert row.last_used_on == NOON.date()
    assert stored.secret_hash == hash_secret(entered.session_secret)
    assert stored.expires_at == NOON + SESSION_FOR


async def test_enter_adds_to_the_session_and_changes_its_secret(database: Database) -> None:
    async with database.write(NOON) as work:
        one, two = await add_group(work.conn, "a"), await add_group(work.conn, "b")
        before = await add_session(work.conn, await add_link(work.conn, "member", one))
        second = await add_link(work.conn, "witness", two)
    old = await identify(database, before)

    async with database.write(NOON + DAY) as work:
        entered = await enter(work, second.secret, before, secret_key=SECRET_KEY)

    assert entered.caller.session_id == old.session_id
    assert {(g.role, g.group_id) for g in entered.caller.grants} == {(Role.MEMBER, one), (Role.WITNESS, two)}
    assert await identify(database, before) == NOBODY


async def test_enter_with_the_same_link_twice_holds_it_once(database: Database) -> None:
    async with database.write(NOON) as work:
        link = await add_link(work.conn, "steward")
        first = await enter(work, link.secret, None, secret_key=SECRET_KEY)
        again = await enter(work, link.secret, first.session_secret, secret_key=SECRET_KEY)

    assert again.caller == first.caller
    async with database.read() as conn:
        assert await count_rows(conn, tables.session, tables.session_grant) == {"session": 1, "session_grant": 1}


async def test_enter_never_takes_over_a_planted_or_ended_session(database: Database) -> None:
    async with database.write(NOON) as work:
        link = await add_link(work.conn, "steward")
        over = await add_session(work.conn, expires_at=NOON)
        for planted in (new_secret(), over, "x", ""):
            entered = await enter(work, link.secret, planted, secret_key=SECRET_KEY)
            assert entered.session_secret != planted
            assert len(entered.caller.grants) == 1


@pytest.mark.parametrize("typed", ["k7f2-9mqd", "K7F2 9MQD", " k7f29mqd "])
async def test_enter_by_a_short_code_for_a_day(database: Database, typed: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        room = await add_link(work.conn, "room", group_id, code="k7f2-9mqd")

    async with database.write(NOON + DAY - MICROSECOND) as work:
        entered = await enter(work, typed, None, secret_key=SECRET_KEY)
    async with database.write(NOON + DAY) as work:
        with pytest.raises(NotFound):
            await enter(work, typed, None, secret_key=SECRET_KEY)
        with pytest.raises(NotFound):
            await enter(work, room.secret, None, secret_key=SECRET_KEY)

    assert entered.grant == Grant(Role.ROOM, group_id, room.id)


@pytest.mark.parametrize("padded", ["k7f2-9mqd" + "!" * 40, "k7f29mqd" + " -" * 10 + "é"])
async def test_enter_padded_code_is_no_code(database: Database, padded: str) -> None:
    async with database.write(NOON) as work:
        await add_link(work.conn, "room", await add_group(work.conn), code="k7f2-9mqd")

        with pytest.raises(NotFound):
            await enter(work, padded, None, secret_key=SECRET_KEY)


async def test_enter_takes_a_whole_address_that_was_pasted(database: Database) -> None:
    async with database.write(NOON) as work:
        link = await add_link(work.conn, "steward")

        entered = await enter(work, f"https://chorus.test/enter#{link.secret} ", None, secret_key=SECRET_KEY)

    assert entered.caller.is_steward()


async def test_enter_code_without_the_servers_key_opens_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_link(work.conn, "room", await add_group(work.conn), code="k7f2-9mqd")

        with pytest.raises(NotFound):
            await enter(work, "k7f2-9mqd", None, secret_key=b"x" * 32)


async def test_enter_unknown_revoked_expired_and_foreign_are_answered_alike_and_write_nothing(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        ended = await add_lease(work.conn, group_id, ended_at=NOON)
        stale = await add_lease(work.conn, group_id, accepted_at=None, until_at=NOON, fence=2)
        refused = [
            (await add_link(work.conn, "member", group_id, revoked_at=NOON)).secret,
            (await add_link(work.conn, "room", group_id, expires_at=NOON)).secret,
            (await add_link(work.conn, "feed", group_id)).secret,
            (await add_link(work.conn, "custodian", group_id, rota_id=ended)).secret,
            (await add_link(work.conn, "custodian", group_id, rota_id=stale)).secret,
            new_secret(),
            "",
            "-",
            "k7f2-9mqd",
            "é\u202e" * 5_000,
        ]
    async with database.read() as conn:
        before = await count_rows(conn)
    asked: list[str] = []
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    paths = set()

    for secret in refused:
        asked.clear()
        with pytest.raises(NotFound) as fault:
            async with database.write(NOON) as work:
                await enter(work, secret, None, secret_key=SECRET_KEY)
        paths.add((fault.value.what, tuple(asked)))

    assert len(paths) == 1
    async with database.read() as conn:
        assert await count_rows(conn) == before
        used = sa.select(sa.func.count()).where(tables.link.c.last_used_on.is_not(None))
        assert (await conn.execute(used)).scalar_one() == 0


# --- custodianship ----------------------------------------------------------------------------------------------------


async def test_enter_by_a_handover_link_begins_the_lease_and_ends_the_formers(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            old_lease = await add_lease(work.conn, group_id)
            former = [await add_link(work.conn, "custodian", group_id, rota_id=old_lease) for _ in range(2)]
            member = await add_link(work.conn, "member", group_id)
            former_session = await add_session(work.conn, former[0], member)
            lease = await add_lease(work.conn, group_id, accepted_at=None, fence=2, alias="ibis")
            successor = await add_link(work.conn, "custodian", group_id, rota_id=lease)
        async with database.write(NOON + DAY) as work:
            entered = await enter(work, successor.secret, None, secret_key=SECRET_KEY)
        async with database.read() as conn:
            told = await load_events(conn, f"group:{group_id}")
            former_caller = await authenticate(conn, former_session, NOON + DAY)
            leases = {row.id: row for row in await conn.execute(sa.select(tables.rota))}
            revoked = sa.select(tables.link.c.id).where(tables.link.c.revoked_at.is_not(None))
            revoked_ids = set((await conn.execute(revoked)).scalars())

    assert entered.grant == Grant(Role.CUSTODIAN, group_id, successor.id)
    assert [g.role for g in former_caller.grants] == [Role.MEMBER]
    assert (leases[lease].accepted_at, leases[lease].since_at, leases[lease].ended_at) == (NOON + DAY, NOON + DAY, None)
    assert leases[old_lease].ended_at == NOON + DAY
    assert revoked_ids == {link.id for link in former}
    seat = {"group": group_id, "duty": "custodian", "seat": 1}
    assert told == [
        (f"group:{group_id}", "rota.changed", {**seat, "lease": old_lease, "revision": 3}),
        *[(f"group:{group_id}", "link.revoked", {"link": link, "group": group_id}) for link in sorted(revoked_ids)],
        (f"group:{group_id}", "rota.changed", {**seat, "lease": lease, "revision": 2}),
    ]


async def test_enter_by_a_handover_link_again_changes_nothing_more(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        link = await add_link(work.conn, "custodian", group_id, rota_id=await add_lease(work.conn, group_id, accepted_at=None))
        first = await enter(work, link.secret, None, secret_key=SECRET_KEY)
    async with database.write(NOON + DAY) as work:
        second = await enter(work, link.secret, None, secret_key=SECRET_KEY)
    async with database.read() as conn:
        told = await load_events(conn)

    assert second.grant == first.grant
    assert second.caller.session_id != first.caller.session_id
    assert len(told) == 1


async def test_enter_by_a_lapsed_custodians_link_still_opens_consent(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        link = await add_link(work.conn, "custodian", group_id)
    async with database.write(NOON + timedelta(days=100)) as work:
        entered = await enter(work, link.secret, None, secret_key=SECRET_KEY)

    assert entered.grant.role is Role.LAPSED


# --- leaving ----------------------------------------------------------------------------------------------------------


async def test_leave_one_link_keeps_the_others(database: Database) -> None:
    async with database.write(NOON) as work:
        one, two = await add_link(work.conn, "steward"), await add_link(work.conn, "steward")
        secret = await add_session(work.conn, one, two)
        caller = await authenticate(work.conn, secret, NOON)
        await leave(work, caller, one.id)
        with pytest.raises(NotFound):
            await leave(work, caller, one.id)

    assert [g.link_id for g in (await identify(database, secret)).grants] == [two.id]


async def test_leave_all_ends_the_session_but_not_the_links(database: Database) -> None:
    async with database.write(NOON) as work:
        link = await add_link(work.conn, "steward")
        secret = await add_session(work.conn, link)
        await leave(work, await authenticate(work.conn, secret, NOON))
    async with database.write(NOON) as work:
        entered = await enter(work, link.secret, secret, secret_key=SECRET_KEY)

    assert await identify(database, secret) == NOBODY
    assert entered.caller.is_steward()


async def test_leave_without_a_session_is_refused(database: Database) -> None:
    async with database.write(NOON) as work:
        with pytest.raises(NotSignedIn):
            await leave(work, NOBODY)
