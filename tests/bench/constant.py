"""The floor under every page: the same uvicorn and Starlette, answering as many constant bytes. `python -m tests.bench.constant`."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.network import end, hear, start

PORT = re.compile(r"floor on (\d+)\n")


@contextmanager
def run_constant() -> Iterator[int]:
    """The port of a process that answers `/1234` with 1,234 bytes, until the block ends."""
    process = start([sys.executable, "-m", "tests.bench.constant"])
    try:
        found = PORT.search(hear(process, PORT))
        assert found is not None
        yield int(found[1])
    finally:
        end(process)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = Starlette(routes=[Route("/{size:int}", _answer)])
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_config=None, server_header=False
        )
        print(f"floor on {listener.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


async def _answer(request: Request) -> Response:
    return _constant(request.path_params["size"])


@cache
def _constant(size: int) -> Response:
    return Response(b"x" * size, media_type="text/html")


if __name__ == "__main__":
    main()
