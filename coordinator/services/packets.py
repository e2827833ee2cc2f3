"""A spotlight leaves as a packet for a meeting without a network, and a packet from elsewhere comes in for one group alone.

A packet is made while it is asked for, and nothing of it is kept: so deleting a spotlight has no copy to forget. A file that was handed on
cannot be called back; it carries its own end, and whoever brings it in here after the spotlight was taken back hears so.

A packet of another network is taken in only with that network's fingerprint, which its people have learned in another way. It becomes rows
like any told spotlight's, with the end that stands inside, seen by the group that brought it in and by nobody else. Echoes inside it are
for reading on its own page: their groups are not of this network, so no row could name them. So are its voice notes for hearing there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY, Caller, Right
from coordinator.domain.listing import Audience as Nearness
from coordinator.domain.listing import Card, see
from coordinator.domain.packet import Packet, PacketEcho, PacketGroup, PacketSound, PacketVoice, instant_json
from coordinator.domain.packet_rules import ECHOES_MOST, VOICES_MOST, carry, read_packet
from coordinator.domain.spotlight import Audience, SpotlightState, shown_end
from coordinator.domain.text import text_of
from coordinator.domain.translation import Rendering
from coordinator.errors import Conflict, Faults, Invalid, NotFound, problem
from coordinator.formats.packet import SOUNDS_BYTES, Sealed, fingerprint_of, is_same_fingerprint, public_key_of, unseal
from coordinator.ports import BlobStore
from coordinator.services.groups import load_cards
from coordinator.services.hearing import VoiceView, load_told_voices
from coordinator.services.mirror import Reading, SpotlightView, as_group, load_echoes, load_spotlight, load_spotlights
from coordinator.services.spotlights import WORDS_KIND, delete_spotlight, plan_upkeep, tell_spotlight
from coordinator.store import packets as store
from coordinator.store import spotlights as spotlight_store
from coordinator.store import voices as voice_store
from coordinator.store.database import Work
from coordinator.store.groups import find_group
from coordinator.store.ids import new_row_id, subkey
from coordinator.store.texts import find_renderings, insert_rendering, insert_text

PURPOSE = "mirror packets"
FILE, FINGERPRINT = "file", "fingerprint"
PACKETS_MOST = 50  # of one group at a time


@dataclass(frozen=True, slots=True)
class Brought:
    """A packet that a group brought in, with its spotlight as the reader sees it."""

    packet: store.Packet
    view: SpotlightView


@dataclass(frozen=True, slots=True)
class Opened:
    """Where a packet led: the spotlight's slug. `own`: it was told in this network, and nothing was taken in.

    `left_out`: it holds a voice note that is not heard here: one that was taken back or is over, or one of another network.
    """

    slug: str
    own: bool
    left_out: bool = False


# --- this network's signature ---------------------------------------------------------------------------------------------


def signing_seed(secret_key: bytes) -> bytes:
    """The secret half of the key that signs this network's packets."""
    return subkey(secret_key, PURPOSE)


def network_fingerprint(secret_key: bytes) -> str:
    """What others compare before they take in a packet of this network. It changes only with the network's secret key."""
    return fingerprint_of(public_key_of(signing_seed(secret_key)))


# --- going out ------------------------------------------------------------------------------------------------------------


async def load_packet(conn: AsyncConnection, caller: Caller, group_id: str, slug: str, now: datetime) -> Packet:
    """What a packet of this spotlight says, as this group may pass it on.

    NotFound for a spotlight that does not stand (a draft, retired, over) or that the group may not see. Conflict `packet_passed_on` for one
    that a packet brought, `consent_over` when the end that may be said of a hidden group has passed already.
    """
    caller.require(Right.READ_DESK, group_id)
    reading = as_group(group_id, "", now)
    view = await load_spotlight(conn, reading, slug)
    if view.state is not SpotlightState.PUBLISHED or view.over:
        raise NotFound("spotlight")
    if view.audience is Audience.OWN:
        raise Conflict("packet_passed_on")
    told = await spotlight_store.find_spotlight(conn, spotlight_store.with_id(view.id))
    assert told is not None  # just loaded
    card = (await load_cards(conn, [told.group_id]))[told.group_id]
    teller, is_public = as_partners_know(card), told.is_public(card.listing)
    packet = Packet(
        spotlight_id=view.id,
        slug=view.slug,
        quarter=view.quarter,
        audience=Audience.PUBLIC if is_public else Audience.PARTNERS,
        teller=teller,
        text=carry(view.source, (await find_renderings(conn, [view.text_id]))[view.text_id]),
        links=view.links,
        echoes=await _load_echoes(conn, reading, view.id, for_public=is_public),
        made_at=now,
        expires_at=shown_end(view.expires_at, teller.zone_id),
    )
    packet = replace(packet, voices=await _load_voices(conn, reading, packet, for_public=is_public))
    if packet.is_over(now):
        raise Conflict("consent_over")
    return packet


