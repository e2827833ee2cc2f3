"""A group's private no-go times: who may, what is refused, what the resolver hears, and that nobody is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.no_go import NoGo
from coordinator.errors import Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.candidates import find_board, weigh_start
from coordinator.services.leaving import archive_group
from coordinator.services.no_go import KEPT_AFTER, NO_GO_MOST, add_no_go, list_no_go, load_no_go_spans, remove_no_go
from coordinator.services.proposals import draft_action, put_forward
from coordinator.services.questions import load_search
from coordinator.services.searches import Searches
from coordinator.store import tables
from coordinator.store.database import Database, Work
from coordinator.store.retention import sweep
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, count_rows, load_events

COURT = {"from": "2027-02-14 18:00", "to": "2027-02-14 21:00", "why": "the court sits"}
SPAN = (datetime(2027, 2, 14, 22, 0, tzinfo=UTC), datetime(2027, 2, 15, 1, 0, tzinfo=UTC))  # La Paz: UTC−4
QUARTER = (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
DAY = timedelta(days=1)


async def test_no_go_is_kept_listed_and_forgotten_and_no_event_tells(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        no_go_id = await add_no_go(work, member, group_id, COURT)
        listed = await list_no_go(work.conn, member, group_id, NOON)
        revision = (await work.conn.execute(sa.select(tables.group.c.revision))).scalar_one()
        await remove_no_go(work, member, group_id, no_go_id)
        left = await list_no_go(work.conn, member, group_id, NOON)
    async with database.read() as conn:
        told = await load_events(conn)

    at, until = datetime(2027, 2, 14, 18), datetime(2027, 2, 14, 21)
    assert [(one.id, one.no_go) for one in listed] == [(no_go_id, NoGo(at, until, "the court sits"))]
    assert (revision, left, told) == (1, [], [])


@pytest.mark.parametrize("role", ["steward", "witness", "room", "remote", "public"])
async def test_no_go_is_the_groups_own_and_not_even_the_stewards(database: Database, role: str) -> None:
    async with database.write(NOON) as work:
        group_id, foreign = await add_group(work.conn), await add_group(work.conn, "Nile")
        no_go_id = await add_no_go(work, caller_as("custodian", group_id), group_id, COURT)
        before = await count_rows(work.conn)
        others = (
            [NOBODY] if role == "public" else [caller_as(role, None if role == "steward" else group_id), caller_as("custodian", foreign)]
        )
        for caller in others:
            await _refused(caller, work, group_id, no_go_id)

        assert await count_rows(work.conn) == before


async def _refused(caller: Caller, work: Work, group_id: str, no_go_id: str) -> None:
    for attempt in (
        lambda: list_no_go(work.conn, caller, group_id, NOON),
        lambda: add_no_go(work, caller, group_id, COURT | {"to": "2027-02-15"}),
        lambda: remove_no_go(work, caller, group_id, no_go_id),
    ):
        with pytest.raises((Forbidden, NotSignedIn)):
            await attempt()


async def test_no_go_that_is_there_or_is_one_too_many_is_refused(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        await add_no_go(work, member, group_id, {"from": "2027-02-14"})
        with pytest.raises(Invalid) as twice:
            await add_no_go(work, member, group_id, {"from": "2027-02-14 00:00", "to": "2027-02-14 24:00", "why": "again"})
        for n in range(1, NO_GO_MOST):
            await add_no_go(work, member, group_id, {"from": (NOON + n * DAY).strftime("%Y-%m-%d %H:%M"), "to": "2027-12-31"})
        with pytest.raises(Invalid) as over:
            await add_no_go(work, member, group_id, COURT)

    assert [(p.field, p.code) for p in twice.value.problems] == [("from", "duplicate")]
    assert [(p.field, p.code, p.remedy) for p in over.value.problems] == [("", "too_many", (str(NO_GO_MOST),))]


async def test_no_go_of_another_group_cannot_be_removed_under_ones_own_name(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, foreign = await add_group(work.conn), await add_group(work.conn, "Nile")
        no_go_id = await add_no_go(work, caller_as("custodian", group_id), group_id, COURT)

        with pytest.raises(NotFound):
            await remove_no_go(work, caller_as("custodian", foreign), foreign, no_go_id)


async def test_spans_are_the_groups_wall_time_in_whatever_zone_it_now_is(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, other = await add_group(work.conn), await add_group(work.conn, "Nile")
        await add_no_go(work, caller_as("member", group_id), group_id, COURT)
        before = await load_no_go_spans(work.conn, [group_id, other], *QUARTER)
        await work.conn.execute(sa.update(tables.group).where(tables.group.c.id == group_id).values(zone_id="Asia/Kathmandu"))
        after = await load_no_go_spans(work.conn, [group_id, other], *QUARTER)
        elsewhere = await load_no_go_spans(work.conn, [other], *QUARTER)

    kathmandu = timedelta(hours=9, minutes=45)
    assert before == {group_id: (SPAN,)}
    assert after == {group_id: tuple((start - kathmandu, end - kathmandu) for start, end in (SPAN,))}
    assert elsewhere == {}


async def test_spans_beside_what_is_asked_for_are_left_out(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        await add_no_go(work, caller_as("member", group_id), group_id, COURT)

        assert await load_no_go_spans(work.conn, [group_id], QUARTER[0], SPAN[0]) == {}
        assert await load_no_go_spans(work.conn, [group_id], SPAN[1], QUARTER[1]) == {}
        assert await load_no_go_spans(work.conn, [group_id], SPAN[1] - DAY / 1440, QUARTER[1]) == {group_id: (SPAN,)}


async def test_no_go_that_is_over_leaves_the_list_at_once_and_its_words_soon_after(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id = await add_group(work.conn)
        member = caller_as("member", group_id)
        await add_no_go(work, member, group_id, COURT)

        assert len(await list_no_go(work.conn, member, group_id, SPAN[1] - DAY / 1440)) == 1
        assert await list_no_go(work.conn, member, group_id, SPAN[1]) == []
        assert "no_go" not in await sweep(work.conn, SPAN[1] + KEPT_AFTER - DAY / 1440)
        assert (await sweep(work.conn, SPAN[1] + KEPT_AFTER))["no_go"] == 1


async def test_group_that_leaves_takes_its_no_go_times_along(database: Database) -> None:
    async with database.write(NOON) as work:
        group_id, staying = await add_group(work.conn), await add_group(work.conn, "Nile")
        for each in (group_id, staying):
            await add_no_go(work, caller_as("member", each), each, COURT)
        await archive_group(work, STEWARD, group_id)

        kept = (await work.conn.execute(sa.select(tables.no_go.c.group_id))).scalars().all()
    assert kept == [staying]


# --- what it does to the search ---------------------------------------------------------------------------------------

PROPOSAL = {"title": "T", "kind": "silence", "story": "S", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}


async def test_no_go_of_an_invited_group_moves_the_candidates_and_is_weighed_as_not_borne(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga, atlas = await add_group(work.conn, "Minga"), await add_group(work.conn, "Atlas")
        proposer = caller_as("custodian", minga)
        slug = await draft_action(work, proposer, minga, PROPOSAL, frozenset({"en"}))
        before = await find_board(await load_search(work.conn, proposer, slug, NOON), Searches())
        best = before.candidates[0].starts_at
        wall_time = best - timedelta(hours=4)  # La Paz
        bounds = {"from": f"{wall_time:%Y-%m-%d %H:%M}", "to": f"{wall_time + timedelta(minutes=15):%Y-%m-%d %H:%M}"}
        await add_no_go(work, caller_as("member", atlas), atlas, bounds)

        after = await find_board(await load_search(work.conn, proposer, slug, NOON), Searches())
        weighed = weigh_start(await load_search(work.conn, proposer, slug, NOON, best), best)
        await put_forward(work, proposer, slug, {"start": best.isoformat()})
        stored = dict((await work.conn.execute(sa.select(tables.invitation.c.group_id, tables.invitation.c.offered_burden))).all())

    assert before.candidates[0].covered == after.candidates[0].covered == 2
    assert after.candidates[0].starts_at > best
    assert before.suiting - after.suiting == 1  # an evening begins with it, so no earlier start reaches into it
    assert sorted(row.burden for row in weighed.rows) == [0, 13]
    assert stored == {minga: 0, atlas: 13}


async def test_no_go_outside_the_quarter_is_still_weighed(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga, atlas = await add_group(work.conn, "Minga"), await add_group(work.conn, "Atlas")
        slug = await draft_action(work, caller_as("custodian", minga), minga, PROPOSAL, frozenset({"en"}))
        await add_no_go(work, caller_as("member", atlas), atlas, {"from": "2027-05-03", "to": "2027-05-04"})

        for day, burden in ((3, 13), (4, 13), (5, 0)):
            starts_at = datetime(2027, 5, day, 22, 0, tzinfo=UTC)
            weighed = weigh_start(await load_search(work.conn, caller_as("custodian", minga), slug, NOON, starts_at), starts_at)
            assert sorted(row.burden for row in weighed.rows) == [0, burden], day
