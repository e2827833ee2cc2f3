"""What closes a group's time without telling others: whoever looks on cannot tell it from hours that the group does not have.

Worlds are copies of one database and differ in how the first group closes its Saturdays: by its hours, for everybody to infer, or in private.
Then the same happens in each, and every route is read by every reader. A new way of closing time in private joins `PRIVATE_WAYS`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.routing import Route

from coordinator.domain.access import NOBODY, Caller, may_read_stream
from coordinator.domain.busy import Busy, span_of
from coordinator.keys import IDEMPOTENCY_FIELD, PARTNERS, PUBLIC, group_stream
from coordinator.services.busy import Read as ReadCalendar
from coordinator.services.busy import conclude, give_link, load_due
from coordinator.services.groups import edit_availability
from coordinator.services.no_go import add_no_go
from coordinator.services.snapshots import load_snapshot
from coordinator.store.database import Work
from coordinator.store.tables import group as group_table
from tests.api.world import PROPOSAL, World, open_world
from tests.conftest import FakeClock
from tests.factories import NOON, SECRET_KEY, caller_as, load_events

Bodies = Mapping[str, str]
Prepare = Callable[[Work, str], Awaitable[None]]
Read = Callable[[Prepare], Mapping[str, Bodies]]

WEEKDAYS = {"days": ["MO", "TU", "WE", "TH", "FR"], "from": "17:30", "to": "21:30"}
SATURDAYS = {"days": ["SA"], "from": "10:00", "to": "14:00"}  # in La Paz, 14:00 to 18:00 UTC
ALL_SATURDAYS = [(date(2027, 1, 9) + timedelta(weeks=week)).isoformat() for week in range(14)]
KEPT_AT, OPEN_AT = "2027-01-16T14:30:00Z", "2027-02-13T14:30:00Z"  # Saturdays, as the first of these
SATURDAY_AT, MONDAY_AT = "2027-01-23T14:30:00Z", "2027-01-25T22:00:00Z"
LATER = datetime(2027, 1, 18, 12, 0, tzinfo=UTC)  # after the first action, which was kept

WHY = "tribunal de Chimoré"
CALENDAR_HOST = "agenda.tribunal.example"
SECRETS = ("Chimor", "09:43", "13:43", "14:07", "18:07", CALENDAR_HOST)  # the bounds in La Paz and in UTC

STRANGERS = ("", "other", "hidden")  # they see nothing of the group's hours, but that it bears a start or not
GUESTS = ("witness", "steward")  # they see its hours, and nothing else
NOWHERE = "unknown"
NOT_HERE = (  # names in addresses of which these worlds have none; whoever adds a name decides whether they should
    "coding", "form", "job", "link", "no_go", "number", "packet", "rendering", "report", "sound", "term", "text", "token", "translation",
    "upload", "voice", "event", "drift",
)  # fmt: skip
NEW_EACH_TIME = re.compile(rf'name="{IDEMPOTENCY_FIELD}" value="[^"]*"|"job": "[^"]*"')  # a form's key, a job's id
ASIDE = ("/static/", "/metrics", "/api/v1/time")  # files, this process's counts, and the time: no world is asked


# --- ways of closing a Saturday ---------------------------------------------------------------------------------------


async def keep_open(work: Work, group_id: str) -> None:
    """The hours as they were, kept once more: nothing is closed."""
    await _set_hours(work, group_id, WEEKDAYS, SATURDAYS)


async def close_by_hours(work: Work, group_id: str) -> None:
    """No hours on Saturdays: what anybody may infer."""
    await _set_hours(work, group_id, WEEKDAYS)


async def close_by_no_go(work: Work, group_id: str) -> None:
    """Open on Saturdays, and a no-go over each."""
    await _set_hours(work, group_id, WEEKDAYS, SATURDAYS)
    for on in ALL_SATURDAYS:
        await add_no_go(work, caller_as("member", group_id), group_id, {"from": f"{on} 09:43", "to": f"{on} 14:07", "why": WHY})


async def close_by_calendar(work: Work, group_id: str) -> None:
    """Open on Saturdays, and a calendar that is busy on each; its next reading is planned."""
    await _set_hours(work, group_id, WEEKDAYS, SATURDAYS)
    await give_link(work, caller_as("member", group_id), group_id, {"calendar_url": f"https://{CALENDAR_HOST}/{WHY[:8]}.ics"}, SECRET_KEY)
    due = await load_due(work.conn, {"group": group_id}, work.now)
    assert due is not None
    bounds = [[datetime.fromisoformat(f"{on}T{at}:00Z") for at in ("13:43", "18:07")] for on in ALL_SATURDAYS]
    await conclude(work, ReadCalendar(due, Busy(tuple(span_of(start_at, end_at) for start_at, end_at in bounds), 1), due.marks))


async def close_by_blocked_dates(work: Work, group_id: str) -> None:
    """Awake at any hour of a Saturday, and each of them blocked, as the group's guests may read."""
    await _set_hours(work, group_id, WEEKDAYS, SATURDAYS, reach="waking", blocked=ALL_SATURDAYS)


