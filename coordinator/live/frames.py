"""How do frames get from the hub to one viewer? Each is made once; what waits for a slow reader is bounded, then the reader must come back.

All that the hub knows of a connection is `Viewer`. `SocketViewer` writes through ASGI, one writer for each connection: plain, and to be
replaced by the handover (fan-out straight to the transport) without a change of the hub.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from coordinator.live.protocol import CloseCode, Hangup

WAITING_MOST_BYTES = 256 * 1024
WAITING_MOST_FRAMES = 512
BEHIND_BYTES = 64 * 1024  # from here on ephemeral frames are left out, and replay waits
BEHIND_FRAMES = 128
CLOSE_WITHIN_S = 5.0  # how long a stalled reader may keep its close frame waiting


class Viewer(Protocol):
    """One connection, as the hub sees it. No method ever raises or waits, but `drained`."""

    def write(self, frame: bytes) -> None:
        """Sends a durable frame after all that were written before. Over the bound the viewer is closed with 4008 instead."""
        ...

    def offer(self, frame: bytes) -> None:
        """Sends an ephemeral frame, or leaves it out when the reader is behind."""
        ...

    async def drained(self) -> None:
        """Returns when the reader has taken most of what was written, or is gone."""
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Closes the connection after what was written, or at once for a reader that has stalled. A second call does nothing."""
        ...


class SocketViewer:
    """A viewer over one ASGI socket. `run` is its only writer, but for pongs; the endpoint owns both."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._taken = asyncio.Event()
        self.hangup: Hangup | None = None  # set once: why this connection ends
        self.on_close: Callable[[], None] | None = None  # told once, so that the owner can limit how long the close may take

    def write(self, frame: bytes) -> None:
        if self.hangup is not None:
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        if self._is_over():
            self._drop_waiting()
            self.close(CloseCode.TOO_SLOW, "too slow")
        self._wake.set()

    def offer(self, frame: bytes) -> None:
        if not self._is_behind():
            self.write(frame)

    async def drained(self) -> None:
        while self.hangup is None and self._is_behind():
            self._taken.clear()
            await self._taken.wait()

    def close(self, code: CloseCode, reason: str) -> None:
        if self.hangup is None:
            self.hangup = Hangup(code, reason)
            self._wake.set()
            self._taken.set()
            if self.on_close is not None:
                self.on_close()

    async def run(self) -> Hangup:
        """Writes until the viewer is closed and returns why. What the socket raises when the peer is gone passes through."""
        while True:
            while self._waiting:
                await self._send_next()
            if self.hangup is not None:
                return self.hangup
            self._wake.clear()
            await self._wake.wait()

    async def _send_next(self) -> None:
        frame = self._waiting.popleft()
        self._waiting_bytes -= len(frame)
        await self._send(frame.decode())
        self._taken.set()

    def _is_behind(self) -> bool:
        return self._waiting_bytes >= BEHIND_BYTES or len(self._waiting) >= BEHIND_FRAMES

    def _is_over(self) -> bool:
        # One frame alone may be larger than the bound: a snapshot has no other way to its reader.
        many = len(self._waiting)
        return many > 1 and (self._waiting_bytes > WAITING_MOST_BYTES or many > WAITING_MOST_FRAMES)

    def _drop_waiting(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
