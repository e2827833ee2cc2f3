"""How does a worker process live? It consumes its queues, sweeps due jobs, says that it lives, and ends in order.

consume    one arq worker a queue: what was nudged runs at once
sweep      every 6–10 s: due job rows are enqueued again, so nothing depends on what Redis remembers
           while Redis is away: every second, and due jobs run right here
heartbeat  every 10 s: a row in SQL, read by /readyz and the steward's page
stand      every hour: the jobs that nobody asks for are planned
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from redis.asyncio import Redis

from coordinator import keys
from coordinator.blobs import open_blobs
from coordinator.calendars.fetching import Fetcher
from coordinator.i18n import read_languages
from coordinator.ports import Clock
from coordinator.redisbus import LOST, RedisBus, RedisJobQueue, connect
from coordinator.services.drafter import Drafter
from coordinator.settings import Settings
from coordinator.store import jobs
from coordinator.store.database import Database
from coordinator.store.dialect import insert
from coordinator.store.engine import make_engine
from coordinator.store.tables import heartbeat
from coordinator.translators.choose import make_translator
from worker.calendars import CalendarJobs
from worker.consumer import COMPLETION_WAIT_S, Consumer, silence_arq, wait_or_stop
from worker.handlers import Handlers, make_handlers, plan_standing_jobs
from worker.runner import Limits, Runner, describe_error
from worker.sound.jobs import SoundJobs

QUEUES = {"short": keys.QUEUE_SHORT, "long": keys.QUEUE_LONG}
SHORT = Limits(timeout=timedelta(seconds=15), lease=timedelta(seconds=18))  # with a sweep: run again within 30 s of a killed worker
LONG = Limits(timeout=timedelta(minutes=5), lease=timedelta(minutes=5, seconds=15))
SWEPT_AT_ONCE = 1_000
PING_TIMEOUT_S = 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, and how long. A test may hurry it."""

    short: Limits = SHORT
    long: Limits = LONG
    sweep_s: tuple[float, float] = (6.0, 10.0)
    sweep_alone_s: float = 1.0  # while Redis is away
    heartbeat_s: float = 10.0
    stand_s: float = 3_600.0

    def limits(self, queue: str) -> Limits:
        """Of the jobs of this queue."""
        return self.long if queue == keys.QUEUE_LONG else self.short


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


async def run_worker(
    settings: Settings,
    queue_names: Sequence[str],
    *,
    handlers: Handlers | None = None,
    clock: Clock | None = None,
    pace: Pace | None = None,
) -> None:
    """Works for the queues named ("short", "long") until SIGTERM or SIGINT; running jobs get 15 s to end.

    `handlers` are the product's own unless a test brings others. The database must be migrated. Redis may be away at any time; `settings.redis_url` must be set.
    """
    silence_arq()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        database, redis = await stack.enter_async_context(open_stores(settings))
        known = handlers if handlers is not None else await stack.enter_async_context(open_handlers(settings, database))
        queues = [QUEUES[name] for name in queue_names]
        await WorkerProcess(database, redis, queues, handlers=known, clock=clock or SystemClock(), pace=pace or Pace()).run(stop)


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[tuple[Database, Redis]]:
    """A worker's own database and Redis, closed afterwards."""
    redis = connect(settings.redis_url)
    engine, events_kept = make_engine(settings.effective_database_url), timedelta(days=settings.events_kept_days)
    database = Database(engine, RedisBus(redis), RedisJobQueue(redis), events_kept=events_kept)
    try:
        yield database, redis
    finally:
        await redis.aclose()
        await database.close()


@asynccontextmanager
async def open_handlers(settings: Settings, database: Database) -> AsyncIterator[Handlers]:
    """The product's handlers with the engine and the store of bytes that they use, closed afterwards."""
    translator = make_translator(settings)
    try:
        pages = [language.tag for language in read_languages().complete]
        drafter = Drafter(translator, pages, settings.translate_timeout_s)
        calendars = CalendarJobs(Fetcher(), settings.secret_key.encode())
        yield make_handlers(drafter, SoundJobs(open_blobs(settings, database)), calendars)
    finally:
        await translator.close()


