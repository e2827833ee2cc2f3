"""Rows of the mirror, written straight into a database: spotlights that stand, echoes that answer them, meetings that began with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.quarters import quarter_of
from coordinator.domain.translation import Section, Source, Translated
from coordinator.store import tables
from coordinator.store.ids import new_row_id
from coordinator.store.texts import insert_text, sections_column
from tests.factories import NOON

WORDS = {"title": "The tide is ours", "body.1": "The port wants the mangrove.", "ask": "Write to the court.", "consent": "All of it."}
ECHO_WORDS = {"face": "A port on a living shore.", "share": "Families mapped as nobody.", "answer": "We walk the river and draw our map."}
EVER = timedelta(days=400)


async def add_spotlight(
    conn: AsyncConnection,
    group_id: str,
    *,
    language: str = "en",
    at: datetime = NOON,
    sections: dict[str, str] | None = None,
    **values: Any,
) -> str:
    """A public spotlight published at that instant; its slug. `sections` go over the usual words."""
    text_id, spotlight_id = new_row_id(), new_row_id()
    expires_at = values.pop("expires_at", at + EVER)
    await _add_text(conn, text_id, group_id, "spotlight", language, WORDS | (sections or {}), expires_at)
    row = {
        "id": spotlight_id,
        "slug": f"spotlight-{spotlight_id}",
        "group_id": group_id,
        "text_id": text_id,
        "state": "published",
        "audience": "public",
        "links": [],
        "quarter": str(quarter_of(at, "UTC")),
        "revision": 2,
        "created_at": at,
        "changed_at": at,
        "published_at": at,
        "expires_at": expires_at,
    } | values
    await conn.execute(sa.insert(tables.spotlight).values(row))
    return str(row["slug"])


async def add_echo(
    conn: AsyncConnection,
    slug: str,
    group_id: str,
    *,
    language: str = "en",
    at: datetime = NOON,
    sections: dict[str, str] | None = None,
    **values: Any,
) -> str:
    """An echo of that spotlight by a group; its id."""
    text_id, echo_id = new_row_id(), new_row_id()
    await _add_text(conn, text_id, group_id, "echo", language, ECHO_WORDS | (sections or {}), None)
    row = {
        "id": echo_id,
        "spotlight_id": await spotlight_id(conn, slug),
        "group_id": group_id,
        "text_id": text_id,
        "quarter": str(quarter_of(at, "UTC")),
        "published_at": at,
        "revision": 1,
        "created_at": at,
    } | values
    await conn.execute(sa.insert(tables.echo).values(row))
    return echo_id


async def add_meeting(conn: AsyncConnection, slug: str, group_id: str, *, at: datetime | None = NOON, **values: Any) -> None:
    """A group's segment with that spotlight; begun at that instant, or only set up."""
    row = {
        "id": f"{group_id}-{new_row_id()}"[:16],
        "group_id": group_id,
        "spotlight_id": await spotlight_id(conn, slug),
        "state": "set_up" if at is None else "ended",
        "parts": [],
        "part": 0,
        "page": 0,
        "shows_original": False,
        "shows_drafts": False,
        "revision": 1,
        "created_at": NOON,
        "started_at": at,
    } | values
    await conn.execute(sa.insert(tables.meeting).values(row))


async def add_rendering(conn: AsyncConnection, slug: str, language: str, words: dict[str, str], **values: Any) -> None:
    """A translation of that spotlight's sections that are in `words`, by a person unless `values` say otherwise."""
    query = (
        sa.select(tables.text).join(tables.spotlight, tables.spotlight.c.text_id == tables.text.c.id).where(tables.spotlight.c.slug == slug)
    )
    text = (await conn.execute(query)).one()
    originals = {key: Section(key, said) for key, said in text.sections}
    made = [Translated(key, originals[key].hash, said) for key, said in words.items()]
    row = {
        "id": new_row_id(),
        "text_id": text.id,
        "language": language,
        "origin": "human",
        "source_hash": text.source_hash,
        "sections": [[each.key, each.source_hash, each.words] for each in made],
        "glossary_revision": 0,
        "created_at": NOON,
    } | values
    await conn.execute(sa.insert(tables.rendering).values(row))


async def spotlight_id(conn: AsyncConnection, slug: str) -> str:
    """The id of the spotlight of this address."""
    chosen = sa.select(tables.spotlight.c.id).where(tables.spotlight.c.slug == slug)
    return str((await conn.execute(chosen)).scalar_one())


async def _add_text(
    conn: AsyncConnection, text_id: str, group_id: str, kind: str, language: str, words: dict[str, str], expires_at: datetime | None
) -> None:
    source = Source(text_id, language, tuple(Section(key, said) for key, said in words.items() if said))
    assert sections_column(source.sections)
    await insert_text(conn, source, group_id=group_id, kind=kind, may_leave=False, now=NOON, expires_at=expires_at)
