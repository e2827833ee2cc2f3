"""A group's calendar from outside: given, read now, told of and taken back by its own people, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from coordinator.domain.busy import Busy, Fault, span_of
from coordinator.keys import JOB_BUSY
from coordinator.services.busy import NotRead, Read, conclude, load_due
from coordinator.store.tables import job
from tests.api.world import World
from tests.calendars.ics import calendar, event
from tests.factories import NOON, count_rows

SECRET = "private-9f3a11c2"
URL = f"https://calendar.example.org/{SECRET}/basic.ics"
WEEKLY = calendar(event(";TZID=America/La_Paz:20270105T180000", "DURATION:PT2H", "SUMMARY:Asamblea", "RRULE:FREQ=WEEKLY;COUNT=2"))


async def settle(world: World, outcome: Busy | Fault) -> None:
    """What the worker writes of the reading that is due."""
    async with world.database.write(world.clock.now()) as work:
        due = await load_due(work.conn, {"group": world.group}, work.now)
        assert due is not None
        await conclude(work, NotRead(due, outcome) if isinstance(outcome, Fault) else Read(due, outcome, due.marks))


async def test_link_is_given_told_of_read_now_and_taken_back_and_no_answer_shows_it(world: World) -> None:
    path = f"/groups/{world.group}/busy"
    given = [await world.post(path, {"calendar_url": URL}, "member", key="one-and-the-same") for _ in range(2)]
    unread = await world.get(path, "custodian")
    await settle(world, Busy((span_of(NOON + timedelta(days=1), NOON + timedelta(days=1, hours=2)),), 1))
    world.clock.advance(hours=3)
    await settle(world, Fault.GONE)
    told = await world.get(path, "lapsed")
    asked = [await world.post(f"{path}/read", None, "member") for _ in range(2)]
    async with world.database.read() as conn:
        readings = (await conn.execute(sa.select(sa.func.count()).select_from(job).where(job.c.kind == JOB_BUSY))).scalar_one()
    removed = await world.post(f"{path}/remove", None, "custodian")
    gone = [await world.get(path, "member"), await world.post(f"{path}/read", None, "member")]

    assert [each.status_code for each in (*given, *asked, removed, *gone)] == [204, 204, 204, 204, 204, 404, 404]
    assert readings == 2
    assert unread.json() == {
        "kind": "link", "host": "calendar.example.org", "checked_at": None, "read_at": None, "expires_at": None, "fault": None,
        "left_out": 0, "times": [],
    }  # fmt: skip
    assert told.json() == {
        "kind": "link", "host": "calendar.example.org", "checked_at": "2027-01-04T15:00:00Z", "read_at": "2027-01-04T12:00:00Z",
        "expires_at": "2028-02-08T12:00:00Z", "fault": "busy_gone", "left_out": 1,
        "times": [{"starts_at": "2027-01-05T12:00:00Z", "ends_at": "2027-01-05T14:00:00Z"}],
    }  # fmt: skip
    assert SECRET not in "".join(each.text for each in (*given, unread, told, *asked, removed, *gone))


async def test_file_is_read_at_once_and_not_again(world: World) -> None:
    path = f"/groups/{world.group}/busy"
    given = await world.post(f"{path}/file", WEEKLY, "member")
    told = (await world.get(path, "member")).json()
    asked = await world.post(f"{path}/read", None, "member")

    assert (given.status_code, given.content, asked.status_code) == (204, b"", 404)
    assert (told["kind"], told["host"], told["read_at"]) == ("file", None, "2027-01-04T12:00:00Z")
    assert [each["starts_at"] for each in told["times"]] == ["2027-01-05T22:00:00Z", "2027-01-12T22:00:00Z"]


@pytest.mark.parametrize(
    ("role", "status"), [("", 401), ("room", 403), ("remote", 403), ("witness", 403), ("steward", 403), ("other", 403)]
)
async def test_calendar_answers_nobody_else_and_writes_nothing_for_them(world: World, role: str, status: int) -> None:
    path = f"/groups/{world.group}/busy"
    await world.post(path, {"calendar_url": URL}, "member")
    async with world.database.read() as conn:
        before = await count_rows(conn)

    answers = [
        await world.get(path, role),
        await world.post(path, {"calendar_url": URL}, role),
        await world.post(f"{path}/file", b"never read", role),
        await world.post(f"{path}/read", None, role),
        await world.post(f"{path}/remove", None, role),
    ]

    # without a token a command must come from our own pages
    assert [answer.status_code for answer in answers] == [status, 403, 403, 403, 403]
    assert not any("calendar.example.org" in answer.text for answer in answers)
    async with world.database.read() as conn:
        assert await count_rows(conn) == before


@pytest.mark.parametrize(
    ("path", "body", "field", "code"),
    [
        ("busy", {"calendar_url": f"http://calendar.example.org/{SECRET}"}, "calendar_url", "busy_url_scheme"),
        ("busy", {}, "calendar_url", "missing"),
        ("busy/file", b"", "calendar_file", "busy_empty"),
        ("busy/file", b"<!doctype html>", "calendar_file", "busy_not_a_calendar"),
        ("busy/file", WEEKLY[:-20], "calendar_file", "busy_broken"),
    ],
    ids=range(5),
)
async def test_calendar_that_cannot_be_is_a_problem_and_leaves_what_was_known(
    world: World, path: str, body: object, field: str, code: str
) -> None:
    await world.post(f"/groups/{world.group}/busy/file", WEEKLY, "member")
    before = (await world.get(f"/groups/{world.group}/busy", "member")).json()

    answer = await world.post(f"/groups/{world.group}/{path}", body, "member")

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["problems"]] == [(field, code)]
    assert SECRET not in answer.text
    assert (await world.get(f"/groups/{world.group}/busy", "member")).json() == before


async def test_file_over_its_limit_is_refused_unread(world: World) -> None:
    assert (await world.post(f"/groups/{world.group}/busy/file", bytes(1_100_000), "member")).status_code == 413