class WorkerProcess:
    """The loops of one worker process."""

    def __init__(self, database: Database, redis: Redis, queues: Sequence[str], *, handlers: Handlers, clock: Clock, pace: Pace) -> None:
        self._database = database
        self._redis = redis
        self._queue = RedisJobQueue(redis)
        self._queues = queues
        self._kinds = [kind for kind, queue in keys.JOB_QUEUES.items() if queue in queues]
        self._clock = clock
        self._pace = pace
        self._runner = Runner(database, clock, handlers)
        self._redis_answers = False

    async def run(self, stop: asyncio.Event) -> None:
        """Runs every loop until `stop` is set; raises what a loop could not survive."""
        loops = [
            *(Consumer(queue, self._redis, self._runner, self._pace.limits(queue)).run(stop) for queue in self._queues),
            repeat("sweep", lambda: self.sweep(stop), self._next_sweep_s, stop),
            repeat("heartbeat", self.beat, lambda: self._pace.heartbeat_s, stop),
            repeat("stand", self.stand, lambda: self._pace.stand_s, stop),
        ]
        log.info("worker.started", queues=list(self._queues))
        await run_until_stopped([asyncio.ensure_future(each) for each in loops], stop)
        log.info("worker.ended", queues=list(self._queues))

    async def sweep(self, stop: asyncio.Event) -> None:
        """Enqueues what is due and free; runs it here while Redis is away."""
        self._redis_answers = await answers(self._redis)
        async with self._database.write(self._clock.now()) as work:
            due = await jobs.take_due(work.conn, self._kinds, work.now, SWEPT_AT_ONCE)
        if self._redis_answers:
            await self._queue.nudge(due)
            return
        for ref in due:
            if stop.is_set():
                return
            await self._runner.run_job(ref.job_id, self._pace.limits(keys.JOB_QUEUES[ref.kind]))

    def _next_sweep_s(self) -> float:
        least, most = self._pace.sweep_s
        return random.uniform(least, most) if self._redis_answers else self._pace.sweep_alone_s  # noqa: S311 - jitter

    async def beat(self) -> None:
        """Says in SQL that each queue has a living worker."""
        async with self._database.write(self._clock.now()) as work:
            for queue in self._queues:
                detail = {"redis": self._redis_answers}
                row = insert(work.conn, heartbeat).values(process=process_name(queue), at=work.now, detail=detail)
                renewed = row.on_conflict_do_update(index_elements=[heartbeat.c.process], set_={"at": work.now, "detail": detail})
                await work.conn.execute(renewed)

    async def stand(self) -> None:
        """Plans the jobs that nobody asks for."""
        async with self._database.write(self._clock.now()) as work:
            await plan_standing_jobs(work)


def process_name(queue: str) -> str:
    """The heartbeat's name of a queue's workers: `worker-short`, `worker-long`."""
    return f"worker-{queue.rpartition(':')[2]}"


async def answers(redis: Redis) -> bool:
    """Whether Redis answers just now."""
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await redis.ping()
    except LOST:
        return False
    return True


async def repeat(name: str, do: Callable[[], Awaitable[None]], next_wait_s: Callable[[], float], stop: asyncio.Event) -> None:
    """Does it again and again, whatever it raises, until `stop` is set."""
    while not stop.is_set():
        try:
            await do()
        except Exception as error:  # noqa: BLE001 - the top of a loop that must survive a database that is away
            log.error("worker.loop_failed", loop=name, error=describe_error(error))
        await wait_or_stop(stop, next_wait_s())


async def run_until_stopped(loops: Sequence[asyncio.Future[None]], stop: asyncio.Event) -> None:
    """Waits for `stop`, then for the loops, at most as long as running jobs may take. A loop that ends by itself ends all."""
    stopping = asyncio.ensure_future(_heed(stop))
    try:
        await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.wait(loops, timeout=COMPLETION_WAIT_S + 2)
    finally:
        for each in [stopping, *loops]:
            each.cancel()
        ended = await asyncio.gather(*loops, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result


async def _heed(stop: asyncio.Event) -> None:
    await stop.wait()
