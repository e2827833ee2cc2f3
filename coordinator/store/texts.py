"""Queries of people's words, their earlier wordings and their translations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.translation import Origin, Rendering, Section, Source, Translated
from coordinator.store.dialect import insert
from coordinator.store.tables import rendering, text, text_version


@dataclass(frozen=True, slots=True)
class TextRecord:
    """One row of `text`: an original and whose it is. `may_leave`: an engine elsewhere may read it."""

    source: Source
    group_id: str
    kind: str
    may_leave: bool
    revision: int
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None


def _text(row: Any) -> TextRecord:
    source = Source(row.id, row.language, tuple(Section(key, words) for key, words in row.sections))
    return TextRecord(source, row.group_id, row.kind, row.may_leave, row.revision, row.created_at, row.changed_at, row.expires_at)


def _rendering(row: Any) -> Rendering:
    return Rendering(
        id=row.id,
        text_id=row.text_id,
        language=row.language,
        origin=Origin(row.origin),
        source_hash=row.source_hash,
        sections=tuple(Translated(key, hashed, words) for key, hashed, words in row.sections),
        created_at=row.created_at,
        group_id=row.group_id,
        session_id=row.session_id,
        engine=row.engine,
        engine_version=row.engine_version,
        via=row.via,
        glossary_revision=row.glossary_revision,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
    )


def sections_column(sections: Iterable[Section]) -> list[list[str]]:
    """Sections as the column `text.sections`."""
    return [[section.key, section.words] for section in sections]


async def insert_text(
    conn: AsyncConnection, source: Source, *, group_id: str, kind: str, may_leave: bool, now: datetime, expires_at: datetime | None
) -> None:
    """Stores a new text."""
    row = {
        "id": source.text_id,
        "group_id": group_id,
        "kind": kind,
        "language": source.language,
        "sections": sections_column(source.sections),
        "source_hash": source.hash,
        "may_leave": may_leave,
        "revision": 1,
        "created_at": now,
        "changed_at": now,
        "expires_at": expires_at,
    }
    await conn.execute(sa.insert(text).values(**row))


async def change_text(
    conn: AsyncConnection, before: TextRecord, after: Source, *, may_leave: bool, now: datetime, expires_at: datetime | None
) -> None:
    """Gives a text another wording, and keeps the one before if it differs."""
    if before.source.hash != after.hash:
        earlier = {
            "text_id": after.text_id,
            "source_hash": before.source.hash,
            "language": before.source.language,
            "sections": sections_column(before.source.sections),
            "at": now,
            "expires_at": before.expires_at,
        }
        kept = insert(conn, text_version).values(**earlier)
        await conn.execute(kept.on_conflict_do_update(index_elements=["text_id", "source_hash"], set_={"at": now}))
    changed = {
        "language": after.language,
        "sections": sections_column(after.sections),
        "source_hash": after.hash,
        "may_leave": may_leave,
        "changed_at": now,
        "revision": text.c.revision + 1,
    }
    await conn.execute(sa.update(text).where(text.c.id == after.text_id).values(**changed))
    await keep_text_until(conn, after.text_id, expires_at)


async def keep_text_until(conn: AsyncConnection, text_id: str, expires_at: datetime | None) -> None:
    """Gives a text another end, and with it what is made of the words: translations and earlier wordings end when they do."""
    await conn.execute(sa.update(text).where(text.c.id == text_id).values(expires_at=expires_at))
    for made in (rendering, text_version):
        await conn.execute(sa.update(made).where(made.c.text_id == text_id).values(expires_at=expires_at))


async def find_texts(conn: AsyncConnection, text_ids: Collection[str]) -> dict[str, TextRecord]:
    """Text id → its original; what is unknown is absent."""
    rows = await conn.execute(sa.select(text).where(text.c.id.in_(list(text_ids))))
    return {row.id: _text(row) for row in rows}


async def find_text(conn: AsyncConnection, text_id: str, *, lock: bool = False) -> TextRecord | None:
    """The text with this id. `lock` holds its row until the commit (PostgreSQL)."""
    chosen = sa.select(text).where(text.c.id == text_id)
    row = (await conn.execute(chosen.with_for_update() if lock else chosen)).first()
    return _text(row) if row else None


async def find_earlier(conn: AsyncConnection, text_id: str) -> dict[str, Source]:
    """Hash of an earlier wording → that wording."""
    rows = await conn.execute(sa.select(text_version).where(text_version.c.text_id == text_id))
    return {row.source_hash: Source(text_id, row.language, tuple(Section(key, words) for key, words in row.sections)) for row in rows}


async def delete_texts(conn: AsyncConnection, text_ids: Collection[str]) -> int:
    """Deletes texts; by foreign key their wordings, translations, and whatever they were the words of."""
    return (await conn.execute(sa.delete(text).where(text.c.id.in_(list(text_ids))))).rowcount


# --- translations ---------------------------------------------------------------------------------------------------------


async def insert_rendering(conn: AsyncConnection, made: Rendering, expires_at: datetime | None) -> None:
    """Stores a translation."""
    row = {
        "id": made.id,
        "text_id": made.text_id,
        "language": made.language,
        "origin": made.origin.value,
        "source_hash": made.source_hash,
        "sections": [[part.key, part.source_hash, part.words] for part in made.sections],
        "group_id": made.group_id,
        "session_id": made.session_id,
        "engine": made.engine,
        "engine_version": made.engine_version,
        "via": made.via,
        "glossary_revision": made.glossary_revision,
        "signed_by": made.signed_by,
        "signed_at": made.signed_at,
        "created_at": made.created_at,
        "expires_at": expires_at,
    }
    await conn.execute(sa.insert(rendering).values(**row))


async def find_renderings(conn: AsyncConnection, text_ids: Collection[str], *where: sa.ColumnElement[bool]) -> dict[str, list[Rendering]]:
    """Text id → its translations that stand, in the order they were made; texts without any have an empty list."""
    standing = sa.select(rendering).where(rendering.c.text_id.in_(list(text_ids)), rendering.c.replaced_by.is_(None), *where)
    found: dict[str, list[Rendering]] = {text_id: [] for text_id in text_ids}
    for row in await conn.execute(standing.order_by(rendering.c.created_at, rendering.c.id)):
        found[row.text_id].append(_rendering(row))
    return found


async def find_rendering(conn: AsyncConnection, rendering_id: str) -> Rendering | None:
    """The translation with this id, if it stands."""
    chosen = sa.select(rendering).where(rendering.c.id == rendering_id, rendering.c.replaced_by.is_(None))
    row = (await conn.execute(chosen)).first()
    return _rendering(row) if row else None


async def replace_renderings(conn: AsyncConnection, rendering_ids: Sequence[str], by: str) -> None:
    """Says that these translations were taken up by a later one."""
    taken_up = sa.update(rendering).where(rendering.c.id.in_(list(rendering_ids)), rendering.c.replaced_by.is_(None))
    await conn.execute(taken_up.values(replaced_by=by))


async def replace_drafts(conn: AsyncConnection, text_id: str, language: str, by: str) -> None:
    """Lets a machine's new draft take the place of its earlier ones, those excepted that somebody has read and signed.

    A draft that came late, made from words that have changed meanwhile, does not take the place of a current one.
    """
    mine = (rendering.c.text_id == text_id, rendering.c.language == language, rendering.c.origin == Origin.MACHINE.value)
    unread = (rendering.c.id != by, rendering.c.replaced_by.is_(None), rendering.c.signed_at.is_(None))
    wording = sa.select(text.c.source_hash).where(text.c.id == text_id).scalar_subquery()
    new = rendering.alias()
    is_fresh = sa.exists().where(new.c.id == by, new.c.source_hash == wording)
    earlier = sa.update(rendering).where(*mine, *unread, sa.or_(rendering.c.source_hash != wording, is_fresh))
    await conn.execute(earlier.values(replaced_by=by))


async def sign_rendering(conn: AsyncConnection, rendering_id: str, group_id: str, now: datetime) -> int:
    """Puts a second reader's name under a translation that stands and is not signed; returns how many that were (0 or 1)."""
    unsigned = (rendering.c.id == rendering_id, rendering.c.signed_at.is_(None), rendering.c.replaced_by.is_(None))
    return (await conn.execute(sa.update(rendering).where(*unsigned).values(signed_by=group_id, signed_at=now))).rowcount


async def delete_rendering(conn: AsyncConnection, rendering_id: str) -> None:
    """Deletes a translation, and lets what it had taken up stand again."""
    await conn.execute(sa.update(rendering).where(rendering.c.replaced_by == rendering_id).values(replaced_by=None))
    await conn.execute(sa.delete(rendering).where(rendering.c.id == rendering_id))


async def find_rendering_ids(conn: AsyncConnection, text_ids: Collection[str]) -> list[str]:
    """The ids of all translations of these texts, those taken up by later ones too."""
    return list((await conn.execute(sa.select(rendering.c.id).where(rendering.c.text_id.in_(list(text_ids))))).scalars())
