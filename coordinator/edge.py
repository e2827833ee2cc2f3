"""What every delivery shares: who asks, from where, what was sent, and one command = one transaction with its idempotency key.

Pages and API differ in how they read and answer; that an answer is given once, that only our own pages may send commands, and how much
may be sent is decided here.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection, Request

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.errors import (
    ChorusError,
    Conflict,
    EngineFault,
    Forbidden,
    Invalid,
    KeyReused,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooMany,
    Unavailable,
    problem,
)
from coordinator.i18n import Languages
from coordinator.ports import BlobStore, Clock
from coordinator.services import callers, idempotency
from coordinator.services.health import Health, load_health, read_health
from coordinator.services.limits import RateLimiter
from coordinator.services.searches import Searches
from coordinator.settings import Settings
from coordinator.store.database import Database, Work

BODY_MOST_BYTES = 256 * 1024
FORM_FIELDS_MOST = 1_000
LEG_DIGITS_MOST = 6
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the composition root made and every request may use. Closed by the root."""

    settings: Settings
    database: Database
    languages: Languages
    clock: Clock
    secret_key: bytes
    limiter: RateLimiter  # slows a guesser at /enter
    blobs: BlobStore
    calendar_turns: asyncio.Semaphore  # how many uploaded calendars are read at once
    searches: Searches = field(default_factory=Searches)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers, whether now or again: a redirect for a form, a body for the API.

    `keep` is False for an answer that shows a secret: a repeated request then hears that it was done, without the secret.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep: bool = True


Raw = Mapping[str, Any]
Do = Callable[[Work, Caller], Awaitable[Answer]]


def runtime(connection: HTTPConnection) -> Runtime:
    """The runtime of the application that serves this request."""
    found: Runtime = connection.app.state.runtime
    return found


async def look(connection: HTTPConnection, conn: AsyncConnection | None = None) -> Health:
    """One reading of how well the network is, as this process finds it: for /readyz, the status page and the steward's page.

    Whoever reads the database already passes its `conn`: a request that waits for a second one could starve the others.
    """
    current = runtime(connection)
    now = current.clock.now()
    redis_answers = await current.limiter.answers()
    canary_age_s = connection.app.state.live.canary.age_s(now)
    if conn is not None:
        return await load_health(conn, now, canary_age_s=canary_age_s, redis_answers=redis_answers)
    return await read_health(current.database, now, canary_age_s=canary_age_s, redis_answers=redis_answers)


# --- where from ---------------------------------------------------------------------------------------------------------


def base_url(connection: HTTPConnection) -> str:
    """Scheme and host by which people reach us: the setting, else the request's own host if that is loopback or a numeric address."""
    settings = runtime(connection).settings
    return settings.base_url or f"{connection.url.scheme.replace('ws', 'http')}://{connection.headers.get('host', '')}"


def is_known_host(connection: HTTPConnection) -> bool:
    """Whether this request came to a host that is ours: without CHORUS_BASE_URL only loopback and numeric addresses are."""
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    configured = runtime(connection).settings.base_url
    return host == urlsplit(configured).hostname if configured else is_local_host(host)


def is_local_host(host: str) -> bool:
    """`localhost` or an IP literal: names that no stranger's DNS can point at us."""
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_own_origin(connection: HTTPConnection) -> bool:
    """Whether the Origin header names exactly our own scheme, host and port."""
    return is_known_host(connection) and connection.headers.get("origin") == base_url(connection)


def require_own_origin(request: Request) -> None:
    """Unsafe methods need our own Origin, unless a bearer token is shown: a cookie alone could be ridden from elsewhere."""
    if request.method in SAFE_METHODS or bearer(request) or is_own_origin(request):
        return
    raise Forbidden("origin")


def is_https(connection: HTTPConnection) -> bool:
    """Whether people reach us by https: decides the cookie's name."""
    return base_url(connection).startswith("https://")


def cookie_name(connection: HTTPConnection) -> str:
    """`__Host-` wants https; plain http carries the plain name."""
    return keys.SESSION_COOKIE_HTTPS if is_https(connection) else keys.SESSION_COOKIE


# --- who ----------------------------------------------------------------------------------------------------------------


def bearer(connection: HTTPConnection) -> str | None:
    """The token of `Authorization: Bearer …`."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def session_secret(connection: HTTPConnection) -> str | None:
    """The session's secret, from the bearer token or the cookie."""
    return bearer(connection) or connection.cookies.get(cookie_name(connection))


async def identify(connection: HTTPConnection) -> Caller:
    """Who asks, by one query; asked once a request. Pages that are the same for everyone never ask."""
    if not hasattr(connection.state, "caller"):
        connection.state.caller = await _identify(connection)
    found: Caller = connection.state.caller
    return found


async def _identify(connection: HTTPConnection) -> Caller:
    secret, current = session_secret(connection), runtime(connection)
    if secret is None:
        return NOBODY
    async with current.database.read() as conn:
        return await _authenticate(conn, secret, current.clock.now())


async def _authenticate(conn: AsyncConnection, secret: str | None, now: datetime) -> Caller:
    return NOBODY if secret is None else await callers.authenticate(conn, secret, now)


# --- what was sent ------------------------------------------------------------------------------------------------------


