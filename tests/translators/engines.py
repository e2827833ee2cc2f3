"""How do tests get engines? The real Apertium, a LibreTranslate server that knows forty words, and programs and servers that fail on purpose."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coordinator.ports import Pair, Translator

LISTING = [
    {"code": "es", "name": "Spanish", "targets": ["es", "pb", "en"]},
    {"code": "en", "name": "English", "targets": ["en", "es", "zt"]},
    {"code": "pb", "name": "Portuguese (Brazil)", "targets": ["es"]},
]
SPANISH = ["agua", "árboles", "acción", "nuestra", "hola", "rojo", "casa", "río", "uno", "dos"]
WORDS = {
    ("es", "pb"): dict(zip(SPANISH, ["água", "árvores", "ação", "nossa", "olá", "vermelho", "casa", "rio", "um", "dois"], strict=True)),
    ("es", "en"): dict(zip(SPANISH, ["water", "trees", "action", "our", "hello", "red", "house", "river", "one", "two"], strict=True)),
    ("en", "es"): {"water": "agua", "trees": "árboles", "hello": "hola"},
    ("en", "zt"): {"water": "水"},
    ("pb", "es"): {"água": "agua"},
}

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine of the shared suite. `pair` is Spanish into Portuguese, or None where nothing is served."""

    translator: Translator
    pair: Pair | None


@dataclass
class LibreServer:
    """A server that keeps the contract, or, once `instead` is set, answers as that says. `requests`: method, path and body of each."""

    url: str = ""
    key: str = ""
    instead: dict[str, Handler] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open_requests: int = 0

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append((request.method, request.url.path, json.loads(body) if body else None))
        self.headers.append(dict(request.headers))
        self.open_requests += 1
        try:
            return await self.instead.get(request.url.path, self._keep_contract)(request)
        finally:
            self.open_requests -= 1

    async def _keep_contract(self, request: Request) -> Response:
        if request.url.path == "/languages":
            return JSONResponse(LISTING)
        asked = self.requests[-1][2]
        if self.key and asked.get("api_key") != self.key:
            return JSONResponse({"error": "Invalid API key"}, 403)
        words = WORDS.get((asked["source"], asked["target"]))
        if words is None:
            return JSONResponse({"error": f"{asked['target']} is not supported"}, 400)
        return JSONResponse({"translatedText": [_translate(text, words) for text in asked["q"]]})


def _translate(text: str, words: dict[str, str]) -> str:
    """Word by word; an unknown word stays, as with the real one."""
    return re.sub(r"[^\W\d_]+", lambda found: words.get(found[0].lower(), found[0]), text)


@asynccontextmanager
async def serve_libretranslate(key: str = "") -> AsyncIterator[LibreServer]:
    """A server on a port of its own until the block ends."""
    server = LibreServer(key=key)
    routes = [Route("/languages", server.answer), Route("/translate", server.answer, methods=["POST"]), Route("/other", server.answer)]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        running = uvicorn.Server(config)
        serving = asyncio.create_task(running.serve(sockets=[listener]))
        async with asyncio.timeout(10):
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
                await asyncio.sleep(0.01)
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield server
        finally:
            running.should_exit = True
            await serving


def always(status: int, body: Any, **headers: str) -> Handler:
    """A server's answer to everything: JSON, or bytes as they are."""

    async def handle(_: Request) -> Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(content, status, {name.replace("_", "-"): value for name, value in headers.items()}, "application/json")

    return handle


async def never(request: Request) -> Response:
    """A server that is silent for as long as it is listened to."""
    while not await request.is_disconnected():  # noqa: ASYNC110 - Starlette has no event for it
        await asyncio.sleep(0.01)
    return Response(status_code=499)


def require_apertium() -> None:
    if shutil.which("apertium") is None:
        pytest.fail("no Apertium here; `make test` as root (or with sudo) installs it, or: apt-get install apertium apertium-es-pt")


def write_program(directory: Path, behaviour: str, modes: str = "es-pt eng-spa") -> None:
    """A program called `apertium` that lists modes as the real one does, and translates by the shell commands of `behaviour`."""
    program = directory / "apertium"
    listing = "".join(f"  {mode}\\n" for mode in modes.split())
    program.write_text(
        f'#!/bin/sh\ncase "$1" in\n-V) echo "Apertium 9.8.7"; exit 0;;\n-l) printf "{listing}"; exit 0;;\nesac\n{behaviour}\n',
        encoding="utf-8",
    )
    program.chmod(0o755)


def children() -> set[int]:
    """The processes below this one, those of other fixtures included. A zombie is gone, but for its reaping."""
    return {child.pid for child in psutil.Process().children(recursive=True) if _lives(child)}


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def wait_until(condition: Callable[[], bool]) -> None:
    """Another process's deed is the one thing that a passed-in clock cannot hurry."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody here could set an event for another process
            await asyncio.sleep(0.01)
