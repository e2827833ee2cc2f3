"""The whole web process in a thread of the test: real uvicorn, real sockets, real Valkey, a real database file, and a clock that may be set.

with run_product(settings, clock) as product:
    httpx.get(f"{product.url}/en/")
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import uvicorn

from coordinator.settings import Settings
from coordinator.webserver import make_config

START_WITHIN_S = 20
POLL_S = 0.02


@dataclass
class ShiftedClock:
    """The machine's clock, `ahead` of itself: time goes on by itself, from wherever a test wants it."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, instant: datetime) -> None:
        """Makes it `instant` now."""
        self.ahead = instant - datetime.now(UTC)


@dataclass(frozen=True)
class Product:
    """A running web process."""

    url: str

    @property
    def live_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/live"


@contextmanager
def run_product(settings: Settings, clock: ShiftedClock, port: int = 0) -> Iterator[Product]:
    """Serves until the block ends; then the process is ended as SIGTERM would end it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        server = uvicorn.Server(make_config(settings, clock))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
        thread.start()
        _wait_until_started(server, thread)
        try:
            yield Product(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(START_WITHIN_S)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise AssertionError("the web process did not start")
        time.sleep(POLL_S)
