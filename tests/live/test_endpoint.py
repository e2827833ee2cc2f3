"""The hub behind real uvicorn, real sockets, a real Valkey and both databases."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from coordinator.live import endpoint, session
from coordinator.live.asyncapi import asyncapi
from coordinator.live.endpoint import Doors
from coordinator.live.protocol import MESSAGE_MOST_BYTES
from coordinator.live.session import BURST_MOST
from coordinator.redisbus import RedisBus
from coordinator.redisbus import connect as connect_redis
from coordinator.store import tables
from coordinator.store.database import Database
from coordinator.store.engine import make_engine
from tests.factories import RecordingBus, RecordingQueue, add_group, add_link, add_session, open_database
from tests.live.serving import Limits, Server, Viewer, serve, write_until_closed
from tests.servers import run_valkey

FOR_EVER = datetime(2037, 1, 1, tzinfo=UTC)


@pytest.fixture
async def server(database_url: str, empty_valkey: str) -> AsyncIterator[Server]:
    """A web process as in production: hints through Valkey, on both databases."""
    redis = connect_redis(empty_valkey)
    bus = RedisBus(redis)
    database = Database(make_engine(database_url), bus, RecordingQueue())
    async with serve(database, bus, redis=redis) as running:
        yield running
    await redis.aclose()
    await database.close()


@pytest.fixture
async def deaf(sqlite_database_url: str) -> AsyncIterator[Server]:
    """A web process that no hint ever reaches, with limits that a test may lower before it connects."""
    async with open_database(sqlite_database_url) as database, serve(database, RecordingBus()) as running:
        yield running


async def close_of(connection: ClientConnection) -> tuple[int, str]:
    """Reads until the server closes; its code and reason."""
    async with asyncio.timeout(10):
        try:
            async for _ in connection:
                pass
        except ConnectionClosed:
            pass  # with a code that is not 1000
    assert connection.close_code is not None
    return connection.close_code, connection.close_reason or ""


async def still_serves(server: Server) -> bool:
    """Whether a newcomer gets what is there and what comes."""
    async with server.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello()
        await viewer.hear_until("snapshot")
        await server.write(4711)
        await viewer.hear_until("event")
        return viewer.numbers[-1] == 4711


# --- joining and returning --------------------------------------------------------------------------------------------


async def test_viewer_gets_welcome_snapshot_and_live_events(server: Server) -> None:
    await server.write(1, 2)
    async with server.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello(language="es")

        welcome = await viewer.hear()
        await viewer.hear_until("snapshot")
        await server.write(3)
        event = await viewer.hear_until("event")

    assert connection.subprotocol == "chorus.v1"
    assert welcome["heartbeat_s"] == 15
    assert abs(welcome["now"] - time.time() * 1000) < 2000
    assert viewer.numbers == [1, 2, 3]
    assert (event["seq"], event["kind"]) == (3, "action.edited")
    assert abs(event["ts"] - time.time() * 1e6) < 5e6


async def test_cut_off_viewer_returns_and_misses_nothing_and_sees_nothing_twice(server: Server) -> None:
    async with server.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello()
        await viewer.hear_until("snapshot")
        await server.write(1, 2)
        await viewer.catch_up(2)
        connection.transport.abort()  # as a dead network: no close frame
    await server.write(*range(3, 200))

    async with server.connect() as connection:
        viewer.socket = connection
        await viewer.hello()
        writing = asyncio.create_task(write_one_by_one(server, range(200, 230)))
        held = await viewer.catch_up(229)
        await writing

    assert held == list(range(1, 230))
    assert [frame["type"] for frame in viewer.others] == ["welcome", "welcome"]
    assert server.live.counts()["snapshots"] == 2  # the viewer's first one, and the canary's


async def write_one_by_one(server: Server, numbers: range) -> None:
    for number in numbers:
        await server.write(number)


async def test_many_viewers_each_get_every_event_once(server: Server) -> None:
    async def watch() -> list[int]:
        async with server.connect() as connection:
            viewer = Viewer(connection)
            await viewer.hello()
            return await viewer.catch_up(40)

    watching = [asyncio.create_task(watch()) for _ in range(20)]
    await write_one_by_one(server, range(40))

    assert await asyncio.gather(*watching) == [list(range(40))] * 20


async def test_event_reaches_the_viewers_of_another_process(server: Server, empty_valkey: str) -> None:
    redis = connect_redis(empty_valkey)
    async with serve(server.database, RedisBus(redis), Limits(poll_ms=60_000)) as other, other.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello()
        await viewer.hear_until("snapshot")
        await canary_is_back(server, other)

        await server.write(7)

        assert await viewer.catch_up(1) == [7]
    await redis.aclose()


async def canary_is_back(*servers: Server) -> None:
    """The hub is up and listens: its own first event has come back to it."""
    for each in servers:
        while each.live.canary.seen_at is None:  # noqa: ASYNC110 - nothing in the product waits for this
            await asyncio.sleep(0.01)


async def test_reset_of_a_rewound_log_is_followed_by_a_snapshot(server: Server) -> None:
    async with server.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello()
        await viewer.hear_until("snapshot")
        await server.write(1, 2, 3)
        await viewer.catch_up(3)
        async with server.database.write(datetime.now(UTC)) as work:
            await work.conn.execute(sa.delete(tables.event).where(tables.event.c.stream == "public", tables.event.c.seq > 1))
            await work.conn.execute(sa.update(tables.stream).where(tables.stream.c.stream == "public").values(head=1))

        reset = await viewer.hear_until("reset")
        await viewer.hear_until("snapshot")

    assert reset == {"type": "reset", "stream": "public", "reason": "rewound"}
    assert viewer.numbers == [1]


# --- Valkey away ------------------------------------------------------------------------------------------------------


async def test_events_arrive_within_two_seconds_when_valkey_has_died(sqlite_database_url: str) -> None:
    with run_valkey() as url:
        redis = connect_redis(url)
        bus = RedisBus(redis)
        database = Database(make_engine(sqlite_database_url), bus, RecordingQueue())
        running = serve(database, bus, redis=redis)
        server = await running.__aenter__()
        connection = await server.connect()
        viewer = Viewer(connection)
        await viewer.hello()
        await viewer.hear_until("snapshot")
        await canary_is_back(server)
        await server.write(1)
        await viewer.catch_up(1)
    # Valkey is gone from here on.
    delays = []
    for number in (2, 3, 4):
        committed_s = time.monotonic()
        await server.write(number)
        await viewer.catch_up(number)
        delays.append(time.monotonic() - committed_s)
    await connection.close()
    await running.__aexit__(None, None, None)
    await redis.aclose()
    await database.close()

    assert viewer.numbers == [1, 2, 3, 4]
    assert max(delays) < 2.0


# --- who may come in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1"])
async def test_foreign_origin_is_refused(deaf: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await deaf.connect(origin=origin)

    assert caught.value.response.status_code == 403
    assert deaf.live.viewers() == 0


@pytest.mark.parametrize("subprotocols", [None, ["chorus.v0"]])
async def test_other_subprotocol_is_refused(deaf: Server, subprotocols: Any) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await deaf.connect(subprotocols=subprotocols)

    assert caught.value.response.status_code == 400


async def make_member(database: Database) -> tuple[str, str, str]:
    """(group id, link id, session's secret) of somebody signed in."""
    async with database.write(datetime.now(UTC)) as work:
        group_id = await add_group(work.conn)
        link = await add_link(work.conn, "member", group_id)
        session = await add_session(work.conn, link, expires_at=FOR_EVER)
    return group_id, link.id, session


async def test_signed_in_viewer_follows_its_group_and_no_other(deaf: Server) -> None:
    group_id, _, session = await make_member(deaf.database)
    async with deaf.connect(session=session) as connection:
        viewer = Viewer(connection)
        await viewer.say(type="hello", streams={f"group:{group_id}": None, "group:other": None, "canary": None})

        heard = [(await viewer.hear()) for _ in range(4)]

    assert sorted((f["type"], f.get("stream")) for f in heard) == [
        ("denied", "canary"),
        ("denied", "group:other"),
        ("snapshot", f"group:{group_id}"),
        ("welcome", None),
    ]


async def test_socket_without_origin_gets_public_streams_and_no_cookie(deaf: Server) -> None:
    group_id, _, session = await make_member(deaf.database)
    async with deaf.connect(session=session, origin=None) as connection:
        viewer = Viewer(connection)
        await viewer.say(type="hello", streams={f"group:{group_id}": None, "public": None})

        heard = [(await viewer.hear()) for _ in range(3)]

    assert [(f["type"], f.get("stream")) for f in heard] == [("welcome", None), ("denied", f"group:{group_id}"), ("snapshot", "public")]


async def test_revoked_link_closes_the_socket_within_two_seconds_without_any_hint(deaf: Server) -> None:
    group_id, link_id, session = await make_member(deaf.database)
    async with deaf.connect(session=session) as connection:
        viewer = Viewer(connection)
        await viewer.hello(f"group:{group_id}")
        await viewer.hear_until("snapshot")

        revoked_s = time.monotonic()
        async with deaf.database.write(datetime.now(UTC)) as work:
            await work.conn.execute(sa.update(tables.link).where(tables.link.c.id == link_id).values(revoked_at=work.now))
        closed = await close_of(connection)

    assert closed == (4001, "not signed in")
    assert time.monotonic() - revoked_s < 2.0
    assert await still_serves(deaf)


async def test_revoked_link_closes_the_socket_at_once_with_a_hint(server: Server) -> None:
    group_id, link_id, session = await make_member(server.database)
    async with server.connect(session=session) as connection:
        viewer = Viewer(connection)
        await viewer.hello(f"group:{group_id}")
        await viewer.hear_until("snapshot")

        async with server.database.write(datetime.now(UTC)) as work:
            await work.conn.execute(sa.update(tables.link).where(tables.link.c.id == link_id).values(revoked_at=work.now))
            work.emit(f"group:{group_id}", "link.revoked", {"link": link_id, "number": 1})

        assert await close_of(connection) == (4001, "not signed in")


async def test_session_that_ends_closes_the_socket(deaf: Server) -> None:
    group_id, _, session = await make_member(deaf.database)
    async with deaf.connect(session=session) as connection:
        viewer = Viewer(connection)
        await viewer.hello(f"group:{group_id}")
        await viewer.hear_until("snapshot")

        async with deaf.database.write(datetime.now(UTC)) as work:
            await work.conn.execute(sa.update(tables.session).values(expires_at=work.now - timedelta(seconds=1)))

        assert await close_of(connection) == (4001, "not signed in")


# --- limits and garbage -----------------------------------------------------------------------------------------------

HELLO = '{"type":"hello","streams":{"public":null}}'
GARBAGE: dict[str, tuple[list[str | bytes], int]] = {
    "binary": ([b"\x00\x01"], 1003),
    "binary after hello": ([HELLO, HELLO.encode()], 1003),
    "not json": (["hello"], 1007),
    "deep": (["[" * 8000], 1007),
    "NaN": ([HELLO, '{"type":"ping","a":NaN}'], 1007),
    "wrong cursor": (['{"type":"hello","streams":{"public":17}}'], 1007),
    "key twice": (['{"type":"hello","type":"hello","streams":{}}'], 1007),
    "too big": ([HELLO, '{"type":"ping","a":1,"x":"%s"}' % ("x" * MESSAGE_MOST_BYTES)], 1009),
    "far too big": ([HELLO, "x" * 100_000], 1009),
    "no hello first": (['{"type":"ping","a":1}'], 1008),
    "two hellos": ([HELLO, HELLO], 1008),
    "flood": ([HELLO, *['{"type":"ping","a":1}'] * (BURST_MOST + 20)], 4029),
    "room of others": (['{"type":"hello","streams":{},"room":{"action":"x","group":"7f3k"}}'], 4001),
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_closed_with_its_code_and_the_hub_is_unharmed(deaf: Server, name: str, caplog: pytest.LogCaptureFixture) -> None:
    messages, code = GARBAGE[name]
    caplog.set_level(logging.WARNING)
    async with deaf.connect(max_size=None) as connection:
        for message in messages:
            try:
                await connection.send(message)
            except ConnectionClosed:
                break  # the flood is longer than the server's patience

        closed_code, reason = await close_of(connection)

    assert closed_code == code
    assert len(reason) < 123
    assert await still_serves(deaf)
    assert caplog.records == []


RAW_FRAMES = {
    "not masked": (b"\x81\x02hi", 1002),
    "reserved bit": (b"\xc1\x80\x00\x00\x00\x00", 1002),
    "unknown opcode": (b"\x83\x80\x00\x00\x00\x00", 1002),
    "control frame of 126 bytes": (b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126, 1002),
    "continuation of nothing": (b"\x80\x80\x00\x00\x00\x00", 1002),
    "text that is not UTF-8": (b"\x81\x82\x00\x00\x00\x00\xff\xff", 1007),
    "length of 2**62": (b"\x81\xff" + struct.pack("!Q", 2**62) + b"\x00\x00\x00\x00", 1009),
}


@pytest.mark.parametrize("name", RAW_FRAMES)
async def test_broken_frame_is_closed_with_its_code_and_the_hub_is_unharmed(deaf: Server, name: str) -> None:
    frame, code = RAW_FRAMES[name]
    async with deaf.connect() as connection:
        await connection.send(HELLO)
        await connection.recv()
        connection.transport.write(frame)

        assert (await close_of(connection))[0] == code
    assert await still_serves(deaf)


async def test_silent_socket_is_closed_after_its_time(deaf: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patience:
        for module in (endpoint, session):
            patience.setattr(module, "HELLO_WITHIN_S", 0.05)
        async with deaf.connect() as connection:
            assert await close_of(connection) == (1008, "no hello")

    assert await still_serves(deaf)  # with the usual patience: the next hello may take its time


async def test_socket_beyond_the_places_is_told_when_to_come_back(sqlite_database_url: str) -> None:
    limits = Limits(sockets_max=2, sockets_per_address_max=1)
    async with open_database(sqlite_database_url) as database, serve(database, RecordingBus(), limits) as server:
        async with server.connect() as first:
            await first.send(HELLO)
            await first.recv()
            async with server.connect() as second:
                retry = json.loads(await second.recv())
                assert await close_of(second) == (4029, "full")
        assert retry["type"] == "retry"
        assert await comes_in(server)


async def comes_in(server: Server) -> bool:
    async with asyncio.timeout(5):
        while True:
            async with server.connect() as connection:
                await connection.send(HELLO)
                if json.loads(await connection.recv())["type"] == "welcome":
                    return True


def test_doors_count_networks_and_let_go() -> None:
    doors = Doors(most=3, per_address_most=1)

    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"]
    with ExitStack() as inside:
        seen = [inside.enter_context(doors.enter(address)) for address in addresses]
    with doors.enter("2001:db8::9") as again:
        assert again

    assert seen == [True, False, True, True, False]
    assert not doors._inside


async def test_stalled_reader_is_closed_with_4008_and_others_are_unharmed(deaf: Server) -> None:
    """Reads its snapshot and nothing more, while events come that fill every buffer between; what it reads in the end is the close."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", deaf.port))
    async with deaf.connect() as quick, deaf.connect(sock=small, max_queue=1, max_size=None) as stalled:
        watching, viewer = Viewer(quick), Viewer(stalled)
        for each in (watching, viewer):
            await each.hello()
            await each.hear_until("snapshot")
        stalled.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's transport can
        await write_until_closed(deaf, watching)
        stalled.transport.resume_reading()  # type: ignore[attr-defined]  # as above

        assert (await close_of(stalled))[0] == 4008
        await deaf.write(-1)
        while watching.numbers[-1] != -1:
            await watching.hear()
    assert watching.numbers == [*range(len(watching.numbers) - 1), -1]


# --- what is not of streams -------------------------------------------------------------------------------------------


async def test_ping_is_answered_with_two_stamps_of_this_server(deaf: Server) -> None:
    async with deaf.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello()
        before_ms = time.time() * 1000
        await viewer.say(type="ping", a=812.3)

        pong = await viewer.hear_until("pong")

    assert pong["a"] == 812.3
    assert before_ms - 5 <= pong["received"] <= pong["sent"] <= time.time() * 1000 + 5


async def test_time_is_told_without_a_socket_and_never_cached(deaf: Server) -> None:
    async with httpx.AsyncClient() as client:
        before_ms = time.time() * 1000
        answer = await client.get(f"{deaf.origin}/api/v1/time")

    stamps = answer.json()
    assert list(stamps) == ["received", "sent"]
    assert before_ms - 5 <= stamps["received"] <= stamps["sent"] <= time.time() * 1000 + 5
    assert answer.headers["cache-control"] == "no-store"


async def test_protocol_describes_itself(deaf: Server) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{deaf.origin}/api/v1/asyncapi.json")

    assert answer.json() == asyncapi()


async def test_heartbeats_carry_the_heads(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database, serve(database, RecordingBus(), Limits(heartbeat_s=1)) as server:
        await server.write(1, 2, 3)
        async with server.connect() as connection:
            viewer = Viewer(connection)
            await viewer.hello()
            await viewer.hear_until("snapshot")

            beat = await viewer.hear_until("heartbeat")

    assert beat["heads"] == {"public": 3}


async def test_canary_returns_to_its_hub(server: Server) -> None:
    await canary_is_back(server)

    assert server.live.canary.round_trip_s is not None
    assert server.live.canary.round_trip_s < 2.0
    age_s = server.live.canary.age_s(datetime.now(UTC))
    assert age_s is not None
    assert 0 <= age_s < 5
    assert server.live.viewers() == 0


async def test_shut_down_sends_viewers_away_to_come_back(sqlite_database_url: str) -> None:
    async with open_database(sqlite_database_url) as database:
        async with serve(database, RecordingBus()) as server:
            connection = await server.connect()
            viewer = Viewer(connection)
            await viewer.hello()
            await viewer.hear_until("snapshot")
        code, _ = await close_of(connection)

    assert code == 1012


async def test_room_hears_who_is_there_and_ticks_when_it_asks(deaf: Server) -> None:
    async with deaf.connect() as connection:
        viewer = Viewer(connection)
        await viewer.hello(room={"action": "silence-k7f29m", "group": None})

        presence = await viewer.hear_until("presence")
        await viewer.say(type="tick", on=True)
        tick = await viewer.hear_until("tick")
        await viewer.say(type="tick", on=False)

    assert presence == {"type": "presence", "action": "silence-k7f29m", "zones": {}, "others": 1}
    assert tick["left_s"] is None
    assert tick["now"] % 1000 < 500  # sent at a whole second


async def test_session_of_another_room_is_refused_there(deaf: Server) -> None:
    group_id, _, session = await make_member(deaf.database)
    async with deaf.connect(session=session) as connection:
        await Viewer(connection).hello(room={"action": "silence-k7f29m", "group": group_id})
        assert json.loads(await connection.recv())["type"] == "welcome"
    async with deaf.connect(session=session) as connection:
        await Viewer(connection).hello(room={"action": "silence-k7f29m", "group": "other"})
        assert await close_of(connection) == (4003, "not allowed")
