"""A voice note begins, as a recording that a worker reads or as words alone, and lets go of the recording that it was made from.

Events carry ids, states and revisions. Who hears a note, and how it is taken back, comes after `ready`: `services/voicing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.spotlight import Audience, SpotlightState
from coordinator.domain.text import text_of
from coordinator.domain.voice_end import KEPT_FOR
from coordinator.domain.voice_note import Refusal, Sound, VoiceCommand, VoiceState, next_state
from coordinator.errors import Conflict, NotFound
from coordinator.ports import Blob
from coordinator.services.groups import load_group_for_change
from coordinator.store import spotlights
from coordinator.store import voices as store
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.uploads import delete_chunks, find_chunks, find_open_uploads

VOICES_MOST = 60  # of one group: about 40 MB
YES = frozenset({"1", "true", "True", "on", "yes"})


@dataclass(frozen=True, slots=True)
class About:
    """What a voice note speaks of, where it was asked for, and whether everybody may hear it one day."""

    spotlight_id: str | None
    meeting_id: str | None
    public: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that is to be read: where its bytes are, in order."""

    voice_id: str
    blob_ids: Sequence[str]
    at: datetime


async def read_about(conn: AsyncConnection, group_id: str, raw: Mapping[str, object]) -> About:
    """`spotlight` (its address), `meeting` (its id), `public`, each optional. Raises NotFound for what this group does not see."""
    slug, meeting_id = text_of(raw, "spotlight"), text_of(raw, "meeting")
    spotlight_id = await _read_spotlight(conn, group_id, slug) if slug else None
    if meeting_id and not await store.has_meeting(conn, meeting_id, group_id):
        raise NotFound("meeting")
    return About(spotlight_id, meeting_id or None, text_of(raw, "public") in YES)


async def _read_spotlight(conn: AsyncConnection, group_id: str, slug: str) -> str:
    found = await spotlights.find_spotlight(conn, spotlights.with_slug(slug))
    if found is None:
        raise NotFound("spotlight")
    is_shown = found.state is SpotlightState.PUBLISHED and found.audience is not Audience.OWN
    if not is_shown and found.group_id != group_id:
        raise NotFound("spotlight")
    return found.id


async def check_room(work: Work, group_id: str) -> None:
    """Raises Conflict `voices_kept` when the group has as many notes as fit, recordings on their way among them.

    Its row is locked: two who send at once take turns, so that both cannot have the last place.
    """
    await load_group_for_change(work, group_id)
    on_their_way = len(await find_open_uploads(work.conn, group_id, work.now))
    if await store.count_held(work.conn, group_id, work.now) + on_their_way >= VOICES_MOST:
        raise Conflict("voices_kept", most=str(VOICES_MOST))


async def write_voice(work: Work, group_id: str, about: About, expires_at: datetime) -> str:
    """Makes a note without a sound, ready at once and still without its words; returns its id."""
    return await _insert(work, group_id, about, state=VoiceState.READY, expires_at=expires_at)


async def start_voice(work: Work, group_id: str, upload_id: str, about: About) -> str:
    """Makes the note of a recording that has arrived, and asks a worker to read it; returns its id."""
    values = {"upload_id": upload_id, "state": VoiceState.UPLOADED, "expires_at": work.now + KEPT_FOR}
    voice_id = await _insert(work, group_id, about, **values)
    await work.plan(keys.JOB_SOUND, voice_id, {"voice": voice_id}, work.now)
    _tell(work, voice_id, group_id, VoiceState.UPLOADED, 1)
    return voice_id


async def _insert(work: Work, group_id: str, about: About, **values: Any) -> str:
    voice_id = new_row_id()
    named = {"id": voice_id, "group_id": group_id, "spotlight_id": about.spotlight_id, "meeting_id": about.meeting_id}
    begun = {"public": about.public, "peaks": [], "times": [], "revision": 1, "created_at": work.now, "changed_at": work.now}
    await store.insert_voice(work.conn, named | begun | values)
    return voice_id


async def load_recording(conn: AsyncConnection, ref: Mapping[str, Any], now: datetime) -> Recording | None:
    """The recording that waits to be read; None when it was read, taken back or forgotten meanwhile."""
    voice = await store.find_voice(conn, store.with_id(ref["voice"]))
    if voice is None or voice.state is not VoiceState.UPLOADED or voice.upload_id is None:
        return None
    chunks = await find_chunks(conn, voice.upload_id)
    return Recording(voice.id, [blob_id for _, blob_id in chunks.values()], now)


async def keep_sound(work: Work, voice_id: str, sound: Sound, webm: Blob, mp4: Blob) -> None:
    """The note is ready: its own group may hear it. Does nothing when it was taken back meanwhile."""
    heard = {
        "webm_id": webm.id,
        "mp4_id": mp4.id,
        "peaks": list(sound.peaks),
        "duration_ms": sound.duration_ms,
        "source_lufs": sound.source_lufs,
        "lufs": sound.lufs,
        "true_peak_db": sound.true_peak_db,
    }
    await _conclude(work, voice_id, VoiceCommand.KEEP, heard)


async def refuse_sound(work: Work, voice_id: str, code: Refusal) -> None:
    """The recording was not taken, and the speaker's group is told why."""
    await _conclude(work, voice_id, VoiceCommand.REFUSE, {"refusal": code.value})


async def _conclude(work: Work, voice_id: str, command: VoiceCommand, values: Mapping[str, Any]) -> None:
    voice = await store.find_voice(work.conn, store.with_id(voice_id), lock=True)
    if voice is None:
        return
    if voice.state is VoiceState.UPLOADED:
        state = next_state(voice.state, command)
        revision = await store.change_voice(work.conn, voice_id, work.now, state=state, **values)
        _tell(work, voice_id, voice.group_id, state, revision)
    if voice.upload_id is not None:
        await work.plan(keys.JOB_DROP_UPLOAD, voice.upload_id, {"upload": voice.upload_id}, work.now)


def _tell(work: Work, voice_id: str, group_id: str, state: VoiceState, revision: int) -> None:
    data = {"voice": voice_id, "group": group_id, "state": state.value, "revision": revision}
    work.emit(keys.group_stream(group_id), "voice.changed", data)


async def load_dropped(conn: AsyncConnection, ref: Mapping[str, Any], _now: datetime) -> tuple[str, list[str]] | None:
    """(upload, ids of its bytes) that are to be forgotten; None when they are."""
    chunks = await find_chunks(conn, ref["upload"])
    return (ref["upload"], [blob_id for _, blob_id in chunks.values()]) if chunks else None


async def forget_chunks(work: Work, upload_id: str) -> None:
    """The bytes are gone: nothing needs to name them."""
    await delete_chunks(work.conn, upload_id)
