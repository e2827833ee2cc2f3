"""What every test may ask for: a clock, real servers, an empty database on either engine, a browser, a seed.

Random tests run a seeded share; the seed stands in pytest's header and `CHORUS_TEST_SEED=…` repeats it. `CHORUS_SOAK=1` runs full counts.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
import pytz

from coordinator.demo import fill_network
from coordinator.domain import zones
from coordinator.i18n import read_languages
from coordinator.services.network import ensure_network
from coordinator.store.database import Database
from tests.factories import open_database
from tests.servers import find_chromium, run_postgres, run_valkey

SEED_VARIABLE = "CHORUS_TEST_SEED"
SOAK = os.environ.get("CHORUS_SOAK") == "1"
SOAK_FACTOR = 100

NOON = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)  # a Monday


def pytest_configure(config: pytest.Config) -> None:
    """One seed for this run: hypothesis, `seed` and the workers of xdist, which inherit the environment."""
    os.environ.setdefault(SEED_VARIABLE, str(random.SystemRandom().randrange(10**9)))
    hypothesis.core.global_force_seed = int(os.environ[SEED_VARIABLE])
    slow_machine = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("share", max_examples=50, deadline=None, print_blob=True, suppress_health_check=slow_machine)
    hypothesis.settings.register_profile(
        "soak", max_examples=50 * SOAK_FACTOR, deadline=None, print_blob=True, suppress_health_check=slow_machine
    )
    hypothesis.settings.load_profile("soak" if SOAK else "share")


def pytest_report_header() -> str:
    return f"seed: {SEED_VARIABLE}={os.environ[SEED_VARIABLE]}{' (soak)' if SOAK else ''}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeats the seed where a failure is read."""
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"repeat with {SEED_VARIABLE}={os.environ[SEED_VARIABLE]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SOAK:
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="full counts: make soak"))


@pytest.fixture
def installed_rules_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever zone rules a test takes up, the next one has the installed ones, as if none had been taken up."""
    monkeypatch.setattr(zones, "_tzdata", zones._tzdata)  # put back after the rules below
    version, zone_ids, open_table = zones.rules_version(), zones.all_zone_ids(), pytz.open_resource  # type: ignore[attr-defined]  # missing in types-pytz
    yield
    zones.use_rules(version, zone_ids, open_table, tzdata="")


@dataclass
class FakeClock:
    """The Clock port, standing still until told. `now()` is aware UTC."""

    instant: datetime = NOON

    def now(self) -> datetime:
        return self.instant

    def advance(self, step: timedelta | None = None, **parts: float) -> datetime:
        """Moves on by `step`, or by `hours=1, seconds=30`; returns the new instant."""
        self.instant += step if step is not None else timedelta(**parts)
        return self.instant

    def set(self, instant: datetime) -> None:
        self.instant = instant


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """A generator of its own for each test, repeatable from the run's seed."""
    return random.Random(f"{os.environ[SEED_VARIABLE]}:{request.node.nodeid}")


@pytest.fixture(scope="session")
def share() -> int:
    """Factor for one's own loops of random cases: 1 in an ordinary run, 100 in a soak."""
    return SOAK_FACTOR if SOAK else 1


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """`unix://…` of a Valkey shared by the session; use `empty_valkey` when other tests' keys would matter."""
    with run_valkey() as url:
        yield url


@pytest.fixture
def empty_valkey(valkey: str) -> str:
    """The session's Valkey, emptied."""
    import redis  # deferred: most tests need no Valkey

    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The superuser's URL of a PostgreSQL shared by the session."""
    with run_postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database without tables on PostgreSQL, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A database without tables in a file of its own."""
    return f"sqlite+aiosqlite:///{tmp_path / 'chorus.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest) -> str:
    """A database without tables; the test runs once on each engine."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row, to be copied."""
    path = tmp_path_factory.mktemp("template") / "chorus.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def demo_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the network that `make demo` shows, begun at NOON, to be copied."""
    path = tmp_path_factory.mktemp("demo") / "chorus.db"
    shutil.copy(sqlite_template, path)
    asyncio.run(_fill_demo(f"sqlite+aiosqlite:///{path}"))
    return path


async def _fill_demo(url: str) -> None:
    async with open_database(url) as database, database.write(NOON) as work:
        await ensure_network(work, "demo.test")
        await fill_network(work, read_languages())


@pytest.fixture
async def demo(demo_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The demo's network, begun at NOON."""
    path = tmp_path / "chorus.db"
    shutil.copy(demo_template, path)
    async with open_database(f"sqlite+aiosqlite:///{path}") as database:
        yield database


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a database with every table and no row, to be copied."""
    name = "template_chorus"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    _create_tables(postgres_server.replace("/postgres?", f"/{name}?"))
    return name


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty database with every table on SQLite."""
    path = tmp_path / "chorus.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_database_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """An empty database with every table on PostgreSQL, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database with every table; the test runs once on each engine."""
    url: str = request.getfixturevalue("sqlite_database_url" if request.param == "sqlite" else "postgres_database_url")
    return url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser; `scripts/bootstrap dev` installs Debian's."""
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium here; `make test` as root (or with sudo) installs it, or: apt-get install chromium fonts-noto-core")
    return path


def _administer(superuser_url: str, statement: str) -> None:
    import psycopg  # deferred: most tests need no PostgreSQL

    with psycopg.connect(superuser_url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True) as connection:
        connection.execute(statement)


def _create_tables(url: str) -> None:
    import sqlalchemy as sa  # deferred: tests of the rules need no database

    from coordinator.store.tables import metadata  # deferred, as above

    engine = sa.create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
