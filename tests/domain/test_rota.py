"""Who holds which duty until when: leases, seats, what the desk nags about, and the forms that change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coordinator.domain.rota import (
    LEASE_DEFAULT,
    SEATS,
    Duty,
    Lease,
    Nag,
    Seat,
    Turn,
    arrange,
    is_duty_seat,
    nag,
    read_duty_seat,
    read_last_day,
    read_turn,
)
from coordinator.errors import Invalid
from tests.factories import NOON

SECOND = timedelta(seconds=1)
UNTIL = NOON + timedelta(days=90)
HELD = Lease("l1", Duty.CUSTODIAN, 1, "heron", 1, NOON, UNTIL, NOON, None)
OFFERED = replace(HELD, id="l2", alias="ibis", fence=2, accepted_at=None)


def codes_of(fault: Invalid) -> dict[str, str]:
    return {p.field: p.code for p in fault.problems}


@pytest.mark.parametrize(
    ("lease", "now", "live", "held", "pending"),
    [
        (HELD, UNTIL - SECOND, True, True, False),
        (HELD, UNTIL, False, True, False),
        (replace(HELD, ended_at=NOON), NOON, False, False, False),
        (OFFERED, NOON, False, False, True),
        (OFFERED, UNTIL - SECOND, False, False, True),
        (OFFERED, UNTIL, False, False, False),
        (replace(OFFERED, ended_at=NOON), NOON, False, False, False),
    ],
)
def test_lease_is_live_held_or_pending(lease: Lease, now: datetime, live: bool, held: bool, pending: bool) -> None:
    assert (lease.is_live(now), lease.is_held(), lease.is_pending(now)) == (live, held, pending)


def test_lease_wants_handover_from_a_fortnight_before_its_end() -> None:
    fortnight = UNTIL - timedelta(days=14)

    assert not HELD.wants_handover(fortnight - SECOND)
    assert HELD.wants_handover(fortnight)
    assert HELD.wants_handover(UNTIL + timedelta(days=400))
    assert not OFFERED.wants_handover(UNTIL)


def test_seats_are_one_each_and_two_spokespeople() -> None:
    assert {str(d): n for d, n in SEATS.items()} == {
        "custodian": 1, "facilitator": 1, "note_taker": 1, "spokesperson": 2, "researcher": 1
    }  # fmt: skip
    assert is_duty_seat(Duty.SPOKESPERSON, 2)
    assert not is_duty_seat(Duty.SPOKESPERSON, 3)
    assert not is_duty_seat(Duty.CUSTODIAN, 2)
    assert not is_duty_seat(Duty.CUSTODIAN, 0)


def test_arrange_shows_every_seat_with_holder_and_successor() -> None:
    second = replace(HELD, id="l3", duty=Duty.SPOKESPERSON, seat=2, alias="crane")
    gone = replace(HELD, id="l0", ended_at=NOON, fence=0)

    seats = arrange([OFFERED, second, gone, HELD], NOON)

    assert [(str(s.duty), s.seat) for s in seats] == [
        ("custodian", 1), ("facilitator", 1), ("note_taker", 1), ("spokesperson", 1), ("spokesperson", 2), ("researcher", 1)
    ]  # fmt: skip
    assert seats[0] == Seat(Duty.CUSTODIAN, 1, HELD, OFFERED)
    assert seats[4] == Seat(Duty.SPOKESPERSON, 2, second, None)
    assert [s for s in seats if s.holder is None] == [seats[1], seats[2], seats[3], seats[5]]


def test_nag_about_the_custodian_empty_ending_lapsed() -> None:
    seat = Seat(Duty.CUSTODIAN, 1, HELD, None)

    assert nag(seat, NOON) is None
    assert nag(seat, UNTIL - timedelta(days=14)) is Nag.ENDING
    assert nag(seat, UNTIL - SECOND) is Nag.ENDING
    assert nag(seat, UNTIL) is Nag.LAPSED
    assert nag(Seat(Duty.CUSTODIAN, 1, None, OFFERED), NOON) is Nag.EMPTY
    assert nag(Seat(Duty.FACILITATOR, 1, None, None), NOON) is None


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone_id", "on", "expected"),
    [
        ("UTC", "2027-02-14", datetime(2027, 2, 15, tzinfo=UTC)),
        ("Asia/Kathmandu", "2027-02-14", datetime(2027, 2, 14, 18, 15, tzinfo=UTC)),
        ("Pacific/Kiritimati", "2027-02-14", datetime(2027, 2, 14, 10, tzinfo=UTC)),
        ("America/Santiago", "2027-09-04", datetime(2027, 9, 5, 4, tzinfo=UTC)),  # midnight falls into a gap that night
    ],
)
def test_last_day_ends_at_local_midnight(zone_id: str, on: str, expected: datetime) -> None:
    assert read_last_day(on, zone_id, NOON + timedelta(days=30 if on < "2027-03" else 200)) == expected


def test_last_day_absent_is_ninety_days_ahead() -> None:
    assert read_last_day(" ", "UTC", NOON) == NOON + LEASE_DEFAULT


def test_last_day_counts_today_in_the_groups_zone() -> None:
    """NOON UTC is Tuesday 01:00 in Chatham (+13:45) and Monday in La Paz."""
    with pytest.raises(Invalid) as refused:
        read_last_day("2027-01-04", "Pacific/Chatham", NOON)

    (fault,) = refused.value.problems
    assert (fault.field, fault.code, fault.remedy) == ("until", "until_past", ("2027-01-05",))
    assert read_last_day("2027-01-04", "America/La_Paz", NOON) == datetime(2027, 1, 5, 4, tzinfo=UTC)


def test_last_day_is_at_most_a_year_ahead() -> None:
    latest = date(2027, 1, 4) + timedelta(days=366)

    assert read_last_day(latest.isoformat(), "UTC", NOON).date() == latest + timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        read_last_day((latest + timedelta(days=1)).isoformat(), "UTC", NOON)
    assert refused.value.problems[0].code == "until_too_late"
    assert refused.value.problems[0].remedy == (latest.isoformat(),)


@pytest.mark.parametrize("raw", ["14.2.2027", "2027-02-30", "soon", "9999-99-99", "2027-02-14T10:00"])
def test_last_day_that_is_no_date_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_last_day(raw, "UTC", NOON)

    assert codes_of(refused.value) == {"until": "date_malformed"}


def test_turn_says_all_its_faults_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_turn({"alias": "", "until": "2020-01-01"}, "UTC", NOON)

    assert codes_of(refused.value) == {"alias": "missing", "until": "until_past"}
    assert read_turn({"alias": " heron "}, "UTC", NOON) == Turn("heron", NOON + LEASE_DEFAULT)


def test_duty_seat_is_read_with_the_first_seat_as_default() -> None:
    assert read_duty_seat({"duty": "spokesperson", "seat": "2"}) == (Duty.SPOKESPERSON, 2)
    assert read_duty_seat({"duty": "facilitator"}) == (Duty.FACILITATOR, 1)
    for raw, expected in (
        ({"duty": "king", "seat": "x"}, {"duty": "choice_unknown", "seat": "number_malformed"}),
        ({"duty": "facilitator", "seat": "2"}, {"seat": "number_out_of_range"}),
    ):
        with pytest.raises(Invalid) as refused:
            read_duty_seat(raw)
        assert codes_of(refused.value) == expected
