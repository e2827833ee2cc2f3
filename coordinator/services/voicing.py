"""A group lets its voice be heard: its words, until when, whom it is sent to, publishing, and taking it back.

Nobody but its own group hears a note before it is published, except the group that it was sent to, which may take it in or decline.
A note without words goes nowhere: whoever does not hear, or speaks another language, must be able to follow it. Its words never leave
for an engine elsewhere. A note that was written instead of recorded goes the same ways: its words are all that there is of it. Taking it
back deletes the words at once, and the sound by a job that is due at once. A group that has reported a note does not hear it while the
steward has not decided (`services/voice_reports.py`); the steward hears it just so long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.listing import Listing
from coordinator.domain.spoken import Spoken, read_spoken
from coordinator.domain.text import is_yes, text_of
from coordinator.domain.translation import Source
from coordinator.domain.voice_end import read_voice_end
from coordinator.domain.voice_note import VoiceCommand, VoiceState, next_state
from coordinator.domain.voice_report import ReportReason, decides_for
from coordinator.errors import Conflict, Faults, NotFound
from coordinator.services import voices
from coordinator.services.drafting import plan_drafts
from coordinator.services.groups import load_cards, load_group
from coordinator.store import spotlights
from coordinator.store import voices as store
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.meetings import find_showing
from coordinator.store.tables import from_microseconds, to_microseconds
from coordinator.store.texts import change_text, delete_texts, find_text, insert_text, keep_text_until
from coordinator.store.voice_reports import NO_REPORTERS, Reporters, delete_reports, find_reporters, on_voices
from coordinator.store.voices import VoiceRecord

WORDS_KIND = "voice"
WORDED = frozenset({VoiceState.READY, VoiceState.OFFERED, VoiceState.PUBLISHED})  # these may be given words, or other ones
HEARD_BY_ASKED = frozenset({VoiceState.OFFERED, VoiceState.PUBLISHED})
OPEN = tuple(state for state in VoiceState if state not in {VoiceState.REFUSED, VoiceState.WITHDRAWN})


async def load_voice_of_text(conn: AsyncConnection, caller: Caller, text_id: str, now: datetime) -> VoiceRecord:
    """The note whose words these are, if this caller's group speaks in it, was sent it, or may hear it since it stands. Raises NotFound."""
    return await _load_known(conn, caller, now, store.with_text(text_id), what="text")


async def tell_worded(work: Work, text_id: str) -> None:
    """Tells whoever hears a note that there are other words for it now; nothing when these are no note's words."""
    voice = await store.find_voice(work.conn, store.with_text(text_id), lock=True)
    if voice is not None:
        await _change(work, voice)


async def write_voice(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], languages: Collection[str]) -> str:
    """Makes a note of words alone, which a browser reads; returns its id. See `read_spoken`, `read_voice_end`, `read_about`.

    Raises Forbidden, Invalid with every fault, NotFound for what this group does not see, Conflict `voices_kept`.
    """
    caller.require(Right.TELL, group_id)
    group = await load_group(work.conn, group_id)
    faults = Faults()
    spoken = faults.read("", read_spoken, raw, languages=languages, duration_ms=None)
    expires_at = faults.read("", read_voice_end, raw, group.zone_id, begun_at=work.now, now=work.now)
    faults.check()
    about = await voices.read_about(work.conn, group_id, raw)
    await voices.check_room(work, group_id)
    voice_id = await voices.write_voice(work, group_id, about, expires_at)
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    await _change(work, voice, text_id=await _keep_words(work, voice, spoken))
    return voice_id


async def write_words(work: Work, caller: Caller, voice_id: str, raw: Mapping[str, object], languages: Collection[str]) -> None:
    """Writes or corrects what is said: see `read_spoken`. What is published is the custodian's to change.

    Raises NotFound, Forbidden, Invalid with every fault, Conflict `voice_state`, or `changed_meanwhile` when `raw` holds another `revision`.
    """
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    _check_worded(caller, voice, "words")
    if text_of(raw, "revision") not in {"", str(voice.revision)}:
        raise Conflict("changed_meanwhile")
    spoken = read_spoken(raw, languages=languages, duration_ms=voice.duration_ms)
    text_id = await _keep_words(work, voice, spoken)
    await _change(work, voice, text_id=text_id, times=[list(pair) for pair in spoken.times])
    if voice.state is VoiceState.PUBLISHED:
        await plan_drafts(work, text_id)


