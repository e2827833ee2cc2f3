"""The one write path: all or nothing, numbers without gaps in commit order, hints only for what is durable."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.errors import Unavailable
from coordinator.keys import JOB_DECIDE
from coordinator.ports import JobRef
from coordinator.store import database as database_module
from coordinator.store import engine, eventlog
from coordinator.store.database import Database
from coordinator.store.tables import event, heartbeat, job, stream
from tests.factories import NOON, RecordingBus, RecordingQueue, load_events, open_database

WRITER = Path(__file__).with_name("writer.py")


class ChangedMind(Exception):
    """Raised inside a transaction to roll it back."""


def told(database: Database) -> tuple[RecordingBus, RecordingQueue]:
    bus, queue = database._bus, database._queue
    assert isinstance(bus, RecordingBus)
    assert isinstance(queue, RecordingQueue)
    return bus, queue


async def test_write_commits_state_events_and_jobs_together_then_tells(database: Database) -> None:
    async with database.write(NOON) as work:
        await work.conn.execute(sa.insert(heartbeat).values(process="web", at=NOON, detail={}))
        work.emit("public", "action.proposed", {"action": "a", "revision": 1})
        work.emit("partners", "action.proposed", {"action": "a", "revision": 1})
        work.emit("public", "action.confirmed", {"action": "a", "revision": 2})
        await work.plan(JOB_DECIDE, "a:1", {"action": "a", "round": 1}, NOON)
        await work.plan(JOB_DECIDE, "b:1", {"action": "b", "round": 1}, NOON + timedelta(days=2))
        silent = told(database)[0].hints

    bus, queue = told(database)
    async with database.read() as conn:
        assert [e[:2] for e in await load_events(conn)] == [
            ("partners", "action.proposed"),
            ("public", "action.proposed"),
            ("public", "action.confirmed"),
        ]
        assert (await conn.execute(sa.select(sa.func.count()).select_from(job))).scalar_one() == 2
    assert silent == bus.hints == [{"partners": 1, "public": 2}]
    assert [(ref.kind, ref.attempt) for ref in queue.jobs] == [(JOB_DECIDE, 0)]


async def change_mind(database: Database) -> None:
    async with database.write(NOON) as work:
        work.emit("public", "action.proposed", {"action": "a"})
        await work.conn.execute(sa.insert(heartbeat).values(process="web", at=NOON, detail={}))
        await work.plan(JOB_DECIDE, "a:1", {}, NOON)
        raise ChangedMind


async def test_write_that_raises_leaves_nothing_and_tells_nobody(database: Database) -> None:
    with pytest.raises(ChangedMind):
        await change_mind(database)

    async with database.read() as conn:
        rows = [(await conn.execute(sa.select(sa.func.count()).select_from(t))).scalar_one() for t in (event, stream, heartbeat, job)]
    assert rows == [0, 0, 0, 0]
    assert told(database) == (RecordingBus(), RecordingQueue())


async def test_plan_same_key_again_plans_once_and_wakes_once(database: Database) -> None:
    for _ in range(3):
        async with database.write(NOON) as work:
            await work.plan(JOB_DECIDE, "a:1", {"action": "a"}, NOON)
            await work.plan(JOB_DECIDE, "a:1", {"action": "another"}, NOON)

    async with database.read() as conn:
        planned = (await conn.execute(sa.select(job.c.id, job.c.ref))).one()
    assert planned.ref == {"action": "a"}
    assert told(database)[1].jobs == [JobRef(planned.id, JOB_DECIDE, 0)]


async def test_emit_survives_every_kind_of_text(database: Database) -> None:
    data = {"words": "كلمات · ğ · 🕊 · \u2028 · ' \" \\", "none": None, "list": [1, 2.5, True]}

    async with database.write(NOON) as work:
        work.emit("public", "echo.published", data)

    async with database.read() as conn:
        (stored,) = await eventlog.load_after(conn, "public", 0, 10)
    assert (stored.data, stored.at) == (data, NOON)


@pytest.mark.parametrize(("keep", "days"), [(None, 30), (timedelta(days=7), 7), (timedelta(days=99), 30)])
async def test_emit_is_kept_as_long_as_settings_and_caller_both_allow(sqlite_database_url: str, keep: timedelta | None, days: int) -> None:
    async with open_database(sqlite_database_url) as opened:
        shorter = Database(opened.engine, RecordingBus(), RecordingQueue(), events_kept=timedelta(days=30))
        async with shorter.write(NOON) as work:
            work.emit("public", "echo.published", {}, keep=keep)

        async with shorter.read() as conn:
            assert (await conn.execute(sa.select(event.c.expires_at))).scalar_one() == NOON + timedelta(days=days)


@pytest.mark.timeout(900)  # in a soak
async def test_concurrent_writers_with_rollbacks_number_without_gaps_in_commit_order(
    database: Database, rng: random.Random, share: int
) -> None:
    """While they write, a reader follows as a hub does; what it never sees is lost."""
    writers, rounds = 6, 8 * min(share, 25)
    committed: list[str] = []
    followed: list[tuple[int, str]] = []
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(rounds):
            name = f"{writer}:{number}"
            try:
                async with database.write(NOON) as work:
                    work.emit("public", "echo.published", {"name": name})
                    await asyncio.sleep(rng.random() * 0.003)
                    if rng.random() < 0.2:
                        raise ChangedMind
            except ChangedMind:
                continue
            committed.append(name)

    async def follow() -> None:
        while True:
            last_look = done.is_set()
            async with database.read() as conn:
                seen = followed[-1][0] if followed else 0
                followed.extend((e.seq, e.data["name"]) for e in await eventlog.load_after(conn, "public", seen, 500))
            if last_look:
                return

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(write(n) for n in range(writers)))
    done.set()
    await follower

    assert [seq for seq, _ in followed] == list(range(1, len(committed) + 1))
    assert sorted(name for _, name in followed) == sorted(committed)


async def test_concurrent_writers_of_several_streams_in_any_order_do_not_deadlock(database: Database, rng: random.Random) -> None:
    names = [f"group:{letter}" for letter in "abcdef"]

    async def write() -> None:
        for _ in range(6):
            async with database.write(NOON) as work:
                for name in rng.sample(names, 4):
                    work.emit(name, "group.changed", {})
                    await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(*(write() for _ in range(8)))

    async with database.read() as conn:
        heads = await eventlog.load_heads(conn, names)
        rows = (await conn.execute(sa.select(event.c.stream, event.c.seq).order_by(event.c.stream, event.c.seq))).all()
    assert sum(heads.values()) == 8 * 6 * 4
    assert [tuple(r) for r in rows] == [(name, seq) for name in names for seq in range(1, heads[name] + 1)]


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.write(NOON) as work:
            work.emit("public", "response.given", {"number": number})

    async with asyncio.timeout(30):
        await asyncio.gather(*(write(n) for n in range(100)))

    async with database.read() as conn:
        assert (await eventlog.load_position(conn, "public")).seq == 100


async def test_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'chorus.db'}") as database:
        with pytest.raises(Unavailable):
            await read_head(database)
        with pytest.raises(Unavailable):
            await emit_one(database)


async def test_write_whose_turn_does_not_come_is_unavailable(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)

    async with open_database(sqlite_database_url) as database, open_database(sqlite_database_url) as other, other.write(NOON):
        with pytest.raises(Unavailable):
            await emit_one(database)


async def test_write_that_loses_its_connection_is_unavailable_and_the_next_one_works(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url) as database:
        with pytest.raises(Unavailable):
            await emit_one(database, first="SELECT pg_terminate_backend(pg_backend_pid())")

        await emit_one(database)

        assert await read_head(database) == 1


async def test_close_waits_for_what_is_under_way(database_url: str) -> None:
    goes_on, reading = asyncio.Event(), asyncio.Event()
    async with open_database(database_url) as database:

        async def read_slowly() -> int:
            async with database.read() as conn:
                reading.set()
                await goes_on.wait()
                return int((await conn.exec_driver_sql("SELECT 7")).scalar_one())

        doing = asyncio.create_task(read_slowly())
        await reading.wait()
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        assert not closing.done()

        goes_on.set()
        await closing

        assert await doing == 7


async def close_inside(database: Database) -> None:
    async with database.read() as conn:
        await database.close()
        assert (await conn.exec_driver_sql("SELECT 7")).scalar_one() == 7
        await conn.invalidate()  # too late to be closed with the others


async def test_close_does_not_wait_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "CLOSE_WITHIN_S", 0.0)

    with pytest.raises(sa.exc.PendingRollbackError):  # of the invalidated one
        await close_inside(database)


async def emit_one(database: Database, first: str = "SELECT 1") -> None:
    async with database.write(NOON) as work:
        await work.conn.exec_driver_sql(first)
        work.emit("public", "echo.published", {})


async def read_head(database: Database) -> int:
    async with database.read() as conn:
        return (await eventlog.load_position(conn, "public")).seq


def write_until_killed(database_url: str, name: str, commits: int) -> set[str]:
    """What a writer process said it had committed before it was killed without warning."""
    said: set[str] = set()
    with subprocess.Popen([sys.executable, WRITER, database_url, name], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if len(said) == commits:
                process.kill()
            if line.endswith("\n"):
                said.add(line.strip())
    return said


@pytest.mark.timeout(900)  # in a soak
async def test_kill_of_a_writer_loses_no_acknowledged_commit(database_url: str, rng: random.Random, share: int) -> None:
    cycles = [f"cycle{number}" for number in range(3 * min(share, 30))]

    said = [write_until_killed(database_url, cycle, rng.randrange(1, 40)) for cycle in cycles]

    async with open_database(database_url) as database, database.read() as conn:
        stored = (await conn.execute(sa.select(event.c.seq, event.c.data).order_by(event.c.seq))).all()
    assert all(said)
    assert set().union(*said) <= {row.data["name"] for row in stored}
    assert [row.seq for row in stored] == list(range(1, len(stored) + 1))
