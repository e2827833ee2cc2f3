"""Which groups stand in each other's way? An irreducible set that shares no start (DESIGN §4 "Command and library").

Irreducible: without any one of them the rest share a start. There may be several such sets; a small one says more, so among the groups
compared a group that no start suits is named alone, then a pair that shares none, and only then what a greedy search leaves over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from coordinator.domain.question import Invitee
from coordinator.domain.suiting import Field, Flags

COMPARED = 128  # groups compared with one another; more only when these share a start

Rows = NDArray[np.bool_]  # groups × starts: whether a start suits a group


def find_conflict(field: Field, missing: Sequence[str]) -> tuple[str, ...]:
    """Names in the question's order. There must be starts, and none that suits all; `missing`, a hint, are looked at first."""
    left_out = set(missing)
    order = sorted(field.question.groups, key=lambda group: group.name not in left_out)  # stable, so each part keeps its order
    names, rows = _gather(field, order)
    found = {names[i] for i in _smallest(rows)}
    return tuple(group.name for group in field.question.groups if group.name in found)


def _gather(field: Field, order: Iterable[Invitee]) -> tuple[list[str], Rows]:
    """The first groups, and as many more as it takes until they share no start."""
    names: list[str] = []
    rows: list[Flags] = []
    shared = np.ones(field.grid.count, np.bool_)
    for group in order:
        if len(rows) >= COMPARED and not shared.any():
            break
        row = field.suiting(group)
        if len(rows) < COMPARED or (shared & ~row).any():  # what takes nothing away from so many would only take memory
            names.append(group.name)
            rows.append(row)
            shared &= row
    return names, np.stack(rows)


def _smallest(rows: Rows) -> list[int]:
    few = np.packbits(rows[:COMPARED], axis=1)
    alone = np.flatnonzero(~few.any(1))
    if alone.size:
        return [int(alone[0])]
    for first, row in enumerate(few):
        apart = np.flatnonzero(~(few[first + 1 :] & row).any(1))
        if apart.size:
            return [first, first + 1 + int(apart[0])]
    return _irreducible(rows, _greedy(rows))


def _greedy(rows: Rows) -> list[int]:
    """Rows that share no start, each the one that leaves the fewest of what the rows before it share."""
    chosen: list[int] = []
    shared = np.ones(rows.shape[1], np.bool_)
    while shared.any():
        chosen.append(int((rows & shared).sum(1).argmin()))
        shared &= rows[chosen[-1]]
    return chosen


def _irreducible(rows: Rows, order: list[int]) -> list[int]:
    """A part of `order` that shares no start, while every smaller part of it does.

    Whoever empties what the ones before it share, together with those kept, is needed; whoever comes after it is not.
    """
    kept: list[int] = []
    shared = np.ones(rows.shape[1], np.bool_)
    while shared.any():
        needed = _first_emptying(rows, order, shared)
        kept.append(order[needed])
        shared = shared & rows[order[needed]]
        order = order[:needed]
    return kept


def _first_emptying(rows: Rows, order: list[int], shared: Flags) -> int:
    position = -1
    while shared.any():
        position += 1
        shared = shared & rows[order[position]]
    return position
