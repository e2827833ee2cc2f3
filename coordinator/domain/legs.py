"""Which instants has a chosen start, who follows which, and which number does each get?

A *leg* is one instant of an action. An instant has one leg; a wave has one for each distance between the wall time and its instant, which
is a UTC offset; a relay has one for each of its instants that somebody follows, and everybody follows the one that costs it least.

Clocks that change. Where a clock skips the wall time of a wave, the group acts as long after the jump as the wall time lies after
its beginning (02:30, skipped by 02:00→03:00, is 03:30): the very instant at which the clock would have shown it. Where a clock passes it twice,
the first time counts unless the second was asked for. Both put the group on the leg of an offset that its zone has that night.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.chosen import AtWallTime, Reading
from coordinator.domain.listing import Listing

MINUTE = timedelta(minutes=1)
FIRST_NUMBER = {Listing.PUBLIC: 1, Listing.PARTNERS: 1_000, Listing.HIDDEN: 100_000}
"""Where the numbers of legs begin, by who may see them. A gap among the numbers that a reader sees would tell it of a leg between."""


@dataclass(frozen=True, slots=True)
class PlannedLeg:
    """One instant of a chosen start. `utc_offset` of a wave's; `followers` are the ids of its groups, in the order given, never empty.

    `listing`: how widely the most open of its groups lists itself, and so who may see the leg.
    """

    starts_at: datetime
    utc_offset: timedelta | None
    followers: tuple[str, ...]
    listing: Listing = Listing.PUBLIC

    @property
    def utc_offset_minutes(self) -> int | None:
        """The offset in whole minutes."""
        return None if self.utc_offset is None else self.utc_offset // MINUTE


@dataclass(frozen=True, slots=True)
class Turned:
    """The groups whose clocks skip a wave's wall time, and those whose clocks pass it twice."""

    skipped: tuple[str, ...]
    doubled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A leg that has its number already. `stands`: it has an agreed instant that somebody follows."""

    number: int
    starts_at: datetime | None
    utc_offset_minutes: int | None
    stands: bool


# --- from a choice to legs --------------------------------------------------------------------------------------------


def plan_instant(starts_at: datetime, group_ids: Iterable[str]) -> tuple[PlannedLeg, ...]:
    """One leg that all follow."""
    return (PlannedLeg(starts_at, None, tuple(group_ids)),)


def plan_wave(chosen: AtWallTime, zone_ids: Mapping[str, str]) -> tuple[PlannedLeg, ...]:
    """The legs of a wall time for these groups (id → zone), in the order of time: the first clock of the planet first."""
    followers: dict[datetime, list[str]] = defaultdict(list)
    for group_id, zone_id in zone_ids.items():
        followers[reach(chosen, zone_id)].append(group_id)
    wall_time = chosen.wall_time.replace(tzinfo=UTC)
    return tuple(PlannedLeg(at, wall_time - at, tuple(ids)) for at, ids in sorted(followers.items()))


def plan_relay(burdens: Mapping[datetime, Mapping[str, int]]) -> tuple[PlannedLeg, ...]:
    """The legs of several instants, from each group's burden at each of them. Of equal burdens the earlier instant is followed."""
    followers: dict[datetime, list[str]] = defaultdict(list)
    for group_id in next(iter(burdens.values()), {}):
        followers[min(sorted(burdens), key=lambda at: burdens[at][group_id])].append(group_id)
    return tuple(PlannedLeg(at, None, tuple(ids)) for at, ids in sorted(followers.items()))


def set_listings(planned: Iterable[PlannedLeg], listings: Mapping[str, Listing]) -> tuple[PlannedLeg, ...]:
    """The legs with who may see them, from how each group (by id) lists itself."""
    openness = list(Listing)  # the most open first
    return tuple(replace(one, listing=min((listings[g] for g in one.followers), key=openness.index)) for one in planned)


def reach(chosen: AtWallTime, zone_id: str) -> datetime:
    """When a zone's clock reaches the wall time of a wave; by the rule of this file where it never does, or does so twice."""
    match zones.resolve_wall_time(chosen.wall_time, zone_id):
        case zones.Unambiguous(instant):
            return instant
        case zones.Gap(later=later):
            return later
        case zones.Fold(first, second):
            return first if chosen.reading is Reading.FIRST else second


def find_turned(wall_time: datetime, zone_ids: Mapping[str, str]) -> Turned:
    """Whose clocks change over this wall time (id → zone), each in the order given."""
    found = {group_id: zones.resolve_wall_time(wall_time, zone_id) for group_id, zone_id in zone_ids.items()}
    return Turned(
        tuple(group_id for group_id, resolved in found.items() if isinstance(resolved, zones.Gap)),
        tuple(group_id for group_id, resolved in found.items() if isinstance(resolved, zones.Fold)),
    )


# --- numbers ----------------------------------------------------------------------------------------------------------


def number_legs(planned: Sequence[PlannedLeg], taken: Sequence[Taken]) -> tuple[tuple[int, PlannedLeg], ...]:
    """Each planned leg with its number, in the order of time. Numbers are half of a calendar's UID: given once, never to another leg.

    A wave's leg keeps the number of its offset. Any other keeps that of its instant; what is left over takes those of the legs that stand, first
    to first, so that a calendar moves an entry where it can. New legs count on from the highest number there ever was. All this
    happens apart for legs that the public sees, those for partners, and those of groups in hiding: a leg that changes its readers is another
    one, so that those who lose it see it end.
    """
    numbered: list[tuple[int, PlannedLeg]] = []
    for listing in Listing:
        some = [one for one in planned if one.listing is listing]
        if listing is Listing.HIDDEN:
            some.sort(key=lambda one: one.followers)  # by ids, which are random: the order tells nobody who comes before whom
        numbered += _number(some, [one for one in taken if _listing_of(one.number) is listing], FIRST_NUMBER[listing])
    return tuple(sorted(numbered, key=lambda pair: pair[1].starts_at))


def _listing_of(number: int) -> Listing:
    return max((listing for listing, first in FIRST_NUMBER.items() if first <= number), key=FIRST_NUMBER.__getitem__)


def _number(planned: Sequence[PlannedLeg], taken: Sequence[Taken], first: int) -> list[tuple[int, PlannedLeg]]:
    kept = _same(planned, taken)
    free = [
        one.number
        for one in sorted(taken, key=_by_time)
        if one.stands and one.number not in kept.values() and one.utc_offset_minutes is None
    ]
    highest = max((one.number for one in taken), default=first - 1)
    for one in planned:
        if one not in kept:
            kept[one] = free.pop(0) if free and one.utc_offset is None else (highest := highest + 1)
    return [(kept[one], one) for one in planned]


def _same(planned: Iterable[PlannedLeg], taken: Iterable[Taken]) -> dict[PlannedLeg, int]:
    """The planned legs that are there already: by offset, else by instant."""
    known = {_mark(one.starts_at, one.utc_offset_minutes): one.number for one in taken}
    marks = {one: _mark(one.starts_at, one.utc_offset_minutes) for one in planned}
    return {one: known[mark] for one, mark in marks.items() if mark in known}


def _mark(starts_at: datetime | None, utc_offset_minutes: int | None) -> tuple[datetime | None, int | None]:
    return (starts_at, None) if utc_offset_minutes is None else (None, utc_offset_minutes)


def _by_time(one: Taken) -> tuple[datetime, int]:
    return one.starts_at or datetime.max.replace(tzinfo=UTC), one.number
