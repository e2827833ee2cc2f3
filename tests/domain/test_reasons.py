from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordinator.domain.availability import QuietSpan
from coordinator.domain.burden import BURDEN_NIGHT, BURDEN_NOT_BORNE
from coordinator.domain.reasons import OF_BURDEN, Reason, Why, explain, seen_by_others
from coordinator.domain.resolver import resolve
from coordinator.domain.weighing import weigh
from tests.domain import oracle
from tests.domain.asked import DAR, EVERY_DAY, Json, asking, group, question_of
from tests.domain.generated import generated_question

MONDAY_NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)


def why(raw: Json, start_at: datetime = MONDAY_NOON, **more: Json) -> Reason:
    question = question_of(asking(raw, **more))
    return explain(question, question.groups[0], start_at)


def test_reason_is_the_first_that_fits() -> None:
    hours = "MO 11:00-14:00"
    no_go = [["2027-01-04T12:30:00Z", "2027-01-04T12:31:00Z"]]

    assert why(group("G", "UTC", hours)) == Reason(Why.PREFERRED)
    assert why(group("G", "UTC", "", reach="waking")) == Reason(Why.AWAKE)
    assert why(group("G", "Asia/Tokyo", "", reach="waking"), datetime(2027, 1, 4, 13, tzinfo=UTC)) == Reason(Why.NIGHT)
    assert why(group("G", "UTC", "")) == Reason(Why.NO_WINDOW)
    assert why(group("G", "UTC", hours, "03:00-04:00; 12:30-13:00", reach="any")) == Reason(Why.QUIET, quiet=QuietSpan(750, 780))
    assert why(group("G", "UTC", hours, "12:30-13:00", no_go=no_go)) == Reason(Why.NO_GO)
    assert why(group("G", "UTC", hours, blocked="2027-01-02 2027-01-04", no_go=no_go)) == Reason(Why.BLOCKED, blocked_on=date(2027, 1, 4))
    outside = {"first": "2027-01-05", "last": "2027-01-06"}
    assert why(group("G", "UTC", hours, blocked="2027-01-04"), local_range=outside) == Reason(Why.OUT_OF_RANGE)


def test_others_cannot_tell_a_no_go_time_from_hours_without_a_window() -> None:
    closed = group("G", "UTC", "TU 11:00-14:00")
    private = group("G", "UTC", "MO-TU 11:00-14:00", no_go=[["2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z"]])

    told = [seen_by_others(weigh(question_of(asking(raw)), MONDAY_NOON).groups[0].burden) for raw in (closed, private)]

    assert told == [Reason(Why.CANNOT), Reason(Why.CANNOT)]


@settings(max_examples=40)
@given(st.integers(0, 2**64), st.integers(0, 24 * 60))
def test_reason_fits_the_burden_that_the_oracle_finds(drawn: int, minutes_later: int) -> None:
    raw = generated_question(Random(drawn))
    question = question_of(raw)
    start_at = oracle.instant(raw["range"]["start"]) + minutes_later * oracle.MINUTE
    not_borne = {Why.BLOCKED, Why.NO_GO, Why.OUT_OF_RANGE, Why.NO_WINDOW}

    for each, invitee in zip(raw["groups"], question.groups, strict=True):
        burden = oracle.burden_by_start(each, raw, [start_at])[0]
        found = explain(question, invitee, start_at).why

        if found is Why.QUIET:
            assert burden == (BURDEN_NIGHT if each["reach"] == "any" else BURDEN_NOT_BORNE)
        else:
            assert burden == BURDEN_NOT_BORNE if found in not_borne else OF_BURDEN[burden] is found


def test_concession_of_one_group_is_its_own_even_where_another_needs_less() -> None:
    question = question_of(asking(DAR, group("Late", "UTC", "MO-SU 18:30-23:00")))

    own, other = (resolve(question, asked=(name,)).concession for name in ("Dar", "Late"))

    assert own is not None
    assert other is not None
    assert (own.group, own.minutes, other.group, other.minutes) == ("Dar", 90, "Late", 90)
    assert resolve(own.conceded(question)).feasible
    assert resolve(other.conceded(question)).feasible


@pytest.mark.parametrize("name", ["Always", "Nobody"])
def test_group_that_can_do_nothing_more_is_asked_for_nothing(name: str) -> None:
    question = question_of(asking(group("Always", "UTC", EVERY_DAY), group("Other", "UTC", "TU 11:00-12:00")))

    assert resolve(question, asked=(name,)).concession is None
    assert resolve(replace(question, end_at=question.start_at), asked=("Other",)).concession is None