async def _load_echoes(conn: AsyncConnection, reading: Reading, spotlight_id: str, *, for_public: bool) -> tuple[PacketEcho, ...]:
    """The newest echoes that the reader may see, with who answered as partners know them.

    What may be shown in public holds none of a group that the public does not know.
    """
    answering = spotlight_store.answering([spotlight_id])
    group_ids = {row.id: row.group_id for row in await spotlight_store.find_echoes(conn, answering)}
    cards = await load_cards(conn, set(group_ids.values()))
    seen = [(echo, cards[group_ids[echo.id]]) for echo in await load_echoes(conn, reading, answering)]
    carried = [(echo, card) for echo, card in seen if not for_public or see(card, Nearness.PUBLIC) is not None][:ECHOES_MOST]
    renderings = await find_renderings(conn, [echo.text_id for echo, _ in carried])
    return tuple(PacketEcho(_without_zone(card), echo.quarter, carry(echo.source, renderings[echo.text_id])) for echo, card in carried)


async def _load_voices(conn: AsyncConnection, reading: Reading, packet: Packet, *, for_public: bool) -> tuple[PacketVoice, ...]:
    """The newest notes with words on this spotlight that the reader may hear, and everybody where everybody may be shown the packet."""
    hearing = replace(reading, caller=NOBODY) if for_public else reading
    told = [voice for voice in await load_told_voices(conn, hearing, [packet.spotlight_id]) if voice.has_words][:VOICES_MOST]
    group_ids = {row.id: row.group_id for row in await voice_store.find_voices(conn, voice_store.among([voice.id for voice in told]))}
    cards = await load_cards(conn, set(group_ids.values()))
    renderings = await find_renderings(conn, [voice.source.text_id for voice in told if voice.source])
    carried = [_to_packet_voice(voice, cards[group_ids[voice.id]], renderings, packet.expires_at) for voice in told]
    return tuple(voice for voice in carried if voice.expires_at > packet.made_at)


def _to_packet_voice(view: VoiceView, card: Card, renderings: Mapping[str, Sequence[Rendering]], latest_at: datetime) -> PacketVoice:
    assert view.source is not None  # asked for above
    sound = None if view.duration_ms is None else PacketSound(view.duration_ms, view.peaks, view.times)
    ends_at = min(shown_end(view.expires_at, None), latest_at)  # when exactly it was sent is nobody's business
    return PacketVoice(view.id, _without_zone(card), carry(view.source, renderings[view.source.text_id]), sound, ends_at)


async def find_sounds(conn: AsyncConnection, packet: Packet) -> dict[str, str]:
    """Under which ids the sounds of a packet's voices lie, by the ids of the voices. They are read after the transaction: `read_sounds`."""
    found = await voice_store.find_voices(conn, voice_store.among([voice.voice_id for voice in packet.sounding()]))
    ids = {voice.id: voice.webm_id for voice in found}
    return {voice.voice_id: blob_id for voice in packet.sounding() if (blob_id := ids.get(voice.voice_id)) is not None}


async def read_sounds(blobs: BlobStore, blob_ids: Mapping[str, str]) -> dict[str, bytes]:
    """The sounds by the ids of their voices, in that order, as many as a packet has room for; without one that was taken back just now."""
    sounds: dict[str, bytes] = {}
    for voice_id, blob_id in blob_ids.items():
        with suppress(NotFound):
            sound = b"".join([piece async for piece in blobs.read(blob_id)])
            if sum(map(len, sounds.values())) + len(sound) <= SOUNDS_BYTES:
                sounds[voice_id] = sound
    return sounds


def as_partners_know(card: Card) -> PacketGroup:
    """A group as any partner may know it, whoever packs: a file goes from hand to hand."""
    seen = see(card, Nearness.PARTNER)
    return PacketGroup("") if seen is None else PacketGroup(seen.name, seen.place or "", seen.zone_id or "")


def _without_zone(card: Card) -> PacketGroup:
    """No time of an answer is said, so no zone is needed."""
    known = as_partners_know(card)
    return PacketGroup(known.name, known.place)


# --- coming in ------------------------------------------------------------------------------------------------------------


async def bring_in(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], secret_key: bytes) -> Opened:
    """Takes a packet in for this group, or opens the spotlight that it was made of if this network made it. Twice changes nothing.

    `raw`: file (bytes), fingerprint (of the network that signed; not needed for our own). Raises Invalid: missing, packet_too_large,
    packet_newer, packet_unsound, packet_over, fingerprint_missing, fingerprint_differs, too_many, and the faults of the manifest under
    `file`; Conflict `packet_withdrawn`.
    """
    caller.require(Right.TELL, group_id)
    sealed, packet = _read(raw.get(FILE))
    if packet.is_over(work.now):
        raise Invalid(problem(FILE, "packet_over", instant_json(packet.expires_at)))
    if sealed.public_key == public_key_of(signing_seed(secret_key)):
        return await _open_own(work, group_id, packet)
    _check_fingerprint(text_of(raw, FINGERPRINT), sealed.fingerprint)
    await find_group(work.conn, group_id, lock=True)  # two who bring in the same packet take turns
    before = await store.find_packets(work.conn, store.brought_by(group_id))
    known = next((each for each in before if each.digest == sealed.digest), None)
    if known is not None:
        return Opened(await _slug_of(work, known.id), own=False, left_out=bool(packet.voices))
    if len(before) >= PACKETS_MOST:
        raise Invalid(problem(FILE, "too_many", len(before) + 1, PACKETS_MOST))
    return Opened(await _take_in(work, group_id, sealed, packet), own=False, left_out=bool(packet.voices))


