"""When a moment is agreed to: every count of answers up to nine groups, against the rule in fractions."""

from __future__ import annotations

import itertools
from datetime import timedelta
from fractions import Fraction

import pytest

from coordinator.domain.response import Outcome, Response, Tally, could_pass, decide, passes, tally
from tests.factories import NOON

TWO_THIRDS = 67
THRESHOLDS = {50: Fraction(1, 2), 60: Fraction(3, 5), 66: Fraction(2, 3), 67: Fraction(2, 3), 75: Fraction(3, 4), 100: Fraction(1)}


def every_tally(most: int) -> list[Tally]:
    return [
        Tally(invited, consents, asides, objections)
        for invited in range(1, most + 1)
        for consents, asides, objections in itertools.product(range(invited + 1), repeat=3)
        if consents + asides + objections <= invited
    ]


def agreed(t: Tally, threshold: Fraction) -> bool:
    """The rule of DESIGN §5, word by word."""
    no_objection = t.objections == 0
    enough = Fraction(t.consents) >= max(Fraction(2), Fraction(t.invited, 3))
    share = Fraction(t.consents) >= threshold * (t.consents + t.stand_asides)
    return no_objection and enough and share


@pytest.mark.parametrize("percent", THRESHOLDS)
def test_passes_every_count_up_to_nine_groups(percent: int) -> None:
    wrong = [t for t in every_tally(9) if passes(t, percent) is not agreed(t, THRESHOLDS[percent])]

    assert wrong == []


@pytest.mark.parametrize("before", [True, False])
def test_decide_every_count_before_and_at_the_deadline(before: bool) -> None:
    now = NOON - timedelta(microseconds=1) if before else NOON
    for t in every_tally(7):
        everybody = t.consents + t.stand_asides + t.objections == t.invited
        if agreed(t, Fraction(2, 3)) and (everybody or not before):
            expected = Outcome.CONFIRMED
        else:
            expected = Outcome.OPEN if before else Outcome.LAPSED

        assert decide(t, TWO_THIRDS, NOON, now) is expected, t


def test_decide_an_objection_among_complete_answers_stays_open_until_the_deadline() -> None:
    t = Tally(invited=5, consents=4, stand_asides=0, objections=1)

    assert decide(t, TWO_THIRDS, NOON, NOON - timedelta(seconds=1)) is Outcome.OPEN
    assert decide(t, TWO_THIRDS, NOON, NOON) is Outcome.LAPSED


def test_passes_two_of_three_is_two_thirds_exactly() -> None:
    assert passes(Tally(3, 2, 1, 0), 67)
    assert not passes(Tally(5, 3, 2, 0), 67)


@pytest.mark.parametrize(
    ("bearing", "invited", "could"),
    [(28, 42, True), (27, 42, False), (42, 42, True), (1, 1, True), (1, 2, False), (0, 0, True), (0, 3, False)],
)
def test_could_pass_counts_who_bears_it_as_consent_and_the_rest_as_aside(bearing: int, invited: int, could: bool) -> None:
    assert could_pass(bearing, invited, TWO_THIRDS) is could


def test_least_consents_grow_with_the_invited() -> None:
    assert [Tally(n, 0, 0, 0).least_consents for n in (1, 2, 6, 7, 9, 10, 42)] == [2, 2, 2, 3, 3, 4, 14]


def test_tally_counts_silence_as_no_answer() -> None:
    counted = tally([Response.CONSENT, None, Response.OBJECT, Response.STAND_ASIDE, None, Response.CONSENT])

    assert counted == Tally(invited=6, consents=2, stand_asides=1, objections=1)
    assert not counted.complete
    assert tally([]) == Tally(0, 0, 0, 0)
