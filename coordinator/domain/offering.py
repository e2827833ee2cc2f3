"""What would each of the three shapes cost every group, before anybody is asked?

The best candidate of each shape, side by side; what is put forward is one of them, or another start of its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from coordinator.domain.action import Shape
from coordinator.domain.chosen import AtInstant, AtInstants, AtWallTime, Chosen
from coordinator.domain.question import Candidate, LegRow, Question
from coordinator.domain.relay import Bound, RelayCandidate, find_relays, weigh_relay
from coordinator.domain.resolver import find_candidates
from coordinator.domain.wave import WaveCandidate, find_waves, weigh_wave
from coordinator.domain.weighing import weigh


@dataclass(frozen=True, slots=True)
class Offer:
    """The best start of one shape, which `covered` groups bear. `groups`: every group at its own leg, in the question's order.

    `least`: no relay that includes all who can be has fewer instants; of relays only.
    """

    shape: Shape
    chosen: Chosen
    covered: int
    groups: tuple[LegRow, ...]
    least: int | None = None


def compare_shapes(question: Question) -> tuple[Offer, ...]:
    """What the best candidate of each shape costs every group, whatever shape the question names, in the order of `Shape`.

    A shape that finds no start in the range has no offer. Of 42 groups over a quarter: in 0.1 s.
    """
    one = replace(question, limit=1)
    relays, bound = find_relays(one)
    return (
        *map(_offer_instant, find_candidates(one)),
        *map(_offer_wave, find_waves(one)),
        *(_offer_relay(found, bound) for found in relays),
    )


def weigh_choice(question: Question, chosen: Chosen) -> Offer:
    """What one given start of any shape costs every group; it may lie outside the range. Of a time that a clock passes twice it is the first."""
    match chosen:
        case AtInstant(starts_at):
            return _offer_instant(weigh(question, starts_at))
        case AtWallTime(wall_time):
            return _offer_wave(weigh_wave(question, wall_time))
        case AtInstants(starts):
            return _offer_relay(weigh_relay(question, starts), None)


def _offer_instant(found: Candidate) -> Offer:
    rows = tuple(LegRow(r.name, r.wall_time, r.utc_offset, r.burden, r.carried_after, leg_at=found.start_at) for r in found.groups)
    return Offer(Shape.INSTANT, AtInstant(found.start_at), found.covered, rows)


def _offer_wave(found: WaveCandidate) -> Offer:
    return Offer(Shape.WAVE, AtWallTime(found.wall_time), found.covered, found.groups)


def _offer_relay(found: RelayCandidate, bound: Bound | None) -> Offer:
    return Offer(Shape.RELAY, AtInstants(found.starts), found.covered, found.groups, None if bound is None else bound.least)