async def close_whole_days_by_no_go(work: Work, group_id: str) -> None:
    """The same in private."""
    await _set_hours(work, group_id, WEEKDAYS, SATURDAYS, reach="waking")
    for on in ALL_SATURDAYS:
        await add_no_go(work, caller_as("member", group_id), group_id, {"from": on, "why": WHY})


async def _set_hours(work: Work, group_id: str, *windows: Mapping[str, object], **more: object) -> None:
    await edit_availability(work, caller_as("custodian", group_id), group_id, {"windows": list(windows), "reach": "windows"} | more)


PRIVATE_WAYS: tuple[Prepare, ...] = (close_by_no_go, close_by_calendar)
OWN: Mapping[Prepare, set[str]] = {close_by_no_go: set(SECRETS) - {CALENDAR_HOST}, close_by_calendar: set(SECRETS) - {"Chimor"}}
READERS: Mapping[Prepare, Sequence[str]] = {
    close_by_hours: (*STRANGERS, *GUESTS),
    keep_open: ("other", *GUESTS),
    close_by_blocked_dates: ("other",),
    close_whole_days_by_no_go: ("other",),
    **dict.fromkeys(PRIVATE_WAYS, (*STRANGERS, *GUESTS, "member")),
}


# --- worlds -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Base:
    """A closed world and its database, to be copied; what was drafted in it, and what stands for each name in an address."""

    path: Path
    world: World
    drafts: Mapping[str, str]
    spotlight: str
    meeting: str

    def known(self, route: Route, own_group: str) -> Mapping[str, list[str]]:
        """What stands for each name in an address, for a reader whose own group this is."""
        world, told = self.world, "spotlights" in route.path or route.path.startswith("/{lang}/mirror")
        return {
            **{name: [NOWHERE] for name in NOT_HERE},
            "lang": ["en"],
            "group": list(dict.fromkeys([world.group, own_group])),
            "slug": [self.spotlight] if told else list(self.drafts.values()),
            "spotlight": [self.spotlight],
            "meeting": [self.meeting],
            "quarter": ["2027-Q1"],
            "start": [SATURDAY_AT, MONDAY_AT],
            "shape": ["instant"],
        }

    def addresses(self, world: World, own_group: str) -> Iterator[list[str]]:
        """For every route that answers a GET its addresses, with everything that stands for a name in it; then some that ask for more."""
        for route in world.app.routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()) and not route.path.startswith(ASIDE):
                known, names = self.known(route, own_group), list(route.param_convertors)
                assert set(names) <= set(known), f"say in Base.known what stands for {set(names) - set(known)} of {route.path}"
                chosen = itertools.product(*(known[name] for name in names))
                yield [str(route.url_path_for(route.name, **dict(zip(names, values, strict=True)))) for values in chosen]
        for group_id in {world.group, own_group}:
            yield [f"/en/g/{group_id}/fairness?of={world.group}"]
            asked = (
                "candidate=B",
                "wall_time=2027-01-23+10:30",
                "wall_time=2027-01-23+15:30",
            )  # the last two: the Saturday, here and there
            yield [f"/en/g/{group_id}/actions/{self.drafts[name]}?{query}" for name in ("other", "own") for query in asked]
        weighed = (f"instant?start={SATURDAY_AT}", "wave?start=2027-01-23T10:30", f"relay?start={MONDAY_AT},{SATURDAY_AT}")
        yield [f"/api/v1/actions/{self.drafts[name]}/shapes/{query}" for name in ("other", "own") for query in weighed]


