"""A proposal from draft to confirmed, moved, cancelled; who hears of it; what is refused and then not written."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordinator.domain.access import Caller
from coordinator.domain.action import State
from coordinator.domain.reasons import Reason, Why, seen_by_others
from coordinator.domain.response import Outcome, Response
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services.candidates import find_board, weigh_start
from coordinator.services.decisions import decide_at_deadline
from coordinator.services.proposals import cancel, draft_action, edit_draft, practise, put_forward, withdraw
from coordinator.services.questions import load_search
from coordinator.services.responses import respond
from coordinator.services.searches import Searches
from coordinator.store.actions import Record, find_record
from coordinator.store.database import Database
from tests.factories import NOON, add_group, add_network, caller_as, count_rows, load_events, open_database

LANGUAGES = frozenset({"en", "es", "ar"})
FORM: dict[str, Any] = {
    "title": "Keep the taps open",
    "kind": "silence",
    "story": "Thirty minutes of silence at every tap.",
    "duration_minutes": "30",
    "quarter": "2027-Q1",
    "language": "en",
}
MOMENT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)


@dataclass
class World:
    """Four groups: two public, one for partners, one hidden; each with a custodian."""

    database: Database
    ids: dict[str, str]

    def custodian(self, name: str) -> Caller:
        return caller_as("custodian", self.ids[name])

    async def record(self, slug: str) -> Record:
        async with self.database.read() as conn:
            found = await find_record(conn, slug)
        assert found is not None
        return found

    async def draft(self, **changes: Any) -> str:
        async with self.database.write(NOON) as work:
            return await draft_action(work, self.custodian("Minga"), self.ids["Minga"], FORM | changes, LANGUAGES)

    async def propose(self, at: datetime = MOMENT, **changes: Any) -> str:
        slug = await self.draft(**changes)
        async with self.database.write(NOON) as work:
            await put_forward(work, self.custodian("Minga"), slug, {"start": at.isoformat()})
        return slug

    async def answer(self, slug: str, name: str, response: str = "consent", reason: str = "", now: datetime = NOON) -> Outcome:
        async with self.database.write(now) as work:
            return await respond(work, self.custodian(name), self.ids[name], slug, {"response": response, "reason": reason})

    async def confirm(self) -> str:
        slug = await self.propose()
        for name in ("Kathmandu", "Cairo", "Quiet"):
            await self.answer(slug, name)
        return slug

    async def events(self, stream: str) -> list[str]:
        async with self.database.read() as conn:
            return [kind for _, kind, _ in await load_events(conn, stream)]


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            ids = {
                "Minga": await add_group(work.conn, "Minga", listing="public"),
                "Kathmandu": await add_group(work.conn, "Kathmandu", zone_id="Asia/Kathmandu", place="Kathmandu", listing="public"),
                "Cairo": await add_group(work.conn, "Cairo", zone_id="Africa/Cairo", place="Cairo"),
                "Quiet": await add_group(work.conn, "Quiet", zone_id="Asia/Tehran", place="Tehran", alias_name="Reed", listing="hidden"),
            }
        yield World(database, ids)


async def test_draft_by_its_group_is_stored_and_told_to_it_alone(world: World) -> None:
    slug = await world.draft()

    record = await world.record(slug)
    assert (record.action.state, record.action.title, record.action.revision) == (State.DRAFT, "Keep the taps open", 1)
    assert {i.group_id for i in record.invitations} == set(world.ids.values())
    assert await world.events(f"group:{world.ids['Minga']}") == ["action.edited"]
    assert await world.events("partners") == await world.events("public") == []


async def test_draft_with_many_faults_names_them_all_and_writes_nothing(world: World) -> None:
    async with world.database.read() as conn:
        before = await count_rows(conn)

    with pytest.raises(Invalid) as caught:
        await world.draft(title="x" * 10_000, kind="party", story="bad\x07", duration_minutes="1441", quarter="2026-Q4", language="tlh")

    assert {(p.field, p.code) for p in caught.value.problems} == {
        ("title", "too_long"),
        ("kind", "choice_unknown"),
        ("story", "control_characters"),
        ("duration_minutes", "duration_too_long"),
        ("quarter", "quarter_past"),
        ("language", "language_unknown"),
    }
    async with world.database.read() as conn:
        assert await count_rows(conn) == before


async def test_a_copy_remembers_its_origin_if_that_is_its_own(world: World) -> None:
    origin = await world.draft()

    own, foreign = await world.draft(copied_from=origin), await world.draft(copied_from="somebody-elses-" * 40)

    assert (await world.record(own)).action.copied_from == (await world.record(origin)).action.id
    assert (await world.record(foreign)).action.copied_from is None


async def test_draft_of_another_group_is_refused(world: World) -> None:
    async with world.database.write(NOON) as work:
        with pytest.raises(Forbidden):
            await draft_action(work, world.custodian("Cairo"), world.ids["Minga"], FORM, LANGUAGES)


async def test_edit_of_a_foreign_draft_answers_as_unknown(world: World) -> None:
    slug = await world.draft()

    async with world.database.write(NOON) as work:
        with pytest.raises(NotFound):
            await edit_draft(work, world.custodian("Cairo"), slug, FORM, LANGUAGES)


async def test_put_forward_opens_a_round_with_the_proposers_consent(world: World) -> None:
    slug = await world.propose()

    record = await world.record(slug)
    assert record.action.state is State.PROPOSED
    assert record.offers == (MOMENT,)
    assert record.starts == ()
    assert record.action.deadline_at == NOON + timedelta(days=14)
    assert {i.group_id: i.response for i in record.invitations}[world.ids["Minga"]] is Response.CONSENT
    assert all(i.offered_burden is not None for i in record.invitations)
    assert await world.events("partners") == await world.events("public") == ["action.proposed"]


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        ({"start": (NOON + timedelta(hours=48)).isoformat()}, "start", "start_too_soon"),
        ({"start": "2027-04-01T12:00:00Z"}, "start", "start_outside_quarter"),
        ({"start": "tomorrow"}, "start", "instant_malformed"),
        ({"start": MOMENT.isoformat(), "deadline": "2027-02-04T17:00:01Z"}, "deadline", "deadline_too_late"),
        ({"start": MOMENT.isoformat(), "deadline": NOON.isoformat()}, "deadline", "deadline_too_early"),
        ({"start": "other", "wall_time": "2027-02-30 12:00"}, "wall_time", "wall_time_malformed"),
        ({"start": "other"}, "wall_time", "missing"),
    ],
)
async def test_put_forward_of_an_impossible_moment_says_why(world: World, raw: dict[str, str], field: str, code: str) -> None:
    slug = await world.draft()

    async with world.database.write(NOON) as work:
        with pytest.raises(Invalid) as caught:
            await put_forward(work, world.custodian("Minga"), slug, raw)

    assert (caught.value.problems[0].field, caught.value.problems[0].code) == (field, code)


@pytest.mark.parametrize(
    ("wall_time", "fold", "code"),
    [("2027-03-14 02:30", "", "wall_time_gap"), ("2027-11-07 01:30", "", "wall_time_fold"), ("2027-11-07 01:30", "second", None)],
)
async def test_put_forward_of_a_wall_time_in_a_gap_or_fold_asks_which(world: World, wall_time: str, fold: str, code: str | None) -> None:
    async with world.database.write(NOON) as work:
        chicago = await add_group(work.conn, "Pilsen", zone_id="America/Chicago")
    custodian, quarter = caller_as("custodian", chicago), "2027-Q1" if wall_time < "2027-04" else "2027-Q4"
    async with world.database.write(NOON) as work:
        slug = await draft_action(work, custodian, chicago, FORM | {"quarter": quarter}, LANGUAGES)

    async def attempt() -> None:
        async with world.database.write(NOON) as work:
            await put_forward(work, custodian, slug, {"start": "other", "wall_time": wall_time, "fold": fold})

    if code is None:
        await attempt()
        assert (await world.record(slug)).offers == (datetime(2027, 11, 7, 7, 30, tzinfo=UTC),)
    else:
        with pytest.raises(Invalid) as caught:
            await attempt()
        assert [p.code for p in caught.value.problems] == [code]


async def test_answers_of_all_groups_confirm_before_the_deadline_with_both_keys(world: World) -> None:
    slug = await world.confirm()

    record = await world.record(slug)
    assert record.action.state is State.CONFIRMED
    assert record.starts == (MOMENT,)
    assert record.offers == ()
    assert record.action.sequence == 0
    kathmandu = record.invited(world.ids["Kathmandu"])
    assert kathmandu is not None
    assert kathmandu.sentence is not None
    assert kathmandu.sentence.wall_time == datetime(2027, 2, 6, 22, 45)
    assert (kathmandu.sentence.zone_id, kathmandu.sentence.utc_offset) == ("Asia/Kathmandu", timedelta(hours=5, minutes=45))
    assert await world.events("public") == ["action.proposed", *["response.given"] * 3, "action.confirmed"]


async def test_an_objection_blocks_until_it_is_changed(world: World) -> None:
    slug = await world.propose()
    for name in ("Kathmandu", "Cairo"):
        await world.answer(slug, name)

    assert await world.answer(slug, "Quiet", "object", "That is a day of mourning.") is Outcome.OPEN
    assert (await world.record(slug)).action.state is State.PROPOSED
    assert await world.answer(slug, "Quiet", "stand_aside") is Outcome.CONFIRMED


async def test_an_objection_without_a_reason_is_refused(world: World) -> None:
    slug = await world.propose()

    with pytest.raises(Invalid) as caught:
        await world.answer(slug, "Cairo", "object")

    assert [(p.field, p.code) for p in caught.value.problems] == [("reason", "reason_missing")]


async def test_a_response_after_the_deadline_is_refused(world: World) -> None:
    slug = await world.propose()

    with pytest.raises(Conflict) as caught:
        await world.answer(slug, "Cairo", now=NOON + timedelta(days=14))

    assert caught.value.code == "deadline_passed"


async def test_the_deadline_decides_by_the_answers_that_are_there(world: World) -> None:
    agreed, open_ = await world.propose(), await world.propose(title="Another")
    await world.answer(agreed, "Cairo")
    deadline = NOON + timedelta(days=14)

    for slug in (agreed, open_):
        record = await world.record(slug)
        async with world.database.write(deadline) as work:
            await decide_at_deadline(work, {"action": record.action.id, "round": 1})

    assert (await world.record(agreed)).action.state is State.CONFIRMED
    assert (await world.record(open_)).action.state is State.LAPSED
    assert (await world.events("partners"))[-2:] == ["action.confirmed", "action.lapsed"]


async def test_the_job_of_an_old_round_does_nothing(world: World) -> None:
    slug = await world.propose()
    record = await world.record(slug)

    async with world.database.write(NOON + timedelta(days=14)) as work:
        await decide_at_deadline(work, {"action": record.action.id, "round": 0})

    assert (await world.record(slug)).action.state is State.PROPOSED


async def test_a_move_leaves_the_old_moment_standing_until_it_is_confirmed(world: World) -> None:
    slug = await world.confirm()
    later = MOMENT + timedelta(days=7)

    async with world.database.write(NOON) as work:
        await put_forward(work, world.custodian("Minga"), slug, {"start": later.isoformat()})
    moving = await world.record(slug)
    for name in ("Kathmandu", "Cairo", "Quiet"):
        await world.answer(slug, name)
    moved = await world.record(slug)

    assert (moving.action.moving, moving.starts, moving.offers) == (True, (MOMENT,), (later,))
    assert moving.agreed_tally.consents == 4
    assert moving.tally.consents == 1
    assert (moved.action.moving, moved.starts, moved.action.sequence) == (False, (later,), 1)
    assert {i.moved_from_at for i in moved.invitations} == {MOMENT}
    assert (await world.events("public"))[-1] == "action.moved"


async def test_a_move_nobody_answers_lets_the_moment_stay(world: World) -> None:
    slug = await world.confirm()
    async with world.database.write(NOON) as work:
        await put_forward(work, world.custodian("Minga"), slug, {"start": (MOMENT + timedelta(days=7)).isoformat()})
    record = await world.record(slug)
    assert record.action.deadline_at is not None

    async with world.database.write(record.action.deadline_at) as work:
        await decide_at_deadline(work, {"action": record.action.id, "round": 2})

    stayed = await world.record(slug)
    assert (stayed.action.state, stayed.action.moving, stayed.starts, stayed.offers) == (State.CONFIRMED, False, (MOMENT,), ())
    assert stayed.action.sequence == 0
    assert (await world.events("partners"))[-1] == "action.stayed"


async def test_a_move_needs_its_deadline_before_the_old_moment_too(world: World) -> None:
    slug = await world.confirm()
    deadline = MOMENT - timedelta(hours=47)

    async with world.database.write(NOON) as work:
        with pytest.raises(Invalid) as caught:
            await put_forward(
                work,
                world.custodian("Minga"),
                slug,
                {"start": (MOMENT + timedelta(days=20)).isoformat(), "deadline": deadline.isoformat()},
            )

    assert [p.code for p in caught.value.problems] == ["deadline_too_late"]


async def test_cancel_says_its_reason_and_raises_the_sequence(world: World) -> None:
    slug = await world.confirm()

    async with world.database.write(NOON) as work:
        await cancel(work, world.custodian("Minga"), slug, {"reason": "The court has heard us."})

    record = await world.record(slug)
    assert (record.action.state, record.action.sequence, record.starts) == (State.CANCELLED, 1, (MOMENT,))
    async with world.database.read() as conn:
        told = (await load_events(conn, "public"))[-1]
    assert told[1] == "action.cancelled"
    assert told[2]["reason"] == "The court has heard us."


async def test_cancel_without_a_reason_or_after_the_start_is_refused(world: World) -> None:
    slug = await world.confirm()

    async with world.database.write(NOON) as work:
        with pytest.raises(Invalid):
            await cancel(work, world.custodian("Minga"), slug, {"reason": " "})
    async with world.database.write(MOMENT) as work:
        with pytest.raises(Conflict) as caught:
            await cancel(work, world.custodian("Minga"), slug, {"reason": "too late"})
    assert caught.value.code == "already_started"


async def test_withdraw_takes_a_proposal_back(world: World) -> None:
    slug = await world.propose()

    async with world.database.write(NOON) as work:
        await withdraw(work, world.custodian("Minga"), slug)

    record = await world.record(slug)
    assert (record.action.state, record.offers) == (State.WITHDRAWN, ())


async def test_a_practice_is_confirmed_at_once_and_told_to_its_group_alone(world: World) -> None:
    slug = await world.draft(practice="1", story="")

    async with world.database.write(NOON) as work:
        await practise(work, world.custodian("Minga"), slug, {"in_minutes": "3"})

    record = await world.record(slug)
    assert (record.action.state, record.starts) == (State.CONFIRMED, (NOON + timedelta(minutes=3),))
    assert [i.group_id for i in record.invitations] == [world.ids["Minga"]]
    assert await world.events("partners") == await world.events("public") == []
    assert await world.events(f"group:{world.ids['Minga']}") == ["action.edited", "action.confirmed"]


async def test_a_practice_cannot_be_put_forward_to_others(world: World) -> None:
    slug = await world.draft(practice="1")

    async with world.database.write(NOON) as work:
        with pytest.raises(Conflict):
            await put_forward(work, world.custodian("Minga"), slug, {"start": MOMENT.isoformat()})


async def test_the_board_shows_candidates_a_day_apart_and_hides_the_hidden_groups_zone(world: World) -> None:
    slug = await world.draft()

    async with world.database.read() as conn:
        board = await find_board(await load_search(conn, world.custodian("Minga"), slug, NOON), Searches())
        weighed = weigh_start(
            await load_search(conn, world.custodian("Minga"), slug, NOON, board.candidates[0].starts_at), board.candidates[0].starts_at
        )

    assert len(board.candidates) == 3
    assert board.invited == 4
    starts = sorted(c.starts_at for c in board.candidates)
    assert all(b - a >= timedelta(hours=20) for a, b in itertools.pairwise(starts))
    hidden = [row.seen for c in board.candidates for row in c.rows if row.seen is not None and row.seen.name == "Reed"]
    assert hidden
    assert all(seen.zone_id is None and seen.place is None and seen.group_id is None for seen in hidden)
    assert weighed == board.candidates[0]


async def test_a_group_is_told_its_own_reasons_and_a_guest_what_its_burden_says(world: World) -> None:
    slug, night = await world.draft(), datetime(2027, 2, 10, 7, 0, tzinfo=UTC)  # 03:00 in La Paz

    async with world.database.read() as conn:
        own = weigh_start(await load_search(conn, world.custodian("Minga"), slug, NOON, night), night)
        guest = weigh_start(await load_search(conn, caller_as("witness", world.ids["Minga"]), slug, NOON, night), night)

    told = {row.seen.name: (row.reason.why, seen_by_others(row.burden)) for row in own.rows if row.seen is not None}
    assert told.pop("Minga") == (Why.QUIET, Reason(Why.CANNOT))
    assert all(Reason(why) == coarse for why, coarse in told.values())
    assert all(row.reason == seen_by_others(row.burden) for row in guest.rows)


async def test_the_board_says_what_would_help_and_what_a_guest_is_not_told(world: World) -> None:
    slug = await world.draft()

    async with world.database.read() as conn:
        own = await find_board(await load_search(conn, world.custodian("Minga"), slug, NOON), Searches())
        guest = await find_board(await load_search(conn, caller_as("witness", world.ids["Minga"]), slug, NOON), Searches())

    assert own.suiting == 0
    assert own.help is not None
    assert guest.help is not None
    assert own.help.own is not None
    assert own.help.own.group == world.ids["Minga"]
    assert guest.help == replace(own.help, own=None)
    assert {seen.name for seen in own.help.conflict} <= {"Minga", "Kathmandu", "Cairo", "Reed"}
    assert len(own.help.conflict) > 1
    assert all(seen.zone_id is None and seen.group_id is None for seen in own.help.conflict if seen.name == "Reed")


async def test_what_a_group_carried_counts_in_the_next_search(world: World) -> None:
    slug = await world.confirm()

    async with world.database.write(MOMENT + timedelta(days=1)) as work:
        second = await draft_action(work, world.custodian("Minga"), world.ids["Minga"], FORM | {"quarter": "2027-Q2"}, LANGUAGES)
    async with world.database.read() as conn:
        board = await find_board(await load_search(conn, world.custodian("Minga"), second, MOMENT + timedelta(days=1)), Searches())

    burdens = {i.group_id: i.burden or 0 for i in (await world.record(slug)).invitations}
    mean = sum(burdens.values()) / len(burdens)
    carried = {row.seen.name: row.carried for row in board.candidates[0].rows if row.seen is not None}
    assert carried["Minga"] == pytest.approx(burdens[world.ids["Minga"]] - mean)
    assert sum(row.carried for row in board.candidates[0].rows) == pytest.approx(0)
