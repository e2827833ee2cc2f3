"""What programs write becomes the spans that people meant: repetitions, exceptions, zones, whole days, and what takes no time."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coordinator.calendars.reading import read_calendar
from coordinator.domain.busy import MAX_SPANS, CalendarRefused, Fault, Span, merge, span_of
from coordinator.domain.zones import Unambiguous, resolve_wall_time
from tests.calendars.ics import CUSTOM_ZONE, between, calendar, event, said

JANUARY = between("2027-01-01", "2027-02-01")
SPRING = between("2027-03-01", "2027-05-01")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def read(data: bytes, within: Span = JANUARY, zone_id: str = "Asia/Kathmandu") -> list[str]:
    busy = read_calendar(data, zone_id, within)
    assert busy.left_out == 0
    return said(busy)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (event(":20270110T180000Z"), ["2027-01-10 18:00 – 19:00"]),
        (event(";TZID=America/New_York:20270110T180000", "DTEND;TZID=America/New_York:20270110T193000"), ["2027-01-10 23:00 – 2027-01-11 00:30"]),
        (event(";TZID=Asia/Calcutta:20270110T180000"), ["2027-01-10 12:30 – 13:30"]),
        (event(";TZID=W. Europe Standard Time:20270110T180000"), ["2027-01-10 17:00 – 18:00"]),
        (event(";TZID=\"Europe/Berlin\":20270110T180000"), ["2027-01-10 17:00 – 18:00"]),
        (event(";TZID=Customized Time Zone:20270110T180000"), ["2027-01-10 17:00 – 18:00"]),
        (event(":20270110T180000"), ["2027-01-10 12:15 – 13:15"]),  # no zone: the group's, UTC+5:45
        (event(";VALUE=DATE:20270110", ""), ["2027-01-09 18:15 – 2027-01-10 18:15"]),
        (event(";VALUE=DATE:20270110", "DTEND;VALUE=DATE:20270113"), ["2027-01-09 18:15 – 2027-01-12 18:15"]),
        (event(":20261230T000000Z", "DTEND:20270102T000000Z"), ["2027-01-01 00:00 – 2027-01-02 00:00"]),
        (event(":20200101T000000Z", "DTEND:20300101T000000Z"), ["2027-01-01 00:00 – 2027-02-01 00:00"]),
        (event(":20270110T180000Z", ""), []),  # a mark in time takes none
        (event(":20270110T180000Z", "DTEND:20270110T170000Z"), ["2027-01-10 17:00 – 18:00"]),
        (event(":20270210T180000Z"), []),
        (event(":20270110T180000Z", "DURATION:PT1H", "STATUS:CANCELLED"), []),
        (event(":20270110T180000Z", "DURATION:PT1H", "STATUS:TENTATIVE"), ["2027-01-10 18:00 – 19:00"]),
        (event(":20270110T180000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"), []),
        (event(":20270110T180000Z", "DURATION:PT1H", "TRANSP:OPAQUE"), ["2027-01-10 18:00 – 19:00"]),
        (
            event(";TZID=Europe/Berlin:20260101T180000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-1TH,2MO"),
            ["2027-01-11 17:00 – 18:00", "2027-01-28 17:00 – 18:00"],
        ),
        (
            event(":20270101T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20270108T100000Z", "RDATE:20270120T080000Z"),
            ["2027-01-01 10:00 – 11:00", "2027-01-15 10:00 – 11:00", "2027-01-20 08:00 – 09:00"],
        ),
        (
            event(":20270101T100000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20270103T100000Z/PT3H"),
            ["2027-01-01 10:00 – 11:00", "2027-01-03 10:00 – 13:00"],
        ),
        (event(":20270101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270102T235959Z"), ["2027-01-01 10:00 – 11:00", "2027-01-02 10:00 – 11:00"]),
        (event(":19700101T100000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY"), ["2027-01-01 10:00 – 11:00"]),
    ],
)  # fmt: skip
def test_read_one_entry_becomes_its_spans(lines: str, expected: list[str]) -> None:
    assert read(calendar(lines, head=CUSTOM_ZONE)) == expected


def test_read_exceptions_move_and_cancel_what_they_name() -> None:
    weekly = event(";TZID=Europe/Berlin:20270105T180000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    moved = event(";TZID=Europe/Berlin:20270113T200000", "DURATION:PT2H", "RECURRENCE-ID;TZID=Europe/Berlin:20270112T180000")
    off = event(
        ";TZID=Europe/Berlin:20270119T180000", "DURATION:PT1H", "RECURRENCE-ID;TZID=Europe/Berlin:20270119T180000", "STATUS:CANCELLED"
    )

    assert read(calendar(weekly, moved, off)) == ["2027-01-05 17:00 – 18:00", "2027-01-13 19:00 – 21:00", "2027-01-26 17:00 – 18:00"]


@pytest.mark.parametrize(
    ("zone_id", "wall_time", "expected"),
    [
        ("Europe/Berlin", "20270326T180000", ["2027-03-26 17:00 – 18:00", "2027-04-02 16:00 – 17:00"]),  # clocks go forward on the 28th
        ("Australia/Lord_Howe", "20270402T180000", ["2027-04-02 07:00 – 08:00", "2027-04-09 07:30 – 08:30"]),  # half an hour back
        ("Asia/Kathmandu", "20270402T180000", ["2027-04-02 12:15 – 13:15", "2027-04-09 12:15 – 13:15"]),
        ("Pacific/Kiritimati", "20270402T010000", ["2027-04-01 11:00 – 12:00", "2027-04-08 11:00 – 12:00"]),
        ("Pacific/Niue", "20270402T230000", ["2027-04-03 10:00 – 11:00", "2027-04-10 10:00 – 11:00"]),
    ],
)
def test_read_weekly_entry_keeps_its_wall_time_over_a_clock_change(zone_id: str, wall_time: str, expected: list[str]) -> None:
    with_zone = event(f";TZID={zone_id}:{wall_time}", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
    without = event(f":{wall_time}", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")

    assert read(calendar(with_zone), SPRING) == expected
    assert read(calendar(without), SPRING, zone_id) == expected
    assert read(calendar(without, head=f"X-WR-TIMEZONE:{zone_id}\n"), SPRING) == expected


def test_read_wall_time_that_is_skipped_or_repeated_takes_the_longest_that_may_be_meant() -> None:
    skipped = event(":20270328T023000", "DTEND:20270328T033000")  # 02:00 to 03:00 does not happen
    repeated = event(":20271031T023000", "DTEND:20271031T024500")

    assert read(calendar(skipped), SPRING, "Europe/Berlin") == ["2027-03-28 01:00 – 01:30"]
    assert read(calendar(repeated), between("2027-10-01", "2027-11-01"), "Europe/Berlin") == ["2027-10-31 00:30 – 01:45"]


def test_read_times_that_are_told_as_busy_without_an_event() -> None:
    told = "FREEBUSY;FBTYPE=BUSY:20270110T100000Z/PT1H,20270111T100000Z/20270111T120000Z\nFREEBUSY;FBTYPE=FREE:20270112T100000Z/PT1H"
    more = "FREEBUSY:20270113T100000Z/PT1H\nCOMMENT:words"
    published = [f"BEGIN:VFREEBUSY\n{lines}\nEND:VFREEBUSY\n" for lines in (told, more, "FREEBUSY:soon/PT1H")]

    busy = read_calendar(calendar(event(":20270113T110000Z"), head="".join(published)), "Asia/Kathmandu", JANUARY)

    assert said(busy) == ["2027-01-10 10:00 – 11:00", "2027-01-11 10:00 – 12:00", "2027-01-13 10:00 – 12:00"]
    assert busy.left_out == 1


def test_read_spans_that_touch_or_overlap_become_one() -> None:
    events = [event(f":20270110T{hour}0000Z", "DURATION:PT90M", uid=hour) for hour in ("10", "11", "14")]

    assert read(calendar(*events)) == ["2027-01-10 10:00 – 12:30", "2027-01-10 14:00 – 15:30"]


def test_read_day_that_a_zone_skips_is_no_day() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    skipped = event(";VALUE=DATE:20111229", "DTEND;VALUE=DATE:20111231")

    assert read(calendar(skipped), between("2011-12-01", "2012-01-05"), "Pacific/Apia") == ["2011-12-29 10:00 – 2011-12-30 10:00"]


@pytest.mark.parametrize(
    "lines",
    [
        "UID:1\nSUMMARY:without a beginning",
        event(":2027011T180000Z"),
        event(":20270110T180000Z", "DTEND:soon"),
        event(";TZID=Mars/Olympus:20270110T180000"),
        event(";TZID=Broken Zone:20270110T180000"),
        event(":20270110T180000Z", "DURATION:PT1H", "EXDATE;TZID=Mars/Olympus:20270110T180000"),
        event(":20270110T180000Z", "DURATION:PT1H", "RRULE:every other Tuesday"),
        event(":20270110T180000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=XX"),
        event(":20270110T180000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20;UNTIL=21"),
        event(":20270110T180000Z", "DURATION:P999999999D"),
    ],
)
def test_read_entry_that_makes_no_sense_is_left_out_and_counted(lines: str) -> None:
    broken = "BEGIN:VTIMEZONE\nTZID:Broken Zone\nBEGIN:STANDARD\nDTSTART:x\nTZOFFSETFROM:?\nEND:STANDARD\nEND:VTIMEZONE\n"

    busy = read_calendar(calendar(lines, event(":20270120T100000Z", uid="2"), head=broken), "UTC", JANUARY)

    assert (said(busy), busy.left_out) == (["2027-01-20 10:00 – 11:00"], 1)


def test_read_entry_that_repeats_more_often_than_a_group_needs_is_refused() -> None:
    with pytest.raises(CalendarRefused) as refused:
        read_calendar(calendar(event(":20270101T100000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY")), "UTC", JANUARY)

    assert refused.value.fault is Fault.RULE


@pytest.mark.parametrize(("entries", "fits"), [(9, True), (11, False), (30, False)])
def test_read_more_than_fits_is_refused(entries: int, fits: bool) -> None:
    """Eleven every day are more spans than are kept, thirty more occurrences than are looked at, even if all fall together."""
    hour = "{:02}" if entries < 24 else "10"
    daily = [event(f":20260101T{hour.format(n)}0000Z", "DURATION:PT1M", "RRULE:FREQ=DAILY", uid=str(n)) for n in range(entries)]
    year = between("2027-01-01", "2028-02-05")

    if fits:
        assert len(read(calendar(*daily), year)) == entries * 400 <= MAX_SPANS
        return
    with pytest.raises(CalendarRefused) as refused:
        read_calendar(calendar(*daily), "UTC", year)
    assert refused.value.fault is Fault.TOO_MUCH


WHOLE = calendar(
    event(";TZID=Europe/Berlin:20270105T180000", "DTEND;TZID=Europe/Berlin:20270105T190000", "RRULE:FREQ=WEEKLY;COUNT=9"),
    event(";TZID=Europe/Berlin:20270113T200000", "DURATION:PT2H", "RECURRENCE-ID;TZID=Europe/Berlin:20270112T180000", "SEQUENCE:2"),
    event(";VALUE=DATE:20270110", "DTEND;VALUE=DATE:20270113", "EXDATE;VALUE=DATE:20270111", "RDATE;VALUE=DATE:20270120", uid="2"),
    event(";TZID=Customized Time Zone:20270110T180000", "DURATION:PT1H", "TRANSP:OPAQUE", uid="3"),
    head=CUSTOM_ZONE,
).decode()
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(WHOLE) - 1), st.sampled_from(["", "\r\n", "\r\n ", ":", ";", "=", ",", "-", "9", "Z", "\x00", "٣", "-P9W"])
    ),
    max_size=6,
)


@given(CHANGES)
def test_read_calendar_that_was_damaged_is_read_or_refused_by_name(changes: list[tuple[int, str]]) -> None:
    text = WHOLE
    for place, instead in sorted(changes, reverse=True):
        text = text[:place] + instead + text[place + 1 :]

    with contextlib.suppress(CalendarRefused):
        busy = read_calendar(text.encode(), "Asia/Kathmandu", JANUARY)
        assert busy.spans == merge(busy.spans, JANUARY)
        assert busy.left_out <= 4


@given(
    zone_id=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia"]),
    start=st.datetimes(datetime(2026, 6, 1), datetime(2027, 3, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
    step=st.integers(1, 5),
    weekly=st.booleans(),
    minutes=st.integers(1, 3_000),
)  # fmt: skip
def test_read_repeated_entry_is_what_counting_days_gives(zone_id: str, start: datetime, step: int, weekly: bool, minutes: int) -> None:
    """Against walking along the wall clock of the zone, whose rules the resolver has."""
    every = timedelta(days=step * (7 if weekly else 1))
    wall_times = [start + n * every for n in range(400)]
    found = [resolve_wall_time(at, zone_id) for at in wall_times if at < datetime(2027, 6, 1)]
    assume(all(isinstance(each, Unambiguous) for each in found))
    lasts = timedelta(minutes=minutes)
    expected = merge([span_of(each.instant, each.instant + lasts) for each in found if isinstance(each, Unambiguous)], SPRING)

    rule = f"RRULE:FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={step}"
    busy = read_calendar(calendar(event(f";TZID={zone_id}:{start:%Y%m%dT%H%M%S}", f"DURATION:PT{minutes}M", rule)), "UTC", SPRING)

    assert busy.spans == expected
