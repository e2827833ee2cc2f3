"""Files and feeds are read alike by an independent parser, keep the byte rules of RFC 5545, and cannot be broken by what people write."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from coordinator.formats.icalendar import (
    CalendarEntry,
    City,
    Feed,
    Status,
    clean_line,
    clean_text,
    describe,
    etag,
    is_kept,
    write_events,
    write_feed,
)
from coordinator.i18n import Language, read_languages

LANGUAGES = read_languages()
EN = LANGUAGES["en"]
TAPS = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)
MADE = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)

ENTRY = CalendarEntry(
    uid="7f3k-1@chorus.example",
    sequence=2,
    stamped_at=MADE,
    changed_at=MADE + timedelta(hours=1),
    starts_at=TAPS,
    ends_at=TAPS + timedelta(minutes=30),
    status=Status.CONFIRMED,
    summary="Keep the taps open",
    description=("Thirty minutes of silence.", "", "Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45"),
    url="https://chorus.example/en/actions/keep-the-taps-open-7f3k",
    language="en",
)
FEED = Feed(
    uid="network@chorus.example",
    name="Chorus",
    description="All confirmed moments of the network.",
    url="https://chorus.example/en/",
    source_url="https://chorus.example/en/calendar.ics",
    changed_at=MADE,
)

HOSTILE = {
    "line break": "A\r\nBEGIN:VEVENT\r\nUID:evil",
    "lone carriage return": "A\rATTACH:http://evil.example",
    "escapes": r"Netz, Nord; A\B \n \, ;,",
    "emoji": "🌊👩‍👩‍👧‍👦🏴‍☠️" * 40,
    "right to left": "أبقوا الصنابير مفتوحة " * 20,
    "overrides": "open\u202egnp.exe\u202c \u2066x",
    "unicode line ends": "A\u2028B\u2029C\x85D\x0bE\x0cF\x1cG\x1dH",
    "control": "\x00\x07\x1b[31mred\x7f",
    "surrogate": "half \ud83d pair",
    "quotes and colons": 'ACTION:"quoted";X=1:2',
    "10 kB": "ÄÖÜ water, silence; " * 500,
    "combining": "e\u0301" * 200,
    "spaces": "   many      spaces   ",
    "empty": "",
}


def lines_of(body: bytes) -> Iterator[bytes]:
    yield from body.split(b"\r\n")


def unfolded(body: bytes) -> list[str]:
    """The content lines, by the RFC's own words: a CRLF and one white space are taken out."""
    return body.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def check_bytes(body: bytes) -> None:
    """CRLF only, no line over 75 octets, no character cut in two, components balanced."""
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    for line in lines_of(body):
        assert len(line) <= 75
        line.decode("utf-8")
        assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in line.decode())
    names = [line for line in unfolded(body) if line.startswith(("BEGIN:", "END:"))]
    assert [name.removeprefix("BEGIN:") for name in names if name.startswith("BEGIN:")].count("VCALENDAR") == 1
    assert sum(name.startswith("BEGIN:") for name in names) * 2 == len(names)


# --- what stands in it ------------------------------------------------------------------------------------------------


