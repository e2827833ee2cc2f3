"""Who gets which event when, one story at a time; `test_hub_machine.py` tries all the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY, Caller
from coordinator.errors import NotFound
from coordinator.live import catchup, hub
from coordinator.live.frames import WAITING_MOST_FRAMES, SocketViewer
from coordinator.live.hub import COME_BACK_WITHIN_MS, SOCKETS_PER_SESSION_MOST, Hub
from coordinator.live.protocol import CloseCode
from coordinator.live.session import Follow, Session, Ticking, Welcomed
from coordinator.store.engine import make_engine
from coordinator.store.eventlog import Position
from tests.conftest import NOON
from tests.factories import RecordingBus, RecordingQueue, caller_as
from tests.live.untrusting import SMALL, Client, GatedDatabase, Gates, Log, Notebook, snapshot_tags

PUBLIC = ["public"]


class World:
    """One log, as many hubs as a test wants, all gates open."""

    def __init__(self, database: GatedDatabase) -> None:
        self.database = database
        self.gates = database.gates
        self.log = Log(("public", "partners"))
        self.callers: dict[str, Caller] = {}
        self.snapshot: Any = snapshot_tags
        self.hub = self.make_hub()

    def make_hub(self) -> Hub:
        async def load_callers(session_ids: Collection[str]) -> Mapping[str, Caller]:
            return {i: self.callers[i] for i in session_ids if i in self.callers}

        async def snapshot(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
            return dict(await self.snapshot(conn, stream, caller))

        return Hub(self.database, snapshot, load_callers, now_ms=lambda: 1795312800123.4, heartbeat_s=15)

    async def write(self, events: int, stream: str = "public") -> None:
        await self.log.write(self.database, stream, events)

    async def rewind(self, events: int, stream: str = "public") -> None:
        await self.log.rewind(self.database, stream, events)

    async def come(self, client: Client | None = None, to: Hub | None = None) -> Client:
        client = client or Client(self.log, self.gates)
        client.connect(to or self.hub, PUBLIC)
        await self.gates.settle()
        return client

    async def look(self, *hubs: Hub) -> None:
        for each in hubs or (self.hub,):
            await each.refresh()
        await self.gates.settle()


@pytest.fixture
async def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for (module, name), value in SMALL.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(catchup, "RETRY_S", 0.0)
    database = GatedDatabase(make_engine(database_url), RecordingBus(), RecordingQueue())
    database.gates = Gates()
    database.gates.stand_open = True
    made = World(database)
    yield made
    for member in list(made.hub.members):
        made.hub.leave(member)
    await made.gates.settle()
    await database.close()


def held(client: Client) -> list[str] | None:
    return client.held["public"]


# --- joining and returning --------------------------------------------------------------------------------------------


async def test_client_without_cursor_gets_a_snapshot_then_events(world: World) -> None:
    await world.write(3)
    client = await world.come()

    await world.write(2)
    await world.look()

    assert held(client) == world.log.now["public"]
    assert world.hub.counts["snapshots"] == 1


async def test_client_on_a_stream_that_never_was_gets_an_empty_snapshot(world: World) -> None:
    client = await world.come()

    await world.write(1)
    await world.look()

    assert held(client) == world.log.now["public"]


async def test_cut_off_client_gets_exactly_what_it_missed(world: World) -> None:
    await world.write(3)
    client = await world.come()
    client.drop()
    await world.write(7)
    await world.look()

    await world.come(client)

    assert held(client) == world.log.now["public"]
    assert world.hub.counts["snapshots"] == 1
    assert client.reset_reasons == []


async def test_client_with_a_cursor_ahead_of_this_hub_waits_for_it(world: World) -> None:
    other = world.make_hub()
    behind = await world.come()
    client = await world.come(to=other)
    await world.write(5)
    await world.look(other)
    client.drop()

    await world.come(client)

    assert held(client) == world.log.now["public"]
    assert held(behind) == world.log.now["public"]
    assert client.reset_reasons == []


async def test_client_too_far_behind_is_reset_and_gets_a_snapshot(world: World) -> None:
    client = await world.come()
    client.drop()
    await world.write(13)
    await world.look()

    await world.come(client)

    assert client.reset_reasons == ["gone"]
    assert held(client) == world.log.now["public"]


async def test_client_before_what_is_kept_is_reset(world: World) -> None:
    await world.write(3)
    client = await world.come()
    client.drop()
    await world.write(4)
    fresh = world.make_hub()
    async with world.database.write(NOON) as work:
        await work.conn.exec_driver_sql("DELETE FROM event WHERE seq <= 4")
        await work.conn.exec_driver_sql("UPDATE stream SET floor = 4")
    world.snapshot = everything_since(world.log)

    await world.come(client, to=fresh)

    assert client.reset_reasons == ["gone"]
    assert held(client) == world.log.now["public"]


def everything_since(log: Log) -> Any:
    async def snapshot(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
        return {"tags": list(log.now[stream])}

    return snapshot


# --- a log that was set back ------------------------------------------------------------------------------------------


async def test_log_set_back_resets_who_is_live(world: World) -> None:
    await world.write(5)
    client = await world.come()
    await world.rewind(2)

    await world.look()

    assert client.reset_reasons == ["rewound"]
    assert held(client) == world.log.now["public"]


async def test_log_of_the_same_length_but_another_past_resets_who_is_live(world: World) -> None:
    await world.write(5)
    client = await world.come()
    await world.rewind(2)
    await world.write(2)

    await world.look()

    assert client.reset_reasons == ["rewound"]
    assert held(client) == world.log.now["public"]


async def test_log_that_has_outgrown_its_former_self_resets_who_is_live(world: World) -> None:
    await world.write(5)
    client = await world.come()
    await world.rewind(2)
    await world.write(4)

    await world.look()

    assert client.reset_reasons == ["rewound"]
    assert held(client) == world.log.now["public"]


async def test_client_of_another_past_returns_to_a_hub_at_the_same_number(world: World) -> None:
    await world.write(5)
    client = await world.come()
    client.drop()
    await world.rewind(2)
    await world.write(2)
    await world.look()

    await world.come(client)

    assert client.reset_reasons == ["rewound"]
    assert held(client) == world.log.now["public"]


async def test_client_of_another_past_is_not_served_from_the_ring(world: World) -> None:
    await world.write(5)
    client = await world.come()
    client.drop()
    await world.rewind(2)
    await world.look()
    await world.come()  # keeps the ring, which begins at 3
    await world.write(4)
    await world.look()

    await world.come(client)  # stands at the former 5

    assert client.reset_reasons == ["rewound"]
    assert held(client) == world.log.now["public"]


async def test_client_that_knows_the_new_past_first_tells_a_hub_that_has_not_looked(world: World) -> None:
    other = world.make_hub()
    await world.write(5)
    stale = await world.come()
    await world.rewind(2)
    await world.write(2)
    client = await world.come(to=other)
    client.drop()

    await world.come(client)  # at the number where this hub stands, with another tag

    assert held(client) == world.log.now["public"]
    assert held(stale) == world.log.now["public"]
    assert stale.reset_reasons == ["rewound"]


# --- what many share --------------------------------------------------------------------------------------------------


async def test_many_at_one_position_share_a_replay(world: World) -> None:
    """As after a hub was killed: its ring is empty, and everybody comes back at once."""
    await world.write(2)
    clients = [await world.come() for _ in range(20)]
    for client in clients:
        client.drop()
    await world.write(3)
    fresh = world.make_hub()

    for client in clients:
        client.connect(fresh, PUBLIC)
    await world.gates.settle()

    assert [held(c) for c in clients] == [world.log.now["public"]] * 20
    assert fresh.counts["replays"] == 1


async def test_many_newcomers_share_a_snapshot(world: World) -> None:
    await world.write(2)
    clients = [Client(world.log, world.gates) for _ in range(20)]

    for client in clients:
        client.connect(world.hub, PUBLIC)
    await world.gates.settle()

    assert [held(c) for c in clients] == [world.log.now["public"]] * 20
    assert world.hub.counts["snapshots"] == 1


async def test_returning_client_is_served_from_the_ring_without_a_query(world: World) -> None:
    staying, client = await world.come(), await world.come()
    client.drop()
    await world.write(3)
    await world.look()

    await world.come(client)

    assert held(client) == held(staying)
    assert world.hub.counts["replays"] == 0


# --- failures ---------------------------------------------------------------------------------------------------------


async def test_database_that_fails_is_asked_again(world: World) -> None:
    await world.write(2)
    failures = iter([OperationalError("SELECT", {}, Exception("gone")), OSError("reset")])

    async def fail_twice(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
        for failure in failures:
            raise failure
        return await snapshot_tags(conn, stream, caller)

    world.snapshot = fail_twice
    client = await world.come()

    assert held(client) == world.log.now["public"]
    assert world.hub.counts["snapshots"] == 3


async def test_fault_of_ours_closes_that_viewer_alone(world: World) -> None:
    bystander = await world.come()

    async def crash(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
        raise ZeroDivisionError

    world.snapshot = crash
    victim = Notebook()
    world.hub.perform(world.hub.join(victim, Session(NOBODY, 0.0)), [Follow("public", None)])
    await world.gates.settle()
    await world.write(1)
    await world.look()

    assert victim.closed == [(CloseCode.FAULT, "internal error")]
    assert held(bystander) == world.log.now["public"]


async def test_stream_without_anything_for_the_caller_is_denied(world: World) -> None:
    async def unknown(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
        raise NotFound("meeting")

    world.snapshot = unknown
    viewer = Notebook()
    member = world.hub.join(viewer, Session(NOBODY, 0.0))
    member.session.streams.add("public")
    world.hub.perform(member, [Follow("public", None)])
    await world.gates.settle()

    assert viewer.frames == [{"type": "denied", "stream": "public"}]
    assert member.follows == {}
    assert member.session.streams == set()


# --- access -----------------------------------------------------------------------------------------------------------


def signed_in(session_id: str) -> Caller:
    return Caller(caller_as("member", "7f3k").grants, session_id)


async def join_group(world: World, session_id: str) -> Notebook:
    viewer, session = Notebook(), Session(signed_in(session_id), 0.0)
    member = world.hub.join(viewer, session)
    world.hub.perform(member, session.receive('{"type":"hello","streams":{"group:7f3k":null}}', 0.0))
    await world.gates.settle()
    return viewer


async def test_revoked_session_is_closed_and_gets_nothing_more(world: World) -> None:
    world.callers = {"kept": signed_in("kept"), "revoked": signed_in("revoked")}
    world.log.now["group:7f3k"] = []
    kept, revoked = await join_group(world, "kept"), await join_group(world, "revoked")
    before = len(revoked.frames)

    del world.callers["revoked"]
    await world.hub.reauthorise()
    await world.write(1, "group:7f3k")
    await world.look()
    world.hub.heartbeat()

    assert revoked.closed == [(CloseCode.NOT_SIGNED_IN, "not signed in")]
    assert revoked.frames[before:] == []
    assert kept.closed == []
    assert [f["type"] for f in kept.frames] == ["welcome", "snapshot", "event", "heartbeat"]


async def test_event_of_a_revoked_link_asks_for_grants_at_once(world: World) -> None:
    await world.come()
    async with world.database.write(NOON) as work:
        work.emit("public", "link.revoked", {"link": "l"})
    world.log.note("public", [(await read_tag(world))])

    await world.look()

    assert world.hub.grants_changed.is_set()
    await world.hub.reauthorise()
    assert not world.hub.grants_changed.is_set()


async def read_tag(world: World) -> str:
    async with world.database.read() as conn:
        tags: list[str] = list((await snapshot_tags(conn, "public", NOBODY))["tags"])
    return tags[-1]


async def test_one_query_asks_for_all_sessions(world: World) -> None:
    asked: list[set[str]] = []

    async def load(session_ids: Collection[str]) -> Mapping[str, Caller]:
        asked.append(set(session_ids))
        return {i: signed_in(i) for i in session_ids}

    each = Hub(world.database, snapshot_tags, load, now_ms=lambda: 0.0, heartbeat_s=15)
    for session_id in ("a", "b", "b", None):
        each.join(Notebook(), Session(NOBODY if session_id is None else signed_in(session_id), 0.0))

    await each.reauthorise()

    assert asked == [{"a", "b"}]


async def test_session_with_too_many_sockets_loses_the_oldest(world: World) -> None:
    viewers = [Notebook() for _ in range(SOCKETS_PER_SESSION_MOST + 1)]

    for viewer in viewers:
        world.hub.join(viewer, Session(signed_in("one"), 0.0))

    assert [v.closed for v in viewers] == [[(CloseCode.REPLACED, "replaced")]] + [[]] * SOCKETS_PER_SESSION_MOST


# --- rounds -----------------------------------------------------------------------------------------------------------


async def test_heartbeat_tells_each_the_heads_of_its_own_streams(world: World) -> None:
    await world.write(2)
    await world.write(1, "partners")
    one, both = Notebook(), Notebook()
    world.hub.perform(world.hub.join(one, Session(NOBODY, 0.0)), [Follow("public", None)])
    world.hub.perform(world.hub.join(both, Session(NOBODY, 0.0)), [Follow("public", None), Follow("partners", None)])
    await world.gates.settle()

    world.hub.heartbeat()

    assert one.frames[-1] == {"type": "heartbeat", "now": 1795312800123.4, "heads": {"public": 2}}
    assert both.frames[-1]["heads"] == {"public": 2, "partners": 1}


async def test_welcome_says_how_often_the_hub_beats(world: World) -> None:
    viewer = Notebook()

    world.hub.perform(world.hub.join(viewer, Session(NOBODY, 0.0)), [Welcomed("en", None), Ticking(True)])

    assert viewer.frames == [{"type": "welcome", "now": 1795312800123.4, "heartbeat_s": 15}]


async def test_shut_down_tells_when_to_come_back_then_closes(world: World) -> None:
    viewer = Notebook()
    world.hub.join(viewer, Session(NOBODY, 0.0))

    world.hub.shut_down()

    (frame,) = viewer.frames
    assert frame["type"] == "retry"
    assert COME_BACK_WITHIN_MS[0] <= frame["after_ms"] <= COME_BACK_WITHIN_MS[1]
    assert viewer.closed == [(CloseCode.RESTART, "restart")]
    assert world.hub.members == {}


async def test_stream_that_nobody_follows_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "IDLE_ROUNDS_MOST", 2)
    client = await world.come()
    client.drop()

    await world.look()
    await world.look()
    kept = set(world.hub.topics)
    await world.look()

    assert kept == {"public"}
    assert world.hub.topics == {}


async def test_member_that_has_gone_follows_nothing(world: World) -> None:
    member = world.hub.join(Notebook(), Session(NOBODY, 0.0))
    world.hub.leave(member)

    world.hub.perform(member, [Follow("public", None)])

    assert world.hub.topics == {}


async def test_hint_is_heeded_only_when_it_tells_of_something_new(world: World) -> None:
    await world.write(3)
    await world.come()

    told = [world.hub.tail.is_behind(heads) for heads in ({"public": 4}, {"public": 3}, {"other": 9}, {})]

    assert told == [True, False, False, True]


# --- slow readers -----------------------------------------------------------------------------------------------------


async def test_stalled_reader_is_closed_and_others_get_everything(world: World) -> None:
    stuck = asyncio.Event()

    async def never(_: str) -> None:
        await stuck.wait()

    stalled, quick = SocketViewer(never), await world.come()
    writer = asyncio.create_task(stalled.run())
    world.hub.perform(world.hub.join(stalled, Session(NOBODY, 0.0)), [Follow("public", Position(0, "00000000"))])
    await world.gates.settle()
    for _ in range(WAITING_MOST_FRAMES // 12 + 2):
        await world.write(12)
        await world.look()

    assert stalled.hangup is not None
    assert stalled.hangup.code == CloseCode.TOO_SLOW
    assert held(quick) == world.log.now["public"]
    writer.cancel()


async def test_reader_that_never_drains_while_it_catches_up_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catchup, "DRAIN_WITHIN_S", 0.0)
    await world.write(9)

    class Stuck(Notebook):
        async def drained(self) -> None:
            await asyncio.Event().wait()

    viewer = Stuck()
    world.hub.perform(world.hub.join(viewer, Session(NOBODY, 0.0)), [Follow("public", Position(0, "00000000"))])
    await world.gates.settle()

    assert viewer.closed[0] == (CloseCode.TOO_SLOW, "too slow")
