"""What is one operation of the API, and how does it become an endpoint? The table of them (`operations.py`) makes routes and OpenAPI alike.

Reads may be kept for five seconds by anybody while nobody is signed in, and by nobody else. Commands are POST, one transaction each, and
done once per `Idempotency-Key`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from coordinator import keys
from coordinator.api.bodies import Sent
from coordinator.api.reading import read_fields
from coordinator.domain.access import NOBODY, Caller, Right
from coordinator.edge import Answer, Raw, Runtime, has_these_bytes, identify, read_body, require_own_origin, run_command, runtime
from coordinator.errors import Conflict, NotFound, NotSignedIn
from coordinator.store.database import Work

PREFIX = "/api/v1"
JSON = "application/json"
PUBLIC_CACHE = "public, max-age=5"
PRIVATE_CACHE = "private, no-store"


class Cache(Enum):
    """Who may keep an answer."""

    PUBLIC = "the same bytes for everybody, signed in or not"
    READER = "everybody's while nobody is signed in, else its reader's alone"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Asking:
    """One read: who asks for what, seen at one position of the log."""

    request: Request
    runtime: Runtime
    conn: AsyncConnection
    caller: Caller

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    def path(self, name: str) -> str:
        """A name in the address."""
        return str(self.request.path_params[name])


@dataclass(frozen=True, slots=True)
class Commanding:
    """One command in its transaction: who sends which fields."""

    request: Request
    runtime: Runtime
    work: Work
    caller: Caller
    raw: Raw
    prepared: Any = None

    def path(self, name: str) -> str:
        """A name in the address."""
        return str(self.request.path_params[name])

    @property
    def tags(self) -> frozenset[str]:
        """The languages that a group or an action may have."""
        return frozenset(language.tag for language in self.runtime.languages)


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter after the question mark; all are optional text."""

    name: str
    help: str
    example: str


Read = Callable[[Asking], Awaitable[Any]]
Command = Callable[[Commanding], Awaitable[Any]]
Prepare = Callable[[Request, Raw], Awaitable[Any]]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table. `right` is what the access table is asked (`of` which group is the handler's business).

    `answer` is what a success holds, None for nothing (204). `secret`: the answer shows what is shown once. `file`: the body's media type
    when it is not JSON. `prepare` is what takes long and writes nothing: it is done before the command's transaction begins, and asks for
    itself who sends it. An operation without `read` and `command` is served elsewhere and described here.
    """

    method: str
    path: str
    name: str
    summary: str
    _: KW_ONLY
    right: Right = Right.READ_PUBLIC
    answer: Any = None
    read: Read | None = None
    command: Command | None = None
    prepare: Prepare | None = None
    endpoint: Endpoint | None = None
    body: type[Sent] | None = None
    file: str = ""
    file_bytes: int = 0
    query: tuple[Query, ...] = ()
    status: int = 200
    limited: bool = False
    secret: bool = False
    keyed: bool = True
    cache: Cache = Cache.NOBODY

    def make_endpoint(self) -> Endpoint | None:
        """The function that answers this operation's requests; None when another part serves it."""
        if self.endpoint is not None:
            return self.endpoint
        if self.read is not None:
            return lambda request: _answer_read(self, request)
        return (lambda request: _answer_command(self, request)) if self.command is not None else None


def refuse_unseen(request: Request) -> None:
    """A name in the address that holds a control character names nothing; no database is asked for it."""
    if not all(str(value).isprintable() for value in request.path_params.values()):
        raise NotFound("path")


async def _answer_read(operation: Operation, request: Request) -> Response:
    refuse_unseen(request)
    current = runtime(request)
    caller = NOBODY if operation.cache is Cache.PUBLIC else await identify(request)
    _refuse_strangers(operation, caller)
    async with current.database.read() as conn:
        found = await operation.read(Asking(request, current, conn, caller)) if operation.read else None
    return answer_json(request, msgspec.json.encode(found), operation.cache, signed_in=bool(caller.grants))


def answer_json(request: Request, body: bytes, cache: Cache, *, signed_in: bool) -> Response:
    """The body, or 304 when its reader has these bytes. What depends on who asks says so to caches."""
    headers = {"Cache-Control": PRIVATE_CACHE}
    if cache is Cache.READER:
        headers["Vary"] = "Authorization, Cookie"
    if cache is Cache.PUBLIC or (cache is Cache.READER and not signed_in):
        headers |= {"Cache-Control": PUBLIC_CACHE, "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"'}
        if has_these_bytes(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=JSON)


async def _answer_command(operation: Operation, request: Request) -> Response:
    refuse_unseen(request)
    raw = await _read_raw(operation, request)
    prepared = await _prepare(operation.prepare, request, raw)

    async def do(work: Work, caller: Caller) -> Answer:
        _refuse_strangers(operation, caller)
        assert operation.command is not None
        found = await operation.command(Commanding(request, runtime(request), work, caller, raw, prepared))
        return _make_answer(operation, found)

    done = await run_command(request, raw, do, key=request.headers.get(keys.IDEMPOTENCY_HEADER))
    if done.status == 409:  # the kept answer to a command whose own showed a secret
        raise Conflict("shown_once")
    return Response(done.body, done.status, dict(done.headers))


async def _read_raw(operation: Operation, request: Request) -> Raw:
    named = {f"?{query.name}": request.query_params[query.name] for query in operation.query if query.name in request.query_params}
    if operation.file:
        return {"": await read_body(request, operation.file_bytes), **named}
    return {**await read_fields(request, operation.body), **named} if operation.body else named


async def _prepare(prepare: Prepare | None, request: Request, raw: Raw) -> Any:
    if prepare is None:
        return None
    require_own_origin(request)
    return await prepare(request, raw)


def _make_answer(operation: Operation, found: Any) -> Answer:
    headers = {"Cache-Control": PRIVATE_CACHE}
    if operation.answer is None:
        return Answer(204, headers)
    return Answer(operation.status, {**headers, "Content-Type": JSON}, msgspec.json.encode(found), keep=not operation.secret)


def _refuse_strangers(operation: Operation, caller: Caller) -> None:
    """Without any link nothing is said of what there is: first come in."""
    if operation.right is not Right.READ_PUBLIC and not caller.grants:
        raise NotSignedIn
