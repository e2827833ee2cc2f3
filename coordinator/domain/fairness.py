"""What has each group carried so far? (DESIGN §4 "Carried")

*Carried* is a group's balance over past quarters and steers the ranking, so that whoever paid last time comes first next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from coordinator.domain.quarters import Quarter

CARRIED_QUARTERS = 8


@dataclass(frozen=True, slots=True)
class KeptAction:
    """An action that reached its start while confirmed. `burdens`: group → its burden, one entry for each invited group."""

    quarter: Quarter
    burdens: Mapping[str, int]
    action_id: str = ""


def carried(kept: Iterable[KeptAction], current: Quarter) -> dict[str, float]:
    """Group → the sum of its burden less that action's mean over the invited, in the eight quarters that end with `current`.

    A group that was invited to none of them is absent: its balance is 0.
    """
    first = current.shifted(1 - CARRIED_QUARTERS)
    sums: dict[str, Fraction] = {}
    for action in kept:
        if first <= action.quarter <= current and action.burdens:
            mean = Fraction(sum(action.burdens.values()), len(action.burdens))
            for group, burden in action.burdens.items():
                sums[group] = sums.get(group, Fraction()) + burden - mean
    return {group: float(balance) for group, balance in sums.items()}


def carried_after(carried_before: Sequence[float], burdens: Sequence[int]) -> list[float]:
    """Each group's balance once an action with these burdens is kept; both in the same order, one entry for each invited group."""
    mean = sum(burdens) / len(burdens) if burdens else 0.0
    return [balance + burden - mean for balance, burden in zip(carried_before, burdens, strict=True)]
