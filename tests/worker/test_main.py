"""`chorus worker` as an operator starts and ends it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.store.database import Database
from coordinator.store.tables import heartbeat, job
from tests.factories import NOON, add_network
from tests.worker.conftest import wait_for

STANDING = {keys.JOB_BUSY_ROUND, keys.JOB_QUARTER, keys.JOB_SWEEP_TEXTS, keys.JOB_ZONES}


@pytest.mark.parametrize("queue", ["short", "long"])
async def test_worker_command_lives_plans_the_standing_jobs_and_ends_when_asked(
    database: Database, sqlite_database_url: str, empty_valkey: str, queue: str
) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
    settings = {"CHORUS_DATABASE_URL": sqlite_database_url, "CHORUS_REDIS_URL": empty_valkey, "CHORUS_SECRET_KEY": "k" * 40}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")} | settings
    command = [sys.executable, "-m", "coordinator.cli", "worker", "--queue", queue]

    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as process:  # noqa: ASYNC220 - starting it is quick

        async def lives() -> bool:
            async with database.read() as conn:
                beats = (await conn.execute(sa.select(heartbeat.c.process))).scalars().all()
                kinds = (await conn.execute(sa.select(job.c.kind).distinct())).scalars().all()
            return beats == [f"worker-{queue}"] and set(kinds) - {keys.JOB_SWEEP_BLOBS} == STANDING  # it is planned by one of them

        try:
            await wait_for(lives)
        except TimeoutError:
            process.kill()  # or leaving the block would wait for it for ever
            raise
        process.terminate()
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert os.fsencode(empty_valkey) not in errors