async def keep_until(work: Work, caller: Caller, voice_id: str, raw: Mapping[str, object]) -> None:
    """Gives a note that stands another end, sooner or later: see `read_voice_end`. What is published is the custodian's to change.

    Raises NotFound, Forbidden, Invalid with every fault, Conflict `voice_state` or `voice_over`.
    """
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    _check_worded(caller, voice, "end")
    if work.now >= voice.expires_at:
        raise Conflict("voice_over")
    group = await load_group(work.conn, voice.group_id)
    expires_at = read_voice_end(raw, group.zone_id, begun_at=voice.created_at, now=work.now)
    if voice.text_id is not None:
        await keep_text_until(work.conn, voice.text_id, expires_at)
    await _change(work, voice, expires_at=expires_at)
    if voice.state is VoiceState.PUBLISHED:
        await _plan_end(work, voice.id, expires_at)


async def offer_voice(work: Work, caller: Caller, voice_id: str, to_group_id: str) -> None:
    """Sends it to a partner group, which is asked. Raises NotFound, Conflict `voice_state`, `voice_wordless`, `voice_over`."""
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    state = next_state(voice.state, VoiceCommand.OFFER)
    _check_ready(voice, work.now)
    if to_group_id == voice.group_id:
        raise NotFound("group")
    await load_group(work.conn, to_group_id)
    await _change(work, voice, state=state, to_group_id=to_group_id)


async def offer_to_teller(work: Work, caller: Caller, voice_id: str) -> None:
    """Sends it to the group whose spotlight it speaks of. Raises NotFound when it speaks of none; else as `offer_voice`."""
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    answered = await spotlights.find_spotlight(work.conn, spotlights.with_id(voice.spotlight_id)) if voice.spotlight_id else None
    if answered is None:
        raise NotFound("spotlight")
    await offer_voice(work, caller, voice_id, answered.group_id)


async def publish_voice(work: Work, caller: Caller, voice_id: str, raw: Mapping[str, object]) -> None:
    """Lets partner groups hear it, and everybody if `raw` says `public`: by a custodian of its group.

    Raises NotFound, Forbidden, Conflict `voice_state`, `voice_wordless`, `voice_over`.
    """
    voice = await _load_own(work, caller, voice_id, Right.PUBLISH)
    if voice.state is VoiceState.OFFERED:  # it has left this group's hands: who was asked answers
        raise Conflict("voice_state", state=voice.state, command=VoiceCommand.PUBLISH)
    await _publish(work, voice, public=is_yes(raw, "public"))


async def accept_voice(work: Work, caller: Caller, voice_id: str) -> None:
    """A custodian of the group that was asked takes it in: it is published, to the public only if its speaker had said so."""
    voice = await _load_asked(work, caller, voice_id)
    if voice.state is not VoiceState.OFFERED:
        raise Conflict("voice_state", state=voice.state, command=VoiceCommand.PUBLISH)
    await _publish(work, voice, public=voice.public)


async def decline_voice(work: Work, caller: Caller, voice_id: str) -> None:
    """A custodian of the group that was asked does not take it, or no longer: nobody but its own group hears it then."""
    await leave_inbox(work, await _load_asked(work, caller, voice_id))


async def leave_inbox(work: Work, voice: VoiceRecord) -> None:
    """The group that was asked does not take it, for whatever reason: its speaker's group sees the same."""
    await _change(work, voice, state=next_state(voice.state, VoiceCommand.DECLINE))


async def withdraw_voice(work: Work, caller: Caller, voice_id: str) -> None:
    """Its group takes it back, for good. Raises NotFound, Forbidden, Conflict `voice_state`."""
    voice = await _load_own(work, caller, voice_id, Right.TELL)
    if voice.state is VoiceState.PUBLISHED:
        caller.require(Right.PUBLISH, voice.group_id)
    await _withdraw(work, voice)


