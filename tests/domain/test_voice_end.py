"""The end of a voice note: chosen in the group's own days, never beyond two quarters from its beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.voice_end import KEPT_FOR, Span, read_voice_end
from coordinator.errors import Invalid
from tests.factories import NOON

DAY = timedelta(days=1)


def end_of(zone_id: str = "UTC", now: datetime = NOON, **raw: str) -> datetime:
    return read_voice_end(raw, zone_id, begun_at=NOON, now=now)


def test_voice_end_absent_is_two_quarters_from_the_beginning_whenever_it_is_chosen() -> None:
    assert end_of() == end_of(span="longest", now=NOON + 100 * DAY) == NOON + KEPT_FOR == datetime(2027, 7, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone_id", "raw", "expected"),
    [
        ("UTC", {"span": "month"}, datetime(2027, 2, 4, tzinfo=UTC)),
        ("UTC", {"span": "quarter"}, datetime(2027, 4, 7, tzinfo=UTC)),
        ("Asia/Kathmandu", {"span": "month"}, datetime(2027, 2, 3, 18, 15, tzinfo=UTC)),
        ("Pacific/Kiritimati", {"span": "month"}, datetime(2027, 2, 4, 10, tzinfo=UTC)),  # it is tomorrow there
        ("Europe/London", {"until": "2027-03-28"}, datetime(2027, 3, 28, 23, tzinfo=UTC)),  # clocks go forward on it
        ("America/Santiago", {"until": "2027-04-03"}, datetime(2027, 4, 4, 4, tzinfo=UTC)),  # its last hour happens twice
        ("UTC", {"until": " 2027-02-14 ", "span": "month"}, datetime(2027, 2, 15, tzinfo=UTC)),  # the day counts
    ],
)
def test_voice_end_is_the_groups_midnight(zone_id: str, raw: dict[str, str], expected: datetime) -> None:
    assert end_of(zone_id, **raw) == expected


def test_voice_end_of_a_span_chosen_late_stays_within_the_bound() -> None:
    assert end_of(now=NOON + 170 * DAY, span="month") == NOON + KEPT_FOR


@pytest.mark.parametrize(
    ("raw", "field", "code", "remedy"),
    [
        ({"span": "year"}, "span", "choice_unknown", ("month", "quarter", "longest")),
        ({"until": "soon"}, "until", "date_malformed", ("2027-02-14",)),
        ({"until": "2027-01-03"}, "until", "until_past", ("2027-01-04",)),
        ({"until": "2027-07-08"}, "until", "until_too_late", ("2027-07-07",)),
    ],
)
def test_voice_end_that_cannot_be_is_refused_by_its_field(raw: dict[str, str], field: str, code: str, remedy: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        end_of(**raw)

    (fault,) = caught.value.problems
    assert (fault.field, fault.code, fault.remedy) == (field, code, remedy)


@given(st.sampled_from(Span), st.integers(0, 183), st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Niue", "Pacific/Kiritimati"]))
def test_voice_end_is_to_come_and_within_the_bound(span: Span, days: int, zone_id: str) -> None:
    now = NOON + days * DAY

    assert now < end_of(zone_id, now=now, span=span) <= NOON + KEPT_FOR
