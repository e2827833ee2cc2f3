"""Queries of voice notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.voice_note import VoiceState
from coordinator.store.tables import BLOB_COLUMNS, meeting, voice_note

HELD = (VoiceState.UPLOADED, VoiceState.READY, VoiceState.OFFERED, VoiceState.PUBLISHED)  # these count against a group's quota


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    """One row of `voice_note`. What is of the sound is None or empty until it is ready, and for good where a note was written."""

    id: str
    group_id: str
    upload_id: str | None
    text_id: str | None
    spotlight_id: str | None
    meeting_id: str | None
    to_group_id: str | None
    state: VoiceState
    refusal: str
    taken_down: str
    public: bool
    webm_id: str | None
    mp4_id: str | None
    peaks: Sequence[int]
    times: Sequence[tuple[int, int]]
    duration_ms: int | None
    source_lufs: float | None
    lufs: float | None
    true_peak_db: float | None
    revision: int
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None
    expires_at: datetime

    @property
    def is_written(self) -> bool:
        """Whether it was written instead of recorded, so that a browser's voice reads it: it is past `uploaded`, and has no length."""
        return self.duration_ms is None and self.state not in {VoiceState.UPLOADED, VoiceState.REFUSED}

    def stands(self, now: datetime) -> bool:
        """Whether it is published and its time is not over: nobody but its own group hears any other."""
        return self.state is VoiceState.PUBLISHED and now < self.expires_at


def _record(row: Any) -> VoiceRecord:
    times = tuple((start_ms, end_ms) for start_ms, end_ms in row.times)
    return VoiceRecord(**{**row._mapping, "state": VoiceState(row.state), "peaks": tuple(row.peaks), "times": times})


async def insert_voice(conn: AsyncConnection, values: dict[str, Any]) -> None:
    """Stores a new voice note."""
    await conn.execute(sa.insert(voice_note).values(**values))


async def change_voice(conn: AsyncConnection, voice_id: str, now: datetime, **values: Any) -> int:
    """Changes a voice note and raises its revision; returns the new one."""
    changed = sa.update(voice_note).where(voice_note.c.id == voice_id)
    changed = changed.values(revision=voice_note.c.revision + 1, changed_at=now, **values)
    return int((await conn.execute(changed.returning(voice_note.c.revision))).scalar_one())


async def find_voices(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[VoiceRecord]:
    """Voice notes that fulfil all conditions, the latest first."""
    chosen = sa.select(voice_note).where(*where).order_by(voice_note.c.created_at.desc(), voice_note.c.id)
    return [_record(row) for row in await conn.execute(chosen.with_for_update() if lock else chosen)]


async def find_voice(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> VoiceRecord | None:
    """The one voice note under these conditions."""
    found = await find_voices(conn, *where, lock=lock)
    return found[0] if found else None


def with_id(voice_id: str) -> sa.ColumnElement[bool]:
    """Condition: this voice note."""
    return voice_note.c.id == voice_id


def among(voice_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: one of these voice notes."""
    return voice_note.c.id.in_(list(voice_ids))


def with_upload(upload_id: str) -> sa.ColumnElement[bool]:
    """Condition: the voice note that came by this upload."""
    return voice_note.c.upload_id == upload_id


def with_text(text_id: str) -> sa.ColumnElement[bool]:
    """Condition: the voice note whose words this text is."""
    return voice_note.c.text_id == text_id


def spoken_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: of this group."""
    return voice_note.c.group_id == group_id


def sent_to(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: this group was asked to hear it, whatever became of it."""
    return voice_note.c.to_group_id == group_id


def about_spotlights(spotlight_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """Condition: it speaks of one of these spotlights."""
    return voice_note.c.spotlight_id.in_(list(spotlight_ids))


def in_states(*states: VoiceState) -> sa.ColumnElement[bool]:
    """Condition: in one of these states."""
    return voice_note.c.state.in_(states)


def standing(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: published, and its time is not over."""
    return sa.and_(voice_note.c.state == VoiceState.PUBLISHED, voice_note.c.expires_at > now)


def not_over(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: its time is not over."""
    return voice_note.c.expires_at > now


def over(now: datetime) -> sa.ColumnElement[bool]:
    """Condition: its time is over."""
    return voice_note.c.expires_at <= now


def with_sound(sound_id: str) -> sa.ColumnElement[bool]:
    """Condition: the voice note one of whose two sounds these stored bytes are."""
    return sa.or_(voice_note.c.webm_id == sound_id, voice_note.c.mp4_id == sound_id)


def published_since(since: datetime) -> sa.ColumnElement[bool]:
    """Condition: it came out at that instant or later."""
    return voice_note.c.published_at >= since


def not_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: another group speaks."""
    return voice_note.c.group_id != group_id


async def count_held(conn: AsyncConnection, group_id: str, now: datetime) -> int:
    """How many voice notes of this group take up room."""
    held = (voice_note.c.group_id == group_id, voice_note.c.state.in_(HELD), voice_note.c.expires_at > now)
    return int((await conn.execute(sa.select(sa.func.count()).select_from(voice_note).where(*held))).scalar_one())


async def has_meeting(conn: AsyncConnection, meeting_id: str, group_id: str) -> bool:
    """Whether this group has that mirror segment."""
    found = await conn.execute(sa.select(meeting.c.id).where(meeting.c.id == meeting_id, meeting.c.group_id == group_id))
    return found.first() is not None


async def find_blobs_in_use(conn: AsyncConnection) -> set[str]:
    """The ids of all stored bytes that a voice note or an upload names."""
    named = sa.union_all(*(sa.select(column).where(column.is_not(None)) for column in BLOB_COLUMNS))
    return set((await conn.execute(named)).scalars())
