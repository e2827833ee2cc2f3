"""A retried tap sends once: same key, same answer; another body is refused; a fault forgets the key; 48 hours."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from coordinator.errors import Invalid, KeyReused
from coordinator.services.idempotency import KEPT_FOR, KeptAnswer, read_key, recall, remember
from coordinator.store import tables
from coordinator.store.database import Database
from tests.factories import NOON, count_rows, open_database

KEY, SCOPE = "tap-00000001", "session1:POST:/en/steward/groups"
ANSWER = KeptAnswer(303, {"Location": "/en/steward/"}, "añadido".encode())


async def tap(
    database: Database, key: str = KEY, *, scope: str = SCOPE, body: str = "a", now_after: timedelta = timedelta(0)
) -> KeptAnswer | None:
    """One request: what it recalls; a new one remembers ANSWER."""
    async with database.write(NOON + now_after) as work:
        before = await recall(work, scope, key, body)
        if before is None:
            await remember(work, scope, key, body, status=ANSWER.status, headers=ANSWER.headers, body=ANSWER.body)
        return before


async def test_recall_gives_the_first_answer_again(database_url: str) -> None:
    async with open_database(database_url) as database:
        assert await tap(database) is None
        assert await tap(database) == ANSWER


async def test_recall_with_another_body_is_refused(database: Database) -> None:
    await tap(database)

    with pytest.raises(KeyReused):
        await tap(database, body="b")


async def test_recall_keeps_scopes_apart(database: Database) -> None:
    await tap(database)

    assert await tap(database, scope="session2:POST:/en/steward/groups", body="b") is None


async def test_recall_after_a_fault_starts_anew(database: Database) -> None:
    async def fail() -> None:
        async with database.write(NOON) as work:
            assert await recall(work, SCOPE, KEY, "a") is None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await tap(database, body="b") is None


async def test_recall_forgets_after_48_hours(database: Database) -> None:
    await tap(database)

    assert await tap(database, now_after=KEPT_FOR - timedelta(microseconds=1)) == ANSWER
    assert await tap(database, body="b", now_after=KEPT_FOR) is None
    async with database.read() as conn:
        assert await count_rows(conn, tables.idempotency) == {"idempotency": 1}


async def test_recall_of_two_at_once_lets_one_act(database_url: str) -> None:
    async with open_database(database_url) as database:
        answers = await asyncio.gather(*(tap(database) for _ in range(4)))

    assert sorted(answers, key=repr) == [ANSWER, ANSWER, ANSWER, None]


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "tab\tinside", "clé-00000001", "null\x00-0001"])
async def test_recall_malformed_key_is_refused(database: Database, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await tap(database, key)

    assert [(p.field, p.code, p.remedy) for p in refused.value.problems] == [("idempotency_key", "idempotency_key_malformed", ("8", "128"))]


@pytest.mark.parametrize("key", ["12345678", "x" * 128, "with space and ~!"])
def test_key_of_printable_ascii_is_taken(key: str) -> None:
    assert read_key(key) == key
