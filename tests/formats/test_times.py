"""Times are said with weekday, city and offset, in each language's own order and, when asked, digits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from coordinator.domain.quarters import Quarter
from coordinator.domain.zones import all_zone_ids, to_wall_time, utc_offset
from coordinator.formats import times
from coordinator.formats.isolation import Setting
from coordinator.i18n import Language, Languages, read_languages

LANGUAGES = read_languages()
EN = LANGUAGES["en"]
TAPS = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def languages() -> Languages:
    return LANGUAGES


@pytest.mark.parametrize(
    ("instant", "zone_id", "city", "said"),
    [
        (TAPS, "Asia/Kathmandu", "Kathmandu", "Saturday 23 January 2027, 19:15 in Kathmandu, UTC+05:45"),
        (TAPS, "America/Recife", "Recife", "Saturday 23 January 2027, 10:30 in Recife, UTC−03:00"),
        (TAPS, "Europe/London", "Liverpool", "Saturday 23 January 2027, 13:30 in Liverpool, UTC+00:00"),
        # the date line: one instant, two days
        (TAPS, "Pacific/Kiritimati", "Kiritimati", "Sunday 24 January 2027, 03:30 in Kiritimati, UTC+14:00"),
        (TAPS, "Pacific/Niue", "Alofi", "Saturday 23 January 2027, 02:30 in Alofi, UTC−11:00"),
        # both passes of a fold differ in their offset alone
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "Europe/Berlin", "Berlin", "Sunday 31 October 2027, 02:30 in Berlin, UTC+02:00"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "Europe/Berlin", "Berlin", "Sunday 31 October 2027, 02:30 in Berlin, UTC+01:00"),
        # the last minute before a gap and the first after it
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "Europe/Paris", "Paris", "Sunday 28 March 2027, 01:59 in Paris, UTC+01:00"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "Europe/Paris", "Paris", "Sunday 28 March 2027, 03:00 in Paris, UTC+02:00"),
        # British Columbia stays at −7 from 2026 on; system data of 2025 say −8
        (TAPS, "America/Vancouver", "Vancouver", "Saturday 23 January 2027, 06:30 in Vancouver, UTC−07:00"),
        (datetime(2027, 1, 23, 18, 30, tzinfo=UTC), "UTC", "UTC", "Saturday 23 January 2027, 18:30 in UTC, UTC+00:00"),
    ],
)
def test_say_moment_names_day_hour_city_and_offset(instant: datetime, zone_id: str, city: str, said: str) -> None:
    assert times.say_moment(instant, zone_id, EN, city) == said


@pytest.mark.parametrize(
    ("zone_id", "city", "said"),
    [
        ("Asia/Kathmandu", "Kathmandu", "19:15 Kathmandu, Sat UTC+5:45"),
        ("America/Recife", "Recife", "10:30 Recife, Sat UTC−3"),
        ("Africa/Abidjan", "Abidjan", "13:30 Abidjan, Sat UTC+0"),
        ("Pacific/Marquesas", "Taiohae", "04:00 Taiohae, Sat UTC−9:30"),
        ("Pacific/Chatham", "Chatham", "03:15 Chatham, Sun UTC+13:45"),
    ],
)
def test_say_short_drops_what_a_wall_has_no_room_for(zone_id: str, city: str, said: str) -> None:
    assert times.say_short(TAPS, zone_id, EN, city) == said


def test_local_time_holds_every_piece(languages: Languages) -> None:
    local = times.local_time(TAPS, "Africa/Cairo", languages["ar"], "القاهرة", numerals="arab")

    assert local == times.LocalTime(
        iso="2027-01-23T13:30:00Z",
        time="١٥:٣٠",
        weekday="السبت",
        short_weekday="السبت",
        date="السبت ٢٣ كانون الثاني/يناير ٢٠٢٧",
        day="السبت ٢٣ كانون الثاني/يناير",
        city="القاهرة",
        offset="UTC+٠٢:٠٠",
        short_offset="UTC+٢",
    )


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "Saturday 23 January 2027"),
        ("es", "sábado 23 de enero de 2027"),
        ("ar", "السبت 23 كانون الثاني/يناير 2027"),
        ("fr", "samedi 23 janvier 2027"),
        ("fa", "شنبه 23 ژانویهٔ 2027"),
        ("ja", "2027年1月23日土曜日"),
    ],
)
def test_date_words_follow_the_language_in_latin_digits(languages: Languages, tag: str, said: str) -> None:
    assert times.date_words(date(2027, 1, 23), languages[tag]) == said


@pytest.mark.parametrize(
    ("tag", "said"),
    [("en", "Saturday 23 January"), ("es", "sábado 23 de enero"), ("de", "Samstag, 23. Januar"), ("zh-Hans", "1月23日星期六")],
)
def test_day_words_leave_the_year_out(languages: Languages, tag: str, said: str) -> None:
    assert times.day_words(date(2027, 1, 23), languages[tag]) == said


@pytest.mark.parametrize(
    ("tag", "said"), [("en", "January 2027"), ("es", "enero de 2027"), ("ar", "كانون الثاني/يناير 2027"), ("ja", "2027年1月")]
)
def test_month_words_head_a_calendar(languages: Languages, tag: str, said: str) -> None:
    assert times.month_words(date(2027, 1, 23), languages[tag]) == said


@pytest.mark.parametrize("turn", [1, -1])
def test_weekdays_stay_with_their_language_whatever_was_said_before(languages: Languages, turn: int) -> None:
    said = {language.tag: times.short_weekday_words(date(2027, 1, 23), language) for language in languages.all[::turn]}

    assert {tag: said[tag] for tag in ("en", "es", "sw", "uk", "tr", "hi", "id")} == {
        "en": "Sat",
        "es": "sáb",
        "sw": "Jumamosi",
        "uk": "сб",
        "tr": "Cmt",
        "hi": "शनि",
        "id": "Sab",
    }


@pytest.mark.parametrize(
    ("numerals", "said"), [("latn", "09:05"), ("arab", "٠٩:٠٥"), ("arabext", "۰۹:۰۵"), ("deva", "०९:०५"), ("unheard", "09:05")]
)
def test_digits_switch_to_the_numbering_asked_for(numerals: str, said: str) -> None:
    assert times.digits("09:05", numerals) == said


def test_count_words_group_thousands(languages: Languages) -> None:
    assert [times.count_words(12345, languages[tag]) for tag in ("en", "es", "de")] == ["12,345", "12.345", "12.345"]


def test_percent_words_set_the_sign_as_the_language_does(languages: Languages) -> None:
    assert [times.percent_words(75, languages[tag]) for tag in ("en", "es")] == ["75%", "75\xa0%"]
    assert times.percent_words(75, languages["ar"], "arab") == "٧٥%"


@given(
    instant=st.datetimes(datetime(1972, 1, 2), datetime(2037, 12, 30), timezones=st.just(UTC)),
    zone_id=st.sampled_from(all_zone_ids()),
    language=st.sampled_from(LANGUAGES.all),
    native=st.booleans(),
)
def test_every_form_lets_the_instant_be_read_back(instant: datetime, zone_id: str, language: Language, native: bool) -> None:
    local = times.local_time(instant, zone_id, language, "x", numerals=language.native_digits if native else "latn")

    hours, minutes = (int(part) for part in local.time.split(":"))
    offset = read_offset(local.offset)
    assert (hours, minutes) == (to_wall_time(instant, zone_id).hour, to_wall_time(instant, zone_id).minute)
    assert abs(offset - utc_offset(instant, zone_id)) < timedelta(minutes=1)
    assert read_offset(local.short_offset) == offset
    assert "" not in (local.date.strip(), local.short_weekday.strip())


def read_offset(words: str) -> timedelta:
    sign = -1 if words[3] == "−" else 1
    hours, _, minutes = words[4:].partition(":")
    return sign * timedelta(hours=int(hours), minutes=int(minutes or 0))


# --- isolation --------------------------------------------------------------------------------------------------------


def test_say_moment_as_html_isolates_and_escapes() -> None:
    said = times.say_moment(TAPS, "Africa/Cairo", EN, "<b>القاهرة</b>", setting=Setting.HTML)

    assert isinstance(said, Markup)
    assert said == ('Saturday 23 January 2027, 15:30 in <bdi>&lt;b&gt;القاهرة&lt;/b&gt;</bdi>, <bdi dir="ltr">UTC+02:00</bdi>')


def test_say_moment_isolated_wraps_city_and_offset_in_balanced_isolates() -> None:
    said = times.say_moment(TAPS, "Africa/Cairo", EN, "القاهرة\u202e\u2069", setting=Setting.ISOLATED)

    assert said == "Saturday 23 January 2027, 15:30 in \u2068القاهرة\u2069, \u2066UTC+02:00\u2069"


def test_say_moment_bare_adds_no_invisible_character() -> None:
    assert times.say_moment(TAPS, "Africa/Cairo", EN, "القاهرة").isprintable()


# --- stretches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "minutes", "zone_id", "city", "said"),
    [
        (TAPS, 30, "Asia/Kathmandu", "Kathmandu", "Saturday 23 January 2027, 19:15 to 19:45 in Kathmandu, UTC+05:45"),
        (
            datetime(2027, 1, 23, 22, 45, tzinfo=UTC),
            120,
            "Europe/Paris",
            "Paris",
            "Saturday 23 January 2027, 23:45, UTC+01:00 to Sunday 24 January 2027, 01:45, UTC+01:00 in Paris",
        ),
        (
            datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
            60,
            "Europe/Paris",
            "Paris",
            "Sunday 28 March 2027, 01:30, UTC+01:00 to Sunday 28 March 2027, 03:30, UTC+02:00 in Paris",
        ),
    ],
)
def test_say_range_repeats_day_and_offset_only_when_one_changes(start: datetime, minutes: int, zone_id: str, city: str, said: str) -> None:
    assert times.say_range(start, start + timedelta(minutes=minutes), zone_id, EN, city) == said


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(time(17, 30), time(21, 30), "17:30 to 21:30"), (time(22), time(6, 30), "22:00 to 06:30"), (time(8), time(0), "08:00 to 24:00")],
)
def test_say_hours_ends_a_day_at_24(start: time, end: time, said: str) -> None:
    assert times.say_hours(start, end, EN) == said


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=90), "1 hour and 30 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(days=2, hours=3, minutes=59), "2 days and 3 hours"),
        (timedelta(days=2, minutes=59), "2 days"),
        (timedelta(seconds=90), "1 minute"),
        (timedelta(seconds=45), "45 seconds"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_duration_words_are_the_two_largest_units(duration: timedelta, said: str) -> None:
    assert times.duration_words(duration, EN) == said


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(days=61, hours=22, minutes=7), "In 61 days and 22 hours."),
        (timedelta(days=1), "In 1 day."),
        (timedelta(hours=1, minutes=1), "In 1 hour and 1 minute."),
        (timedelta(minutes=3, seconds=20), "In 3 minutes."),
        (timedelta(seconds=12), "In 12 seconds."),
        (timedelta(0), "Now."),
        (-timedelta(minutes=5), "5 minutes ago."),
        (-timedelta(days=2, hours=1), "2 days and 1 hour ago."),
    ],
)
def test_time_left_words_are_one_sentence(ahead: timedelta, said: str) -> None:
    assert times.time_left_words(TAPS + ahead, TAPS, EN) == said


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_quarter_words_name_number_and_year(number: int) -> None:
    ordinal = ["first", "second", "third", "fourth"][number - 1]

    assert times.quarter_words(Quarter(2027, number), EN) == f"the {ordinal} quarter of 2027"
    assert times.quarter_title(Quarter(2027, number), EN) == f"The {ordinal} quarter of 2027"
    assert times.short_quarter_words(Quarter(2027, number), EN) == f"Q{number} 2027"


def test_say_in_utc_names_the_weekday_there() -> None:
    assert times.say_in_utc(datetime(2027, 1, 23, 23, 30, tzinfo=UTC), EN) == "23:30 UTC, Saturday"
