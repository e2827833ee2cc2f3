"""What a room page says, and what its script is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coordinator.domain.listing import Seen
from coordinator.formats.cities import city_name
from coordinator.i18n import Languages, read_languages
from coordinator.pages.context import Frame, RoomView
from coordinator.pages.reader import Reader
from coordinator.pages.room_view import Wall, embedded_json, view_room
from coordinator.services.rooms import Room
from tests.browser.harness import PARTNERS, make_room

MOMENT = datetime(2027, 1, 23, 13, 30, tzinfo=UTC)
NOW = MOMENT - timedelta(seconds=247)
WALL = Wall("/en/room.json", "https://chorus.example/en/actions/x", 100)
FRAME = Frame("Room", "Chorus", "", "/", "/", "/", "/", ())


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


def view(
    room: Room, languages: Languages, *, tag: str = "en", now: datetime = NOW, zone_id: str = "Asia/Kathmandu", numerals: str = "latn"
) -> RoomView:
    language = languages[tag]
    return view_room(room, Reader(language, numerals, zone_id, city_name(zone_id, language), now), FRAME, WALL, catalog=b"{}")


def told(page: RoomView) -> dict[str, object]:
    found: dict[str, object] = json.loads(page.data)
    return found


def test_view_says_moment_and_end_in_the_rooms_own_city(languages: Languages) -> None:
    page = view(make_room(MOMENT), languages)

    assert page.action is not None
    assert page.seconds_left == 247
    assert page.action.what == "silence, 30 minutes"
    assert (page.action.until.time, page.action.until.city) == ("19:45", "Kathmandu")
    assert page.action.ends_ms - page.action.at_ms == 1_800_000


def test_view_after_the_moment_never_counts_below_zero(languages: Languages) -> None:
    assert view(make_room(MOMENT), languages, now=MOMENT + timedelta(hours=1)).seconds_left == 0


def test_view_without_an_action_keeps_the_days_and_asks_for_nothing(languages: Languages) -> None:
    page = view(replace(make_room(MOMENT), shown=None), languages)

    assert (page.action, page.seconds_left, len(page.bands)) == (None, 0, 8)
    assert told(page)["room"] is None


def test_view_has_at_most_eight_bands_west_to_east_and_counts_the_rest(languages: Languages) -> None:
    page = view(make_room(MOMENT, others=31), languages)

    assert len(page.bands) == 8
    assert page.bands[0].city == "Honolulu"
    assert page.more == f"and {len(PARTNERS) + 31 - 8} more groups"
    assert sum(band.few for band in page.bands) == 3


def test_view_never_says_where_a_hidden_group_is(languages: Languages) -> None:
    room = replace(make_room(MOMENT, others=0), seen=(Seen("g1", "Minga", "La Paz", "America/La_Paz"), Seen(None, "Reed", None, None)))

    page = view(room, languages)

    assert [band.city for band in page.bands] == ["La Paz"]
    assert page.more == "and 1 more group"


def test_view_in_arabic_uses_the_chosen_digits_for_people_and_latin_ones_for_the_script(languages: Languages) -> None:
    page = view(make_room(MOMENT), languages, tag="ar", zone_id="Africa/Cairo", numerals="arab")

    assert page.now.time == "١٥:٢٥"
    assert told(page)["numerals"] == "arab"
    assert str(told(page)["own"]).count("2027-01-23") == 1


def test_own_clock_carries_the_next_change_of_its_offset(languages: Languages) -> None:
    page = view(
        make_room(datetime(2027, 3, 14, 8, 0, tzinfo=UTC)),
        languages,
        zone_id="America/Toronto",
        now=datetime(2027, 3, 13, 12, 0, tzinfo=UTC),
    )

    assert [(offset_s, words) for _, offset_s, words in page.own.offsets] == [(-18000, "UTC−05:00"), (-14400, "UTC−04:00")]
    assert page.own.offsets[1][0] == 1_805_007_600_000  # 2027-03-14T07:00Z


def test_own_clock_has_the_words_of_every_date_around_now(languages: Languages) -> None:
    dates = view(make_room(MOMENT), languages).own.dates

    assert list(dates)[:2] == ["2027-01-22", "2027-01-23"]
    assert dates["2027-01-23"] == "Saturday 23 January 2027"


def test_data_within_one_second_are_the_same_bytes(languages: Languages) -> None:
    early, late = (view(make_room(MOMENT), languages, now=NOW + timedelta(milliseconds=ms)) for ms in (1, 999))

    assert early.data == late.data


def test_embedded_json_cannot_end_its_element() -> None:
    text = embedded_json({"title": "</script><!--<script>&"})

    assert "<" not in text
    assert json.loads(text) == {"title": "</script><!--<script>&"}


def test_practice_counts_nobody_else(languages: Languages) -> None:
    page = view(make_room(MOMENT, practice=True), languages)

    assert page.action is not None
    assert page.more == ""
    assert page.action.thanks == "This was a practice. Your room is ready for the real moment."