async def read_body(request: Request, limit_bytes: int = BODY_MOST_BYTES) -> bytes:
    """The body, at most `limit_bytes`; raises TooLarge before more is read."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise TooLarge(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_form(request: Request, *, lists: frozenset[str] = frozenset(), limit_bytes: int = BODY_MOST_BYTES) -> dict[str, Any]:
    """A form's fields: the last value of each name, all values for names in `lists`, bytes for an uploaded file.

    Raises Invalid `bad_encoding` for what is not UTF-8, `too_many_fields`; TooLarge.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        pairs = await _read_multipart(request, limit_bytes)
    else:
        pairs = _parse_form(await read_body(request, limit_bytes))
    wrong = [problem(name, "bad_encoding", value) for name, value in pairs if isinstance(value, str) and "\ufffd" in value]
    if wrong:
        raise Invalid(*wrong)
    form: dict[str, Any] = {name: [] for name in lists}
    for name, value in pairs:
        form[name] = [*form[name], value] if name in lists else value
    return form


def _parse_form(body: bytes) -> list[tuple[str, Any]]:
    try:
        return list(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MOST))
    except ValueError:
        raise Invalid(problem("", "too_many_fields", "", FORM_FIELDS_MOST)) from None


async def _read_multipart(request: Request, limit_bytes: int) -> list[tuple[str, Any]]:
    if int(request.headers.get("content-length") or limit_bytes + 1) > limit_bytes:
        raise TooLarge(limit_bytes)
    async with request.form(max_files=1, max_fields=FORM_FIELDS_MOST, max_part_size=limit_bytes) as form:
        return [(name, await value.read() if isinstance(value, UploadFile) else value) for name, value in form.multi_items()]


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object (RFC 8259: UTF-8, no BOM, no NaN). Raises Invalid `bad_encoding`, `json_malformed` or `json_object`."""
    try:
        value = msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise Invalid(problem("", "bad_encoding")) from None
    except (msgspec.DecodeError, RecursionError):
        raise Invalid(problem("", "json_malformed")) from None
    if not isinstance(value, dict):
        raise Invalid(problem("", "json_object"))
    return value


# --- faults --------------------------------------------------------------------------------------------------------------

STATUSES: tuple[tuple[type[ChorusError], int], ...] = (
    (Invalid, 422),
    (KeyReused, 422),
    (Conflict, 409),
    (NotFound, 404),
    (NotSignedIn, 401),
    (Forbidden, 403),
    (TooLarge, 413),
    (TooMany, 429),
    (Unavailable, 503),
    (EngineFault, 503),
)


def status_of(fault: ChorusError) -> int:
    """The HTTP status of a fault, for pages and API alike."""
    return next((status for kind, status in STATUSES if isinstance(fault, kind)), 500)


# --- one command --------------------------------------------------------------------------------------------------------


async def run_command(request: Request, raw: Raw, do: Do, *, key: str | None) -> Answer:
    """Runs `do` in one transaction, once per idempotency key: the same key and body get the first answer again.

    Raises KeyReused for the same key with another body, and whatever `do` raises; then nothing was written.
    """
    require_own_origin(request)
    current, digest = runtime(request), request_hash(raw)
    async with current.database.write(current.clock.now()) as work:
        # Asked in the same transaction: a right handed over or revoked a moment ago is gone.
        caller = await _authenticate(work.conn, session_secret(request), work.now)
        if key is None or (caller.session_id is not None and not caller.grants):  # whose links were revoked is shown no kept answer either
            return await do(work, caller)
        scope = _scope(request, caller)
        before = await idempotency.recall(work, scope, key, digest)
        if before is not None:
            return Answer(before.status, before.headers, before.body)
        answer = await do(work, caller)
        kept = answer if answer.keep else Answer(409)
        await idempotency.remember(work, scope, key, digest, status=kept.status, headers=kept.headers, body=kept.body)
        return answer


class DoneBefore(Exception):
    """Another request with the same key was faster: what this one has done is to be undone."""


async def was_done(request: Request, conn: AsyncConnection, raw: Raw, *, key: str | None) -> bool:
    """Whether a command of several transactions was done under this key before. Raises KeyReused for another body."""
    if key is None:
        return False
    return await idempotency.look_up(conn, _scope(request, await identify(request)), key, request_hash(raw)) is not None


async def note_done(request: Request, work: Work, raw: Raw, *, key: str | None) -> None:
    """In the transaction of the effect: this key was used. Raises DoneBefore when it was already, KeyReused for another body."""
    if key is None:
        return
    scope, digest = _scope(request, await identify(request)), request_hash(raw)
    if await idempotency.recall(work, scope, key, digest) is not None:
        raise DoneBefore
    await idempotency.remember(work, scope, key, digest, status=204, headers={}, body=b"")


def _scope(request: Request, caller: Caller) -> str:
    return f"{caller.session_id or 'public'}:{request.method}:{request.url.path}"


def has_these_bytes(if_none_match: str | None, etag: str) -> bool:
    """If-None-Match, compared weakly: a proxy that compresses turns our tag into a weak one (RFC 9110 §13.1.2)."""
    wanted = if_none_match or ""
    return wanted.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in wanted.split(","))


def read_leg(query: Mapping[str, str]) -> int | None:
    """The leg that `?leg=` asks for; None when it does not. Raises NotFound for what cannot be a leg's number."""
    asked = query.get("leg", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= LEG_DIGITS_MOST):
        raise NotFound("leg")
    return int(asked)


def request_hash(raw: Raw) -> str:
    """Names a body's content, whatever its order and its idempotency field."""
    content = {name: _plain(value) for name, value in raw.items() if name != keys.IDEMPOTENCY_FIELD}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _plain(value: Any) -> Any:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
