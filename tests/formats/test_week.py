"""A week of hours in pictures and words."""

from __future__ import annotations

import re

from coordinator.domain.availability import Availability, read_availability_text
from coordinator.formats.week import WeekHours, blocked_words, day_names, quiet_words, week_days, week_hours
from coordinator.i18n import read_languages

LANGUAGES = read_languages()
ENGLISH = LANGUAGES["en"]
RECT = re.compile(r'class="painter__(preferred|possible|quiet)" x="(\d+)" width="(\d+)"')


def shapes(availability: Availability) -> list[list[tuple[str, int, int]]]:
    """Per day: what is drawn, from which minute, how many minutes."""
    return [[(kind, int(x), int(width)) for kind, x, width in RECT.findall(day.picture)] for day in week_days(availability, ENGLISH)]


def test_week_draws_and_says_the_same_hours() -> None:
    week = read_availability_text("MO 17:30-21:30; MO 21:30-22:00 possible", "23:00-06:00")

    monday, tuesday, *_ = shapes(week)
    assert monday == [("quiet", 0, 360), ("preferred", 1050, 240), ("possible", 1290, 30), ("quiet", 1380, 60)]
    assert tuesday == [("quiet", 0, 360), ("quiet", 1380, 60)]
    quiet = "00:00 to 06:00, 23:00 to 24:00"
    assert week_hours(week, ENGLISH)[:2] == (
        WeekHours("Monday", "17:30 to 21:30", "21:30 to 22:00", quiet),
        WeekHours("Tuesday", "", "", quiet),
    )


def test_hours_past_midnight_reach_into_the_next_day_also_from_sunday() -> None:
    week = read_availability_text("SU 22:00-02:00")

    days = shapes(week)
    assert (days[6], days[0], days[1]) == ([("preferred", 1320, 120)], [("preferred", 0, 120)], [])
    assert [day.preferred for day in week_hours(week, ENGLISH)] == ["00:00 to 02:00", "", "", "", "", "", "22:00 to 24:00"]


def test_preferred_hours_lie_over_possible_ones_and_quiet_over_both() -> None:
    week = read_availability_text("MO 08:00-12:00; MO 06:00-14:00 possible", "11:00-13:00")

    assert shapes(week)[0] == [("possible", 360, 120), ("preferred", 480, 180), ("quiet", 660, 120), ("possible", 780, 60)]


def test_quiet_hours_are_hatched_to_their_very_minutes() -> None:
    monday = week_days(read_availability_text("", "22:30-01:15"), ENGLISH)[0]

    assert re.findall(r'painter__hatch" d="([^"]*)"', monday.picture) == ["M0 30L60 0M60 30L75 22.5", "M1350 15L1380 0M1380 30L1440 0"]


def test_whole_day_is_said_to_its_end() -> None:
    assert week_hours(read_availability_text("WE 00:00-24:00"), ENGLISH)[2].preferred == "00:00 to 24:00"


def test_week_speaks_the_readers_language_and_digits() -> None:
    hours = week_hours(read_availability_text("MO 17:30-21:30"), LANGUAGES["ar"], "arab")

    assert hours[2].day == "الاثنين"
    assert "١٧:٣٠" in hours[2].preferred


def test_week_begins_where_the_language_begins_it() -> None:
    arabic = LANGUAGES["ar"]

    assert [short for _, short, _ in day_names(ENGLISH)] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [code for code, _, _ in day_names(arabic)] == ["SA", "SU", "MO", "TU", "WE", "TH", "FR"]
    assert [day.code for day in week_days(Availability(), arabic)] == [code for code, _, _ in day_names(arabic)]
    assert [day.day for day in week_hours(Availability(), arabic)] == [name for _, _, name in day_names(arabic)]


def test_quiet_hours_are_said_from_when_until_when_in_the_readers_digits() -> None:
    quiet = read_availability_text("MO 17:30-21:30", "13:00-14:00; 22:00-06:00")

    assert quiet_words(quiet, ENGLISH) == "13:00 to 14:00, 22:00 to 06:00"
    assert quiet_words(quiet, LANGUAGES["ar"], "arab") == "من ١٣:٠٠ إلى ١٤:٠٠، من ٢٢:٠٠ إلى ٠٦:٠٠"
    assert quiet_words(Availability(), ENGLISH) == ""


def test_blocked_dates_are_said_with_their_weekdays() -> None:
    blocked = read_availability_text("MO 17:30-21:30", "", "2027-02-14 2027-05-01")

    assert blocked_words(blocked, ENGLISH) == "Sunday 14 February 2027, Saturday 1 May 2027"
    assert blocked_words(Availability(), ENGLISH) == ""
