"""The demo's actions: a past that balances are made of, of which nobody is told today, and an agreed moment ahead."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from coordinator.assets import asset_root
from coordinator.demo import fill_network
from coordinator.domain.action import State
from coordinator.domain.quarters import Quarter
from coordinator.i18n import read_languages
from coordinator.services.callers import OPERATOR
from coordinator.services.fairness import Fairness, load_fairness
from coordinator.services.network import ensure_network
from coordinator.store.actions import find_record
from coordinator.store.database import Database
from coordinator.store.tables import action, event, job
from tests.factories import NOON, open_database

PAST = tomllib.loads((asset_root() / "demo" / "past.toml").read_text(encoding="utf-8"))["action"]


@pytest.fixture
async def fairness(demo: Database) -> Fairness:
    async with demo.read() as conn:
        return await load_fairness(conn, OPERATOR, NOON)


async def test_demo_groups_have_acted_once_in_each_quarter_before_this(fairness: Fairness) -> None:
    assert [kept.title for kept in fairness.kept] == [one["title"] for one in PAST]
    assert [kept.quarter for kept in fairness.kept] == [Quarter(2025, 2).shifted(later) for later in range(len(PAST))]


async def test_demo_balances_show_who_paid_and_cancel_out(fairness: Fairness) -> None:
    carried = [account.carried for account in fairness.accounts]

    assert len(carried) == 42
    assert carried == sorted(carried, reverse=True)
    assert carried[0] > 5
    assert carried[-1] < -5
    assert sum(carried) == pytest.approx(0)


async def test_demo_past_is_told_and_planned_for_nobody(demo: Database) -> None:
    async with demo.read() as conn:
        slugs = (await conn.execute(sa.select(action.c.slug).where(action.c.title.in_([one["title"] for one in PAST])))).scalars().all()
        told = " ".join(map(str, (await conn.execute(sa.select(event.c.data))).scalars().all()))
        due = (await conn.execute(sa.select(sa.func.min(job.c.due_at)))).scalar_one()

    assert len(slugs) == len(PAST)
    assert [slug for slug in slugs if slug in told] == []
    assert due >= NOON


@pytest.mark.parametrize("days", [0, 90, 300])
async def test_demo_has_an_agreed_moment_ahead_on_whatever_day_it_begins(sqlite_database_url: str, days: int) -> None:
    now = NOON + timedelta(days=days)
    async with open_database(sqlite_database_url) as database, database.write(now) as work:
        await ensure_network(work, "demo.test")
        agreed = (await fill_network(work, read_languages())).agreed_slug
        record = await find_record(work.conn, agreed)

    assert record is not None
    assert record.action.state is State.CONFIRMED
    assert min(record.starts) > now


async def test_demo_second_start_adds_nothing_to_the_past(demo: Database) -> None:
    async with demo.write(NOON + timedelta(hours=3)) as work:
        await fill_network(work, read_languages())
        kept = (await load_fairness(work.conn, OPERATOR, work.now)).kept

    assert len(kept) == len(PAST)
