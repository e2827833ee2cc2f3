"""Is this network well? One reading for /readyz, the public status page and the steward's page.

What keeps people from the moment is failing; what a steward should look at, while rooms go on counting, is degraded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain import zones
from coordinator.domain.access import Caller, Right
from coordinator.errors import NotFound, Unavailable
from coordinator.store import health as store
from coordinator.store import jobs
from coordinator.store.database import Database, Work
from coordinator.store.health import Beat, JobCount, JobRow
from coordinator.store.migrate import HEAD
from coordinator.store.zone_law import load_rules_version

CANARY_LATE_S = 60.0
WORKERS = ("worker-short", "worker-long")
WORKER_SILENT_AFTER = timedelta(seconds=45)  # four beats missed
JOBS_LATE_AFTER = timedelta(minutes=1)
DEAD_JOBS_MATTER_FOR = timedelta(days=1)  # a warning that stands for months is no warning
READ_WITHIN_S = 3.0
LISTED_JOBS = 200

log = structlog.get_logger(__name__)


class Level(StrEnum):
    """How well something is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class Check(StrEnum):
    """What is looked at."""

    DATABASE = "database"  # answers
    SCHEMA = "schema"  # stands at this Chorus's revision
    CANARY = "canary"  # an event still travels from the database to a viewer
    WORKERS = "workers"  # both queues' workers tell that they live
    REDIS = "redis"  # answers; without it everything goes on, a second later
    JOBS = "jobs"  # none is late, none was given up lately


@dataclass(frozen=True, slots=True)
class Health:
    """What was found at `at`. `levels` has every check; `heads` is by stream, for stewards and counters only.

    `canary_age_s` is None before the first canary arrived, `oldest_due_s` None when no job is due; `revision` None without tables.
    `read_under` are the newest zone rules that moments were read under, by any process; "" where none were.
    """

    at: datetime
    levels: Mapping[Check, Level]
    canary_age_s: float | None
    revision: str | None = None
    beats: Sequence[Beat] = ()
    jobs: Sequence[JobCount] = ()
    oldest_due_s: float | None = None
    dead_lately: int = 0
    heads: Mapping[str, int] = field(default_factory=dict)
    read_under: str = ""
    rules_version: str = field(default_factory=zones.rules_version)
    tzdata_version: str = field(default_factory=zones.tzdata_version)

    @property
    def level(self) -> Level:
        """The worst of all checks."""
        found = self.levels.values()
        return Level.FAILING if Level.FAILING in found else Level.DEGRADED if Level.DEGRADED in found else Level.OK

    @property
    def is_behind(self) -> bool:
        """Whether this process computes with older zone rules than another one of the network did: it has not started anew since."""
        return zones.release_order(self.rules_version) < zones.release_order(self.read_under)

    def at_level(self, level: Level) -> tuple[Check, ...]:
        """The checks that came out so."""
        return tuple(check for check, found in self.levels.items() if found is level)


async def read_health(database: Database, now: datetime, *, canary_age_s: float | None, redis_answers: bool) -> Health:
    """As `load_health`; a database that does not answer within three seconds is what is found, not an error."""
    try:
        async with asyncio.timeout(READ_WITHIN_S), database.read() as conn:
            return await load_health(conn, now, canary_age_s=canary_age_s, redis_answers=redis_answers)
    except (Unavailable, SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
        log.warning("health.database_away", error=type(error).__name__)
        levels = {Check.DATABASE: Level.FAILING, Check.CANARY: _canary_level(canary_age_s), Check.REDIS: _redis_level(redis_answers)}
        return Health(now, levels, canary_age_s)


async def load_health(conn: AsyncConnection, now: datetime, *, canary_age_s: float | None, redis_answers: bool) -> Health:
    """Looks at everything. `canary_age_s`: how long ago this process's hub last saw its own event."""
    revision, beats, counts = await store.find_revision(conn), await store.find_beats(conn), await store.count_jobs(conn)
    oldest_due_s, dead = _oldest_due_s(counts, now), await store.count_dead_since(conn, now - DEAD_JOBS_MATTER_FOR)
    late = oldest_due_s is not None and oldest_due_s > JOBS_LATE_AFTER.total_seconds()
    levels = {
        Check.DATABASE: Level.OK,
        Check.SCHEMA: Level.OK if revision == HEAD else Level.FAILING,
        Check.CANARY: _canary_level(canary_age_s),
        Check.WORKERS: Level.DEGRADED if silent_workers(beats, now) else Level.OK,
        Check.REDIS: _redis_level(redis_answers),
        Check.JOBS: Level.DEGRADED if late or dead else Level.OK,
    }
    heads = await store.find_heads(conn)
    read_under = await load_rules_version(conn) if revision == HEAD else None  # an older schema has no column for it
    return Health(now, levels, canary_age_s, revision, beats, counts, oldest_due_s, dead, heads, read_under or "")


def silent_workers(beats: Sequence[Beat], now: datetime) -> tuple[str, ...]:
    """The kinds of worker that have not told of themselves for a while, or never."""
    heard = {beat.process for beat in beats if now - beat.at <= WORKER_SILENT_AFTER}
    return tuple(name for name in WORKERS if name not in heard)


async def load_jobs(conn: AsyncConnection, caller: Caller) -> list[JobRow]:
    """What waits and what was given up, given-up ones first; for stewards."""
    caller.require(Right.STEER)
    return await store.find_jobs(conn, ("dead", "waiting"), LISTED_JOBS)


async def revive_job(work: Work, caller: Caller, job_id: str) -> None:
    """Gives a job that was given up its attempts anew. NotFound when it is not such a one."""
    caller.require(Right.STEER)
    if not await jobs.revive(work.conn, job_id, work.now):
        raise NotFound("job")


def _oldest_due_s(counts: Sequence[JobCount], now: datetime) -> float | None:
    due = [c.oldest_at for c in counts if c.state == "waiting" and c.oldest_at is not None and c.oldest_at <= now]
    return (now - min(due)).total_seconds() if due else None


def _canary_level(age_s: float | None) -> Level:
    return Level.OK if age_s is not None and age_s <= CANARY_LATE_S else Level.FAILING


def _redis_level(answers: bool) -> Level:
    return Level.OK if answers else Level.DEGRADED