async def list_brought(conn: AsyncConnection, reading: Reading, group_id: str) -> list[Brought]:
    """What this group brought in and may still be shown, the newest first."""
    reading.caller.require(Right.READ_DESK, group_id)
    packets = await store.find_packets(conn, store.brought_by(group_id))
    mine = spotlight_store.from_packets([packet.id for packet in packets])
    views = {view.id: view for view in await load_spotlights(conn, reading, mine)}
    rows = {row.packet_id: row.id for row in await spotlight_store.find_spotlights(conn, mine)}
    brought = [Brought(packet, views[rows[packet.id]]) for packet in packets if packet.id in rows]
    return [each for each in brought if not each.view.over]


async def delete_brought(work: Work, caller: Caller, group_id: str, packet_id: str) -> None:
    """Deletes a packet with all its words, what was translated from them here, and the echoes that answered it."""
    caller.require(Right.PUBLISH, group_id)
    if packet_id not in {packet.id for packet in await store.find_packets(work.conn, store.brought_by(group_id))}:
        raise NotFound("packet")
    await delete_spotlight(work, caller, await _slug_of(work, packet_id))


# --- parts ----------------------------------------------------------------------------------------------------------------


def _read(given: object) -> tuple[Sealed, Packet]:
    faults = Faults()
    sealed = faults.read(FILE, unseal, given if isinstance(given, bytes) else b"")
    faults.check()
    packet = faults.read(FILE, read_packet, sealed.manifest)
    faults.check()
    if len(packet.sounding()) != len(sealed.sounds):
        raise Invalid(problem(FILE, "packet_unsound"))
    return sealed, packet


def _check_fingerprint(typed: str, fingerprint: str) -> None:
    if not typed.strip():
        raise Invalid(problem(FINGERPRINT, "fingerprint_missing", "", fingerprint))
    if not is_same_fingerprint(typed, fingerprint):
        raise Invalid(problem(FINGERPRINT, "fingerprint_differs", typed, fingerprint))


async def _open_own(work: Work, group_id: str, packet: Packet) -> Opened:
    """A packet of this network holds nothing that is not here: the spotlight itself, as it stands today, is what is shown."""
    found = await load_spotlights(work.conn, as_group(group_id, "", work.now), spotlight_store.with_id(packet.spotlight_id))
    if not found or found[0].state is not SpotlightState.PUBLISHED or found[0].over:
        raise Conflict("packet_withdrawn")
    heard = {voice.id for voice in await load_told_voices(work.conn, as_group(group_id, "", work.now), [packet.spotlight_id])}
    return Opened(found[0].slug, own=True, left_out=any(voice.voice_id not in heard for voice in packet.voices))


async def _slug_of(work: Work, packet_id: str) -> str:
    found = await spotlight_store.find_spotlight(work.conn, spotlight_store.from_packets([packet_id]))
    if found is None:
        raise NotFound("packet")
    return found.slug


async def _take_in(work: Work, group_id: str, sealed: Sealed, packet: Packet) -> str:
    packet_id, spotlight_id = new_row_id(), new_row_id()
    await store.insert_packet(
        work.conn,
        {
            "id": packet_id,
            "group_id": group_id,
            "digest": sealed.digest,
            "signer": sealed.fingerprint,
            "origin": packet.spotlight_id,
            "teller": {"name": packet.teller.name, "place": packet.teller.place, "zone_id": packet.teller.zone_id},
            "imported_at": work.now,
            "expires_at": packet.expires_at,
        },
    )
    source = await _take_in_words(work, group_id, packet)
    slug = new_row_id()  # an address without words: events name it, and outlive the packet
    await spotlight_store.insert_spotlight(
        work.conn,
        {
            "id": spotlight_id,
            "slug": slug,
            "group_id": group_id,
            "text_id": source,
            "packet_id": packet_id,
            "state": SpotlightState.PUBLISHED,
            "audience": Audience.OWN,
            "links": spotlight_store.links_column(packet.links),
            "quarter": packet.quarter,
            "revision": 1,
            "created_at": work.now,
            "changed_at": work.now,
            "published_at": work.now,
            "expires_at": packet.expires_at,
        },
    )
    await tell_spotlight(work, spotlight_id, "spotlight.published")
    await plan_upkeep(work, spotlight_id)
    return slug


async def _take_in_words(work: Work, group_id: str, packet: Packet) -> str:
    """Stores the original and its translations; returns the text's id. Foreign words go to no engine elsewhere: nobody here may allow it."""
    source = packet.text.source(new_row_id())
    await insert_text(work.conn, source, group_id=group_id, kind=WORDS_KIND, may_leave=False, now=work.now, expires_at=packet.expires_at)
    for rendering in packet.text.renderings(source.text_id, new_row_id, work.now):
        await insert_rendering(work.conn, rendering, packet.expires_at)
    return source.text_id
