"""A link on its way through the real worker: fetched over real TLS, read by the real child, kept; and what a bad one leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.calendars.fetching import Fetcher
from coordinator.domain.busy import HORIZON, Fault
from coordinator.services.busy import READ_EVERY, give_link, read_round
from coordinator.services.drafter import Drafter
from coordinator.services.no_go import load_no_go_spans
from coordinator.store.busy import KeptCalendar, find_calendar
from coordinator.store.database import Database
from coordinator.store.tables import busy_calendar, job
from coordinator.translators.none import NoTranslator
from tests.calendars.ics import calendar, event
from tests.calendars.server import HOST, Answer, Server, says, sends_on, serving, writes
from tests.conftest import FakeClock
from tests.factories import NOON, SECRET_KEY, add_group, caller_as
from worker.calendars import CalendarJobs
from worker.handlers import make_handlers
from worker.process import LONG
from worker.runner import Outcome, Runner
from worker.sound.jobs import SoundJobs

SECRET = "private-9f3a11c2"
PATH = f"/{SECRET}/basic.ics"
WEEKLY = calendar(event(";TZID=America/La_Paz:20270105T180000", "DURATION:PT2H", "SUMMARY:Assembly", "RRULE:FREQ=WEEKLY;COUNT=2"))
EVENINGS = tuple((NOON + timedelta(days=days, hours=10), NOON + timedelta(days=days, hours=12)) for days in (1, 8))


class World:
    """One group with a link to the server, and its worker."""

    def __init__(self, database: Database, server: Server, clock: FakeClock, fetcher: Fetcher, group_id: str) -> None:
        self.database, self.server, self.clock, self.group_id = database, server, clock, group_id
        calendars = CalendarJobs(fetcher, SECRET_KEY)
        drafter: Any = Drafter(NoTranslator(), ["en"], 1.0)
        self.runner = Runner(database, clock, make_handlers(drafter, SoundJobs(None), calendars))  # type: ignore[arg-type]  # no sound here

    async def read(self, answer: Answer | None = None) -> KeptCalendar:
        """The newest reading that was planned, run; the calendar as it is kept then."""
        if answer is not None:
            self.server.answers[PATH] = answer
        async with self.database.read() as conn:
            newest = sa.select(job.c.id).where(job.c.kind == keys.JOB_BUSY).order_by(job.c.due_at.desc()).limit(1)
            job_id = (await conn.execute(newest)).scalar_one()
        assert await self.runner.run_job(job_id, LONG) is Outcome.DONE
        async with self.database.read() as conn:
            kept = await find_calendar(conn, self.group_id)
        assert kept is not None
        return kept

    async def next_round(self) -> None:
        self.clock.advance(READ_EVERY)
        async with self.database.write(self.clock.now()) as work:
            await read_round(work, {})

    async def spans(self) -> tuple[tuple[datetime, datetime], ...]:
        async with self.database.read() as conn:
            return (await load_no_go_spans(conn, [self.group_id], NOON, NOON + HORIZON)).get(self.group_id, ())


@pytest.fixture
async def world(database: Database, clock: FakeClock) -> AsyncIterator[World]:
    async with serving() as server:
        async with database.write(NOON) as work:
            group_id = await add_group(work.conn)
            url = f"webcal://{HOST}{PATH}"
            await give_link(work, caller_as("member", group_id), group_id, {"calendar_url": url}, SECRET_KEY)
        yield World(database, server, clock, server.fetcher(), group_id)


async def test_link_is_fetched_read_and_asked_for_news_only(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    first = await world.read(says(200, WEEKLY, ETag='"v1"'))
    await world.next_round()
    second = await world.read(says(304))

    assert await world.spans() == EVENINGS
    assert (first.fault, first.read_at, first.etag, first.left_out) == (None, NOON, '"v1"', 0)
    assert (second.fault, second.read_at, second.taken_at) == (None, NOON + READ_EVERY, NOON)
    assert [headers.get("if-none-match") for _, headers in world.server.requests] == [None, '"v1"']
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (says(404), Fault.GONE),
        (says(200, b"<!doctype html><title>Sign in</title>"), Fault.NOT_A_CALENDAR),
        (says(200, WEEKLY[:-20]), Fault.BROKEN),
        (says(200, calendar(event(":20270105T180000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"))), Fault.RULE),
        (sends_on("https://169.254.169.254/"), Fault.ADDRESS),
        (writes(b"HTTP/1.1 200 OK\r\n\r\n", b"BEGIN:VCALENDAR\r\n" * 1_000, for_ever=True), Fault.TOO_BIG),
    ],
    ids=range(6),
)
async def test_bad_answer_leaves_what_was_known_and_says_why(
    world: World, answer: Answer, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    await world.read(says(200, WEEKLY))
    await world.next_round()

    kept = await world.read(answer)

    assert await world.spans() == EVENINGS
    assert (kept.fault, kept.failures, kept.read_at, kept.checked_at) == (fault, 1, NOON, NOON + READ_EVERY)
    said = "".join(capfd.readouterr())
    assert SECRET not in said
    assert HOST not in said


async def test_link_sealed_with_another_key_is_said_so(world: World) -> None:
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.update(busy_calendar).values(sealed_url=b"sealed with another key"))

    assert (await world.read()).fault is Fault.KEY_LOST
