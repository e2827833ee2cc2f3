"""What we change in uvicorn's socket, and that uvicorn still has the inside we change."""

from __future__ import annotations

import asyncio
import inspect
import logging
import socket
from collections.abc import AsyncIterator

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from coordinator.live import endpoint, wire
from tests.factories import RecordingBus, open_database
from tests.live.serving import Server, Viewer, serve, write_until_closed


@pytest.fixture
async def server(sqlite_database_url: str) -> AsyncIterator[Server]:
    async with open_database(sqlite_database_url) as database, serve(database, RecordingBus()) as running:
        yield running


def test_uvicorn_still_has_the_inside_that_is_overridden() -> None:
    source = inspect.getsource(WebSocketsSansIOProtocol)

    for name in ("send_receive_event_to_app", "on_task_complete", "handle_parser_exception"):
        assert callable(getattr(WebSocketsSansIOProtocol, name))
    for line in (
        "self.frames.append(event.data)",
        "self.send_receive_event_to_app()",
        "task.add_done_callback(self.on_task_complete)",
        'self.curr_msg_data_type = "text"',
        "assert self.conn.close_sent is not None",
    ):
        assert line in source


@pytest.mark.parametrize(
    "frames",
    [b"\x81\x82\x00\x00\x00\x00\xff\xff", b"\x01\x81\x00\x00\x00\x00\xc3\x80\x81\x00\x00\x00\x00\x28"],
    ids=["one frame", "fragments"],
)
async def test_text_that_is_not_utf8_is_closed_without_a_traceback(server: Server, frames: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with server.connect() as connection:
        connection.transport.write(frames)
        await connection.wait_closed()

        assert (connection.close_code, connection.close_reason) == (1007, "not UTF-8")
    assert caplog.records == []


async def test_character_cut_by_a_fragment_is_text(server: Server) -> None:
    hello = '{"type":"hello","streams":{"public":null},"x":"ü"}'.encode()
    cut = hello.index("ü".encode()) + 1
    mask = b"\x00\x00\x00\x00"
    async with server.connect() as connection:
        first, rest = hello[:cut], hello[cut:]
        connection.transport.write(bytes([0x01, 0x80 | len(first)]) + mask + first + bytes([0x80, 0x80 | len(rest)]) + mask + rest)

        assert "welcome" in str(await connection.recv())


async def test_reader_that_never_reads_again_is_cut_off(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CUT_OFF_AFTER_S", 0.05)
    monkeypatch.setattr(endpoint, "CLOSE_WITHIN_S", 0.05)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", server.port))
    stalled = await server.connect(sock=small, max_queue=1, max_size=None)
    async with server.connect() as quick:
        watching, viewer = Viewer(quick), Viewer(stalled)
        for each in (watching, viewer):
            await each.hello()
            await each.hear_until("snapshot")
        stalled.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's transport can
        await write_until_closed(server, watching)

        async with asyncio.timeout(5):
            while len(server.uvicorn.server_state.connections) > 1:  # noqa: ASYNC110 - uvicorn has no event to wait for
                await asyncio.sleep(0.01)
        assert server.live.viewers() == 1
    stalled.transport.abort()
