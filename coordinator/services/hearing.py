"""A voice note as one reader may hear it: every page, wall and room takes it from here, and its bytes are opened by the same rules.

A note on a spotlight is heard where that spotlight is shown, by whoever may know of it. Notes are for partners; everybody hears one only
where its speaker's group said so of the note and of itself. Who has reported one does not hear it, and the steward does, until that is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY, Caller, Right
from coordinator.domain.listing import Card, Listing, Seen
from coordinator.domain.meeting import MeetingState
from coordinator.domain.spoken import Times, spread_times
from coordinator.domain.spotlight import Spotlight, shown_end
from coordinator.domain.translation import Piece, Shown, Source, show_original
from coordinator.domain.voice_note import Coding, VoiceState
from coordinator.domain.voice_report import decides_for
from coordinator.errors import NotFound
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards
from coordinator.services.mirror import Reading, Words, as_group, may_know
from coordinator.store import meetings, spotlights
from coordinator.store import voices as store
from coordinator.store.texts import find_renderings, find_texts
from coordinator.store.voice_reports import NO_REPORTERS, Reporters, find_reporters
from coordinator.store.voices import VoiceRecord

SILENT = frozenset({VoiceState.UPLOADED, VoiceState.REFUSED, VoiceState.WITHDRAWN})
ARRIVED_MOST = 6  # what a room plays after an action: ten minutes at most


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a note's words, and when it is spoken: milliseconds from the beginning, None where there is no sound."""

    piece: Piece
    from_ms: int | None
    to_ms: int | None


@dataclass(frozen=True, slots=True)
class VoiceView:
    """A voice note for one reader. `speaker` is None when only "a group" may be said; without words `source` and `shown` are None.

    `duration_ms` None says that it was written and has no sound: then `times`, `peaks` and `sounds` are empty. `sounds` are the ids under
    which its bytes lie; `peaks` levels 0–255 in order. `by_teller`: its speaker is who told the spotlight that it speaks of.
    """

    id: str
    spotlight_id: str | None
    speaker: Seen | None
    source: Source | None
    shown: Shown | None
    lines: tuple[Line, ...]
    times: Times
    duration_ms: int | None
    peaks: tuple[int, ...]
    sounds: Mapping[Coding, str]
    state: VoiceState
    revision: int
    published_at: datetime | None
    expires_at: datetime
    by_teller: bool

    @property
    def has_words(self) -> bool:
        """Whether it may be played to a hall: nobody has to guess what is said."""
        return bool(self.lines)


@dataclass(frozen=True, slots=True)
class Heard:
    """Stored bytes that a caller may have. `public`: everybody may."""

    sound_id: str
    coding: Coding
    public: bool


# --- which notes ------------------------------------------------------------------------------------------------------------


async def load_voices(conn: AsyncConnection, reading: Reading, *where: sa.ColumnElement[bool]) -> list[VoiceView]:
    """Every note under these conditions that the reader may hear, the latest first, in the best words there are for its language."""
    rows = await store.find_voices(conn, *where)
    about = await load_about(conn, rows)
    cards = await load_cards(conn, {row.group_id for row in rows} | {row.group_id for row in about.values()})
    reporters = await find_reporters(conn, [row.id for row in rows])
    known = [
        row
        for row in rows
        if may_hear(
            row, about.get(row.spotlight_id or ""), cards, reading.caller, reading.now, reporters=reporters.get(row.id, NO_REPORTERS)
        )
    ]
    text_ids = [row.text_id for row in known if row.text_id is not None]
    texts, renderings = await find_texts(conn, text_ids), await find_renderings(conn, text_ids)
    words = {text_id: Words(text, renderings[text_id]) for text_id, text in texts.items()}
    return [_view(row, words.get(row.text_id or ""), about.get(row.spotlight_id or ""), cards, reading) for row in known]


async def load_told_voices(conn: AsyncConnection, reading: Reading, spotlight_ids: Collection[str]) -> list[VoiceView]:
    """The published notes on these spotlights."""
    return await load_voices(conn, reading, store.about_spotlights(spotlight_ids), store.standing(reading.now))


async def load_wall_voice(conn: AsyncConnection, reading: Reading, spotlight_id: str, *, original: bool = False) -> VoiceView | None:
    """The note that a meeting plays: the latest on its spotlight that has words; in its own ones if `original`."""
    voice = next((one for one in await load_told_voices(conn, reading, [spotlight_id]) if one.has_words), None)
    return in_own_words(voice) if voice is not None and original else voice


def in_own_words(voice: VoiceView) -> VoiceView:
    """The note with its words as they were spoken."""
    if voice.source is None:
        return voice
    shown = show_original(voice.source)
    return replace(voice, shown=shown, lines=_lines(voice.source, shown, voice.times))


async def find_voiced(conn: AsyncConnection, reading: Reading, spotlight_ids: Collection[str]) -> frozenset[str]:
    """Which of these spotlights have a note that a meeting could play."""
    found = await load_told_voices(conn, reading, spotlight_ids)
    return frozenset(voice.spotlight_id for voice in found if voice.has_words and voice.spotlight_id is not None)


async def load_arrived(conn: AsyncConnection, reading: Reading, group_id: str, since: datetime) -> list[VoiceView]:
    """What came in from others since an action began, the earliest first, without what has no words."""
    found = await load_voices(conn, reading, store.standing(reading.now), store.published_since(since), store.not_by(group_id))
    return [voice for voice in reversed(found) if voice.has_words][-ARRIVED_MOST:]


