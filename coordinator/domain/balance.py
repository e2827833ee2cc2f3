"""Whose struggle has been told, whose has been mirrored, and whom should the mirror turn to next?

*Told* means that a group published a spotlight; *mirrored* that another group's meeting began with it. Both are counted by quarter over
the last eight, the running one among them, as *carried* is. The proposal goes by what was told: a group can publish, others must mirror.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coordinator.domain.fairness import CARRIED_QUARTERS
from coordinator.domain.quarters import Quarter

BALANCE_QUARTERS = CARRIED_QUARTERS


@dataclass(frozen=True, slots=True)
class Turned:
    """The mirror turned to this group once: it told, or another group's meeting mirrored what it had told."""

    group_id: str
    at: datetime
    quarter: Quarter


@dataclass(frozen=True, slots=True)
class Heard:
    """One group's part. `told` and `mirrored` hold a number for each quarter, the oldest first; `last_told_at` is None for never, ever."""

    group_id: str
    told: tuple[int, ...]
    mirrored: tuple[int, ...]
    last_told_at: datetime | None

    @property
    def times_told(self) -> int:
        """How often it told in all these quarters."""
        return sum(self.told)

    @property
    def times_mirrored(self) -> int:
        """How often others' meetings mirrored it in all these quarters."""
        return sum(self.mirrored)


class Reason(StrEnum):
    """Why a group is proposed: what sets it apart from the others."""

    NEVER = "never"  # nothing of it has ever been told
    FEWEST = "fewest"  # it told less often than anybody else in these quarters
    LONGEST_AGO = "longest_ago"  # others told as seldom, but later
    IN_TURN = "in_turn"  # nothing sets it apart: somebody must be first


@dataclass(frozen=True, slots=True)
class Proposed:
    """Whom to turn to next, and why."""

    group_id: str
    reason: Reason


def last_quarters(current: Quarter) -> tuple[Quarter, ...]:
    """The quarters that count, the oldest first, `current` last."""
    return tuple(current.shifted(back) for back in range(1 - BALANCE_QUARTERS, 1))


def weigh(group_ids: Iterable[str], told: Collection[Turned], mirrored: Collection[Turned], current: Quarter) -> tuple[Heard, ...]:
    """The part of each of these groups, in their order; what other groups told is left out."""
    quarters = last_quarters(current)
    counts_told, counts_mirrored = (Counter((each.group_id, each.quarter) for each in turned) for turned in (told, mirrored))
    last: dict[str, datetime] = {}
    for each in told:
        last[each.group_id] = max(each.at, last.get(each.group_id, each.at))
    return tuple(
        Heard(
            group_id,
            tuple(counts_told[group_id, quarter] for quarter in quarters),
            tuple(counts_mirrored[group_id, quarter] for quarter in quarters),
            last.get(group_id),
        )
        for group_id in group_ids
    )


def propose_next(heard: Sequence[Heard]) -> Proposed | None:
    """Never told first, then fewest times, then longest ago, then the order given; None when there is nobody."""
    if not heard:
        return None
    first, *others = sorted(heard, key=_rank)  # sorting is stable: of equals the first given stays first
    return Proposed(first.group_id, _reason(first, others))


def _rank(heard: Heard) -> tuple[bool, int, float]:
    at = heard.last_told_at
    return (at is not None, heard.times_told, 0.0 if at is None else at.timestamp())


def _reason(first: Heard, others: Sequence[Heard]) -> Reason:
    if first.last_told_at is None:
        return Reason.NEVER
    alike = [other for other in others if other.times_told == first.times_told]
    if not alike:
        return Reason.FEWEST if others else Reason.IN_TURN
    if any(other.last_told_at == first.last_told_at for other in alike):
        return Reason.IN_TURN
    return Reason.LONGEST_AGO
