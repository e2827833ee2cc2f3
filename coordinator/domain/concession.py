"""What is the least that one group could change so that one moment suits one group more? (DESIGN §4 "Command and library")

Every group is asked for each family of changes in turn (`changes.FAMILIES`); the first family that has any answers, by fewest minutes,
then by name. Of ten thousand groups only those are looked at closely whose change could be the least: an extension has a bound that is
quickly had for all of them (`extension_bounds`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from coordinator.domain.changes import FAMILIES, NEVER, Change, extend_window, free_date
from coordinator.domain.extension_bounds import extension_bounds
from coordinator.domain.question import Concession, Invitee
from coordinator.domain.suiting import Field, Indices, Obstacles

BOUNDED_STARTS = 24  # with more fullest starts the bounds could take longer than looking at each group

Family = Callable[[Obstacles], Change | None]


def find_concession(field: Field, fullest: Indices, groups: Sequence[Invitee] | None = None) -> Concession | None:
    """The least change that makes one of the `fullest` starts suit one group more; None when no single change does.

    `fullest` are all starts, in order, that suit the most groups, and not every one; for a relay all starts, and `groups` those that none suits.
    `groups`: who may be asked; all of them if not given.
    """
    asked = field.question.groups if groups is None else groups
    for family in FAMILIES:
        found = _least(field, fullest, asked, family)
        if found is not None:
            return _tell(field, fullest, *found)
    return None


def _least(field: Field, fullest: Indices, groups: Sequence[Invitee], family: Family) -> tuple[Invitee, Change] | None:
    best: tuple[Invitee, Change] | None = None
    for bound, group in _by_bound(field, fullest, groups, family):
        if best is not None and (best[1].minutes, best[0].name) <= (bound, group.name):
            break
        change = family(Obstacles(field, group, fullest))
        if change is not None and (best is None or (change.minutes, group.name) < (best[1].minutes, best[0].name)):
            best = group, change
    return best


def _by_bound(field: Field, fullest: Indices, groups: Sequence[Invitee], family: Family) -> Iterator[tuple[int, Invitee]]:
    """The groups whose change cannot take fewer minutes than the number beside them, in order of that number and their names."""
    if family is extend_window and fullest.size <= BOUNDED_STARTS:
        bounds = extension_bounds(field, fullest, groups).tolist()
    else:
        bounds = [field.grid.duration if family is free_date else 1] * len(groups)
    alike = defaultdict(list)
    for bound, group in zip(bounds, groups, strict=True):
        alike[bound].append(group)
    for bound in sorted(alike.keys() - {NEVER}):  # names are put in order only as far as anybody reads
        yield from ((bound, group) for group in sorted(alike[bound], key=attrgetter("name")))


def _tell(field: Field, fullest: Indices, group: Invitee, change: Change) -> Concession:
    """The change with its earliest new start, which is found by asking the changed group again."""
    gained = field.suiting(replace(group, availability=change.availability))[fullest] & ~field.suiting(group)[fullest]
    opens_at = field.grid.start_at(int(fullest[gained.argmax()]))
    return Concession(group.name, change.kind, change.move, change.before, change.after, change.minutes, opens_at, change.availability)
