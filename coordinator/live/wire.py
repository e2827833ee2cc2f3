"""What of uvicorn's socket do we do otherwise? Two things that an ASGI application cannot reach.

Text that is not UTF-8 is the peer's fault, not a traceback; and a reader that stalled is cut off, or its connection would stay for as
long as it likes. Both lean on uvicorn's inside: `tests/live/test_wire.py` fails when that changes.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from coordinator.live.protocol import CloseCode

CUT_OFF_AFTER_S = 10.0  # once the application is done with the socket: time for what is written to leave


class Wire(WebSocketsSansIOProtocol):
    """uvicorn's sans-I/O socket, for `uvicorn.Config(ws=Wire)`."""

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "bytes" or self.close_sent or _is_utf8(self.frames):
            super().send_receive_event_to_app()
            return
        self.frames = []
        self.conn.send_close(CloseCode.MALFORMED, "not UTF-8")
        self.handle_parser_exception()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if self.transport.get_write_buffer_size():
            self.loop.call_later(CUT_OFF_AFTER_S, self.transport.abort)


def _is_utf8(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
