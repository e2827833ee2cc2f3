"""The real handlers, woken by the sweep alone: a proposal is decided at its deadline, and its reminders come when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.blobs import FileBlobs
from coordinator.domain.translation import Label
from coordinator.redisbus import connect
from coordinator.services.drafter import Drafter
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.proposals import draft_action, put_forward
from coordinator.services.responses import respond
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.settings import Settings
from coordinator.store.database import Database
from coordinator.store.tables import action, heartbeat, job
from coordinator.translators.none import NoTranslator
from tests.conftest import FakeClock
from tests.factories import NOON, add_group, add_network, caller_as, load_events
from tests.worker.conftest import NOWHERE
from worker.handlers import make_handlers
from worker.process import Pace, WorkerProcess, open_handlers
from worker.sound.jobs import SoundJobs

HANDLERS = make_handlers(Drafter(NoTranslator(), ["en"], 1.0), SoundJobs(FileBlobs(Path("/nonexistent"))), NOWHERE)
STARTS_AT = datetime(2027, 2, 6, 17, 0, tzinfo=UTC)
FORM = {"title": "Taps", "kind": "silence", "story": "Water.", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}

TELLING = {
    "title": "El agua es de todos",
    "story": "Nuestra comunidad cuida el agua del río. Más en https://example.org/rio",
    "consent": "Los lugares pueden mostrarse.",
    "language": "es",
}


@pytest.fixture
async def worker(database: Database, clock: FakeClock) -> AsyncIterator[WorkerProcess]:
    """Both queues, without Redis."""
    redis = connect("unix:///nowhere/s")
    yield WorkerProcess(database, redis, [keys.QUEUE_SHORT, keys.QUEUE_LONG], handlers=HANDLERS, clock=clock, pace=Pace())
    await redis.aclose()


async def propose(database: Database) -> datetime:
    """Two of three groups consent; returns the deadline."""
    async with database.write(NOON) as work:
        await add_network(work.conn)
        first, second, _ = [await add_group(work.conn, name) for name in ("Minga", "Ujamaa", "Kaveh")]
        slug = await draft_action(work, caller_as("custodian", first), first, FORM, frozenset({"en"}))
        await put_forward(work, caller_as("custodian", first), slug, {"start": STARTS_AT.isoformat()})
        await respond(work, caller_as("custodian", second), second, slug, {"response": "consent"})
        return (await work.conn.execute(sa.select(action.c.deadline_at))).scalar_one()


async def load_state(database: Database) -> str:
    async with database.read() as conn:
        return (await conn.execute(sa.select(action.c.state))).scalar_one()


async def load_kinds(database: Database, stream: str) -> list[str]:
    async with database.read() as conn:
        return [kind for _, kind, _ in await load_events(conn, stream)]


def test_every_kind_of_job_has_its_handler() -> None:
    assert set(HANDLERS) == set(keys.JOB_QUEUES)


async def test_sweep_decides_at_the_deadline_and_reminds_until_the_start(
    database: Database, worker: WorkerProcess, clock: FakeClock
) -> None:
    stop = asyncio.Event()
    deadline_at = await propose(database)
    states = []
    for instant in (deadline_at - timedelta(seconds=1), deadline_at):
        clock.set(instant)
        await worker.sweep(stop)
        states.append(await load_state(database))
    reminded = []
    for instant in (STARTS_AT - timedelta(days=7), STARTS_AT - timedelta(hours=24), STARTS_AT - timedelta(hours=1), STARTS_AT):
        clock.set(instant)
        await worker.sweep(stop)
        reminded.append((await load_kinds(database, keys.PARTNERS)).count("reminder.due"))

    assert states == ["proposed", "confirmed"]
    assert reminded == [1, 2, 3, 3]
    assert "reminder.due" not in await load_kinds(database, keys.PUBLIC)


async def test_sweep_drafts_what_was_published_with_the_real_engine(database: Database, clock: FakeClock) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        teller = await add_group(work.conn, "Minga del Agua", language="es")
        reader = await add_group(work.conn, "Rede Mangue", language="pt-BR")
        slug = await draft_spotlight(work, caller_as("custodian", teller), teller, TELLING, frozenset({"es", "pt-BR"}))
        await publish_spotlight(work, caller_as("custodian", teller), slug)
    redis = connect("unix:///nowhere/s")
    async with open_handlers(Settings(translator="apertium"), database) as handlers:
        queues = [keys.QUEUE_SHORT, keys.QUEUE_LONG]
        worker = WorkerProcess(database, redis, queues, handlers=handlers, clock=clock, pace=Pace())
        for _ in ("plans the languages", "asks the engine"):
            await worker.sweep(asyncio.Event())
    await redis.aclose()

    async with database.read() as conn:
        view = await load_spotlight(conn, Reading(caller_as("member", reader), "pt-BR", NOON), slug)
    assert (view.shown.label, view.shown.rendering and view.shown.rendering.engine) == (Label.MACHINE, "apertium")
    assert "água" in view.shown.words("body.1")
    assert "https://example.org/rio" in view.shown.words("body.1")


async def test_stand_plans_what_nobody_asks_for_and_the_sweep_keeps_it_going(
    database: Database, worker: WorkerProcess, clock: FakeClock
) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
    clock.set(datetime(2027, 1, 21, 23, 0, tzinfo=UTC))  # the quarter's notice is due within the hour
    await worker.stand()
    await worker.stand()

    for _ in range(10):
        clock.advance(hours=1)
        await worker.sweep(asyncio.Event())
    await worker.sweep(asyncio.Event())  # what the last one planned

    async with database.read() as conn:
        rows = (await conn.execute(sa.select(job.c.kind, job.c.state, sa.func.count()).group_by(job.c.kind, job.c.state))).all()
    assert {(r.kind, r.state): r.count for r in rows} == {
        ("sweep_texts", "done"): 10,
        ("sweep_texts", "waiting"): 1,
        ("sweep_blobs", "done"): 10,
        ("busy_round", "done"): 10,
        ("busy_round", "waiting"): 1,
        ("quarter", "done"): 1,
        ("quarter", "waiting"): 1,
        ("zones", "done"): 2,  # at once, since nothing was read under these rules yet, and at midnight
        ("zones", "waiting"): 1,
    }
    assert await load_kinds(database, keys.PARTNERS) == ["reminder.due"]


async def test_beat_says_for_each_queue_that_it_lives(database: Database, worker: WorkerProcess, clock: FakeClock) -> None:
    await worker.beat()
    clock.advance(seconds=10)
    await worker.beat()

    async with database.read() as conn:
        rows = (await conn.execute(sa.select(heartbeat).order_by(heartbeat.c.process))).all()
    assert [tuple(r) for r in rows] == [(name, clock.now(), {"redis": False}) for name in ("worker-long", "worker-short")]
