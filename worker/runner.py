"""How is one job run? Claim, then handler and `done` in one transaction (its long part before that); a failure gives it back with a growing wait.

Everything that a worker does with a job goes through here, whether arq woke it or the sweeper found it. Two workers, a killed one, a
slow one whose lease went to another: the effect is written once.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from coordinator.ports import Clock
from coordinator.store import jobs
from coordinator.store.database import Database, Work
from coordinator.store.jobs import ClaimedJob
from worker.handlers import Handler, Handlers, Ref, Slow

BACKOFF_FIRST = timedelta(seconds=10)
BACKOFF_LONGEST = timedelta(minutes=15)
OURS = frozenset({"coordinator", "worker"})

log = structlog.get_logger(__name__)


class Outcome(Enum):
    """What became of one wake-up."""

    DONE = "done"
    NOT_FREE = "not free"  # done already, not due, or held by another
    LEASE_LOST = "lease lost"  # it took too long and another has it: nothing was written
    FAILED = "failed"  # given back, to be tried again


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a handler may take, and for how long its job is held; the lease must be longer, or two would work at once."""

    timeout: timedelta
    lease: timedelta


class LeaseLost(Exception):
    """Rolls the handler's transaction back."""


class Runner:
    """Runs jobs. Safe for many tasks at once."""

    def __init__(self, database: Database, clock: Clock, handlers: Handlers) -> None:
        self._database = database
        self._clock = clock
        self._handlers = handlers

    async def run_job(self, job_id: str, limits: Limits) -> Outcome:
        """Runs the job if it is free. Raises nothing of the handler's; a database that is away is raised, and the sweeper tries again."""
        async with self._database.write(self._clock.now()) as work:
            claimed = await jobs.claim(work.conn, job_id, work.now, limits.lease)
        if claimed is None:
            return Outcome.NOT_FREE
        try:
            await self._run_claimed(claimed, limits)
        except LeaseLost:
            log.warning("job.lease_lost", job=job_id, kind=claimed.kind, attempt=claimed.attempt)
            return Outcome.LEASE_LOST
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its job is given back
            await self._give_back(claimed, error)
            return Outcome.FAILED
        log.info("job.done", job=job_id, kind=claimed.kind, attempt=claimed.attempt)
        return Outcome.DONE

    async def _run_claimed(self, claimed: ClaimedJob, limits: Limits) -> None:
        handler = self._handlers[claimed.kind]
        async with asyncio.timeout(limits.timeout.total_seconds()):
            write = await self._prepare(handler, claimed.ref) if isinstance(handler, Slow) else partial(_call, handler, claimed.ref)
            async with self._database.write(self._clock.now()) as work:
                await write(work)
                if not await jobs.finish(work.conn, claimed, self._clock.now()):
                    raise LeaseLost

    async def _prepare(self, handler: Slow, ref: Ref) -> Callable[[Work], Awaitable[None]]:
        """Does the long part of a job, holding nothing; returns what is left to write."""
        async with self._database.read() as conn:
            loaded = await handler.load(conn, ref, self._clock.now())
        if loaded is None:
            return _write_nothing
        result = await handler.compute(loaded)
        return partial(_store, handler, result)

    async def _give_back(self, claimed: ClaimedJob, error: Exception) -> None:
        """Only the places of the traceback are logged: an exception's words may be somebody's."""
        where = describe_error(error)
        log.error("job.failed", job=claimed.job_id, kind=claimed.kind, attempt=claimed.attempt, error=where, stack=read_places(error))
        async with self._database.write(self._clock.now()) as work:
            await jobs.release(work.conn, claimed, work.now + next_wait(claimed.attempt, random.random()), where)  # noqa: S311 - jitter


async def _call(handler: Handler, ref: Ref, work: Work) -> None:
    await handler(work, ref)


async def _store(handler: Slow, result: Any, work: Work) -> None:
    await handler.store(work, result)


async def _write_nothing(_work: Work) -> None:
    """Nothing was left to do."""


def next_wait(attempt: int, jitter: float) -> timedelta:
    """The wait after a failed attempt (1, 2, …): doubling from 10 s to 15 min, and between the whole of it and three quarters."""
    longest = min(BACKOFF_FIRST * (1 << (attempt - 1)), BACKOFF_LONGEST)
    return longest * (1 - jitter / 4)


def describe_error(error: BaseException) -> str:
    """The exception's type and its last place in our code, never its words: `KeyError at reminders.py:57 in remind`."""
    places = traceback.extract_tb(error.__traceback__)
    ours = [place for place in places if OURS & set(Path(place.filename).parts)] or list(places)
    return (
        f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno} in {ours[-1].name}" if ours else type(error).__name__
    )


def read_places(error: BaseException) -> str:
    """The traceback without the exception's words."""
    return "".join(traceback.format_tb(error.__traceback__))
