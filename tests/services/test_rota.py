"""Duties are taken, given back and run out; custodianship passes by hand-over alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coordinator.domain.rota import Duty, Nag
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services.callers import enter
from coordinator.services.rota import (
    give_back,
    hand_on_research,
    hand_over,
    load_rota,
    load_rotation,
    nags,
    next_researcher,
    skip_research,
    take_duty,
)
from coordinator.store.database import Database
from coordinator.store.retention import sweep
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


# --- research, which goes round ---------------------------------------------------------------------------------------


async def hand_on(database: Database, group_id: str, at: datetime, **raw: str) -> str:
    """Hands the research on at that instant; the alias it passed to."""
    async with database.write(at) as work:
        return (await hand_on_research(work, caller_as("member", group_id), group_id, raw)).alias


async def test_research_handed_on_goes_to_whoever_had_it_longest_ago(database_url: str) -> None:
    day = timedelta(days=1)
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
        begun = [await hand_on(database, group_id, NOON + n * day, alias=alias) for n, alias in enumerate(("ibis", "kite", "owl"))]
        round_two = [await hand_on(database, group_id, NOON + n * day) for n in (3, 4, 5, 6)]
        async with database.read() as conn:
            seats = await load_rota(conn, group_id, NOON + 6 * day)
            following = await next_researcher(conn, group_id, NOON + 6 * day)
            told = [(kind, data["duty"], data["revision"]) for _, kind, data in await load_events(conn)]

    assert (begun, round_two, following) == (["ibis", "kite", "owl"], ["ibis", "kite", "owl", "ibis"], "kite")
    assert [(seat.duty, seat.holder.alias, seat.holder.fence) for seat in seats if seat.holder] == [(Duty.RESEARCHER, "ibis", 7)]
    assert told == [("rota.changed", "researcher", 2), *[("rota.changed", "researcher", n) for _ in range(6) for n in (3, 2)]]


async def test_research_given_back_or_run_out_passes_to_the_others_first(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        await add_lease(
            work.conn, group_id, "researcher", alias="owl", until_at=NOON - timedelta(days=9), ended_at=NOON - timedelta(days=10)
        )
        await hand_on_research(work, member, group_id, {"alias": "ibis", "until": "2027-01-20"})
        held = await next_researcher(work.conn, group_id, NOON)
        run_out = await next_researcher(work.conn, group_id, NOON + timedelta(days=30))
        await give_back(work, member, group_id, {"duty": "researcher"})
        order = [waiting.alias for waiting in await load_rotation(work.conn, group_id, NOON)]

    assert (held, run_out, order) == ("owl", "owl", ["owl", "ibis"])


async def test_research_skipped_moves_the_next_one_up_and_keeps_the_reason_until_it_expires(database: Database) -> None:
    day = timedelta(days=1)
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_lease(work.conn, group_id, "researcher", alias="owl", until_at=NOON - 9 * day, ended_at=NOON - 9 * day)
        await add_lease(work.conn, group_id, "researcher", alias="kite", fence=2, until_at=NOON - 5 * day, ended_at=NOON - 5 * day)
        skip = {"alias": "owl", "reason": "On the road."}
        await skip_research(work, caller_as("member", group_id), group_id, skip)
        with pytest.raises(Conflict) as late:
            await skip_research(work, caller_as("member", group_id), group_id, skip)
        waiting = await load_rotation(work.conn, group_id, NOON)
    async with database.write(NOON + 90 * day) as work:
        swept = await sweep(work.conn, work.now)
        after = await load_rotation(work.conn, group_id, work.now)

    assert late.value.code == "turn_moved_on"
    assert [(each.alias, each.skipped) for each in waiting] == [("kite", ""), ("owl", "On the road.")]
    assert swept == {"rota": 1}
    assert [each.alias for each in after] == ["owl", "kite"]  # the turn that was skipped is forgotten with its alias


async def test_research_with_nobody_in_the_rotation_asks_for_an_alias(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        with pytest.raises(Invalid) as refused:
            await hand_on_research(work, member, group_id, {})
        with pytest.raises(Conflict) as idle:
            await skip_research(work, member, group_id, {"reason": "x"})
        await hand_on_research(work, member, group_id, {"alias": "ibis"})
        with pytest.raises(Invalid) as theirs:
            await hand_on_research(work, member, group_id, {"alias": "Ibis"})

    assert [(p.field, p.code) for p in refused.value.problems] == [("alias", "missing")]
    assert idle.value.code == "nobody_waits"
    assert [(p.field, p.code) for p in theirs.value.problems] == [("alias", "turn_is_theirs")]


async def test_research_of_another_group_is_no_turn_here(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn), await add_group(work.conn, "Casseroles")
        await add_lease(work.conn, other, "researcher", alias="owl", ended_at=NOON)

        assert await load_rotation(work.conn, group_id, NOON) == ()


@pytest.mark.parametrize("role", ["steward", "witness", "room"])
async def test_research_is_moved_by_those_who_take_duties_only(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        caller = STEWARD if role == "steward" else caller_as(role, group_id)
        for use_case in (hand_on_research, skip_research):
            with pytest.raises(Forbidden):
                await use_case(work, caller, group_id, {"alias": "ibis", "reason": "x"})
