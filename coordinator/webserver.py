"""How does the web process run? uvicorn around the application, on a socket that the supervisor bound, or on one of its own."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

import structlog
import uvicorn

from coordinator.app import make_app
from coordinator.live.wire import Wire
from coordinator.ports import Clock
from coordinator.settings import Settings
from coordinator.supervisor import bind, raise_file_limit

MESSAGE_MOST_BYTES = 64 * 1024  # of a client's socket message
PING_INTERVAL_S = 20.0
PING_TIMEOUT_S = 20.0
GRACE_S = 10  # for answers under way when asked to end

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inherited:
    """Descriptors from the supervisor; all None for a web process that runs by itself.

    `fd`: a listening socket. `go_fd`: a pipe that closes when the database is ready. `ready_fd`: a pipe on which we say that we answer.
    """

    fd: int | None = None
    go_fd: int | None = None
    ready_fd: int | None = None


class ReadyServer(uvicorn.Server):
    """Writes one byte to `ready_fd` as soon as requests are answered."""

    def __init__(self, config: uvicorn.Config, ready_fd: int | None) -> None:
        super().__init__(config)
        self._ready_fd = ready_fd

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._ready_fd is not None:
            os.write(self._ready_fd, b"\n")
            os.close(self._ready_fd)
            self._ready_fd = None


def run_web(settings: Settings, inherited: Inherited) -> None:
    """Answers requests until SIGTERM, on the inherited socket or on one bound here. Raises embedded.CannotServe when it cannot be bound."""
    raise_file_limit()
    listener = socket.socket(fileno=inherited.fd) if inherited.fd is not None else bind(settings.host, settings.port)
    server = ReadyServer(make_config(settings), inherited.ready_fd)
    if inherited.go_fd is not None:
        os.read(inherited.go_fd, 1)  # returns when the supervisor closes its end: the database is ready
    log.info("web.starting", inherited=inherited.fd is not None)
    server.run(sockets=[listener])


def make_config(settings: Settings, clock: Clock | None = None) -> uvicorn.Config:
    """uvicorn's settings: no access log (targets carry secrets), no compression of sockets (memory, CRIME), bounded messages."""
    return uvicorn.Config(
        make_app(settings, clock),
        loop="uvloop",
        http="httptools",
        ws=Wire,
        ws_max_size=MESSAGE_MOST_BYTES,
        ws_ping_interval=PING_INTERVAL_S,
        ws_ping_timeout=PING_TIMEOUT_S,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=GRACE_S,
    )