async def _build(path: Path) -> Base:
    async with open_world(f"sqlite+aiosqlite:///{path}", FakeClock()) as world:
        async with world.database.write(NOON) as work:
            for group_id, hours in ((world.other, "15:00-19:00"), (world.hidden, "08:00-12:00")):
                start, end = hours.split("-")
                windows = [{"days": ["SA"], "from": start, "to": end, "level": "preferred"}]
                kept = {"windows": windows, "quiet": [], "blocked": []}
                await work.conn.execute(sa.update(group_table).where(group_table.c.id == group_id).values(availability=kept))
        drafts = {}
        for name, role, group_id in (
            ("kept", "other", world.other),
            ("open", "other", world.other),
            ("other", "other", world.other),
            ("own", "custodian", world.group),
        ):
            made = await world.post(f"/groups/{group_id}/actions", PROPOSAL | {"title": f"The {name} one"}, role)
            drafts[name] = str(made.json()["slug"])
        told = await world.tell()
        return Base(path, world, drafts, told, await world.set_up(told))


async def _read_all(base: Base, path: Path, prepare: Prepare, roles: Sequence[str]) -> dict[str, Bodies]:
    """Role → address or stream → what it is answered there."""
    shutil.copy(base.path, path)
    clock = FakeClock()
    async with open_world(f"sqlite+aiosqlite:///{path}", clock, copy_of=base.world) as world:
        async with world.database.write(clock.now()) as work:
            await prepare(work, world.group)
        await _act(world, base)
        clock.set(LATER)
        return {role: await _read(world, base, role) for role in roles}


async def _act(world: World, base: Base) -> None:
    """The same in every world: one action is agreed to on a Saturday, another one is put forward."""
    for name, start in (("kept", KEPT_AT), ("open", OPEN_AT)):
        offered = await world.post(f"/actions/{base.drafts[name]}/put-forward", {"start": start}, "other")
        assert offered.status_code == 200, offered.text
    for role, group_id in (("custodian", world.group), ("hidden", world.hidden)):
        answer = {"group": group_id, "response": "consent"}
        given = await world.post(f"/actions/{base.drafts['kept']}/response", answer, role)
        assert given.status_code == 200, given.text


async def _read(world: World, base: Base, role: str) -> Bodies:
    own_group = {"other": world.other, "hidden": world.hidden}.get(role, world.group)
    found: dict[str, str] = {}
    for addresses in base.addresses(world, own_group):
        for address in addresses:
            answer = await world.client.get(address, headers=world.headers(role))
            said = _plain(answer.headers.get("content-type", ""), answer.text)
            found[address] = f"{answer.status_code} {answer.headers.get('location', '')}\n{said}"
            if answer.status_code in (303, 401):
                break  # a route that leads back, or asks for a link first, does so whatever its names stand for
    return found | await _read_streams(world, _caller(role, own_group))


def _plain(content_type: str, body: str) -> str:
    """The body without what is random in it; JSON a value a line."""
    if "json" in content_type and body:
        body = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
    return NEW_EACH_TIME.sub("", body)


def _caller(role: str, own_group: str) -> Caller:
    if not role:
        return NOBODY
    held = "custodian" if role in {"other", "hidden"} else role
    return caller_as(held, None if role == "steward" else own_group)


async def _read_streams(world: World, caller: Caller) -> Bodies:
    """What a socket would bring: everything told so far, and what a new reader is shown first."""
    streams = [PUBLIC, PARTNERS, *(group_stream(each) for each in (world.group, world.other, world.hidden))]
    found = {}
    async with world.database.read() as conn:
        for stream in (each for each in streams if may_read_stream(caller, each)):
            told: dict[str, Any] = {"events": await load_events(conn, stream)}
            told["snapshot"] = await load_snapshot(conn, stream, caller, world.clock.now())
            found[stream] = json.dumps(told, indent=1, ensure_ascii=False)
    return found


