"""How do the rows look that tell whether a network is well: heartbeats, jobs by state, heads of streams, the schema's revision?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.keys import PRIVATE_JOBS
from coordinator.store.migrate import VERSION
from coordinator.store.tables import heartbeat, job, stream


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of one kind of process (`worker-short`, `worker-long`), whichever host it came from."""

    process: str
    at: datetime


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of a kind are in a state, and since when the oldest of them is (waiting: its due time; else: when it ended)."""

    kind: str
    state: str
    jobs: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as a steward sees it: ids and times, never anybody's words."""

    id: str
    kind: str
    state: str
    due_at: datetime
    attempt: int
    done_at: datetime | None
    last_error: str


async def find_beats(conn: AsyncConnection) -> list[Beat]:
    """Every process that ever told that it lives, by name."""
    rows = await conn.execute(sa.select(heartbeat.c.process, heartbeat.c.at).order_by(heartbeat.c.process))
    return [Beat(row.process, row.at) for row in rows]


async def count_jobs(conn: AsyncConnection) -> list[JobCount]:
    """Counts by kind and state, in that order, without private kinds. A job that a worker holds is counted, and no reason for its kind to look old."""
    free = sa.and_(job.c.state == "waiting", job.c.lease_until.is_(None))
    since = sa.case((free, job.c.due_at), else_=job.c.done_at)
    query = (
        sa.select(job.c.kind, job.c.state, sa.func.count().label("jobs"), sa.func.min(since).label("oldest_at"))
        .where(_is_shown())
        .group_by(job.c.kind, job.c.state)
        .order_by(job.c.kind, job.c.state)
    )
    return [JobCount(row.kind, row.state, row.jobs, row.oldest_at) for row in await conn.execute(query)]


async def count_dead_since(conn: AsyncConnection, since_at: datetime) -> int:
    """How many jobs were given up at or after this instant, without private kinds."""
    query = sa.select(sa.func.count()).select_from(job).where(job.c.state == "dead", job.c.done_at >= since_at, _is_shown())
    return int((await conn.execute(query)).scalar_one())


async def find_jobs(conn: AsyncConnection, states: Sequence[str], limit: int) -> list[JobRow]:
    """Jobs in these states, dead ones first, then by due time; at most `limit`, without private kinds."""
    order = sa.case((job.c.state == "dead", 0), (job.c.state == "waiting", 1), else_=2)
    query = sa.select(job).where(job.c.state.in_(states), _is_shown()).order_by(order, job.c.due_at, job.c.id).limit(limit)
    return [JobRow(r.id, r.kind, r.state, r.due_at, r.attempt, r.done_at, r.last_error) for r in await conn.execute(query)]


def _is_shown() -> sa.ColumnElement[bool]:
    return job.c.kind.not_in(sorted(PRIVATE_JOBS))


async def find_heads(conn: AsyncConnection) -> dict[str, int]:
    """Stream → head, of every stream that was written to. Names of streams hold ids of groups: not for the public."""
    return {row.stream: row.head for row in await conn.execute(sa.select(stream.c.stream, stream.c.head))}


async def find_revision(conn: AsyncConnection) -> str | None:
    """The revision that the database stands at; None when it was never migrated."""
    if not await conn.run_sync(lambda sync: sa.inspect(sync).has_table(VERSION.name)):
        return None
    found: str | None = (await conn.execute(sa.select(VERSION.c.version_num))).scalar_one_or_none()
    return found