async def take_down(work: Work, voice: VoiceRecord, reason: ReportReason) -> None:
    """The steward takes it back, and its group is told why. Raises Conflict `voice_state`."""
    await _withdraw(work, voice, taken_down=reason.value)


async def expire_voice(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: takes back a note whose time is over; does nothing when it was given more, or taken back before."""
    voice = await store.find_voice(work.conn, store.with_id(ref["voice"]), lock=True)
    if voice is not None and voice.expires_at == from_microseconds(ref["expires_at_us"]):
        await _withdraw_among(work, store.with_id(voice.id))


async def withdraw_over(work: Work) -> None:
    """Takes back whatever has lasted its time."""
    await _withdraw_among(work, store.over(work.now))


async def withdraw_all(work: Work, group_id: str) -> None:
    """Takes back whatever a group that leaves has said."""
    await _withdraw_among(work, store.spoken_by(group_id))


async def load_withdrawn(conn: AsyncConnection, ref: Mapping[str, Any], _now: datetime) -> tuple[str, list[str]] | None:
    """(note, ids of its bytes) of a note that was taken back; None when they are gone."""
    voice = await store.find_voice(conn, store.with_id(ref["voice"]), store.in_states(VoiceState.WITHDRAWN))
    blob_ids = [] if voice is None else [blob_id for blob_id in (voice.webm_id, voice.mp4_id) if blob_id]
    return (ref["voice"], blob_ids) if blob_ids else None


async def forget_sound(work: Work, voice_id: str) -> None:
    """The bytes are gone: nothing needs to name them."""
    await store.change_voice(work.conn, voice_id, work.now, webm_id=None, mp4_id=None)


# --- parts ----------------------------------------------------------------------------------------------------------------


def _may_know(voice: VoiceRecord, caller: Caller, reporters: Reporters, now: datetime) -> bool:
    if (decided := decides_for(caller, voice.group_id, reporters)) is not None:
        return decided
    is_asked = voice.to_group_id is not None and voice.state in HEARD_BY_ASKED and now < voice.expires_at
    return (caller.is_partner() and voice.stands(now)) or (is_asked and caller.may(Right.HEAR_UNPUBLISHED, voice.to_group_id))


async def _load_known(
    conn: AsyncConnection, caller: Caller, now: datetime, where: sa.ColumnElement[bool], *, what: str = "voice", lock: bool = False
) -> VoiceRecord:
    voice = await store.find_voice(conn, where, lock=lock)
    reporters = {} if voice is None else await find_reporters(conn, [voice.id])
    if voice is None or not _may_know(voice, caller, reporters.get(voice.id, NO_REPORTERS), now):
        raise NotFound(what)
    return voice


async def _load_own(work: Work, caller: Caller, voice_id: str, right: Right) -> VoiceRecord:
    voice = await _load_known(work.conn, caller, work.now, store.with_id(voice_id), lock=True)
    caller.require(right, voice.group_id)
    return voice


async def _load_asked(work: Work, caller: Caller, voice_id: str) -> VoiceRecord:
    voice = await _load_known(work.conn, caller, work.now, store.with_id(voice_id), lock=True)
    if voice.to_group_id is None:
        raise NotFound("voice")
    caller.require(Right.PUBLISH, voice.to_group_id)
    return voice


def _check_worded(caller: Caller, voice: VoiceRecord, command: str) -> None:
    """Whether its group may still say something of it, and this caller for a note that is published."""
    if voice.state is VoiceState.PUBLISHED:
        caller.require(Right.PUBLISH, voice.group_id)
    if voice.state not in WORDED:
        raise Conflict("voice_state", state=voice.state, command=command)


def _check_ready(voice: VoiceRecord, now: datetime) -> None:
    if voice.text_id is None:
        raise Conflict("voice_wordless")
    if now >= voice.expires_at:
        raise Conflict("voice_over")


async def _keep_words(work: Work, voice: VoiceRecord, spoken: Spoken) -> str:
    source = Source(voice.text_id or new_row_id(), spoken.language, spoken.sections)
    before = await find_text(work.conn, source.text_id, lock=True)
    if before is None:
        said = {"group_id": voice.group_id, "kind": WORDS_KIND}
        await insert_text(work.conn, source, **said, may_leave=False, now=work.now, expires_at=voice.expires_at)
    else:
        await change_text(work.conn, before, source, may_leave=False, now=work.now, expires_at=voice.expires_at)
    return source.text_id


async def _publish(work: Work, voice: VoiceRecord, *, public: bool) -> None:
    state = next_state(voice.state, VoiceCommand.PUBLISH)
    _check_ready(voice, work.now)
    assert voice.text_id is not None  # checked
    await _change(work, voice, state=state, public=public, published_at=work.now)
    await plan_drafts(work, voice.text_id)
    await _plan_end(work, voice.id, voice.expires_at)


async def _plan_end(work: Work, voice_id: str, expires_at: datetime) -> None:
    expires_at_us = to_microseconds(expires_at)
    ref = {"voice": voice_id, "expires_at_us": expires_at_us}
    await work.plan(keys.JOB_EXPIRE_VOICE, f"{voice_id}:{expires_at_us}", ref, expires_at)


async def _withdraw_among(work: Work, *where: sa.ColumnElement[bool]) -> None:
    for voice in await store.find_voices(work.conn, *where, store.in_states(*OPEN), lock=True):
        await _withdraw(work, voice)


async def _withdraw(work: Work, voice: VoiceRecord, **values: Any) -> None:
    state = next_state(voice.state, VoiceCommand.WITHDRAW)
    await _change(work, voice, state=state, peaks=[], times=[], text_id=None, **values)
    await delete_texts(work.conn, [voice.text_id] if voice.text_id else [])
    await delete_reports(work.conn, on_voices([voice.id]))
    await work.plan(keys.JOB_DROP_SOUND, voice.id, {"voice": voice.id}, work.now)
    if voice.upload_id is not None:
        await work.plan(keys.JOB_DROP_UPLOAD, voice.upload_id, {"upload": voice.upload_id}, work.now)


async def _change(work: Work, before: VoiceRecord, **values: Any) -> None:
    """Changes it and tells whoever hears it now, or did before: its own group, whom it was sent to, and all if it stands or stood."""
    await store.change_voice(work.conn, before.id, work.now, **values)
    after = await store.find_voice(work.conn, store.with_id(before.id))
    assert after is not None  # changed by this transaction
    told = await describe_voice(work.conn, after)
    kind = _kind(before, after)
    for group_id in sorted({after.group_id, after.to_group_id} - {None}, key=str):
        work.emit(keys.group_stream(str(group_id)), kind, told)
    if VoiceState.PUBLISHED in {before.state, after.state}:
        await _tell_hearers(work, before, after, kind, told)


def _kind(before: VoiceRecord, after: VoiceRecord) -> str:
    if after.state is VoiceState.PUBLISHED:
        return "voice.published"
    return "voice.withdrawn" if before.state is VoiceState.PUBLISHED or after.state is VoiceState.WITHDRAWN else "voice.changed"


async def _tell_hearers(work: Work, before: VoiceRecord, after: VoiceRecord, kind: str, told: Mapping[str, Any]) -> None:
    for meeting_id in await find_showing(work.conn, after.spotlight_id) if after.spotlight_id else []:
        work.emit(keys.meeting_stream(meeting_id), kind, dict(told))
    work.emit(keys.PARTNERS, kind, dict(told))
    card = (await load_cards(work.conn, [after.group_id]))[after.group_id]
    if card.listing is Listing.PUBLIC and (after.public or (before.public and before.state is VoiceState.PUBLISHED)):
        work.emit(keys.PUBLIC, kind, dict(told))


async def describe_voice(conn: AsyncConnection, voice: VoiceRecord) -> dict[str, Any]:
    """What an event says of a note: never a word of it."""
    told: dict[str, Any] = {"voice": voice.id, "revision": voice.revision, "state": voice.state.value}
    spotlight = await spotlights.find_spotlight(conn, spotlights.with_id(voice.spotlight_id)) if voice.spotlight_id else None
    return told if spotlight is None else told | {"spotlight": spotlight.slug}
