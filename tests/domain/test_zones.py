from __future__ import annotations

import ast
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain import zones
from coordinator.domain.zones import Fold, Gap, Transition, Unambiguous
from coordinator.errors import Invalid, Problem

ROOT = Path(__file__).parents[2]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return utc(year, month, day, hour, minute).replace(tzinfo=None)


# --- names


@pytest.mark.parametrize(
    ("raw", "zone_id"),
    [
        ("Africa/Nairobi", "Africa/Nairobi"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("  asia/KATHMANDU ", "Asia/Kathmandu"),
        ("utc", "UTC"),
        ("america/port-au-prince", "America/Port-au-Prince"),
    ],
)
def test_read_zone_id_accepts_any_case_and_old_names_as_typed(raw: str, zone_id: str) -> None:
    assert zones.read_zone_id(raw) == zone_id


@pytest.mark.parametrize(
    ("raw", "suggested"),
    [
        ("Nairobi", "Africa/Nairobi"),
        ("Europe/Berln", "Europe/Berlin"),
        ("Kenya", "Africa/Nairobi"),
        ("calcutta", "Asia/Kolkata"),
        ("Asia/Zürich", "Europe/Zurich"),
        ("São Paulo", "America/Sao_Paulo"),
    ],
)
def test_read_zone_id_misspelt_suggests_the_one_that_was_meant_first(raw: str, suggested: str) -> None:
    with pytest.raises(Invalid) as caught:
        zones.read_zone_id(raw)

    (found,) = caught.value.problems
    assert (found.code, found.value, found.remedy[0]) == ("zone_unknown", raw, suggested)
    assert len(found.remedy) <= 3


@pytest.mark.parametrize(
    "raw", ["", " ", None, 7, ["Europe/Berlin"], "Factory", "../etc/passwd", "x" * 10_000, "\u202e\x00", "Mars/Olympus"]
)
def test_read_zone_id_of_anything_else_is_unknown(raw: object) -> None:
    with pytest.raises(Invalid) as caught:
        zones.read_zone_id(raw)

    assert caught.value.problems[0].code == "zone_unknown"


@pytest.mark.parametrize("zone_id", ["Asia/Calcutta", "US/Eastern", "Europe/Kiev", "Iceland", "Pacific/Truk"])
def test_canonical_zone_id_of_an_old_name_is_a_current_one_with_the_same_clock(zone_id: str) -> None:
    current = zones.canonical_zone_id(zone_id)

    assert current != zone_id
    assert current in zones.current_zone_ids()
    for month in range(1, 13):
        assert zones.utc_offset(utc(2027, month, 1), current) == zones.utc_offset(utc(2027, month, 1), zone_id)


def test_canonical_zone_id_of_a_current_name_is_itself() -> None:
    assert [z for z in zones.current_zone_ids() if z != "UTC" and zones.canonical_zone_id(z) != z] == []


def test_every_accepted_name_is_read_and_has_an_offset() -> None:
    assert [z for z in zones.all_zone_ids() if zones.read_zone_id(z) != z] == []
    assert all(abs(zones.utc_offset(utc(2027, 1, 1), z)) <= timedelta(hours=14) for z in zones.all_zone_ids())


# --- search


def test_search_zones_finds_a_city_in_the_readers_language() -> None:
    assert zones.search_zones("القاهرة", {"Africa/Cairo": "القاهرة"}) == ("Africa/Cairo",)
    assert zones.search_zones("ciudad de mex", {"America/Mexico_City": "Ciudad de México"})[0] == "America/Mexico_City"


def test_search_zones_by_country_lists_all_its_zones() -> None:
    assert set(zones.search_zones("New Zealand", {})) == {"Pacific/Auckland", "Pacific/Chatham"}
    assert zones.search_zones("kenia", {}, {"KE": "Kenia"}) == ("Africa/Nairobi",)


def test_search_zones_ignores_accents_case_and_underscores() -> None:
    assert zones.search_zones("SÃO paulo", {})[0] == "America/Sao_Paulo"
    assert zones.search_zones("istanbul", {"Europe/Istanbul": "İstanbul"})[0] == "Europe/Istanbul"


def test_search_zones_by_old_name_finds_todays_zone() -> None:
    assert zones.search_zones("Asia/Saigon", {})[0] == "Asia/Ho_Chi_Minh"
    assert zones.search_zones("kiev", {})[0] == "Europe/Kyiv"


@pytest.mark.parametrize("query", ["", "   ", "zzzz", "\u0301"])
def test_search_zones_without_a_match_finds_nothing(query: str) -> None:
    assert zones.search_zones(query, {}) == ()


@given(st.text(max_size=80))
def test_search_zones_of_any_text_answers_current_names(query: str) -> None:
    found = zones.search_zones(query, {})

    assert len(found) <= 20
    assert set(found) <= set(zones.current_zone_ids())


def test_country_zones_and_zone_countries_are_each_others_inverse() -> None:
    by_country = zones.country_zones()

    assert by_country["NZ"] == ("Pacific/Auckland", "Pacific/Chatham")
    assert all(code in zones.zone_countries(z) for code, listed in by_country.items() for z in listed)
    assert zones.zone_countries("UTC") == ()


def test_zone_point_is_in_degrees_and_knows_old_names() -> None:
    assert zones.zone_point("Pacific/Chatham") == (-43.95, -176.55)
    assert zones.zone_point("Asia/Calcutta") == zones.zone_point("Asia/Kolkata") == (22.5333, 88.3667)
    assert zones.zone_point("UTC") is None


# --- wall times


def test_resolve_wall_time_on_an_ordinary_day_is_one_instant() -> None:
    assert zones.resolve_wall_time(wall(2027, 1, 5, 18, 0), "Africa/Nairobi") == Unambiguous(utc(2027, 1, 5, 15, 0))


def test_resolve_wall_time_in_a_45_minute_zone_is_one_instant() -> None:
    assert zones.resolve_wall_time(wall(2027, 1, 5, 18, 0), "Asia/Kathmandu") == Unambiguous(utc(2027, 1, 5, 12, 15))


def test_resolve_wall_time_in_a_gap_offers_the_instant_before_and_after() -> None:
    found = zones.resolve_wall_time(wall(2027, 3, 28, 2, 30), "Europe/Berlin")

    assert found == Gap(earlier=utc(2027, 3, 28, 0, 30), later=utc(2027, 3, 28, 1, 30), changes_at=utc(2027, 3, 28, 1, 0))
    assert zones.to_wall_time(utc(2027, 3, 28, 0, 30), "Europe/Berlin") == wall(2027, 3, 28, 1, 30)
    assert zones.to_wall_time(utc(2027, 3, 28, 1, 30), "Europe/Berlin") == wall(2027, 3, 28, 3, 30)


def test_resolve_wall_time_in_a_fold_offers_both() -> None:
    found = zones.resolve_wall_time(wall(2027, 10, 31, 2, 30), "Europe/Berlin")

    assert found == Fold(first=utc(2027, 10, 31, 0, 30), second=utc(2027, 10, 31, 1, 30), changes_at=utc(2027, 10, 31, 1, 0))


def test_resolve_wall_time_in_lord_howes_half_hour_is_exact() -> None:
    gap = zones.resolve_wall_time(wall(2027, 10, 3, 2, 15), "Australia/Lord_Howe")
    fold = zones.resolve_wall_time(wall(2027, 4, 4, 1, 45), "Australia/Lord_Howe")
    after = zones.resolve_wall_time(wall(2027, 10, 3, 2, 30), "Australia/Lord_Howe")

    assert gap == Gap(earlier=utc(2027, 10, 2, 15, 15), later=utc(2027, 10, 2, 15, 45), changes_at=utc(2027, 10, 2, 15, 30))
    assert fold == Fold(first=utc(2027, 4, 3, 14, 45), second=utc(2027, 4, 3, 15, 15), changes_at=utc(2027, 4, 3, 15, 0))
    assert after == Unambiguous(utc(2027, 10, 2, 15, 30))


def test_resolve_wall_time_on_a_day_that_the_date_line_swallowed_is_a_gap_of_24_hours() -> None:
    found = zones.resolve_wall_time(wall(2011, 12, 30, 12, 0), "Pacific/Apia")

    assert found == Gap(earlier=utc(2011, 12, 29, 22), later=utc(2011, 12, 30, 22), changes_at=utc(2011, 12, 30, 10))


def test_resolve_wall_time_across_the_date_line_differs_by_25_hours() -> None:
    east = zones.resolve_wall_time(wall(2027, 2, 1, 12, 0), "Pacific/Kiritimati")
    west = zones.resolve_wall_time(wall(2027, 2, 1, 12, 0), "Pacific/Niue")

    assert (east, west) == (Unambiguous(utc(2027, 1, 31, 22)), Unambiguous(utc(2027, 2, 1, 23)))


@pytest.mark.parametrize("wall_time", [wall(2038, 1, 1), wall(2500, 7, 1), wall(9999, 12, 31, 23, 59)])
def test_resolve_wall_time_from_2038_is_refused(wall_time: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        zones.resolve_wall_time(wall_time, "Europe/Berlin")

    assert caught.value.problems == (Problem("", "date_too_late", wall_time.date().isoformat(), ("2037-12-31",)),)


def test_resolve_wall_time_whose_instant_falls_in_2038_is_refused() -> None:
    with pytest.raises(Invalid):
        zones.resolve_wall_time(wall(2037, 12, 31, 23, 0), "Pacific/Niue")


@pytest.mark.parametrize("wall_time", [wall(1, 1, 1), wall(1969, 12, 31)])
def test_resolve_wall_time_before_1970_is_refused(wall_time: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        zones.resolve_wall_time(wall_time, "Africa/Nairobi")

    assert caught.value.problems[0].code == "date_too_early"


def test_resolve_wall_time_in_a_zone_the_rules_lack_says_so() -> None:
    with pytest.raises(Invalid) as caught:
        zones.resolve_wall_time(wall(2027, 1, 1), "Antarctica/Atlantis")

    assert caught.value.problems[0].code == "zone_unknown"


@given(
    st.datetimes(wall(2026, 1, 1), wall(2037, 12, 30), timezones=st.just(UTC)).map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(zones.all_zone_ids()),
)
def test_wall_time_and_back_finds_the_instant_again(instant: datetime, zone_id: str) -> None:
    wall_time = zones.to_wall_time(instant, zone_id)

    match zones.resolve_wall_time(wall_time, zone_id):
        case Unambiguous(found):
            assert found == instant
        case Fold(first, second):
            assert instant in {first, second}
            assert first < second
        case Gap():
            pytest.fail("a wall time that was shown cannot be in a gap")


# --- offsets and changes


def test_utc_offset_is_whole_minutes_east_of_greenwich() -> None:
    assert zones.utc_offset(utc(2027, 1, 1), "Asia/Kathmandu") == timedelta(hours=5, minutes=45)
    assert zones.utc_offset(utc(2027, 1, 1), "America/St_Johns") == timedelta(hours=-3, minutes=-30)


def test_transitions_within_a_year_are_those_of_the_offset() -> None:
    found = zones.transitions("Antarctica/Troll", utc(2027, 1, 1), utc(2028, 1, 1))

    hours = [timedelta(hours=h) for h in range(3)]
    assert found == (Transition(utc(2027, 3, 28, 1), hours[0], hours[2]), Transition(utc(2027, 10, 31, 1), hours[2], hours[0]))


def test_transitions_leave_out_both_ends_and_changes_of_name_alone() -> None:
    at = utc(2027, 3, 28, 1)

    assert zones.transitions("Europe/Berlin", at, utc(2027, 10, 31, 1)) == ()
    assert len(zones.transitions("Europe/Berlin", at - timedelta(minutes=1), at + timedelta(minutes=1))) == 1
    assert zones.transitions("Africa/Nairobi", utc(1970, 1, 1), utc(2038, 1, 1)) == ()
    assert zones.transitions("UTC", utc(1970, 1, 1), utc(2038, 1, 1)) == ()


@pytest.mark.parametrize("zone_id", ["Europe/Dublin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "Pacific/Chatham"])
def test_transitions_agree_with_stepping_through_the_year(zone_id: str) -> None:
    tz = pytz.timezone(zone_id)
    quarters_of_an_hour = [utc(2027, 1, 1) + timedelta(minutes=15 * i) for i in range(366 * 96)]
    offsets = [t.astimezone(tz).utcoffset() for t in quarters_of_an_hour]

    stepped = [t for t, before, after in zip(quarters_of_an_hour[1:], offsets, offsets[1:], strict=False) if before != after]

    assert [change.at for change in zones.transitions(zone_id, quarters_of_an_hour[0], quarters_of_an_hour[-1])] == stepped


def test_start_of_day_is_midnight_or_the_end_of_the_gap() -> None:
    assert zones.start_of_day(date(2027, 1, 1), "Europe/Berlin") == utc(2026, 12, 31, 23)
    assert zones.start_of_day(date(2011, 12, 30), "Pacific/Apia") == utc(2011, 12, 30, 10)
    assert zones.start_of_day(date(2027, 11, 7), "America/Havana") == utc(2027, 11, 7, 4), (
        "00:30 comes twice; the day starts with the first"
    )


@pytest.mark.parametrize(
    ("wall_time", "zone_id", "first", "last"),
    [
        (wall(2027, 6, 1, 12), "Asia/Kathmandu", utc(2027, 6, 1, 6, 15), utc(2027, 6, 1, 6, 15)),
        (wall(2027, 3, 28, 2, 30), "Europe/Berlin", utc(2027, 3, 28, 1), utc(2027, 3, 28, 1)),
        (wall(2027, 10, 31, 2, 30), "Europe/Berlin", utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)),
        (wall(2027, 4, 4, 1, 45), "Australia/Lord_Howe", utc(2027, 4, 3, 14, 45), utc(2027, 4, 3, 15, 15)),
        (wall(2011, 12, 30, 12), "Pacific/Apia", utc(2011, 12, 30, 10), utc(2011, 12, 30, 10)),
    ],
)
def test_first_and_last_instant_of_a_wall_time_ask_nobody(wall_time: datetime, zone_id: str, first: datetime, last: datetime) -> None:
    assert zones.first_instant(wall_time, zone_id) == first
    assert zones.last_instant(wall_time, zone_id) == last


def test_versions_of_both_copies_of_the_rules_are_known() -> None:
    assert zones.rules_version() == pytz.OLSON_VERSION  # type: ignore[attr-defined]  # missing in types-pytz
    assert zones.tzdata_version()[:2] == "20"


def test_pytz_is_imported_by_zones_alone() -> None:
    importers = [p for p in (ROOT / "coordinator").rglob("*.py") if "pytz" in _imported(p)]

    assert importers == [ROOT / "coordinator" / "domain" / "zones.py"]


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.usefixtures("installed_rules_afterwards")
def test_use_rules_computes_everything_with_other_rules_from_then_on() -> None:
    assert zones.resolve_wall_time(datetime(2027, 3, 28, 2, 30), "Europe/Berlin") == Gap(
        utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 1, 30), utc(2027, 3, 28, 1)
    )
    tables = {"Europe/Berlin": installed("Asia/Kathmandu"), "Mars/Olympus": installed("Asia/Dhaka"), "zone.tab": b"AQ\t+0000+00000\tMars/Olympus\n",
              "iso3166.tab": b"AQ\tMars\n", "tzdata.zi": b"L Mars/Olympus Mars/Old\n"}  # fmt: skip

    zones.use_rules("2099c", ["Mars/Olympus", "Europe/Berlin", "Mars/Old"], lambda name: BytesIO(tables[name]), tzdata="2099b")

    assert zones.resolve_wall_time(datetime(2027, 3, 28, 2, 30), "Europe/Berlin") == Unambiguous(utc(2027, 3, 27, 20, 45))
    assert zones.utc_offset(utc(2027, 1, 1), "mars/olympus") == timedelta(hours=6)
    assert (zones.rules_version(), zones.tzdata_version()) == ("2099c", "2099b")
    assert (zones.all_zone_ids(), zones.current_zone_ids()) == (("Europe/Berlin", "Mars/Old", "Mars/Olympus"), ("UTC", "Mars/Olympus"))
    assert (zones.canonical_zone_id("Mars/Old"), zones.zone_countries("Mars/Olympus")) == ("Mars/Olympus", ("AQ",))
    assert zones.search_zones("mars", {}) == ("Mars/Olympus",)
    assert [zones.is_zone_id(name) for name in ("mars/old", "Asia/Tokyo")] == [True, False]
    with pytest.raises(Invalid, match="zone_unknown"):
        zones.utc_offset(utc(2027, 1, 1), "Asia/Tokyo")


def installed(zone_id: str) -> bytes:
    with pytz.open_resource(zone_id) as file:  # type: ignore[attr-defined]  # missing in types-pytz
        data: bytes = file.read()
    return data
