"""How does a test of services, pages or sockets get a small world? Rows written straight into a real database.

    async with open_database(url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        group_id = await add_group(work.conn, "Minga", zone_id="America/La_Paz")
        link = await add_link(work.conn, "custodian", group_id)      # with a live lease
        session_secret = await add_session(work.conn, link)
    caller = caller_as("custodian", group_id)                        # no database asked

Nothing here goes through the services, so a fault there cannot hide in what they are tested with.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Grant, Role
from coordinator.ports import JobRef
from coordinator.services.issue import code_hash
from coordinator.store import tables
from coordinator.store.database import Database
from coordinator.store.engine import make_engine
from coordinator.store.ids import hash_secret, new_group_id, new_row_id, new_secret

NOON = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)  # a Monday
SECRET_KEY = b"k" * 32  # what CHORUS_SECRET_KEY is in tests of services
EVENINGS: dict[str, Any] = {
    "windows": [{"days": ["MO", "TU", "WE", "TH", "FR"], "from": "17:30", "to": "21:30", "level": "preferred"}],
    "quiet": [{"from": "22:30", "to": "07:00"}],
    "blocked": [],
}


# --- the database and what it tells others ----------------------------------------------------------------------------


@dataclass
class RecordingBus:
    """The Bus port: keeps the hints it was given."""

    hints: list[Mapping[str, int]] = field(default_factory=list)

    async def publish(self, heads: Mapping[str, int]) -> None:
        self.hints.append(heads)

    async def listen(self) -> AsyncIterator[Mapping[str, int]]:
        for hint in self.hints:
            yield hint


@dataclass
class RecordingQueue:
    """The JobQueue port: keeps the jobs it was told of."""

    jobs: list[JobRef] = field(default_factory=list)

    async def nudge(self, jobs: Sequence[JobRef]) -> None:
        self.jobs.extend(jobs)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """The Database at `url` with recording ports; closed afterwards."""
    database = Database(make_engine(url), RecordingBus(), RecordingQueue())
    try:
        yield database
    finally:
        await database.close()


async def load_events(conn: AsyncConnection, stream: str | None = None) -> list[tuple[str, str, dict[str, Any]]]:
    """(stream, kind, data) of everything told so far, by stream and in its order."""
    query = sa.select(tables.event).order_by(tables.event.c.stream, tables.event.c.seq)
    if stream is not None:
        query = query.where(tables.event.c.stream == stream)
    return [(row.stream, row.kind, row.data) for row in await conn.execute(query)]


async def count_rows(conn: AsyncConnection, *named: sa.Table) -> dict[str, int]:
    """How many rows each table has (all tables when none is named): "nothing written" is equality of two of these."""
    chosen = named or tuple(tables.metadata.sorted_tables)
    return {t.name: (await conn.execute(sa.select(sa.func.count()).select_from(t))).scalar_one() for t in chosen}


# --- rows -------------------------------------------------------------------------------------------------------------


async def add_network(conn: AsyncConnection, **values: Any) -> None:
    """The one network row."""
    row = {
        "id": 1,
        "name": "Chorus",
        "host": "chorus.test",
        "zone_id": "UTC",
        "default_language": "en",
        "numerals": {},
        "threshold_percent": 67,
        "tolerance_ms": 100,
        "created_at": NOON,
    }
    await conn.execute(sa.insert(tables.network).values(row | values))


async def add_group(conn: AsyncConnection, name: str = "Minga del Agua", **values: Any) -> str:
    """A group that lists itself to partners; returns its id."""
    row = {
        "id": new_group_id(),
        "name": name,
        "place": "La Paz",
        "alias_name": "",
        "alias_place": "",
        "zone_id": "America/La_Paz",
        "language": "es",
        "numerals": "latn",
        "availability": EVENINGS,
        "reach": "waking",
        "listing": "partners",
        "revision": 1,
        "created_at": NOON,
    } | values
    await conn.execute(sa.insert(tables.group).values(row))
    return str(row["id"])


async def add_lease(conn: AsyncConnection, group_id: str, duty: str = "custodian", **values: Any) -> str:
    """An accepted holder of a seat for 90 days from NOON; returns the rota row's id."""
    row = {
        "id": new_row_id(),
        "group_id": group_id,
        "duty": duty,
        "seat": 1,
        "alias": "heron",
        "fence": 1,
        "since_at": NOON,
        "until_at": NOON + timedelta(days=90),
        "accepted_at": NOON,
    } | values
    await conn.execute(sa.insert(tables.rota).values(row))
    return str(row["id"])


@dataclass(frozen=True)
class MadeLink:
    """A link row and what only its holder knows."""

    id: str
    secret: str
    code: str | None = None


async def add_link(
    conn: AsyncConnection, role: str, group_id: str | None = None, *, code: str | None = None, secret_key: bytes = SECRET_KEY, **values: Any
) -> MadeLink:
    """A link of that role. A custodian's hangs on a live lease of its own unless `rota_id` says which; a room's lasts 24 h."""
    if role == "custodian" and "rota_id" not in values and group_id is not None:
        values["rota_id"] = await add_lease(conn, group_id)
    secret = new_secret()
    row = {
        "id": new_row_id(),
        "role": role,
        "group_id": group_id,
        "secret_hash": hash_secret(secret),
        "label": "",
        "created_at": NOON,
    } | values
    if role in {"room", "remote"} and "expires_at" not in values:
        row["expires_at"] = NOON + timedelta(hours=24)
    if code is not None:
        row |= {"code_hash": code_hash(code, secret_key), "code_expires_at": NOON + timedelta(hours=24)}
    await conn.execute(sa.insert(tables.link).values(row))
    return MadeLink(str(row["id"]), secret, code)


async def add_session(conn: AsyncConnection, *links: MadeLink, **values: Any) -> str:
    """A session that holds these links; returns the secret that a cookie or bearer token carries."""
    secret, session_id = new_secret(), new_row_id()
    row = {"id": session_id, "secret_hash": hash_secret(secret), "created_at": NOON, "expires_at": NOON + timedelta(days=180)} | values
    await conn.execute(sa.insert(tables.session).values(row))
    for link in links:
        await conn.execute(sa.insert(tables.session_grant).values(session_id=row["id"], link_id=link.id, granted_at=NOON))
    return secret


# --- who asks ---------------------------------------------------------------------------------------------------------


def caller_as(role: Role | str, group_id: str | None = None, *, link_id: str = "testlink", meeting_id: str | None = None) -> Caller:
    """A signed-in caller with one grant, without asking the database."""
    return Caller((Grant(Role(role), group_id, link_id, meeting_id),), "testsession")


STEWARD = caller_as(Role.STEWARD)
