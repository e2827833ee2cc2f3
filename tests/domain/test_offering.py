"""Three shapes side by side: each the best of its own resolver, told for every group."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from coordinator.domain.action import Shape
from coordinator.domain.chosen import AtInstant, AtInstants, AtWallTime
from coordinator.domain.offering import Offer, compare_shapes, weigh_choice
from coordinator.domain.question import LegRow, Question
from coordinator.domain.relay import find_relays, resolve_relay
from coordinator.domain.resolver import find_candidates, resolve
from coordinator.domain.wave import find_waves, resolve_wave
from tests.domain.asked import demo_groups, group, question_of
from tests.domain.generated import wave_questions

Json = dict[str, Any]


def ask(start: str, end: str, *groups: Json, **more: Any) -> Question:
    return question_of({"range": {"start": start, "end": end}, "slot_minutes": 15, "duration_minutes": 60, "groups": list(groups), **more})


def span(offer: Offer) -> timedelta:
    legs = [row.leg_at for row in offer.groups]
    return max(legs) - min(legs)


def burden(offer: Offer) -> int:
    return sum(row.burden for row in offer.groups)


def count(offer: Offer, *burdens: int) -> int:
    return sum(row.burden in burdens for row in offer.groups)


@pytest.mark.timeout(3600)
@settings(max_examples=50)
@given(wave_questions())
def test_offers_are_the_best_candidate_of_each_shape(raw: Json) -> None:
    question = question_of({**raw, "limit": 1})

    offers = compare_shapes(question)

    found = {offer.shape: offer for offer in offers}
    best = {
        Shape.INSTANT: [c.start_at for c in resolve(question).candidates],
        Shape.WAVE: [c.wall_time for c in resolve_wave(question).candidates],
        Shape.RELAY: [c.starts for c in resolve_relay(question).candidates],
    }
    chosen = {
        Shape.INSTANT: AtInstant,
        Shape.WAVE: AtWallTime,
        Shape.RELAY: AtInstants,
    }
    assert {shape: offer.chosen for shape, offer in found.items()} == {
        shape: chosen[shape](starts[0]) for shape, starts in best.items() if starts
    }
    assert tuple(replace(weigh_choice(question, offer.chosen), least=offer.least) for offer in offers) == offers
    assert {tuple(row.name for row in offer.groups) for offer in offers} <= {tuple(g.name for g in question.groups)}


def test_candidates_alone_are_those_of_the_whole_answer() -> None:
    question = ask("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z", group("A", "UTC", "MO 10:00-11:00"), group("B", "UTC", "WE 10:00-11:00"))

    assert find_candidates(question) == resolve(question).candidates
    assert find_waves(question) == resolve_wave(question).candidates
    relays = resolve_relay(question)
    assert find_relays(question) == (relays.candidates, relays.bound)


def test_three_shapes_cost_two_sides_of_the_planet_differently() -> None:
    evening, night = "MO-FR 18:00-20:00", "23:00-06:00"
    question = ask(
        "2027-01-04T00:00:00Z",
        "2027-01-08T00:00:00Z",
        group("Tokyo", "Asia/Tokyo", evening, night, reach="any"),
        group("Lima", "America/Lima", evening, night, reach="any", carried=2),
    )

    offers = compare_shapes(question)

    assert [(offer.shape, burden(offer), offer.covered, span(offer)) for offer in offers] == [
        (Shape.INSTANT, 3, 2, timedelta()),
        (Shape.WAVE, 0, 2, timedelta(hours=14)),
        (Shape.RELAY, 3, 2, timedelta()),
    ]
    costs = [[(row.name, row.burden) for row in rows] for rows in zip(*(offer.groups for offer in offers), strict=True)]
    assert costs == [[("Tokyo", 3), ("Tokyo", 0), ("Tokyo", 3)], [("Lima", 0), ("Lima", 0), ("Lima", 0)]]
    assert offers[1].groups[1] == LegRow(
        "Lima", datetime(2027, 1, 4, 18, 0), timedelta(hours=-5), 0, 2.0, leg_at=datetime(2027, 1, 4, 23, 0, tzinfo=UTC)
    )


def test_shape_that_finds_no_start_has_no_offer() -> None:
    always = [group(z, z, "MO-SU 00:00-24:00") for z in ("Pacific/Kiritimati", "Pacific/Niue")]

    short = compare_shapes(ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", *always))
    none = compare_shapes(ask("2027-01-04T00:00:00Z", "2027-01-04T00:30:00Z", *always))

    assert [offer.shape for offer in short] == [Shape.INSTANT, Shape.RELAY], "a wave takes 25 hours and its own"
    assert none == ()


def test_nobody_invited_is_offered_starts_without_rows() -> None:
    offers = compare_shapes(ask("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z"))

    assert [(offer.covered, burden(offer), count(offer, 13), offer.groups) for offer in offers] == [(0, 0, 0, ())] * 3


def test_demo_network_is_offered_a_wave_and_a_relay_that_spare_what_the_instant_costs() -> None:
    raw = {"range": {"start": "2027-01-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"}, "slot_minutes": 15, "duration_minutes": 60}
    question = replace(question_of({**raw, "groups": demo_groups("waking")}), relay_most=6)

    instant, wave, relay = compare_shapes(question)

    assert (instant.covered, wave.covered, relay.covered) == (33, 42, 42)
    assert (count(instant, 13), count(wave, 8, 13), count(relay, 8, 13)) == (9, 0, 0)
    assert isinstance(relay.chosen, AtInstants)
    assert (len(relay.chosen.starts), relay.least, instant.least, wave.least) == (2, 2, None, None)