async def load_about(conn: AsyncConnection, rows: Sequence[VoiceRecord]) -> dict[str, Spotlight]:
    """The spotlights that these notes name, by id."""
    named = {row.spotlight_id for row in rows if row.spotlight_id is not None}
    return {row.id: row for row in await spotlights.find_spotlights(conn, spotlights.among(named))} if named else {}


# --- who may hear -----------------------------------------------------------------------------------------------------------


def may_hear(
    voice: VoiceRecord, about: Spotlight | None, cards: Mapping[str, Card], caller: Caller, now: datetime, *, reporters: Reporters
) -> bool:
    """Whether this caller may know that the note exists, and hear it. `about` is the spotlight that it names, None when there is none.

    `reporters` are the groups whose reports on it are open.
    """
    if voice.state in SILENT or voice.group_id not in cards or _end_for(voice, see_group(cards, voice.group_id, caller)) <= now:
        return False
    if (decided := decides_for(caller, voice.group_id, reporters)) is not None:
        return decided
    if voice.state is VoiceState.OFFERED:
        return voice.to_group_id is not None and caller.may(Right.HEAR_UNPUBLISHED, voice.to_group_id)
    if voice.state is not VoiceState.PUBLISHED:
        return False
    if voice.spotlight_id is not None and (about is None or not may_know(about, cards, caller, now)):
        return False
    return caller.is_partner() or (voice.public and cards[voice.group_id].listing is Listing.PUBLIC)


def _end_for(voice: VoiceRecord, speaker: Seen | None) -> datetime:
    """Its end as a reader may know it, and hears it until then: see `shown_end`."""
    return shown_end(voice.expires_at, speaker.zone_id if speaker is not None else None)


async def load_sound(conn: AsyncConnection, caller: Caller, sound_id: str, now: datetime) -> Heard:
    """What lies under this id, if the caller may hear it; NotFound alike for what is unknown, withdrawn, or not for this caller."""
    voice = await store.find_voice(conn, store.with_sound(sound_id))
    if voice is None:
        raise NotFound("voice")
    about = (await load_about(conn, [voice])).get(voice.spotlight_id or "")
    cards = await load_cards(conn, {row.group_id for row in (voice, about) if row is not None})
    reporters = (await find_reporters(conn, [voice.id])).get(voice.id, NO_REPORTERS)
    if not may_hear(voice, about, cards, caller, now, reporters=reporters):
        hall = await _find_hall(conn, caller, voice.spotlight_id, now)
        if hall is None or not may_hear(voice, about, cards, hall, now, reporters=reporters):
            raise NotFound("voice")
    coding = Coding.WEBM if sound_id == voice.webm_id else Coding.MP4
    return Heard(sound_id, coding, may_hear(voice, about, cards, NOBODY, now, reporters=reporters))


async def _find_hall(conn: AsyncConnection, caller: Caller, spotlight_id: str | None, now: datetime) -> Caller | None:
    """The hall to which a link of one meeting lets this caller listen: one whose meeting runs and holds up that spotlight."""
    for grant in caller.grants:
        if spotlight_id is None or grant.meeting_id is None:
            continue
        meeting = await meetings.find_meeting(conn, meetings.with_id(grant.meeting_id))
        if meeting is None or meeting.state is not MeetingState.RUNNING or meeting.spotlight_id != spotlight_id:
            continue
        if caller.may(Right.READ_SEGMENT, meeting.group_id, meeting_id=meeting.id):
            return as_group(meeting.group_id, "", now).caller
    return None


# --- views ------------------------------------------------------------------------------------------------------------------


def _view(row: VoiceRecord, words: Words | None, about: Spotlight | None, cards: Mapping[str, Card], reading: Reading) -> VoiceView:
    speaker = see_group(cards, row.group_id, reading.caller)
    source, shown = (words.source, words.show(reading)) if words else (None, None)
    times = _times(row, source)
    return VoiceView(
        id=row.id,
        spotlight_id=row.spotlight_id,
        speaker=speaker,
        source=source,
        shown=shown,
        lines=_lines(source, shown, times) if source and shown else (),
        times=times,
        duration_ms=row.duration_ms,
        peaks=tuple(row.peaks),
        sounds={coding: sound_id for coding, sound_id in ((Coding.WEBM, row.webm_id), (Coding.MP4, row.mp4_id)) if sound_id},
        state=row.state,
        revision=row.revision,
        published_at=row.published_at,
        expires_at=_end_for(row, speaker),
        by_teller=about is not None and about.group_id == row.group_id,
    )


def _times(row: VoiceRecord, source: Source | None) -> Times:
    """When each line is spoken: as its group said, spread by length where it said nothing. Empty where a browser reads."""
    if row.duration_ms is None:
        return ()
    said = [section.words for section in source.sections] if source else []
    return tuple(row.times) if len(row.times) == len(said) else spread_times(said, row.duration_ms)


def _lines(source: Source, shown: Shown, times: Times) -> tuple[Line, ...]:
    """The sentences as shown, each at the time at which the original one is spoken, if it is."""
    if not times:
        return tuple(Line(piece, None, None) for piece in shown.pieces)
    spoken = dict(zip((section.key for section in source.sections), times, strict=True))
    return tuple(Line(piece, *spoken[piece.key]) for piece in shown.pieces)