# --- the tests --------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def base(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Base:
    path = tmp_path_factory.mktemp("private") / "base.db"
    shutil.copy(sqlite_template, path)
    return asyncio.run(_build(path))


@pytest.fixture(scope="module")
def read(base: Base) -> Read:
    """Role → everything that it is answered in the world that `prepare` makes, read once for all tests."""

    @cache
    def read_once(prepare: Prepare) -> dict[str, Bodies]:
        return asyncio.run(_read_all(base, base.path.with_name(f"{prepare.__name__}.db"), prepare, READERS[prepare]))

    return read_once


def differing(first: Bodies, second: Bodies) -> list[str]:
    """The addresses at which the two were answered differently."""
    return [address for address in {**first, **second} if first.get(address) != second.get(address)]


def lines(*bodies: str) -> set[str]:
    return {line for body in bodies for line in body.splitlines()}


@pytest.mark.parametrize("way", PRIVATE_WAYS)
def test_strangers_are_answered_the_same_as_where_the_group_has_no_hours(way: Prepare, read: Read) -> None:
    closed, private = read(close_by_hours), read(way)

    assert [(role, address) for role in STRANGERS for address in differing(closed[role], private[role])] == []


def test_partners_cannot_tell_a_no_go_from_a_blocked_date_whatever_the_reach(read: Read) -> None:
    blocked, private = read(close_by_blocked_dates), read(close_whole_days_by_no_go)

    assert differing(blocked["other"], private["other"]) == []


@pytest.mark.parametrize("way", PRIVATE_WAYS)
def test_guests_read_the_groups_hours_and_nothing_that_closes_them(way: Prepare, read: Read) -> None:
    """Hours stand as where nothing is closed, what a moment costs as where they were taken away; a third thing is said nowhere."""
    opened, closed, private = read(keep_open), read(close_by_hours), read(way)

    for role in GUESTS:
        told, hours, costs = private[role], opened[role], closed[role]
        assert set(told) == set(hours) == set(costs)
        assert [address for address in told if hours[address] == costs[address] != told[address]] == [], role
        said = {address: lines(told[address]) - lines(hours[address], costs[address]) for address in told}
        assert {address: sorted(more) for address, more in said.items() if more} == {}, role


@pytest.mark.parametrize("way", PRIVATE_WAYS)
def test_no_byte_holds_the_words_or_bounds_of_what_closes_a_time(way: Prepare, read: Read) -> None:
    private = read(way)

    found = [
        (role, address, secret)
        for role in (*STRANGERS, *GUESTS)
        for address, body in private[role].items()
        for secret in SECRETS
        if secret in body
    ]
    assert found == []


@pytest.mark.parametrize("way", PRIVATE_WAYS)
def test_the_groups_own_people_read_it_so_it_would_be_found(way: Prepare, read: Read) -> None:
    own = read(way)["member"]

    assert {secret for secret in SECRETS for body in own.values() if secret in body} == OWN[way]


def test_whoever_may_sees_a_closed_saturday_so_the_walk_passes_where_it_shows(read: Read, base: Base) -> None:
    opened, closed, own = read(keep_open), read(close_by_hours), base.world

    seen = {role: differing(opened[role], closed[role]) for role in ("other", *GUESTS)}

    board, kept = f"/api/v1/actions/{base.drafts['other']}/candidates", f"/en/g/{own.other}/actions/{base.drafts['kept']}"
    assert {board, f"{board}/{SATURDAY_AT}", kept, f"/en/g/{own.other}/fairness"} <= set(seen["other"])
    assert f"/en/g/{own.other}/rota" not in seen["other"]
    assert f"/en/g/{own.group}/" in seen["witness"]
    assert f"/en/g/{own.group}/availability" in seen["steward"]
    assert sum(body.startswith("200 ") for body in closed["other"].values()) > 60
