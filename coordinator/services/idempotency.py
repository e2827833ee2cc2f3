"""How does a retried tap send once? The first answer is kept with its key, in the transaction of its effect, for 48 hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.errors import Invalid, KeyReused, problem
from coordinator.keys import IDEMPOTENCY_FIELD
from coordinator.store import idempotency as store
from coordinator.store.database import Work

KEPT_FOR = timedelta(hours=48)
KEY_CHARS = (8, 128)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered the first time."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_key(raw: str) -> str:
    """A key of 8 to 128 printable ASCII characters; Invalid `idempotency_key_malformed`."""
    least, most = KEY_CHARS
    if not (least <= len(raw) <= most and raw.isascii() and raw.isprintable()):
        raise Invalid(problem(IDEMPOTENCY_FIELD, "idempotency_key_malformed", raw, least, most))
    return raw


async def look_up(conn: AsyncConnection, scope: str, key: str, request_hash: str) -> KeptAnswer | None:
    """The answer that this key was given before; None when there is none (yet). The key is not taken. Raises as `recall`."""
    row = await store.find(conn, scope, read_key(key))
    return None if row is None else _kept(row, request_hash)


async def recall(work: Work, scope: str, key: str, request_hash: str) -> KeptAnswer | None:
    """The answer that this key was given before; None when it is new, and then it is ours until the transaction ends.

    A second request with the same key waits here for the first one's commit. Raises KeyReused for another `request_hash`,
    Invalid for a malformed key.
    """
    key = read_key(key)
    if await store.claim(work.conn, scope, key, request_hash, now=work.now, expires_at=work.now + KEPT_FOR):
        return None
    return _kept(await store.find(work.conn, scope, key), request_hash)


def _kept(row: Any, request_hash: str) -> KeptAnswer | None:
    if row.request_hash != request_hash:
        raise KeyReused
    return None if row.status == store.UNANSWERED else KeptAnswer(row.status, row.headers, row.body)


async def remember(work: Work, scope: str, key: str, request_hash: str, *, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keeps the answer to a key that `recall` gave us in this transaction. Answers with secrets in them must not come here."""
    await store.answer(work.conn, scope, key, request_hash, status=status, headers=dict(headers), body=body)
