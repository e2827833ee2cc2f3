"""A packet to test with: told in Portuguese, read by a speaker of English, by a person in Arabic, drafted into Spanish, echoed from Kathmandu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from coordinator.domain.packet import Packet, PacketEcho, PacketGroup, PacketSound, PacketText, PacketVoice, manifest_of
from coordinator.domain.packet_rules import carry
from coordinator.domain.spotlight import Audience, Link, make_sections
from coordinator.domain.translation import Origin, Rendering, Source, Translated
from coordinator.domain.voice_note import PEAKS
from coordinator.formats.packet import seal
from tests.factories import NOON

SEED = b"another network's signing seed.."
ENDS = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)  # local midnight in Recife
MANGUE = PacketGroup("Rede Mangue", "Recife", "America/Recife")
WORDS = {
    "title": "A maré é nossa",
    "body.1": "O porto quer onze hectares de mangue.",
    "body.2": "Mapeamos cada casa que come dele.",
    "ask": "Escrevam ao tribunal.",
    "face": "Um porto que chama de vazia uma margem viva.",
    "consent": "Podem ser mostrados nomes de lugares.",
}
ENGLISH = {
    "title": "The tide is ours",
    "body.1": "The port wants eleven hectares of mangrove.",
    "body.2": "We mapped every household that eats from it.",
    "ask": "Write to the court.",
    "face": "A port that calls a living shore empty.",
    "consent": "Names of places may be shown.",
}
ARABIC = {"title": "المدّ لنا", "body.1": "يريد الميناء أحد عشر هكتارًا.", "body.2": "رسمنا خريطة لكل بيت.", "consent": "يجوز ذكر الأماكن."}
SPANISH = {"title": "La marea es nuestra", "body.1": "El puerto quiere once hectáreas."}
LINES = {"line.1": "They come at night.", "line.2": "Stand with us."}
ARABIC_LINES = {"line.1": "يأتون ليلًا.", "line.2": "قفوا معنا."}
ECHO = {"share": "Riverbank families, mapped as nobody.", "answer": "On Saturday we walk the Bagmati."}


def make_source(words: Mapping[str, str] = WORDS, language: str = "pt-BR") -> Source:
    return Source("original", language, make_sections(words))


def make_rendering(source: Source, language: str, words: Mapping[str, str], **values: Any) -> Rendering:
    """A translation of today's wording."""
    hashes = {section.key: section.hash for section in source.sections}
    sections = tuple(Translated(key, hashes[key], said) for key, said in words.items())
    given = {"origin": Origin.HUMAN, "created_at": NOON} | values
    return Rendering(id=language, text_id=source.text_id, language=language, source_hash=source.hash, sections=sections, **given)


def make_text(words: Mapping[str, str] = WORDS) -> PacketText:
    source = make_source(words)
    return carry(
        source,
        [
            make_rendering(source, "en", ENGLISH, signed_at=NOON),
            make_rendering(source, "ar", ARABIC),
            make_rendering(source, "es", SPANISH, origin=Origin.MACHINE, engine="apertium", engine_version="3.8.3", via="fr"),
        ],
    )


def make_packet(**changes: Any) -> Packet:
    """The packet; `changes` are its fields."""
    packet = Packet(
        spotlight_id="k3f9qz2abcde",
        slug="a-mare-e-nossa-k3f9qz",
        quarter="2027-Q1",
        audience=Audience.PARTNERS,
        teller=MANGUE,
        text=make_text(),
        links=(Link("The map", "https://example.org/mangrove"), Link("", "https://example.org/")),
        echoes=(PacketEcho(PacketGroup("Kathmandu Commons", "Kathmandu"), "2027-Q1", carry(make_source(ECHO, "en"), [])),),
        made_at=NOON,
        expires_at=ENDS,
    )
    return replace(packet, **changes)


def make_voice(voice_id: str = "v0ice2abcdef", **changes: Any) -> PacketVoice:
    """A note of six seconds in English, with a machine's Arabic; `changes` are its fields."""
    source = make_source(LINES, "en")
    text = carry(source, [make_rendering(source, "ar", ARABIC_LINES, origin=Origin.MACHINE, engine="apertium")])
    sound = PacketSound(6_000, tuple(n * 255 // (PEAKS - 1) for n in range(PEAKS)), ((0, 2_000), (2_000, 6_000)))
    return replace(PacketVoice(voice_id, PacketGroup("Kathmandu Commons", "Kathmandu"), text, sound, ENDS), **changes)


def sealed(packet: Packet | None = None, *, seed: bytes = SEED, page: bytes = b"<p>", sounds: int | None = None, **manifest: Any) -> bytes:
    """The zip of a packet, signed by another network; `manifest` changes what it says, and `sounds` how many there are, lawful or not."""
    packet = packet or make_packet()
    carried = [b"\x1aE\xdf\xa3 sound"] * (len(packet.sounding()) if sounds is None else sounds)
    return seal(manifest_of(packet) | manifest, page=page, readme=b"Read.\n", seed=seed, sounds=carried)
