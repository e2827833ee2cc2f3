"""What may travel in a packet, and what may come in? The same rules both ways: those of a told spotlight, asked anew.

A signature says who packed, not that the packer kept to our rules; so the reader trusts nothing, and what it would refuse is not packed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from coordinator.domain.packet import (
    FORMAT,
    VERSION,
    VERSION_WITHOUT_VOICES,
    Carried,
    Packet,
    PacketEcho,
    PacketGroup,
    PacketSound,
    PacketText,
    PacketVoice,
    carried_json,
    instant_json,
)
from coordinator.domain.quarters import parse_quarter
from coordinator.domain.rota import LEASE_LONGEST
from coordinator.domain.spoken import LINE_CHARS, LINES_MOST, Times
from coordinator.domain.spotlight import (
    ANSWER,
    ASK,
    ASK_CHARS,
    BODY,
    CONSENT,
    CONSENT_CHARS,
    ECHO_CHARS,
    ECHO_KEYS,
    LINKS_MOST,
    SHARE,
    STORY_CHARS_MOST,
    TITLE,
    TOLD_TO,
    Audience,
    Link,
    read_link_line,
    read_story,
    story_of,
)
from coordinator.domain.text import NAME_CHARS, TITLE_CHARS, read_choice, read_line, read_prose
from coordinator.domain.translation import Origin, Rendering, Section, Source, show
from coordinator.domain.voice_note import MAX_DURATION_MS, MIN_DURATION_MS, PEAKS
from coordinator.domain.zones import read_zone_id
from coordinator.errors import Faults, Invalid, problem

T = TypeVar("T")
Reader = Callable[[object], T]

TRANSLATIONS_MOST = 40
ECHOES_MOST = 12
VOICES_MOST = 3
SECTIONS_MOST = 100
ID_CHARS = 16
SLUG_CHARS = 120
ENGINE_CHARS = 80
GROWTH, LEAST_CHARS = 3, 200  # a translation may be this many times as long as its original, and a little more
LONGEST = LEASE_LONGEST + timedelta(days=2)  # nobody's consent reaches further; two days for zones and clocks that differ
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
NAME = re.compile(r"[a-z0-9-]+")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z")
INSTANT_EXAMPLE = "2027-01-23T13:30:00Z"


# --- going out ------------------------------------------------------------------------------------------------------------


def carry(source: Source, renderings: Sequence[Rendering]) -> PacketText:
    """A text with the best current translation of each language. What breaks our own rules (a machine may write anything) stays at home."""
    current = [each for each in renderings if each.is_current(source)]
    shown = [show(source, current, language).rendering for language in sorted({each.language for each in current})]
    carried = [_to_carried(best, source) for best in shown if best is not None]
    return PacketText(source.language, source.sections, tuple(each for each in carried if _is_sound(each, source)))


def _to_carried(rendering: Rendering, source: Source) -> Carried:
    made = rendering.by_hash()
    sections = tuple(Section(section.key, made[section.hash]) for section in source.sections if section.hash in made)
    engine, version = rendering.engine, rendering.engine_version
    return Carried(rendering.language, rendering.origin, rendering.is_signed, sections, engine, version, rendering.via)


def _is_sound(each: Carried, source: Source) -> bool:
    try:
        _read_carried(carried_json(each), PacketText(source.language, source.sections, ()))
    except Invalid:
        return False
    return True


# --- coming in ------------------------------------------------------------------------------------------------------------


def read_packet(raw: object) -> Packet:
    """A packet from the JSON value of a manifest, every rule of a told spotlight asked anew. Raises Invalid with every fault."""
    version = _read_version(raw)
    found = _read_object(
        raw,
        {
            "format": partial(_read_exactly, FORMAT),
            "version": partial(_read_exactly, version),
            "spotlight": partial(_read_name, longest=ID_CHARS),
            "slug": partial(_read_name, longest=SLUG_CHARS),
            "quarter": _read_quarter,
            "audience": lambda value: Audience(read_choice(_read_text(value), TOLD_TO)),
            "teller": _read_teller,
            "text": lambda value: _read_told(value, _read_spotlight_sections),
            "links": partial(_read_list, reader=_read_link, most=LINKS_MOST),
            "echoes": partial(_read_list, reader=_read_echo, most=ECHOES_MOST),
            "voice": partial(_read_by_version, version, _read_voice),
            "transcript": partial(_read_by_version, version, lambda value: _read_told(value, _read_lines)),
            "made_at": _read_instant,
            "expires_at": _read_instant,
        },
    )
    if not found["made_at"] < found["expires_at"] <= found["made_at"] + LONGEST:
        latest = instant_json(found["made_at"] + LONGEST)
        raise Invalid(problem("expires_at", "until_too_late", instant_json(found["expires_at"]), latest))
    voices = _join_voices(found["voice"], found["transcript"], found["expires_at"])
    given = {name: found[name] for name in ("slug", "quarter", "audience", "teller", "text", "links", "echoes", "made_at", "expires_at")}
    return Packet(spotlight_id=found["spotlight"], voices=voices, **given)


def _read_version(raw: object) -> int:
    version = raw.get("version") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise Invalid(problem("", "packet_newer", version, VERSION))
    return VERSION if version == VERSION else VERSION_WITHOUT_VOICES


def _read_told(raw: object, read_sections: Callable[[tuple[Section, ...]], None]) -> PacketText:
    found = _read_object(
        raw,
        {"language": _read_language, "sections": _read_sections, "translations": lambda value: value},
    )
    faults = Faults()
    faults.read("sections", read_sections, found["sections"])
    faults.check()
    original = PacketText(found["language"], found["sections"], ())
    read_all = partial(_read_list, reader=partial(_read_carried, original=original), most=TRANSLATIONS_MOST)
    translations = faults.read("translations", read_all, found["translations"])
    faults.check()
    _refuse_twice([original.language, *(each.language for each in translations)])
    return replace(original, translations=translations)


def _read_spotlight_sections(sections: tuple[Section, ...]) -> None:
    """The rules of a told spotlight: a title, a story of at most 600 words and a consent line at least."""
    bounds = {TITLE: TITLE_CHARS, ASK: ASK_CHARS, CONSENT: CONSENT_CHARS, **dict.fromkeys(ECHO_KEYS, ECHO_CHARS)}
    paragraphs = [section for section in sections if section.key.startswith(BODY)]
    names = {f"{BODY}{number}" for number in range(1, len(paragraphs) + 1)}
    faults = Faults()
    _check_keys(sections, {*bounds, *names}, {TITLE, CONSENT, f"{BODY}1"}, faults)
    faults.read("", read_story, story_of(sections))
    for section in sections:
        one_line = section.key in (TITLE, CONSENT)
        faults.read(section.key, _read_words, section.words, bounds.get(section.key, STORY_CHARS_MOST), one_line=one_line)
    faults.check()


def _read_echo_sections(sections: tuple[Section, ...]) -> None:
    faults = Faults()
    _check_keys(sections, set(ECHO_KEYS), {SHARE, ANSWER}, faults)
    for section in sections:
        faults.read(section.key, _read_words, section.words, ECHO_CHARS)
    faults.check()


def _check_keys(sections: Iterable[Section], known: set[str], needed: set[str], faults: Faults) -> None:
    keys = [section.key for section in sections]
    for key in sorted(needed.difference(keys)):
        faults.add(key, "missing")
    for key in sorted(set(keys).difference(known)):
        faults.add("", "key_unknown", key, *sorted(known))
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        faults.add("", "duplicate", key)


def _read_words(words: str, longest: int, *, one_line: bool = False) -> None:
    """The words as they are, if our own forms would have kept them so."""
    read = read_line if one_line else read_prose
    if read(words, longest=longest) != words:
        raise Invalid(problem("", "type_wrong", words, "NFC"))


def _read_carried(raw: object, original: PacketText) -> Carried:
    found = _read_object(
        raw,
        {
            "language": _read_language,
            "origin": lambda value: Origin(read_choice(_read_text(value), tuple(Origin))),
            "signed": _read_truth,
            "engine": partial(_read_short, longest=ENGINE_CHARS),
            "engine_version": partial(_read_short, longest=ENGINE_CHARS),
            "via": lambda value: _read_language(value) if value != "" else "",
            "sections": _read_sections,
        },
    )
    faults = Faults()
    faults.read("sections", _read_carried_sections, found["sections"], original)
    faults.check()
    return Carried(**found)


def _read_carried_sections(sections: tuple[Section, ...], original: PacketText) -> None:
    lengths = {section.key: GROWTH * len(section.words) + LEAST_CHARS for section in original.sections}
    faults = Faults()
    _check_keys(sections, set(lengths), set(), faults)
    if not sections:
        faults.add("", "missing")
    for section in sections:
        faults.read(section.key, _read_words, section.words, lengths.get(section.key, STORY_CHARS_MOST))
    faults.check()


def _read_echo(raw: object) -> PacketEcho:
    found = _read_object(
        raw,
        {"answerer": _read_answerer, "quarter": _read_quarter, "text": lambda value: _read_told(value, _read_echo_sections)},
    )
    return PacketEcho(**found)


def _read_by_version(version: int, reader: Reader[T], raw: object) -> tuple[T, ...]:
    """A list of voices, or of their words: one at least, or none at all before there were any."""
    if version == VERSION_WITHOUT_VOICES:
        _read_exactly(None, raw)
        return ()
    found = _read_list(raw, reader=reader, most=VOICES_MOST)
    if not found:
        raise Invalid(problem("", "missing"))
    return found


def _read_voice(raw: object) -> dict[str, Any]:
    return _read_object(
        raw,
        {
            "id": partial(_read_name, longest=ID_CHARS),
            "speaker": _read_answerer,
            "sound": lambda value: None if value is None else _read_sound(value),
            "expires_at": _read_instant,
        },
    )


def _read_sound(raw: object) -> PacketSound:
    found = _read_object(
        raw,
        {
            "duration_ms": partial(_read_whole, least=MIN_DURATION_MS, most=MAX_DURATION_MS),
            "peaks": partial(_read_list, reader=partial(_read_whole, least=0, most=255), most=PEAKS),
            "times": partial(_read_list, reader=_read_span, most=LINES_MOST),
        },
    )
    return PacketSound(**found)


def _read_span(raw: object) -> tuple[int, int]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise Invalid(problem("", "type_wrong", raw, "list"))
    start_ms, end_ms = (_read_whole(instant, least=0, most=MAX_DURATION_MS) for instant in raw)
    return start_ms, end_ms


def _read_lines(sections: tuple[Section, ...]) -> None:
    """The words of a voice note: lines, numbered from one."""
    faults = Faults()
    names = {f"line.{number}" for number in range(1, max(1, len(sections)) + 1)}
    _check_keys(sections, names, names, faults)
    if len(sections) > LINES_MOST:
        faults.add("", "too_many_lines", len(sections), LINES_MOST)
    for section in sections:
        faults.read(section.key, _read_words, section.words, LINE_CHARS, one_line=True)
    faults.check()


def _join_voices(voices: Sequence[Mapping[str, Any]], texts: Sequence[PacketText], latest_at: datetime) -> tuple[PacketVoice, ...]:
    """Each voice with its words, if they fit together. No voice is carried twice, or outlives the packet."""
    faults = Faults()
    if len(texts) != len(voices):
        faults.add("transcript", "missing")
    ids = [voice["id"] for voice in voices]
    for voice_id in sorted({each for each in ids if ids.count(each) > 1}):
        faults.add("voice", "duplicate", voice_id)
    for index, (voice, text) in enumerate(zip(voices, texts, strict=False)):
        if voice["expires_at"] > latest_at:
            faults.add(f"voice[{index}].expires_at", "until_too_late", instant_json(voice["expires_at"]), instant_json(latest_at))
        if voice["sound"] is not None and not _fits(voice["sound"], text):
            length_s = f"{voice['sound'].duration_ms / 1_000:.1f}"
            faults.add(f"voice[{index}].sound.times", "times_unfit", "", len(text.sections), length_s)
    faults.check()
    return tuple(
        PacketVoice(each["id"], each["speaker"], text, each["sound"], each["expires_at"]) for each, text in zip(voices, texts, strict=True)
    )


def _fits(sound: PacketSound, text: PacketText) -> bool:
    """Whether each line has its time, one after the other within the sound."""
    times: Times = sound.times
    ends = [0, *(instant for pair in times for instant in pair), sound.duration_ms]
    return len(times) == len(text.sections) and sorted(ends) == ends


def _read_teller(raw: object) -> PacketGroup:
    found = _read_object(raw, {**GROUP_FIELDS, "zone": _read_zone})
    return PacketGroup(found["name"], found["place"], found["zone"])


def _read_answerer(raw: object) -> PacketGroup:
    return PacketGroup(**_read_object(raw, GROUP_FIELDS))


def _read_zone(raw: object) -> str:
    """A zone; one that our rules do not know (yet) says nothing, and keeps nobody from reading."""
    zone_id = _read_text(raw)
    try:
        return read_zone_id(zone_id) if zone_id else ""
    except Invalid:
        return ""


def _read_link(raw: object) -> Link:
    found = _read_object(raw, {"words": _read_text, "url": _read_text})
    link = read_link_line(f"{found['url']} {found['words']}".rstrip())
    if (link.words, link.url) != (found["words"], found["url"]):
        raise Invalid(problem("", "link_malformed", found["url"], "https://example.org/river"))
    return link


def _read_quarter(raw: object) -> str:
    return str(parse_quarter(_read_text(raw)))


def _read_language(raw: object) -> str:
    tag = _read_text(raw)
    if not LANGUAGE_TAG.fullmatch(tag):
        raise Invalid(problem("", "type_wrong", tag, "pt-BR"))
    return tag


def _read_instant(raw: object) -> datetime:
    text = _read_text(raw)
    try:
        instant = datetime.fromisoformat(text) if INSTANT.fullmatch(text) else None
    except ValueError:
        instant = None
    if instant is None or instant_json(instant) != text:
        raise Invalid(problem("", "instant_malformed", text, INSTANT_EXAMPLE))
    return instant


def _read_sections(raw: object) -> tuple[Section, ...]:
    return _read_list(raw, reader=_read_section, most=SECTIONS_MOST)


def _read_section(raw: object) -> Section:
    if not isinstance(raw, list) or len(raw) != 2:
        raise Invalid(problem("", "type_wrong", raw, "list"))
    return Section(_read_text(raw[0]), _read_text(raw[1]))


# --- plain values ---------------------------------------------------------------------------------------------------------


def _read_object(raw: object, fields: Mapping[str, Reader[Any]]) -> dict[str, Any]:
    """An object with exactly these fields, each read by its reader."""
    if not isinstance(raw, dict):
        raise Invalid(problem("", "type_wrong", raw, "object"))
    faults = Faults()
    for name in sorted(raw.keys() - fields.keys()):
        faults.add("", "key_unknown", name, *fields)
    for name in sorted(fields.keys() - raw.keys()):
        faults.add(name, "missing")
    found = {name: faults.read(name, reader, raw[name]) for name, reader in fields.items() if name in raw}
    faults.check()
    return found


def _read_list(raw: object, *, reader: Reader[T], most: int) -> tuple[T, ...]:
    if not isinstance(raw, list):
        raise Invalid(problem("", "type_wrong", raw, "list"))
    if len(raw) > most:
        raise Invalid(problem("", "too_many", len(raw), most))
    faults = Faults()
    found = [faults.read(f"[{index}]", reader, item) for index, item in enumerate(raw)]
    faults.check()
    return tuple(found)


def _read_text(raw: object) -> str:
    if not isinstance(raw, str):
        raise Invalid(problem("", "type_wrong", raw, "string"))
    return raw


def _read_truth(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Invalid(problem("", "type_wrong", raw, "true", "false"))
    return raw


def _read_whole(raw: object, *, least: int, most: int) -> int:
    if type(raw) is not int or not least <= raw <= most:
        raise Invalid(problem("", "type_wrong", raw, f"{least}–{most}"))
    return raw


def _read_exactly(wanted: object, raw: object) -> object:
    if type(raw) is not type(wanted) or raw != wanted:
        raise Invalid(problem("", "type_wrong", raw, json.dumps(wanted)))
    return raw


def _read_short(raw: object, *, longest: int) -> str:
    return read_line(_read_text(raw), longest=longest, required=False)


def _read_name(raw: object, *, longest: int) -> str:
    name = _read_text(raw)
    if not NAME.fullmatch(name) or len(name) > longest:
        raise Invalid(problem("", "type_wrong", name, "a-z 0-9 -"))
    return name


def _refuse_twice(tags: Sequence[str]) -> None:
    for index, tag in enumerate(tags):
        if tag in tags[:index]:
            raise Invalid(problem("translations", "duplicate", tag))


GROUP_FIELDS: Mapping[str, Reader[str]] = {
    "name": partial(_read_short, longest=NAME_CHARS),
    "place": partial(_read_short, longest=NAME_CHARS),
}
