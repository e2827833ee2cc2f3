"""What a spotlight must say, which words it may hold, and what can be done to it when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.listing import Listing
from coordinator.domain.spotlight import (
    LINKS_MOST,
    TRANSITIONS,
    USUAL_AGE,
    WORDS_MOST,
    Audience,
    Link,
    Spotlight,
    SpotlightCommand,
    SpotlightState,
    can,
    make_sections,
    next_state,
    paragraphs,
    read_echo,
    read_links,
    read_telling,
    story_of,
)
from coordinator.domain.text import BIDI_CONTROLS
from coordinator.errors import Conflict, Invalid, Problem

NOON = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
LANGUAGES = ("en", "es", "ar", "pt-BR")
TELLING: dict[str, Any] = {
    "title": "The tide is ours",
    "story": "The port wants the mangrove.\n\nWe mapped it.",
    "ask": "Write to the court.",
    "face": "A port.",
    "share": "A shore.",
    "answer": "Silence at the tap.",
    "consent": "Names may be shown.",
    "links": "https://example.org/map The map",
    "language": "en",
    "audience": "public",
    "may_leave": "1",
    "until": "2027-03-01",
}


def read(**changes: Any) -> Any:
    return read_telling(TELLING | changes, languages=LANGUAGES, zone_id="America/Recife", now=NOON)


def faults(**changes: Any) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in problems(**changes)]


def read_or_faults(**changes: Any) -> tuple[Any, set[str]]:
    """What was read, or None and the fields that have a fault."""
    try:
        return read(**changes), set()
    except Invalid as fault:
        return None, {p.field for p in fault.problems}


def problems(**changes: Any) -> list[Problem]:
    with pytest.raises(Invalid) as fault:
        read(**changes)
    return list(fault.value.problems)


# --- reading --------------------------------------------------------------------------------------------------------------


def test_telling_is_read_into_sections_in_reading_order() -> None:
    telling = read()

    assert [(s.key, s.words) for s in telling.sections] == [
        ("title", "The tide is ours"),
        ("body.1", "The port wants the mangrove."),
        ("body.2", "We mapped it."),
        ("ask", "Write to the court."),
        ("face", "A port."),
        ("share", "A shore."),
        ("answer", "Silence at the tap."),
        ("consent", "Names may be shown."),
    ]
    assert (telling.language, telling.links, telling.audience, telling.may_leave, telling.expires_at) == (
        "en",
        (Link("The map", "https://example.org/map"),),
        Audience.PUBLIC,
        True,
        datetime(2027, 3, 2, 3, 0, tzinfo=UTC),  # the end of the last day in Recife
    )


def test_telling_says_only_what_it_must() -> None:
    bare = {"title": "T", "story": "S", "consent": "C", "language": "ar"}

    telling = read_telling(bare, languages=LANGUAGES, zone_id="UTC", now=NOON)

    assert [s.key for s in telling.sections] == ["title", "body.1", "consent"]
    assert (telling.audience, telling.may_leave, telling.links, telling.expires_at) == (Audience.PARTNERS, False, (), NOON + USUAL_AGE)


def test_telling_names_every_fault_at_once() -> None:
    given = {"title": "", "story": " ", "consent": "", "language": "xx", "audience": "own", "until": "soon", "links": "ftp://x"}

    assert sorted(faults(**given)) == [
        ("audience", "choice_unknown"),
        ("consent", "missing"),
        ("language", "language_unknown"),
        ("links", "link_malformed"),
        ("story", "missing"),
        ("title", "missing"),
        ("until", "date_malformed"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "x" * 121}, ("title", "too_long")),
        ({"title": "a\nb"}, ("title", "control_characters")),
        ({"story": "word " * (WORDS_MOST + 1)}, ("story", "too_many_words")),
        ({"story": "x" * 8_001}, ("story", "too_long")),
        ({"ask": "x" * 601}, ("ask", "too_long")),
        ({"face": "x" * 401}, ("face", "too_long")),
        ({"share": "\x00"}, ("share", "control_characters")),
        ({"consent": "x" * 201}, ("consent", "too_long")),
        ({"until": "2027-01-03"}, ("until", "until_past")),
        ({"until": "2099-01-01"}, ("until", "until_too_late")),
        ({"language": ""}, ("language", "missing")),
    ],
)
def test_telling_refuses(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert faults(**changes) == [expected]


def test_story_of_the_most_words_is_taken() -> None:
    assert len(story_of(read(story="word " * WORDS_MOST).sections).split()) == WORDS_MOST


# --- hostile words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script> & <b onclick=x>",
        "{{ 7 * 7 }} {% raw %} {# c #} ${x} #{y}",
        "%(name)s %s {0} {name!r} %n",
        "الماء حق at 19:00, and \u05e9\u05dc\u05d5\u05dd again",
        "\U0001f30a\U0001f468\u200d\U0001f469\u200d\U0001f467" * 400,
        "'; DROP TABLE text; --",
        "\u200fa mark that is spelling",
        "line\u2028separator",
    ],
)
def test_hostile_words_pass_as_words(words: str) -> None:
    telling = read(story=words)

    assert story_of(telling.sections) == words


def test_ten_kilobytes_of_emoji_are_words_in_a_story_and_too_long_for_a_title() -> None:
    emoji = "\U0001f30a" * 2_560

    assert len(emoji.encode()) == 10_240
    assert story_of(read(story=emoji).sections) == emoji
    assert faults(title=emoji) == [("title", "too_long")]


@pytest.mark.parametrize("control", ["\u202e", "\u2066", "\u202a"])
@pytest.mark.parametrize("field", ["title", "story", "ask", "face", "share", "answer", "consent"])
def test_words_that_turn_the_direction_of_writing_are_refused(field: str, control: str) -> None:
    assert faults(**{field: f"at 10:00 {control}00:01"}) == [(field, "bidi_characters")]


LETTERS = st.characters(categories=("L", "M", "N", "P", "S", "Zs", "Zl", "Cf"), include_characters="\n\r\t")
FIELDS = ("title", "story", "ask", "face", "share", "answer", "consent")


@given(st.fixed_dictionaries({field: st.text(LETTERS, min_size=1, max_size=40) for field in FIELDS}))
def test_any_words_are_told_as_they_are_or_refused_by_name(raw: dict[str, str]) -> None:
    telling, faulty = read_or_faults(**raw)
    if telling is None:
        assert faulty <= set(raw)
        return

    said = {section.key: section.words for section in telling.sections}
    assert len(said) == len(telling.sections)
    assert all(words.strip() == words for words in said.values())
    assert not BIDI_CONTROLS.intersection("".join(said.values()))
    assert paragraphs(story_of(telling.sections)) == {key: words for key, words in said.items() if key.startswith("body.")}


# --- links ----------------------------------------------------------------------------------------------------------------


def test_links_are_addresses_with_words_one_a_line() -> None:
    raw = "https://example.org/a  The map \r\n\r\nhttp://example.org:8080/x?y=1#z\n"

    assert read_links(raw) == (Link("The map", "https://example.org/a"), Link("", "http://example.org:8080/x?y=1#z"))


@pytest.mark.parametrize(
    "line",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https://user:secret@example.org",
        "//example.org",
        "example.org",
        "https://example.org/\u202e",
        "https://example.org/" + "x" * 400,
        "HTTPS //x",
    ],
)
def test_link_that_is_no_plain_web_address_is_refused(line: str) -> None:
    with pytest.raises(Invalid) as fault:
        read_links(line)

    assert [p.code for p in fault.value.problems] == ["link_malformed"]


def test_links_are_few() -> None:
    assert len(read_links("https://example.org\n" * LINKS_MOST)) == LINKS_MOST
    assert faults(links="https://example.org\n" * (LINKS_MOST + 1)) == [("links", "too_many_links")]
    assert faults(links="https://example.org " + "x" * 81) == [("links", "too_long")]


# --- echoes and sections ----------------------------------------------------------------------------------------------------


def test_echo_must_say_what_is_shared_and_what_answers() -> None:
    assert [(s.key, s.words) for s in read_echo({"share": " S ", "answer": "A"})] == [("share", "S"), ("answer", "A")]
    with pytest.raises(Invalid) as fault:
        read_echo({"face": "x" * 401, "share": "", "answer": "\x07"})

    assert [(p.field, p.code) for p in fault.value.problems] == [
        ("face", "too_long"),
        ("share", "missing"),
        ("answer", "control_characters"),
    ]


def test_paragraphs_are_apart_by_empty_lines_and_come_back_as_typed() -> None:
    story = "One,\nstill one.\n \t\n\n\nTwo."

    parts = paragraphs(story)

    assert parts == {"body.1": "One,\nstill one.", "body.2": "Two."}
    assert story_of(make_sections({"title": "T", **parts, "ask": ""})) == "One,\nstill one.\n\nTwo."


# --- states ---------------------------------------------------------------------------------------------------------------


def test_states_every_other_command_is_a_conflict() -> None:
    for state in SpotlightState:
        for command in SpotlightCommand:
            if can(state, command):
                assert next_state(state, command) is TRANSITIONS[state, command]
                continue
            with pytest.raises(Conflict) as fault:
                next_state(state, command)
            assert fault.value.code == "spotlight_state"

    refused = {(s.value, c.value) for s in SpotlightState for c in SpotlightCommand if not can(s, c)}
    assert refused == {("draft", "retire"), ("published", "publish"), ("retired", "edit"), ("retired", "publish"), ("retired", "retire")}


def spotlight(**changes: Any) -> Spotlight:
    row = Spotlight("s", "slug", "g", "t", None, SpotlightState.PUBLISHED, Audience.PUBLIC, (), "2027-Q1", 1, NOON, NOON, NOON, None, NOON)
    return replace(row, **changes)


def test_stands_while_published_and_before_its_end() -> None:
    before, end = NOON - timedelta(microseconds=1), NOON

    assert (spotlight().stands(before), spotlight().stands(end), spotlight().is_over(end)) == (True, False, True)
    assert [spotlight(state=state).stands(before) for state in SpotlightState] == [False, True, False]


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("listing", list(Listing))
def test_public_only_where_the_group_says_so_twice(audience: Audience, listing: Listing) -> None:
    expected = audience is Audience.PUBLIC and listing is Listing.PUBLIC

    assert spotlight(audience=audience).is_public(listing) is expected
