"""What does a mirror packet say? A spotlight for a meeting without a network: its words, its translations, its echoes, its last day.

A manifest is plain JSON in one spelling (`canonical_json`), so that the same packet always has the same bytes and the same digest. Only
translations of today's wording travel, one a language; each carries who made it and whether a second reader signed it, so that a machine's
draft is labelled wherever it arrives. Of a group it says what a partner may know: of one that hides, the alias alone, and an end that
does not tell its zone.

Version 2 adds voice notes: in `voice` who speaks and until when, in `transcript` the words of each; their sounds are files beside the
manifest. A packet without any is of version 1, which every Chorus reads.

What may stand in each place is `packet_rules.py`'s, how the bytes are signed `formats/packet.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from coordinator.domain.spoken import Times
from coordinator.domain.spotlight import Audience, Link
from coordinator.domain.translation import Origin, Rendering, Section, Source, Translated

FORMAT = "chorus-mirror-packet"
VERSION = 2
VERSION_WITHOUT_VOICES = 1


@dataclass(frozen=True, slots=True)
class PacketGroup:
    """A group as a partner may know it; empty where nothing may be said."""

    name: str
    place: str = ""
    zone_id: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """One translation of a text's present wording. Sections that are not in it stay in the original."""

    language: str
    origin: Origin
    signed: bool
    sections: tuple[Section, ...]
    engine: str = ""
    engine_version: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class PacketText:
    """An original with the translations that travel, at most one a language."""

    language: str
    sections: tuple[Section, ...]
    translations: tuple[Carried, ...]

    def source(self, text_id: str) -> Source:
        """The original under an id of the reader's own."""
        return Source(text_id, self.language, self.sections)

    def renderings(self, text_id: str, new_id: Callable[[], str], now: datetime) -> tuple[Rendering, ...]:
        """The translations as rows of that text; who made and who signed them stays where they came from."""
        source = self.source(text_id)
        return tuple(_to_rendering(each, source, new_id(), now) for each in self.translations)

    def lighter(self) -> PacketText:
        """The same without the translation that is missed least: a machine's before a person's, the last one first."""
        drafts = [each for each in self.translations if each.origin is Origin.MACHINE and not each.signed]
        least = (drafts or list(self.translations))[-1]
        return replace(self, translations=tuple(each for each in self.translations if each is not least))


@dataclass(frozen=True, slots=True)
class PacketEcho:
    """An answer to the spotlight that the exporting group may see."""

    answerer: PacketGroup
    quarter: str
    text: PacketText


@dataclass(frozen=True, slots=True)
class PacketSound:
    """How long a sound is, its levels (0–255, in order), and when each line of its words is spoken. Its bytes are a file of their own."""

    duration_ms: int
    peaks: tuple[int, ...]
    times: Times


@dataclass(frozen=True, slots=True)
class PacketVoice:
    """A voice note that speaks of the spotlight; `sound` is None when there are words alone. After `expires_at` neither is shown."""

    voice_id: str
    speaker: PacketGroup
    text: PacketText
    sound: PacketSound | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything a packet says. `expires_at` is the end that its group set, or earlier, never later; of a voice, the same."""

    spotlight_id: str
    slug: str
    quarter: str
    audience: Audience
    teller: PacketGroup
    text: PacketText
    links: tuple[Link, ...]
    echoes: tuple[PacketEcho, ...]
    made_at: datetime
    expires_at: datetime
    voices: tuple[PacketVoice, ...] = ()

    def is_over(self, now: datetime) -> bool:
        """Whether it must not be shown any more."""
        return self.expires_at <= now

    def languages(self) -> tuple[str, ...]:
        """In which languages there are words of the spotlight, the original's first."""
        return (self.text.language, *(each.language for each in self.text.translations))

    def with_sounds(self, voice_ids: Collection[str]) -> Packet:
        """The same without the voices whose sound is not among these."""
        return replace(self, voices=tuple(voice for voice in self.voices if voice.sound is None or voice.voice_id in voice_ids))

    def sounding(self) -> tuple[PacketVoice, ...]:
        """The voices that are to be heard, not only read."""
        return tuple(voice for voice in self.voices if voice.sound is not None)

    def lighter(self) -> Packet | None:
        """The same without what is missed least: the oldest echo, then a translation of a voice, then one of the spotlight; None at the end."""
        if self.echoes:
            return replace(self, echoes=self.echoes[:-1])
        if worded := [voice for voice in self.voices if voice.text.translations]:
            lighter = replace(worded[-1], text=worded[-1].text.lighter())
            return replace(self, voices=tuple(lighter if voice is worded[-1] else voice for voice in self.voices))
        return replace(self, text=self.text.lighter()) if self.text.translations else None


# --- packing --------------------------------------------------------------------------------------------------------------


def manifest_of(packet: Packet) -> dict[str, Any]:
    """The manifest as plain JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION if packet.voices else VERSION_WITHOUT_VOICES,
        "spotlight": packet.spotlight_id,
        "slug": packet.slug,
        "quarter": packet.quarter,
        "audience": str(packet.audience),
        "teller": {"name": packet.teller.name, "place": packet.teller.place, "zone": packet.teller.zone_id},
        "text": _text_json(packet.text),
        "links": [{"words": link.words, "url": link.url} for link in packet.links],
        "echoes": [
            {
                "answerer": {"name": echo.answerer.name, "place": echo.answerer.place},
                "quarter": echo.quarter,
                "text": _text_json(echo.text),
            }
            for echo in packet.echoes
        ],
        "voice": [_voice_json(voice) for voice in packet.voices] or None,
        "transcript": [_text_json(voice.text) for voice in packet.voices] or None,
        "made_at": instant_json(packet.made_at),
        "expires_at": instant_json(packet.expires_at),
    }


def canonical_json(content: object) -> bytes:
    """The one spelling of a JSON value: names sorted, no white space, UTF-8 as it is."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def instant_json(instant: datetime) -> str:
    """ "2027-01-23T13:30:00Z", with six digits of a second only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text_json(text: PacketText) -> dict[str, Any]:
    return {
        "language": text.language,
        "sections": [[section.key, section.words] for section in text.sections],
        "translations": [carried_json(each) for each in text.translations],
    }


def _voice_json(voice: PacketVoice) -> dict[str, Any]:
    return {
        "id": voice.voice_id,
        "speaker": {"name": voice.speaker.name, "place": voice.speaker.place},
        "sound": None if voice.sound is None else _sound_json(voice.sound),
        "expires_at": instant_json(voice.expires_at),
    }


def _sound_json(sound: PacketSound) -> dict[str, Any]:
    return {"duration_ms": sound.duration_ms, "peaks": list(sound.peaks), "times": [list(pair) for pair in sound.times]}


def carried_json(each: Carried) -> dict[str, Any]:
    """A translation as plain JSON values."""
    return {
        "language": each.language,
        "origin": str(each.origin),
        "signed": each.signed,
        "engine": each.engine,
        "engine_version": each.engine_version,
        "via": each.via,
        "sections": [[section.key, section.words] for section in each.sections],
    }


def _to_rendering(each: Carried, source: Source, rendering_id: str, now: datetime) -> Rendering:
    hashes = {section.key: section.hash for section in source.sections}
    return Rendering(
        id=rendering_id,
        text_id=source.text_id,
        language=each.language,
        origin=each.origin,
        source_hash=source.hash,
        sections=tuple(Translated(section.key, hashes[section.key], section.words) for section in each.sections),
        created_at=now,
        engine=each.engine,
        engine_version=each.engine_version,
        via=each.via,
        signed_at=now if each.signed else None,
    )
