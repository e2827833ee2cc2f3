"""From a chosen start to legs: who follows which, where clocks change, and numbers that are given once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.chosen import AtWallTime, Reading
from coordinator.domain.legs import (
    PlannedLeg,
    Taken,
    Turned,
    find_turned,
    number_legs,
    plan_instant,
    plan_relay,
    plan_wave,
    reach,
    set_listings,
)
from coordinator.domain.listing import Listing
from coordinator.domain.zones import Unambiguous, current_zone_ids, resolve_wall_time, to_wall_time

ZONES = {
    "Niue": "Pacific/Niue",
    "Minga": "America/Bogota",
    "Quito": "America/Guayaquil",
    "Cairo": "Africa/Cairo",
    "Kathmandu": "Asia/Kathmandu",
    "Line": "Pacific/Kiritimati",
}
SIX = AtWallTime(datetime(2027, 1, 23, 18, 0))


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def test_plan_instant_is_one_leg_of_all() -> None:
    assert plan_instant(utc(1, 23, 13, 30), ZONES) == (PlannedLeg(utc(1, 23, 13, 30), None, tuple(ZONES)),)


def test_plan_wave_is_one_leg_for_each_offset_from_the_first_clock_to_the_last() -> None:
    legs = plan_wave(SIX, ZONES)

    assert [(leg.starts_at, leg.utc_offset_minutes, leg.followers) for leg in legs] == [
        (utc(1, 23, 4), 840, ("Line",)),
        (utc(1, 23, 12, 15), 345, ("Kathmandu",)),
        (utc(1, 23, 16), 120, ("Cairo",)),
        (utc(1, 23, 23), -300, ("Minga", "Quito")),
        (utc(1, 24, 5), -660, ("Niue",)),
    ]


def test_plan_wave_where_clocks_skip_the_time_acts_at_the_instant_at_which_it_would_have_come() -> None:
    chosen = AtWallTime(datetime(2027, 3, 28, 2, 30))  # Berlin jumps from 02:00 to 03:00, Lagos does not

    legs = plan_wave(chosen, {"Berlin": "Europe/Berlin", "Lagos": "Africa/Lagos"})

    assert legs == (PlannedLeg(utc(3, 28, 1, 30), timedelta(hours=1), ("Berlin", "Lagos")),)
    assert to_wall_time(legs[0].starts_at, "Europe/Berlin") == datetime(2027, 3, 28, 3, 30)


def test_plan_wave_where_clocks_pass_the_time_twice_takes_the_first_unless_the_second_is_asked_for() -> None:
    wall_time = datetime(2027, 4, 4, 1, 45)  # Lord Howe sets back by half an hour at 02:00

    first = plan_wave(AtWallTime(wall_time), {"Howe": "Australia/Lord_Howe"})
    second = plan_wave(AtWallTime(wall_time, Reading.SECOND), {"Howe": "Australia/Lord_Howe"})

    assert [leg.utc_offset_minutes for leg in (*first, *second)] == [660, 630]
    assert second[0].starts_at - first[0].starts_at == timedelta(minutes=30)


def test_find_turned_names_who_is_asked() -> None:
    zones = {"Berlin": "Europe/Berlin", "Lagos": "Africa/Lagos", "Cairo": "Africa/Cairo"}

    assert find_turned(datetime(2027, 3, 28, 2, 30), zones) == Turned(("Berlin",), ())
    assert find_turned(datetime(2027, 10, 31, 2, 30), zones) == Turned((), ("Berlin",))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)))
def test_plan_wave_gives_every_group_one_leg_at_which_its_clock_reads_the_time(wall_time: datetime) -> None:
    zone_ids = {zone_id: zone_id for zone_id in current_zone_ids()[::7]}

    legs = plan_wave(AtWallTime(wall_time), zone_ids)

    assert sorted(name for leg in legs for name in leg.followers) == sorted(zone_ids)
    assert [leg.starts_at for leg in legs] == sorted({leg.starts_at for leg in legs})
    for leg in legs:
        for name in leg.followers:
            assert reach(AtWallTime(wall_time), name) == leg.starts_at
            if isinstance(resolve_wall_time(wall_time, name), Unambiguous):
                assert to_wall_time(leg.starts_at, name) == wall_time


def test_plan_relay_lets_each_follow_its_lightest_and_the_earlier_of_equals() -> None:
    early, late, never = utc(2, 6, 5), utc(2, 6, 17), utc(2, 7, 1)
    burdens = {late: {"a": 0, "b": 3, "c": 13}, early: {"a": 8, "b": 3, "c": 13}, never: {"a": 13, "b": 13, "c": 13}}

    assert plan_relay(burdens) == (PlannedLeg(early, None, ("b", "c")), PlannedLeg(late, None, ("a",)))


# --- numbers ----------------------------------------------------------------------------------------------------------


def leg(at: datetime, offset_hours: int | None = None, listing: Listing = Listing.PUBLIC, follower: str = "a") -> PlannedLeg:
    return PlannedLeg(at, None if offset_hours is None else timedelta(hours=offset_hours), (follower,), listing)


def numbers(*planned: PlannedLeg, taken: tuple[Taken, ...] = ()) -> list[int]:
    return [number for number, _ in number_legs(planned, taken)]


def test_number_legs_of_a_new_action_count_from_one_in_order_of_time() -> None:
    assert numbers(leg(utc(1, 23, 13)), leg(utc(1, 24, 2))) == [1, 2]


def test_number_legs_of_a_wave_keep_the_number_of_their_offset() -> None:
    taken = (Taken(1, utc(1, 23, 4), 840, True), Taken(2, utc(1, 23, 16), 120, True), Taken(3, None, -300, False))

    moved = (leg(utc(2, 6, 4), 14), leg(utc(2, 6, 12), 6), leg(utc(2, 6, 16), 2), leg(utc(2, 6, 23), -5))

    assert numbers(*moved, taken=taken) == [1, 4, 2, 3]


def test_number_legs_of_a_relay_keep_their_instant_and_then_their_place() -> None:
    taken = (Taken(1, utc(2, 6, 5), None, True), Taken(2, utc(2, 6, 17), None, True), Taken(3, utc(2, 9, 5), None, False))

    assert numbers(leg(utc(2, 6, 1)), leg(utc(2, 6, 17)), taken=taken) == [1, 2]
    assert numbers(leg(utc(2, 6, 17)), leg(utc(2, 8, 1)), leg(utc(2, 8, 2)), taken=taken) == [2, 1, 4]


def test_set_listings_is_that_of_the_most_open_group() -> None:
    legs = plan_wave(SIX, {name: ZONES[name] for name in ("Cairo", "Minga", "Quito", "Line")})

    listed = set_listings(legs, {"Cairo": Listing.PARTNERS, "Minga": Listing.HIDDEN, "Quito": Listing.PUBLIC, "Line": Listing.HIDDEN})

    assert [(one.followers, one.listing) for one in listed] == [
        (("Line",), Listing.HIDDEN), (("Cairo",), Listing.PARTNERS), (("Minga", "Quito"), Listing.PUBLIC)
    ]  # fmt: skip


def test_number_legs_leaves_no_gap_that_would_tell_of_a_leg_unseen() -> None:
    hidden = [leg(utc(1, 23, hour), offset, Listing.HIDDEN, name) for hour, offset, name in ((4, 14, "z"), (12, 6, "k"))]
    shy, seen = leg(utc(1, 23, 9), 9, Listing.PARTNERS), [leg(utc(1, 23, 7), 11), leg(utc(1, 23, 16), 2)]

    numbered = {one: number for number, one in number_legs(sorted([*hidden, shy, *seen], key=lambda one: one.starts_at), ())}

    assert [numbered[one] for one in (*seen, shy)] == [1, 2, 1000]
    assert [numbered[one] for one in hidden] == [100_001, 100_000]  # by their groups' ids, not by their hours


def test_number_legs_is_another_where_its_readers_change() -> None:
    taken = (Taken(1, utc(1, 23, 16), 120, True), Taken(100_000, utc(1, 23, 4), 840, True))

    assert numbers(leg(utc(2, 6, 4), 14), leg(utc(2, 6, 16), 2, Listing.HIDDEN), taken=taken) == [2, 100_001]


def test_number_legs_of_one_moved_instant_is_the_same_leg() -> None:
    assert numbers(leg(utc(2, 8, 1)), taken=(Taken(1, utc(2, 6, 5), None, True),)) == [1]


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30), st.booleans()), max_size=8, unique_by=lambda one: one[0]),
       st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True))  # fmt: skip
def test_number_legs_never_gives_a_number_twice_nor_one_that_another_leg_had(taken: list[tuple[int, int, bool]], days: list[int]) -> None:
    kept = tuple(Taken(number, utc(1, 1, 0) + timedelta(days=day), None, stands) for number, day, stands in taken)
    planned = [leg(utc(1, 1, 0) + timedelta(days=day)) for day in sorted(days)]

    numbered = number_legs(planned, kept)

    given_numbers = [number for number, _ in numbered]
    assert len(set(given_numbers)) == len(planned)
    gone = {one.number: one.starts_at for one in kept if not one.stands}
    assert all(gone.get(number, one.starts_at) == one.starts_at for number, one in numbered)
