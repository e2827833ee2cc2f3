"""Who is asking: sessions and the links they hold; entering with a link or a short code, and leaving.

A write should authenticate inside its own transaction (`authenticate(work.conn, …)`): then a right handed over a moment before is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY, Caller, Grant, Role
from coordinator.domain.link import Link, LinkRole, read_opener
from coordinator.errors import NotFound, NotSignedIn
from coordinator.services.custody import accept_custody
from coordinator.services.issue import code_hash
from coordinator.store import callers as store
from coordinator.store.database import Work
from coordinator.store.ids import hash_secret, new_row_id, new_secret
from coordinator.store.links import find_by_secret, note_use

SESSION_FOR = timedelta(days=180)  # from the last time a link was opened in it
OPERATOR = Caller((Grant(Role.STEWARD, None, ""),))  # whoever has the shell of the server


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that now holds a link. `session_secret` is new each time and goes into the cookie or the bearer token, nowhere else."""

    session_secret: str
    caller: Caller
    grant: Grant


async def authenticate(conn: AsyncConnection, session_secret: str, now: datetime) -> Caller:
    """Who shows this session's secret, by one query; NOBODY when it is unknown or over. Links that ended carry nothing."""
    return await store.find_caller(conn, hash_secret(session_secret), now) or NOBODY


async def load_callers(conn: AsyncConnection, session_ids: Collection[str], now: datetime) -> dict[str, Caller]:
    """Session id → what it holds now; sessions that are over are absent. For sockets, which are asked again and again."""
    return await store.find_callers(conn, session_ids, now)


async def enter(work: Work, secret_or_code: str, session_secret: str | None, *, secret_key: bytes) -> Entered:
    """Exchanges a link's secret, or a short code, for a session that holds the link, beside what the session held before.

    Unknown, revoked, expired and used-up are one NotFound by one path. The session's secret changes, so that nobody can have planted it.
    Opening a hand-over link for the first time begins the new custodian's lease and ends the former's.
    """
    opener = read_opener(secret_or_code)
    found = await find_by_secret(work.conn, hash_secret(opener.secret), code_hash(opener.code, secret_key), work.now)
    if found is None:
        raise NotFound("link")
    if found.role is LinkRole.CUSTODIAN and found.rota_id is not None and found.group_id is not None:
        await accept_custody(work, found.group_id, found.rota_id)
    await note_use(work.conn, found.id, work.now.date())
    secret = await _hold(work, found, session_secret)
    caller = await authenticate(work.conn, secret, work.now)
    return Entered(secret, caller, next(grant for grant in caller.grants if grant.link_id == found.id))


async def _hold(work: Work, link: Link, session_secret: str | None) -> str:
    """Puts the link into the session of `session_secret`, or into a new one; returns the session's new secret."""
    before = await authenticate(work.conn, session_secret, work.now) if session_secret else NOBODY
    secret, expires_at = new_secret(), work.now + SESSION_FOR
    session_id = before.session_id or new_row_id()
    if before.session_id is None:
        await store.insert_session(work.conn, session_id, hash_secret(secret), work.now, expires_at)
    else:
        await store.renew_session(work.conn, session_id, hash_secret(secret), expires_at)
    await store.insert_grant(work.conn, session_id, link.id, work.now)
    return secret


async def leave(work: Work, caller: Caller, link_id: str | None = None) -> None:
    """Lets go of one link, or of all: then the session is over. NotFound for a link that this session does not hold."""
    if caller.session_id is None:
        raise NotSignedIn
    if link_id is None:
        await store.delete_session(work.conn, caller.session_id)
    elif not await store.delete_grant(work.conn, caller.session_id, link_id):
        raise NotFound("link")