def test_event_file_is_exactly_these_lines() -> None:
    assert unfolded(write_events([ENTRY], EN)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chorus//Chorus//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "SUMMARY;LANGUAGE=en:Keep the taps open",
        "DTSTART:20270123T133000Z",
        "DTEND:20270123T140000Z",
        "DTSTAMP:20261122T100000Z",
        "UID:7f3k-1@chorus.example",
        "SEQUENCE:2",
        (
            r"DESCRIPTION;LANGUAGE=en:Thirty minutes of silence.\n\nSaturday 23 January 2027\, 19:15 in Kathmandu\, UTC+05:45\n\n"
            "https://chorus.example/en/actions/keep-the-taps-open-7f3k"
        ),
        "LAST-MODIFIED:20261122T110000Z",
        "STATUS:CONFIRMED",
        "URL:https://chorus.example/en/actions/keep-the-taps-open-7f3k",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Keep the taps open",
        "TRIGGER:-P1D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_feed_head_is_exactly_these_lines() -> None:
    assert unfolded(write_feed(FEED, [], EN)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chorus//Chorus//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "DESCRIPTION;LANGUAGE=en:All confirmed moments of the network.",
        "X-WR-CALDESC:All confirmed moments of the network.",
        "NAME;LANGUAGE=en:Chorus",
        "X-WR-CALNAME:Chorus",
        "COLOR:orangered",
        "LAST-MODIFIED:20261122T100000Z",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:https://chorus.example/en/calendar.ics",
        "UID:network@chorus.example",
        "URL:https://chorus.example/en/",
        "X-PUBLISHED-TTL:PT1H",
        "END:VCALENDAR",
    ]


def test_feed_has_no_alarm_and_is_in_the_order_of_time() -> None:
    later = replace(ENTRY, uid="later-1@x", starts_at=TAPS + timedelta(days=1), ends_at=TAPS + timedelta(days=1, hours=1))
    twin = replace(ENTRY, uid="0-1@x")

    body = write_feed(FEED, [later, ENTRY, twin], EN)

    assert b"VALARM" not in body
    assert [line for line in unfolded(body) if line.startswith("UID:")] == [
        "UID:network@chorus.example",
        "UID:0-1@x",
        f"UID:{ENTRY.uid}",
        "UID:later-1@x",
    ]


def test_cancelled_entry_stays_says_why_and_rings_no_bell() -> None:
    cancelled = replace(ENTRY, status=Status.CANCELLED, sequence=3, cancelled_reason="The hall\r\nwas taken; away")

    for body in (write_events([cancelled], EN), write_feed(FEED, [cancelled], EN)):
        lines = unfolded(body)
        assert "STATUS:CANCELLED" in lines
        assert "SEQUENCE:3" in lines
        assert "SUMMARY;LANGUAGE=en:CANCELLED: Keep the taps open" in lines
        assert any(line.startswith(r"DESCRIPTION;LANGUAGE=en:Cancelled: The hall was taken\; away\n\nThirty") for line in lines)
        assert b"VALARM" not in body


def test_instants_of_any_zone_are_written_in_utc_to_the_second() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    there = replace(ENTRY, starts_at=ENTRY.starts_at.astimezone(kathmandu), stamped_at=MADE.astimezone(kathmandu))

    assert write_events([there], EN) == write_events([ENTRY], EN)
    assert b"TZID" not in write_events([there], EN)


def test_equal_data_give_equal_bytes_and_one_etag() -> None:
    first = write_feed(FEED, [ENTRY, replace(ENTRY, uid="b@x")], EN)
    second = write_feed(replace(FEED), [replace(ENTRY, uid="b@x"), replace(ENTRY)], EN)

    assert first == second
    assert etag(first) == etag(second)
    assert etag(first) != etag(write_feed(FEED, [replace(ENTRY, sequence=3), replace(ENTRY, uid="b@x")], EN))
    assert etag(first).startswith('"')


@pytest.mark.parametrize(
    ("status", "days_after_end", "kept"),
    [(Status.CONFIRMED, 89, True), (Status.CONFIRMED, 90, False), (Status.CANCELLED, 29, True), (Status.CANCELLED, 30, False)],
)
def test_is_kept_lets_every_client_hear_of_a_cancellation(status: Status, days_after_end: int, kept: bool) -> None:
    assert is_kept(replace(ENTRY, status=status), ENTRY.ends_at + timedelta(days=days_after_end)) is kept


def test_describe_reads_every_clock_and_names_the_rules() -> None:
    lines = describe("Silence.", TAPS, [City("Kathmandu", "Asia/Kathmandu"), City("القاهرة", "Africa/Cairo")], "2026f", EN, others=3)

    assert lines == (
        "Silence.",
        "",
        "Saturday 23 January 2027, 19:15 in \u2068Kathmandu\u2069, \u2066UTC+05:45\u2069",
        "Saturday 23 January 2027, 15:30 in \u2068القاهرة\u2069, \u2066UTC+02:00\u2069",
        "And 3 more groups.",
        "",
        "Hours by the time zone rules of 2026f.",
    )


# --- an independent reader --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES.complete, ids=lambda language: language.tag)
def test_feed_is_read_alike_by_vobject(language: Language) -> None:
    entries = [
        replace(ENTRY, uid=f"{n}-1@x", summary=text, starts_at=TAPS + timedelta(days=n), ends_at=TAPS + timedelta(days=n, hours=1))
        for n, text in enumerate(HOSTILE.values())
    ]

    read = vobject.readOne(write_feed(FEED, entries, language).decode())

    assert read.version.value == "2.0"
    assert read.method.value == "PUBLISH"
    assert [event.uid.value for event in read.vevent_list] == [entry.uid for entry in entries]
    assert [event.dtstart.value for event in read.vevent_list] == [entry.starts_at for entry in entries]
    assert [event.dtend.value for event in read.vevent_list] == [entry.ends_at for entry in entries]
    assert [event.dtstamp.value for event in read.vevent_list] == [MADE.replace(microsecond=0)] * len(entries)
    assert [event.summary.value for event in read.vevent_list] == [clean_line(entry.summary) for entry in entries]


def test_empty_feed_is_read_by_vobject() -> None:
    read = vobject.readOne(write_feed(FEED, [], EN).decode())

    assert "vevent_list" not in read.contents
    assert read.x_wr_calname.value == "Chorus"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_stay_inside_their_property(text: str) -> None:
    entry = replace(ENTRY, summary=text, description=(text, "", text), cancelled_reason=text, uid=f"{text}@x", url=f"https://x/{text}")
    feed = replace(FEED, name=text, description=text, uid=text or "u", url=text, source_url=text)

    for status in Status:
        body = write_feed(feed, [replace(entry, status=status)], EN)
        check_bytes(body)
        check_bytes(write_events([replace(entry, status=status)], EN))
        assert [name for name in unfolded(body) if name.startswith(("BEGIN", "END"))] == [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
        assert not [line for line in unfolded(body) if line.startswith(("ATTACH", "UID:evil"))]


@given(summary=st.text(max_size=300), story=st.text(max_size=600), name=st.text(max_size=120), tag=st.sampled_from(["en", "es", "ar"]))
def test_any_words_survive_a_journey_through_vobject(summary: str, story: str, name: str, tag: str) -> None:
    body = write_feed(replace(FEED, name=name), [replace(ENTRY, summary=summary, description=(story,))], LANGUAGES[tag])

    check_bytes(body)
    event = vobject.readOne(body.decode()).vevent
    assert event.summary.value == clean_line(summary)
    assert event.description.value == clean_text(f"{story}\n\n{ENTRY.url}")
    assert event.url.value == ENTRY.url


@given(st.text())
def test_clean_text_keeps_every_seen_character(text: str) -> None:
    cleaned = clean_text(text)

    assert clean_text(cleaned) == cleaned
    assert [c for c in cleaned if not c.isspace()] == [
        c for c in text if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} and not "\u202a" <= c <= "\u202e"
    ]


def test_no_two_revisions_share_bytes() -> None:
    history = [ENTRY, replace(ENTRY, sequence=3, starts_at=TAPS + timedelta(hours=1)), replace(ENTRY, sequence=4, status=Status.CANCELLED)]

    tags = [etag(write_feed(FEED, [entry], EN)) for entry in history]

    assert all(before != after for before, after in pairwise(tags))
