"""Job rows: planned inside the business transaction, claimed by a fenced lease, swept when a worker or Redis was lost.

The scheme (research: reliability §2): the row is the truth; arq only wakes a worker with `kind:id:attempt`. A handler claims by a
conditional UPDATE that raises `attempt` and `fence`; its last transaction writes the effect *and* `done` only while the fence still
holds. Only a claim counts as an attempt: a job that waits long in the queue, or is swept while Redis is gone, loses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.ports import JobRef
from coordinator.store.dialect import insert
from coordinator.store.ids import new_row_id
from coordinator.store.tables import job

MAX_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this worker holds until `lease_until`; `fence` proves it."""

    job_id: str
    kind: str
    ref: Mapping[str, Any]
    attempt: int
    fence: int


async def insert_job(conn: AsyncConnection, *, kind: str, key: str, ref: Mapping[str, Any], due_at: datetime) -> JobRef | None:
    """Plans a job; None when (kind, key) is planned already."""
    job_id = new_row_id()
    statement = (
        insert(conn, job)
        .values(id=job_id, kind=kind, key=key, ref=dict(ref), due_at=due_at, attempt=0, state="waiting", fence=0, last_error="")
        .on_conflict_do_nothing(index_elements=[job.c.kind, job.c.key])
        .returning(job.c.id)
    )
    inserted = (await conn.execute(statement)).scalar_one_or_none()
    return None if inserted is None else JobRef(job_id, kind, 0)


async def take_due(conn: AsyncConnection, kinds: list[str], now: datetime, limit: int) -> list[JobRef]:
    """Names due jobs that nobody holds, oldest first, at most `limit`; those out of attempts become dead instead.

    Two sweepers may name the same attempt: the queue drops an id that it has, and the claim lets one worker through.
    """
    due = _due(now, job.c.kind.in_(kinds))
    spent = sa.select(job.c.id).where(due, job.c.attempt >= MAX_ATTEMPTS).with_for_update(skip_locked=True)
    await conn.execute(sa.update(job).where(job.c.id.in_(spent)).values(state="dead", done_at=now, lease_until=None))
    rows = await conn.execute(sa.select(job.c.id, job.c.kind, job.c.attempt).where(due).order_by(job.c.due_at, job.c.id).limit(limit))
    return [JobRef(r.id, r.kind, r.attempt) for r in rows]


async def claim(conn: AsyncConnection, job_id: str, now: datetime, lease: timedelta) -> ClaimedJob | None:
    """Takes the job for `lease`; None when it is done, dead, out of attempts, not due, or held by another."""
    row = (
        await conn.execute(
            sa.update(job)
            .where(_due(now, job.c.id == job_id), job.c.attempt < MAX_ATTEMPTS)
            .values(lease_until=now + lease, attempt=job.c.attempt + 1, fence=job.c.fence + 1)
            .returning(job.c.id, job.c.kind, job.c.ref, job.c.attempt, job.c.fence)
        )
    ).first()
    return ClaimedJob(row.id, row.kind, row.ref, row.attempt, row.fence) if row else None


def _due(now: datetime, *which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    free = sa.or_(job.c.lease_until.is_(None), job.c.lease_until <= now)
    return sa.and_(job.c.state == "waiting", job.c.due_at <= now, free, *which)


async def finish(conn: AsyncConnection, claimed: ClaimedJob, now: datetime) -> bool:
    """Marks it done in the transaction of its effect; False when the lease was lost, and then the caller must roll back."""
    done = await conn.execute(
        sa.update(job)
        .where(job.c.id == claimed.job_id, job.c.fence == claimed.fence, job.c.state == "waiting")
        .values(state="done", done_at=now, lease_until=None)
    )
    return done.rowcount == 1


async def release(conn: AsyncConnection, claimed: ClaimedJob, due_at: datetime, error: str) -> None:
    """Gives a failed job back, to be tried again from `due_at`; `error` is the exception's type and place.

    Does nothing when the lease was lost meanwhile. After its last attempt the next sweep declares the job dead.
    """
    await conn.execute(
        sa.update(job)
        .where(job.c.id == claimed.job_id, job.c.fence == claimed.fence, job.c.state == "waiting")
        .values(lease_until=None, due_at=due_at, last_error=error)
    )


async def revive(conn: AsyncConnection, job_id: str, now: datetime) -> bool:
    """Gives a dead job its attempts anew, due at once: a steward's button. False when it is not dead."""
    revived = await conn.execute(
        sa.update(job).where(job.c.id == job_id, job.c.state == "dead").values(state="waiting", attempt=0, due_at=now, done_at=None)
    )
    return revived.rowcount == 1
