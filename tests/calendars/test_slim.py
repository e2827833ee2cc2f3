"""Only the lines that say when leave the first look, and what is too deep, too much or cut off is refused by it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.calendars.slim import slim_down
from coordinator.domain.busy import MAX_COMPONENTS, MAX_DATES, MAX_LINE_BYTES, CalendarRefused, Fault
from tests.calendars.ics import CUSTOM_ZONE, calendar, event

SECRET = "the hall of Sol Naciente"
WORDY = f"""UID:7
SUMMARY;LANGUAGE=en:Assembly in {SECRET}
DTSTART;TZID=Europe/Berlin;X-NOTE="a: b; c":20270110T18
 0000
LOCATION:{SECRET}
DESCRIPTION:{SECRET}\\, every
\tweek
ORGANIZER;CN="{SECRET}":mailto:nobody@example.org
ATTACH;ENCODING=BASE64;VALUE=BINARY:{"QUJD" * (MAX_LINE_BYTES // 3)}
dtend:20270110T190000Z
BEGIN:VALARM
TRIGGER:-PT15M
DTSTART:20270101T000000Z
END:VALARM
TRANSP:OPAQUE"""


def fault_of(data: bytes) -> Fault:
    with pytest.raises(CalendarRefused) as refused:
        slim_down(data)
    return refused.value.fault


def test_slim_keeps_the_lines_that_say_when_and_no_words() -> None:
    slim = slim_down(calendar(WORDY, head=f"X-WR-CALNAME:{SECRET}\nX-WR-TIMEZONE:Europe/Berlin\n"))

    assert slim.zone_name == "Europe/Berlin"
    assert [text.split("\r\n") for text in slim.events] == [
        [
            "BEGIN:VEVENT",
            "UID:7",
            'DTSTART;TZID=Europe/Berlin;X-NOTE="a: b; c":20270110T180000',
            "DTEND:20270110T190000Z",
            "TRANSP:OPAQUE",
            "END:VEVENT",
            "",
        ]
    ]
    assert SECRET not in repr(slim)


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\n\r\n"])
def test_slim_reads_any_end_of_line_and_a_mark_of_the_encoding(ending: str) -> None:
    text = calendar(event(":20270110T180000Z"), head=CUSTOM_ZONE).decode().replace("\r\n", ending)

    slim = slim_down(b"\xef\xbb\xbf" + text.encode())

    assert (len(slim.zones), len(slim.events)) == (1, 1)


def test_slim_passes_over_other_components_and_lines_that_are_none() -> None:
    other = "BEGIN:VTODO\nUID:9\nBEGIN:VEVENT\nUID:8\nEND:VEVENT\nEND:VTODO\nnonsense\n:\n;;;\n\x00\n"

    assert [text.split("\r\n")[1] for text in slim_down(calendar(event(":20270110T180000Z"), head=other)).events] == ["UID:1"]


NESTED = "".join(f"BEGIN:{name}\n" for name in ("VCALENDAR", "VEVENT", "VALARM", "X-A", "X-B"))
RULE = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nRRULE:{}\nEND:VEVENT\nEND:VCALENDAR\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.NOT_A_CALENDAR),
        ("\n \n", Fault.NOT_A_CALENDAR),
        ("<!doctype html>\n<title>Sign in</title>", Fault.NOT_A_CALENDAR),
        ('{"error": "not found"}', Fault.NOT_A_CALENDAR),
        ("BEGIN:VCARD\nEND:VCARD\n", Fault.NOT_A_CALENDAR),
        ("END:VCALENDAR\n", Fault.NOT_A_CALENDAR),
        ("x" * 2_000_000, Fault.NOT_A_CALENDAR),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270101T000000Z\n", Fault.BROKEN),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", Fault.BROKEN),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", Fault.BROKEN),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n<html>\n", Fault.BROKEN),
        (NESTED, Fault.BROKEN),
        (f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{'x' * (MAX_LINE_BYTES + 1)}\n", Fault.BROKEN),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:" + "x\n " * (MAX_LINE_BYTES + 1), Fault.BROKEN),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * MAX_COMPONENTS, Fault.TOO_MUCH),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nRDATE:" + ",".join(["20270101T000000Z"] * (MAX_DATES // 2)) + "\nEXDATE:" + "," * MAX_DATES, Fault.TOO_MUCH),
        (RULE.format("FREQ=SECONDLY"), Fault.RULE),
        (RULE.format("INTERVAL=2;FREQ=minutely"), Fault.RULE),
        (RULE.format("FREQ=DAILY;INTERVAL=0"), Fault.RULE),
        (RULE.format("FREQ=DAILY;INTERVAL=-1"), Fault.RULE),
        (RULE.format("FREQ=DAILY;COUNT=1000000000"), Fault.RULE),
        (RULE.format("FREQ=DAILY;COUNT=1001"), Fault.RULE),
        (RULE.format("FREQ=DAILY;BYSECOND=" + ",".join(["1"] * 300)), Fault.RULE),
        (RULE.format("FREQ=DAILY\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=WEEKLY"), Fault.RULE),
        ("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nRRULE:FREQ=HOURLY\n", Fault.RULE),
    ],
    ids=range(25),
)  # fmt: skip
def test_slim_refuses_by_the_first_look(text: str, fault: Fault) -> None:
    assert fault_of(text.encode()) is fault


@given(st.lists(st.sampled_from(["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTODO", "END:VTODO", "UID:1", " x", "\tBEGIN:X", "", "RRULE:FREQ=DAILY"])))  # fmt: skip
def test_slim_of_any_lines_is_taken_or_refused_by_name(lines: list[str]) -> None:
    with contextlib.suppress(CalendarRefused):
        events = slim_down("\n".join(lines).encode()).events
        assert all(text.startswith("BEGIN:VEVENT\r\n") and text.endswith("END:VEVENT\r\n") for text in events)


@given(st.binary(max_size=2_000))
def test_slim_of_any_bytes_is_refused_by_name(data: bytes) -> None:
    assert fault_of(data) is Fault.NOT_A_CALENDAR
