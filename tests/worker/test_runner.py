"""One job: effect and `done` together, once, whoever else tries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from coordinator.keys import JOB_DECIDE, PARTNERS
from coordinator.store.database import Database, Work
from coordinator.store.jobs import MAX_ATTEMPTS
from coordinator.store.tables import job
from tests.conftest import FakeClock
from tests.factories import NOON, load_events, open_database
from worker.handlers import Handler, Slow
from worker.process import SHORT
from worker.runner import Limits, Outcome, Runner, describe_error, next_wait

SECRET = "Nasrin's telephone"


async def tell(work: Work, ref: Mapping[str, Any]) -> None:
    work.emit(PARTNERS, "reminder.due", dict(ref))


async def fail(work: Work, ref: Mapping[str, Any]) -> None:
    await tell(work, ref)
    raise ValueError(SECRET)


async def plan(database: Database) -> str:
    async with database.write(NOON) as work:
        await work.plan(JOB_DECIDE, "a:1", {"name": "a"}, NOON)
        return (await work.conn.execute(sa.select(job.c.id))).scalar_one()


def make_runner(database: Database, clock: FakeClock, handler: Handler | Slow = tell) -> Runner:
    return Runner(database, clock, {JOB_DECIDE: handler})


async def read_job(database: Database) -> Any:
    async with database.read() as conn:
        return (await conn.execute(sa.select(job))).one()


async def count_effects(database: Database) -> int:
    async with database.read() as conn:
        return len(await load_events(conn))


async def test_run_job_writes_its_effect_and_is_done(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)

    outcomes = [await make_runner(database, clock).run_job(job_id, SHORT) for _ in range(2)]

    assert outcomes == [Outcome.DONE, Outcome.NOT_FREE]
    assert await count_effects(database) == 1
    assert (await read_job(database)).state == "done"


async def test_run_job_unknown_id_is_not_free(database: Database, clock: FakeClock) -> None:
    assert await make_runner(database, clock).run_job("nothing", SHORT) is Outcome.NOT_FREE


async def test_run_job_by_many_at_once_has_one_effect(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)
    runners = [make_runner(database, clock) for _ in range(6)]

    outcomes = await asyncio.gather(*(runner.run_job(job_id, SHORT) for runner in runners))

    assert sorted(o.name for o in outcomes) == ["DONE", *["NOT_FREE"] * 5]
    assert await count_effects(database) == 1


async def test_run_job_that_raises_writes_nothing_and_waits_for_its_next_turn(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)

    with structlog.testing.capture_logs() as lines:
        outcome = await make_runner(database, clock, fail).run_job(job_id, SHORT)

    row = await read_job(database)
    assert outcome is Outcome.FAILED
    assert await count_effects(database) == 0
    assert (row.state, row.attempt, row.lease_until) == ("waiting", 1, None)
    assert timedelta(seconds=7.5) <= row.due_at - NOON <= timedelta(seconds=10)
    assert row.last_error.startswith("ValueError at ")
    assert [line["event"] for line in lines] == ["job.failed"]
    assert SECRET not in row.last_error + repr(lines)

    clock.set(row.due_at)
    assert await make_runner(database, clock).run_job(job_id, SHORT) is Outcome.DONE


async def test_run_job_of_a_kind_nobody_handles_is_given_up_after_all_attempts(database: Database, clock: FakeClock) -> None:
    job_id = await plan(database)

    outcomes = []
    for _ in range(MAX_ATTEMPTS + 1):
        outcomes.append(await Runner(database, clock, {}).run_job(job_id, SHORT))
        clock.advance(hours=1)

    assert outcomes == [*[Outcome.FAILED] * MAX_ATTEMPTS, Outcome.NOT_FREE]


async def test_run_job_slower_than_its_timeout_is_given_back(database: Database, clock: FakeClock) -> None:
    async def hang(work: Work, ref: Mapping[str, Any]) -> None:
        await tell(work, ref)
        await asyncio.Event().wait()

    job_id = await plan(database)

    outcome = await make_runner(database, clock, hang).run_job(job_id, Limits(timedelta(milliseconds=50), timedelta(seconds=1)))

    assert outcome is Outcome.FAILED
    assert (await read_job(database)).last_error.startswith("TimeoutError at ")
    assert await count_effects(database) == 0


async def test_run_job_whose_lease_went_to_another_writes_nothing(postgres_database_url: str, clock: FakeClock) -> None:
    """Needs two transactions at once, so PostgreSQL: the slow one still works while the second has finished."""
    async with open_database(postgres_database_url) as database:
        job_id = await plan(database)
        entered, go_on = asyncio.Event(), asyncio.Event()

        async def dawdle(work: Work, ref: Mapping[str, Any]) -> None:
            await tell(work, ref)
            entered.set()
            await go_on.wait()

        slow = asyncio.create_task(make_runner(database, clock, dawdle).run_job(job_id, SHORT))
        await entered.wait()
        clock.advance(SHORT.lease)
        second = await make_runner(database, clock).run_job(job_id, SHORT)
        go_on.set()

        assert (second, await slow) == (Outcome.DONE, Outcome.LEASE_LOST)
        assert await count_effects(database) == 1


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 10), (2, 20), (4, 80), (7, 640), (8, 900)])
def test_next_wait_doubles_up_to_a_quarter_of_an_hour(attempt: int, seconds: float) -> None:
    assert next_wait(attempt, 0.0) == timedelta(seconds=seconds)
    assert next_wait(attempt, 1.0) == timedelta(seconds=seconds * 0.75)


def test_describe_error_names_our_place_not_the_words() -> None:
    try:
        Limits(timeout=timedelta(1), lease=timedelta(1)).nothing  # type: ignore[attr-defined]  # noqa: B018 - made to fail
    except AttributeError as error:
        described = describe_error(error)

    assert described.startswith("AttributeError at test_runner.py:")
    assert describe_error(KeyError("never raised")) == "KeyError"


# --- jobs with a long part --------------------------------------------------------------------------------------------


async def load_name(_conn: Any, ref: Mapping[str, Any], _now: Any) -> str | None:
    return ref["name"] or None


async def store_name(work: Work, result: str) -> None:
    work.emit(PARTNERS, "reminder.due", {"name": result})


async def test_run_job_slow_computes_while_others_write_and_stores_once(database: Database, clock: FakeClock) -> None:
    async def compute(name: str) -> str:
        async with database.write(NOON) as work:  # SQLite has one writer: this would wait for ever inside the job's own transaction
            work.emit(PARTNERS, "reminder.due", {"name": "somebody else"})
        return name.upper()

    job_id = await plan(database)
    outcomes = [await make_runner(database, clock, Slow(load_name, compute, store_name)).run_job(job_id, SHORT) for _ in range(2)]

    async with database.read() as conn:
        told = [data["name"] for _, _, data in await load_events(conn)]
    assert outcomes == [Outcome.DONE, Outcome.NOT_FREE]
    assert told == ["somebody else", "A"]


async def test_run_job_slow_that_finds_nothing_to_do_is_done_without_computing(database: Database, clock: FakeClock) -> None:
    async def compute(_loaded: object) -> object:
        raise AssertionError("there was nothing to compute")

    async with database.write(NOON) as work:
        await work.plan(JOB_DECIDE, "a:1", {"name": ""}, NOON)
        job_id = (await work.conn.execute(sa.select(job.c.id))).scalar_one()

    assert await make_runner(database, clock, Slow(load_name, compute, store_name)).run_job(job_id, SHORT) is Outcome.DONE
    assert await count_effects(database) == 0


async def test_run_job_slow_whose_long_part_fails_is_given_back(database: Database, clock: FakeClock) -> None:
    async def compute(_loaded: object) -> object:
        raise ValueError(SECRET)

    job_id = await plan(database)

    assert await make_runner(database, clock, Slow(load_name, compute, store_name)).run_job(job_id, SHORT) is Outcome.FAILED
    assert ((await read_job(database)).state, await count_effects(database)) == ("waiting", 0)
