"""How do job ids come from Redis? One arq worker a queue, started anew whenever its Redis was lost.

arq is kept thin: ids only, JSON, no results, no cron, no retries of its own (`runner.py` has them), and none of its INFO lines, which
show arguments. Losing Redis ends arq's worker; here that is an ordinary day.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.asyncio import Redis

from coordinator.redisbus import ARQ_FUNCTION, arq_client, write_json
from worker.runner import Limits, Runner

COMPLETION_WAIT_S = 15  # for running jobs when the process is asked to end
ARQ_GRACE_S = 5  # beyond the runner's own timeout, which should always come first
JOBS_AT_ONCE = 4
BACKOFF_S = (0.1, 2.0)
CANCEL_AGAIN_S = 0.1

log = structlog.get_logger(__name__)


class Consumer:
    """Feeds the ids of one queue to the runner."""

    def __init__(self, queue: str, redis: Redis, runner: Runner, limits: Limits) -> None:
        self._queue = queue
        self._redis = redis
        self._runner = runner
        self._limits = limits

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop` is set and the running jobs have ended; survives a lost Redis."""
        wait_s, longest_s = BACKOFF_S
        while not stop.is_set():
            began_s = asyncio.get_running_loop().time()
            try:
                await self._consume(stop)
            except Exception as error:  # noqa: BLE001 - the top of a loop that must survive; arq raises what its Redis raised
                log.warning("queue.lost", queue=self._queue, error=type(error).__name__)
            healthy = asyncio.get_running_loop().time() - began_s > longest_s
            wait_s = BACKOFF_S[0] if healthy else min(wait_s * 2, longest_s)
            await wait_or_stop(stop, wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    async def _consume(self, stop: asyncio.Event) -> None:
        worker = self._make_worker()
        consuming, stopping = asyncio.ensure_future(worker.async_run()), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({consuming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            worker.allow_pick_jobs = False
            running = [task for task in worker.tasks.values() if not task.done()]
            if stop.is_set() and running:
                _, late = await asyncio.wait(running, timeout=COMPLETION_WAIT_S)
                for task in late:
                    task.cancel()
        finally:
            stopping.cancel()
            await _cancel(consuming)
            # without Redis arq cannot note that these have ended, but they may end
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        if not consuming.cancelled():
            consuming.result()

    def _make_worker(self) -> Worker:
        timeout_s = self._limits.timeout.total_seconds() + ARQ_GRACE_S
        return Worker(
            functions=[func(self._run_job, name=ARQ_FUNCTION, timeout=timeout_s, keep_result=0)],
            queue_name=self._queue,
            redis_pool=arq_client(self._redis),
            handle_signals=False,
            job_completion_wait=COMPLETION_WAIT_S,
            max_jobs=JOBS_AT_ONCE,
            keep_result=0,
            job_serializer=write_json,
            job_deserializer=json.loads,
            log_results=False,
        )

    async def _run_job(self, ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        """What arq calls. Anybody on that Redis may have written the arguments."""
        job_id = args[0] if args else None
        if not isinstance(job_id, str):
            return
        try:
            await self._runner.run_job(job_id, self._limits)
        except Exception as error:  # noqa: BLE001 - the database is away; arq must not log the exception's words
            log.warning("job.not_run", queue=self._queue, error=type(error).__name__)


async def _cancel(task: asyncio.Future[None]) -> None:
    """Cancels until it has ended: redis-py swallows a cancellation that comes while it connects, and arq would go on for ever."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)


def silence_arq() -> None:
    """arq's INFO lines name arguments and results."""
    logging.getLogger("arq").setLevel(logging.WARNING)


async def wait_or_stop(stop: asyncio.Event, seconds: float) -> None:
    """Waits, but not beyond the moment `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
