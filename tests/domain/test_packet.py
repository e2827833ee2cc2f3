"""A packet says what may travel and nothing else, and what comes in is asked by the rules of a told spotlight."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.packet import Carried, canonical_json, manifest_of
from coordinator.domain.packet_rules import ECHOES_MOST, carry, read_packet
from coordinator.domain.spotlight import shown_end
from coordinator.domain.translation import Origin, Section
from coordinator.errors import Invalid
from tests.factories import NOON
from tests.packets import ENGLISH, WORDS, make_packet, make_rendering, make_source, make_text, make_voice

Change = Callable[[dict[str, Any]], object]


def test_packet_read_back_is_the_same() -> None:
    packet = make_packet(made_at=NOON + timedelta(microseconds=7))

    assert read_packet(manifest_of(packet)) == packet


def test_packet_with_voices_read_back_is_the_same() -> None:
    packet = make_packet(voices=(make_voice("a"), make_voice("b", sound=None, expires_at=NOON + timedelta(days=1))))

    assert read_packet(manifest_of(packet)) == packet
    assert [each.voice_id for each in packet.sounding()] == ["a"]
    assert [each.voice_id for each in packet.with_sounds([]).voices] == ["b"]


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": [1, None], "a": "é\u2028"}) == '{"a":"é\u2028","b":[1,null]}'.encode()


def test_packet_without_voices_is_what_every_chorus_reads_and_holds_no_zone_of_those_who_answer() -> None:
    manifest = manifest_of(make_packet())

    assert manifest["echoes"][0]["answerer"] == {"name": "Kathmandu Commons", "place": "Kathmandu"}
    assert (manifest["version"], manifest["voice"], manifest["transcript"]) == (1, None, None)


# --- what travels -----------------------------------------------------------------------------------------------------


def test_carry_takes_the_best_current_translation_of_each_language_with_its_label() -> None:
    source = make_source()
    older = make_source(WORDS | {"title": "A maré"})
    carried = carry(
        source,
        [
            make_rendering(source, "en", {"title": "The tide"}, origin=Origin.MACHINE, engine="apertium"),
            make_rendering(source, "en", ENGLISH, signed_at=NOON),
            make_rendering(older, "fr", {"title": "La marée"}, signed_at=NOON),
            make_rendering(source, "es", {"title": "La marea"}, origin=Origin.MACHINE, engine="apertium", engine_version="3", via="fr"),
        ],
    )

    assert carried.translations == (
        Carried("en", Origin.HUMAN, True, tuple(Section(key, words) for key, words in ENGLISH.items())),
        Carried("es", Origin.MACHINE, False, (Section("title", "La marea"),), "apertium", "3", "fr"),
    )


@pytest.mark.parametrize("words", ["a\x00b", "a\u202eb", "x" * 1_000, " a"])
def test_carry_leaves_at_home_what_would_be_refused(words: str) -> None:
    source = make_source()

    assert carry(source, [make_rendering(source, "es", {"title": words}, origin=Origin.MACHINE)]).translations == ()


def test_renderings_of_a_text_are_current_and_labelled_as_they_were() -> None:
    text = make_text()
    ids = iter("abc")
    made = {each.language: each for each in text.renderings("here", lambda: next(ids), NOON)}

    assert all(each.is_current(text.source("here")) for each in made.values())
    assert [(tag, each.origin, each.is_signed, each.via, each.group_id) for tag, each in sorted(made.items())] == [
        ("ar", Origin.HUMAN, False, "", None),
        ("en", Origin.HUMAN, True, "", None),
        ("es", Origin.MACHINE, False, "fr", None),
    ]


def test_lighter_leaves_out_echoes_then_drafts_then_people_and_never_the_original() -> None:
    packet, left = make_packet(voices=(make_voice(),)), []
    while (smaller := packet.lighter()) is not None:
        packet = smaller
        left.append((len(packet.echoes), packet.languages()))

    assert [len(each.text.translations) for each in packet.voices] == [0]
    assert left == [
        (0, ("pt-BR", "ar", "en", "es")),
        (0, ("pt-BR", "ar", "en", "es")),
        (0, ("pt-BR", "ar", "en")),
        (0, ("pt-BR", "ar")),
        (0, ("pt-BR",)),
    ]


@pytest.mark.parametrize(
    ("zone_id", "said"),
    [
        ("Asia/Kathmandu", datetime(2027, 2, 27, 18, 15, tzinfo=UTC)),
        ("", datetime(2027, 2, 27, tzinfo=UTC)),
    ],
)
def test_shown_end_without_a_zone_tells_none_and_is_never_later(zone_id: str, said: datetime) -> None:
    assert shown_end(datetime(2027, 2, 27, 18, 15, tzinfo=UTC), zone_id) == said


# --- what comes in ----------------------------------------------------------------------------------------------------


def _set(path: str, value: object) -> Change:
    def change(manifest: dict[str, Any]) -> None:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        place: Any = manifest
        for step in steps:
            place = place[step]
        place[last] = value

    return change


def _drop(name: str) -> Change:
    return lambda manifest: manifest.pop(name)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (_set("format", "zip"), [("format", "type_wrong")]),
        (_set("version", 3), [("", "packet_newer")]),
        (_set("version", 2), [("voice", "type_wrong"), ("transcript", "type_wrong")]),
        (_set("version", True), [("version", "type_wrong")]),
        (_set("version", 1.0), [("version", "type_wrong")]),
        (_set("more", 1), [("", "key_unknown")]),
        (_drop("links"), [("links", "missing")]),
        (_set("slug", "../../etc"), [("slug", "type_wrong")]),
        (_set("spotlight", "x" * 17), [("spotlight", "type_wrong")]),
        (_set("quarter", "soon"), [("quarter", "quarter_malformed")]),
        (_set("audience", "own"), [("audience", "choice_unknown")]),
        (_set("teller", []), [("teller", "type_wrong")]),
        (_set("teller/name", "x" * 81), [("teller.name", "too_long")]),
        (_set("teller/place", "a\u202eb"), [("teller.place", "bidi_characters")]),
        (_set("voice", {"url": "x"}), [("voice", "type_wrong")]),
        (_set("made_at", "yesterday"), [("made_at", "instant_malformed")]),
        (_set("expires_at", "2027-03-01T03:00:00+00:00"), [("expires_at", "instant_malformed")]),
        (_set("expires_at", "2027-13-01T03:00:00Z"), [("expires_at", "instant_malformed")]),
        (_set("expires_at", "2037-03-01T03:00:00Z"), [("expires_at", "until_too_late")]),
        (_set("expires_at", "2027-01-04T12:00:00Z"), [("expires_at", "until_too_late")]),
        (_set("links/0/url", "javascript:alert(1)"), [("links[0]", "link_malformed")]),
        (_set("links/0/words", "x" * 81), [("links[0]", "too_long")]),
        (_set("links", [{"words": "", "url": "https://example.org/"}] * 6), [("links", "too_many")]),
        (_set("text/language", "<b>"), [("text.language", "type_wrong")]),
        (_set("text/sections/0", ["title"]), [("text.sections[0]", "type_wrong")]),
        (_set("text/sections/0/1", "x" * 121), [("text.sections.title", "too_long")]),
        (_set("text/sections/1/0", "body.3"), [("text.sections.body.1", "missing"), ("text.sections", "key_unknown")]),
        (_set("text/sections/1/0", "ask"), [("text.sections", "duplicate"), ("text.sections", "key_unknown"), ("text.sections.body.1", "missing")]),
        (_set("text/sections/1/1", "word " * 601), [("text.sections", "too_many_words"), ("text.sections.body.1", "type_wrong")]),
        (_set("text/translations/0/language", "pt-BR"), [("text.translations", "duplicate")]),
        (_set("text/translations/0/origin", "author"), [("text.translations[0].origin", "choice_unknown")]),
        (_set("text/translations/0/signed", 1), [("text.translations[0].signed", "type_wrong")]),
        (_set("text/translations/0/sections", []), [("text.translations[0].sections", "missing")]),
        (_set("text/translations/0/sections/0/0", "other"), [("text.translations[0].sections", "key_unknown")]),
        (_set("text/translations/0/via", "via Spanish"), [("text.translations[0].via", "type_wrong")]),
        (_set("echoes/0/answerer/zone", "Asia/Kathmandu"), [("echoes[0].answerer", "key_unknown")]),
        (_set("echoes/0/text/sections", [["face", "x"]]), [("echoes[0].text.sections.answer", "missing"), ("echoes[0].text.sections.share", "missing")]),
    ],
)  # fmt: skip
def test_read_packet_names_every_fault_with_its_place(change: Change, faults: list[tuple[str, str]]) -> None:
    manifest = copy.deepcopy(manifest_of(make_packet()))
    change(manifest)

    with pytest.raises(Invalid) as refused:
        read_packet(manifest)

    assert sorted({(p.field, p.code) for p in refused.value.problems}) == sorted(faults)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (_set("version", 1), [("voice", "type_wrong"), ("transcript", "type_wrong")]),
        (_set("voice", []), [("voice", "missing")]),
        (_set("transcript", None), [("transcript", "type_wrong")]),
        (lambda manifest: manifest.update(transcript=manifest["transcript"] * 2), [("transcript", "missing")]),
        (lambda manifest: manifest.update({name: manifest[name] * 2 for name in ("voice", "transcript")}), [("voice", "duplicate")]),
        (lambda manifest: manifest.update(voice=manifest["voice"] * 4), [("voice", "too_many")]),
        (_set("voice/0/url", "x"), [("voice[0]", "key_unknown")]),
        (_set("voice/0/id", "../x"), [("voice[0].id", "type_wrong")]),
        (_set("voice/0/speaker/zone", "Asia/Kathmandu"), [("voice[0].speaker", "key_unknown")]),
        (_set("voice/0/expires_at", "2027-03-01T03:00:01Z"), [("voice[0].expires_at", "until_too_late")]),
        (_set("voice/0/sound/duration_ms", 90_501), [("voice[0].sound.duration_ms", "type_wrong")]),
        (_set("voice/0/sound/duration_ms", True), [("voice[0].sound.duration_ms", "type_wrong")]),
        (_set("voice/0/sound/peaks/0", 256), [("voice[0].sound.peaks[0]", "type_wrong")]),
        (_set("voice/0/sound/times/0", [0]), [("voice[0].sound.times[0]", "type_wrong")]),
        (_set("voice/0/sound/times/0", [0, 3_000]), [("voice[0].sound.times", "times_unfit")]),
        (_set("voice/0/sound/times/1/1", 6_001), [("voice[0].sound.times", "times_unfit")]),
        (_set("voice/0/sound/times", []), [("voice[0].sound.times", "times_unfit")]),
        (_set("transcript/0/sections/0/0", "title"), [("transcript[0].sections", "key_unknown"), ("transcript[0].sections.line.1", "missing")]),
        (_set("transcript/0/sections/0/1", "x" * 301), [("transcript[0].sections.line.1", "too_long")]),
        (_set("transcript/0/sections", []), [("transcript[0].sections.line.1", "missing")]),
        (_set("transcript/0/translations/0/sections/0/1", "a\u202eb"), [("transcript[0].translations[0].sections.line.1", "bidi_characters")]),
    ],
)  # fmt: skip
def test_read_packet_with_a_voice_that_is_not_right_names_the_fault(change: Change, faults: list[tuple[str, str]]) -> None:
    manifest = copy.deepcopy(manifest_of(make_packet(voices=(make_voice(),))))
    change(manifest)

    with pytest.raises(Invalid) as refused:
        read_packet(manifest)

    assert sorted({(p.field, p.code) for p in refused.value.problems}) == sorted(faults)


def test_read_packet_with_too_many_echoes_is_refused() -> None:
    manifest = manifest_of(make_packet())
    manifest["echoes"] *= ECHOES_MOST + 1

    with pytest.raises(Invalid) as refused:
        read_packet(manifest)

    assert [(p.field, p.code, p.remedy) for p in refused.value.problems] == [("echoes", "too_many", (str(ECHOES_MOST),))]


def test_read_packet_with_a_zone_nobody_knows_yet_says_no_zone() -> None:
    packet = make_packet()
    manifest = manifest_of(packet)
    manifest["teller"]["zone"] = "Moon/Tranquility"

    assert read_packet(manifest) == replace(packet, teller=replace(packet.teller, zone_id=""))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda c: st.lists(c) | st.dictionaries(st.text(), c), max_leaves=20
)


@given(st.data())
def test_read_packet_of_anything_refuses_or_reads_and_never_breaks(data: st.DataObject) -> None:
    manifest = manifest_of(make_packet(voices=(make_voice(),)))
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(value, dict | list):
                walk(value)

    walk(manifest)
    node, key = data.draw(st.sampled_from(range(len(places))).map(lambda index: places[index]))
    node[key] = data.draw(JSON)

    with suppress(Invalid):
        packet = read_packet(manifest)
        assert read_packet(manifest_of(packet)) == packet
