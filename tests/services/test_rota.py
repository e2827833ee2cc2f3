"""Duties are taken, given back and run out; custodianship passes by hand-over alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coordinator.domain.rota import Duty, Nag
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services.callers import enter
from coordinator.services.rota import give_back, hand_over, load_rota, nags, take_duty
from coordinator.store.database import Database
from tests.factories import NOON, SECRET_KEY, STEWARD, add_group, add_lease, add_link, caller_as, load_events, open_database

NOTES = {"duty": "note_taker", "alias": "crane", "until": "2027-02-14"}


async def test_take_duty_holds_the_seat_until_the_last_day_ends_in_the_groups_zone(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            lease = await take_duty(work, caller_as("member", group_id), group_id, NOTES)
        async with database.read() as conn:
            seats = await load_rota(conn, group_id, NOON)
            told = await load_events(conn)

    assert (lease.alias, lease.fence, lease.until_at) == ("crane", 1, datetime(2027, 2, 15, 4, tzinfo=UTC))
    assert next(seat for seat in seats if seat.duty is Duty.NOTE_TAKER).holder == lease
    data = {"group": group_id, "lease": lease.id, "duty": "note_taker", "seat": 1, "revision": 2}
    assert told == [(f"group:{group_id}", "rota.changed", data)]


async def test_take_duty_that_is_held_is_a_conflict_until_its_turn_is_over(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        first = await take_duty(work, member, group_id, NOTES)
        with pytest.raises(Conflict) as refused:
            await take_duty(work, member, group_id, {**NOTES, "alias": "ibis"})
    async with database.write(first.until_at) as work:
        second = await take_duty(work, member, group_id, {"duty": "note_taker", "alias": "ibis"})
        seats = await load_rota(work.conn, group_id, first.until_at)

    assert refused.value.code == "duty_taken"
    assert second.fence == 2
    assert [seat.holder for seat in seats if seat.holder] == [second]


async def test_take_duty_two_spokespeople_have_a_seat_each(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        for seat in ("1", "2"):
            await take_duty(work, member, group_id, {"duty": "spokesperson", "seat": seat, "alias": f"a{seat}"})
        with pytest.raises(Invalid):
            await take_duty(work, member, group_id, {"duty": "spokesperson", "seat": "3", "alias": "a3"})
        seats = await load_rota(work.conn, group_id, NOON)

    assert [seat.holder.alias for seat in seats if seat.holder] == ["a1", "a2"]


async def test_take_duty_of_the_custodian_is_refused_to_everybody(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        for role in ("member", "lapsed", "custodian"):
            with pytest.raises(Conflict) as refused:
                await take_duty(work, caller_as(role, group_id), group_id, {"duty": "custodian", "alias": "ibis"})
            assert refused.value.code == "custody_by_handover"


@pytest.mark.parametrize("role", ["witness", "room"])
async def test_take_duty_by_a_guest_is_refused(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        for use_case in (take_duty, give_back):
            with pytest.raises(Forbidden):
                await use_case(work, caller_as(role, group_id), group_id, NOTES)
        with pytest.raises(Forbidden):
            await take_duty(work, STEWARD, group_id, NOTES)


async def test_give_back_frees_the_seat_and_a_second_press_is_harmless(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        await take_duty(work, member, group_id, NOTES)
        await give_back(work, member, group_id, NOTES)
        await give_back(work, member, group_id, NOTES)
        seats = await load_rota(work.conn, group_id, NOON)
        again = await take_duty(work, member, group_id, NOTES)
        with pytest.raises(Conflict):
            await give_back(work, member, group_id, {"duty": "custodian"})

    async with database.read() as conn:
        told = [data["revision"] for _, _, data in await load_events(conn)]
    assert all(seat.holder is None for seat in seats)
    assert again.fence == 2
    assert told == [2, 3, 2]


async def test_hand_over_offers_a_link_and_passes_when_it_is_opened(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_link(work.conn, "custodian", group_id)
        made = await hand_over(work, caller_as("custodian", group_id), group_id, {"alias": "ibis", "until": "2027-06-30", "label": "phone"})
        offered = (await load_rota(work.conn, group_id, NOON))[0]
    async with database.write(NOON + timedelta(days=3)) as work:
        await enter(work, made.secret, None, secret_key=SECRET_KEY)
        passed = (await load_rota(work.conn, group_id, work.now))[0]

    assert offered.holder is not None
    assert offered.successor is not None
    assert (offered.holder.alias, offered.successor.alias) == ("heron", "ibis")
    assert passed.holder is not None
    assert (passed.holder.id, passed.holder.since_at, passed.successor) == (offered.successor.id, NOON + timedelta(days=3), None)
    assert passed.holder.until_at == datetime(2027, 7, 1, 4, tzinfo=UTC)


async def test_hand_over_says_every_fault(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        with pytest.raises(Invalid) as refused:
            await hand_over(work, caller_as("custodian", group_id), group_id, {"alias": " ", "until": "x", "label": "y" * 81})

    assert {(p.field, p.code) for p in refused.value.problems} == {
        ("alias", "missing"),
        ("until", "date_malformed"),
        ("label", "too_long"),
    }


@pytest.mark.parametrize("role", ["steward", "lapsed", "member", "witness", "room"])
async def test_hand_over_is_the_living_custodians(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        caller = STEWARD if role == "steward" else caller_as(role, group_id)
        with pytest.raises(Forbidden):
            await hand_over(work, caller, group_id, {"alias": "ibis"})


async def test_take_duty_in_a_group_that_left_is_not_found(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn, archived_at=NOON)
        with pytest.raises(NotFound):
            await take_duty(work, caller_as("member", group_id), group_id, NOTES)


async def test_nags_speak_of_the_custodian_first(database: Database) -> None:
    until = NOON + timedelta(days=90)
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        empty = nags(await load_rota(work.conn, group_id, NOON), NOON)
        await add_lease(work.conn, group_id)
        await add_lease(work.conn, group_id, "facilitator", until_at=until - timedelta(days=1))
        seats = await load_rota(work.conn, group_id, NOON)

    assert [(n.nag, n.seat.duty) for n in empty] == [(Nag.EMPTY, Duty.CUSTODIAN)]
    assert nags(seats, NOON) == ()
    said = nags(seats, until - timedelta(hours=1))
    assert [(n.nag, n.seat.duty) for n in said] == [(Nag.ENDING, Duty.CUSTODIAN), (Nag.LAPSED, Duty.FACILITATOR)]
