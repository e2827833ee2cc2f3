"""A calendar is given, read, fails, is replaced and taken back: what was known stands until something else is known, and nobody else hears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import structlog

from coordinator import keys
from coordinator.calendars.fetching import Marks
from coordinator.domain.access import NOBODY
from coordinator.domain.busy import HORIZON, Busy, Fault, horizon, span_of
from coordinator.errors import Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.busy import (
    READ_EVERY,
    RETRY_FIRST,
    RETRY_LONGEST,
    TAKEN_WHOLE_EVERY,
    Due,
    NotRead,
    Read,
    conclude,
    give_link,
    keep_file,
    load_due,
    load_state,
    open_link,
    plan_round,
    read_again,
    read_round,
    remove_calendar,
)
from coordinator.services.candidates import find_board, weigh_start
from coordinator.services.leaving import archive_group
from coordinator.services.no_go import add_no_go, load_no_go_spans
from coordinator.services.proposals import draft_action
from coordinator.services.questions import load_search
from coordinator.services.searches import Searches
from coordinator.store import tables
from coordinator.store.busy import Source, find_calendar
from coordinator.store.database import Database, Work
from coordinator.store.retention import BUSY_KEPT_FOR, sweep
from tests.factories import NOON, SECRET_KEY, STEWARD, add_group, add_network, caller_as, load_events

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "private-9f3a11c2"
URL = f"https://calendar.example.org/{SECRET}/basic.ics"
MARKS = Marks('"v1"', "")
PROPOSAL = {"title": "T", "kind": "silence", "story": "S", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}


def at(start: float, end: float) -> tuple[datetime, datetime]:
    return NOON + start * HOUR, NOON + end * HOUR


def busy(*spans: tuple[float, float], left_out: int = 0) -> Busy:
    return Busy(tuple(span_of(*at(*each)) for each in spans), left_out)


async def give(work: Work, group_id: str, url: str = URL) -> Due:
    """A link given, and the reading that it asks for."""
    await give_link(work, caller_as("member", group_id), group_id, {"calendar_url": url}, SECRET_KEY)
    return await due_of(work, group_id)


async def due_of(work: Work, group_id: str) -> Due:
    due = await load_due(work.conn, {"group": group_id}, work.now)
    assert due is not None
    return due


async def spans_of(work: Work, group_id: str) -> tuple[tuple[datetime, datetime], ...]:
    found = await load_no_go_spans(work.conn, [group_id], NOON - DAY, NOON + HORIZON)
    return found.get(group_id, ())


async def state_of(work: Work, group_id: str) -> tuple[Fault | None, datetime | None, datetime | None]:
    """The last fault, when it was tried, when it was read."""
    state = await load_state(work.conn, caller_as("member", group_id), group_id, SECRET_KEY, work.now)
    assert state is not None
    return state.fault, state.checked_at, state.read_at


async def count_readings(work: Work) -> int:
    kinds = sa.select(sa.func.count()).select_from(tables.job).where(tables.job.c.kind == keys.JOB_BUSY)
    return int((await work.conn.execute(kinds)).scalar_one())


# --- given ----------------------------------------------------------------------------------------------------------------


async def test_link_is_kept_sealed_and_read_at_once(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        due = await give(work, group_id)
        row = (await work.conn.execute(sa.select(tables.busy_calendar))).one()
        job = (await work.conn.execute(sa.select(tables.job).where(tables.job.c.kind == keys.JOB_BUSY))).one()
        state = await load_state(work.conn, caller_as("custodian", group_id), group_id, SECRET_KEY, NOON)
        told = await load_events(work.conn)

    assert open_link(due.kept, SECRET_KEY) == URL
    assert open_link(due.kept, b"another key") is None
    assert SECRET not in repr(tuple(row)) + repr(tuple(job)) + repr(told)
    assert (job.ref, job.due_at) == ({"group": group_id}, NOON)
    assert (due.marks, due.within) == (Marks(), horizon(NOON))
    assert state is not None
    assert (state.kind, state.host, state.read_at, state.fault, state.spans) == (Source.LINK, "calendar.example.org", None, None, ())


@pytest.mark.parametrize(
    ("url", "code"), [("", "missing"), (f"http://example.org/{SECRET}", "busy_url_scheme"), (SECRET, "busy_url_malformed")]
)
async def test_link_that_is_none_leaves_everything_as_it_was(database: Database, url: str, code: str) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await keep_file(work, caller_as("member", group_id), group_id, busy((1, 2)), horizon(NOON))

        with pytest.raises(Invalid) as refused:
            await give_link(work, caller_as("member", group_id), group_id, {"calendar_url": url}, SECRET_KEY)

        assert [(p.field, p.code, p.value) for p in refused.value.problems] == [("calendar_url", code, "")]
        assert await spans_of(work, group_id) == (at(1, 2),)


async def test_file_takes_the_place_of_all_that_was_known_and_is_not_read_again(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        late = await give(work, group_id)
        await keep_file(work, member, group_id, busy((1, 2), (5, 6), left_out=3), horizon(NOON))
        await conclude(work, Read(late, busy((7, 8)), MARKS))  # of the link, which is gone by now

        kept = await find_calendar(work.conn, group_id)
        state = await load_state(work.conn, member, group_id, SECRET_KEY, NOON + 3 * HOUR)
        assert await spans_of(work, group_id) == (at(1, 2), at(5, 6))
        assert await load_due(work.conn, {"group": group_id}, NOON) is None

    assert kept is not None
    assert (kept.sealed_url, kept.next_at, kept.expires_at) == (None, None, NOON + HORIZON)
    assert state is not None
    assert (state.kind, state.host, state.left_out, state.read_at, state.spans) == (Source.FILE, "", 3, NOON, (at(5, 6),))


@pytest.mark.parametrize("role", ["", "steward", "witness", "room", "remote", "foreign"])
async def test_nobody_but_the_groups_own_people_reads_or_changes_it(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn), await add_group(work.conn, "Nile")
        caller = {"": NOBODY, "steward": STEWARD, "foreign": caller_as("custodian", other)}.get(role) or caller_as(role, group_id)
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: load_state(work.conn, caller, group_id, SECRET_KEY, NOON),
            lambda: give_link(work, caller, group_id, {"calendar_url": URL}, SECRET_KEY),
            lambda: keep_file(work, caller, group_id, busy(), horizon(NOON)),
            lambda: read_again(work, caller, group_id),
            lambda: remove_calendar(work, caller, group_id),
        ]
        for attempt in attempts:
            with pytest.raises((Forbidden, NotSignedIn)):
                await attempt()


async def test_calendar_taken_back_is_gone_with_what_was_read(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        due = await give(work, group_id)
        await conclude(work, Read(due, busy((1, 2)), MARKS))
        await remove_calendar(work, caller_as("lapsed", group_id), group_id)
        await conclude(work, Read(due, busy((3, 4)), MARKS))  # it was being read just then

        assert await spans_of(work, group_id) == ()
        assert await load_state(work.conn, caller_as("member", group_id), group_id, SECRET_KEY, NOON) is None
        with pytest.raises(NotFound):
            await remove_calendar(work, caller_as("member", group_id), group_id)


# --- read again -----------------------------------------------------------------------------------------------------------


async def test_failing_link_never_empties_what_was_known_and_is_tried_ever_more_rarely(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await conclude(work, Read(await give(work, group_id), busy((1, 2)), MARKS))
    waits = []
    for hours in range(1, 9):
        now = NOON + hours * HOUR
        async with database.write(now) as work:
            await conclude(work, NotRead(await due_of(work, group_id), Fault.GONE))
            kept = await find_calendar(work.conn, group_id)
            assert kept is not None
            assert kept.next_at is not None
            waits.append(kept.next_at - now)
            assert await spans_of(work, group_id) == (at(1, 2),)
            assert await state_of(work, group_id) == (Fault.GONE, now, NOON)
    async with database.write(NOON + 20 * HOUR) as work:
        await conclude(work, Read(await due_of(work, group_id), None, MARKS))

        assert await spans_of(work, group_id) == (at(1, 2),)
        assert await state_of(work, group_id) == (None, NOON + 20 * HOUR, NOON + 20 * HOUR)
    assert waits == [min(RETRY_FIRST * 2**n, RETRY_LONGEST) for n in range(8)]


async def test_group_has_its_link_read_now_once_a_minute(database: Database) -> None:
    planned = []
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn), await add_group(work.conn, "Nile")
        await conclude(work, Read(await give(work, group_id), busy(), MARKS))
        await keep_file(work, caller_as("member", other), other, busy(), horizon(NOON))
    for seconds in (61, 62, 119, 120):
        async with database.write(NOON + timedelta(seconds=seconds)) as work:
            await read_again(work, caller_as("member", group_id), group_id)
            planned.append(await count_readings(work))
            with pytest.raises(NotFound):  # a file is not kept
                await read_again(work, caller_as("member", other), other)

    assert planned == [2, 2, 2, 3]


async def test_log_does_not_say_whose_calendar_failed(database: Database) -> None:
    with structlog.testing.capture_logs() as logged:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            await conclude(work, NotRead(await give(work, group_id), Fault.GONE))

    assert logged == [{"event": "busy.not_read", "fault": "busy_gone", "log_level": "info"}]


async def test_new_link_leaves_what_was_known_until_it_has_been_read(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        first = await give(work, group_id)
        await conclude(work, Read(first, busy((1, 2)), MARKS))
    async with database.write(NOON + HOUR) as work:
        second = await give(work, group_id, URL + "?v=2")
        await conclude(work, Read(first, busy((3, 4)), MARKS))  # a late reading of the first one
        before = await spans_of(work, group_id)
        await conclude(work, Read(second, busy((5, 6)), MARKS))

        assert (before, await spans_of(work, group_id)) == ((at(1, 2),), (at(5, 6),))
        assert second.marks == Marks()


async def test_calendar_is_taken_whole_after_a_while_and_when_its_group_has_moved(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await conclude(work, Read(await give(work, group_id), busy((1, 2)), MARKS))
    async with database.write(NOON + TAKEN_WHOLE_EVERY - HOUR) as work:
        unchanged = await due_of(work, group_id)
        await conclude(work, Read(unchanged, None, MARKS))
    async with database.write(NOON + TAKEN_WHOLE_EVERY) as work:
        whole = await due_of(work, group_id)
        await conclude(work, Read(whole, busy((1, 2)), MARKS))
        await work.conn.execute(sa.update(tables.group).values(zone_id="Asia/Kathmandu"))
        moved = await due_of(work, group_id)

    assert [due.marks for due in (unchanged, whole, moved)] == [MARKS, Marks(), Marks()]
    assert moved.kept.group_zone_id == "Asia/Kathmandu"


async def test_round_plans_each_calendar_when_its_time_has_come_even_if_a_reading_was_given_up(database: Database) -> None:
    planned = []
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn), await add_group(work.conn, "Nile")
        await conclude(work, Read(await give(work, group_id), busy(), MARKS))
        await keep_file(work, caller_as("member", other), other, busy(), horizon(NOON))
        await plan_round(work)
    for hours in (1, 6, 7, 12):  # nothing comes of what is planned: its jobs die
        async with database.write(NOON + hours * HOUR) as work:
            await read_round(work, {})
            planned.append(await count_readings(work))

    async with database.read() as conn:
        rounds = sa.select(tables.job.c.due_at).where(tables.job.c.kind == keys.JOB_BUSY_ROUND).order_by(tables.job.c.due_at)
        due = (await conn.execute(rounds)).scalars().all()
    assert READ_EVERY == 6 * HOUR
    assert planned == [1, 2, 2, 3]
    assert due == [NOON + hours * HOUR for hours in (1, 2, 7, 8, 13)]


# --- forgotten ------------------------------------------------------------------------------------------------------------


async def test_spans_that_are_over_and_calendars_of_which_nothing_holds_are_swept(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await keep_file(work, caller_as("member", group_id), group_id, busy((1, 2), (100, 101)), horizon(NOON))
        swept = [await sweep(work.conn, NOON + each) for each in (2 * HOUR + BUSY_KEPT_FOR, HORIZON)]

    assert swept[0] == {"busy_span": 1}
    assert swept[1]["busy_calendar"] == 1


async def test_group_that_leaves_takes_its_calendar_along(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, staying = await add_group(work.conn), await add_group(work.conn, "Nile")
        for each in (group_id, staying):
            await keep_file(work, caller_as("member", each), each, busy((1, 2)), horizon(NOON))
        await archive_group(work, STEWARD, group_id)

        assert (await spans_of(work, group_id), await spans_of(work, staying)) == ((), (at(1, 2),))


# --- what it does to the search -------------------------------------------------------------------------------------------


async def test_busy_times_join_no_go_times_and_move_the_candidates_alike(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga, atlas = await add_group(work.conn, "Minga"), await add_group(work.conn, "Atlas")
        proposer, member = caller_as("custodian", minga), caller_as("member", atlas)
        slug = await draft_action(work, proposer, minga, PROPOSAL, frozenset({"en"}))
        best = (await find_board(await load_search(work.conn, proposer, slug, NOON), Searches())).candidates[0].starts_at
        await keep_file(work, member, atlas, Busy((span_of(best, best + HOUR / 4),), 0), horizon(NOON))
        by_calendar = await find_board(await load_search(work.conn, proposer, slug, NOON), Searches())
        weighed = weigh_start(await load_search(work.conn, proposer, slug, NOON, best), best)

        wall_time = best - 4 * HOUR  # La Paz
        bounds = {"from": f"{wall_time:%Y-%m-%d %H:%M}", "to": f"{wall_time + HOUR / 4:%Y-%m-%d %H:%M}"}
        await add_no_go(work, member, atlas, bounds)
        both = await spans_of(work, atlas)
        await remove_calendar(work, member, atlas)
        by_no_go = await find_board(await load_search(work.conn, proposer, slug, NOON), Searches())

    assert by_calendar.candidates[0].starts_at > best
    assert sorted(row.burden for row in weighed.rows) == [0, 13]
    assert both == ((best, best + HOUR / 4),) * 2
    assert by_calendar == by_no_go
