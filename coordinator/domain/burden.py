"""What does a moment cost a group? (DESIGN §4 "Burden")

Burden comes from the clock alone, whatever a group answers: the worst minute of an action counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coordinator.domain.availability import DAY_MINUTES, Availability, Level, Reach

BURDEN_PREFERRED = 0
BURDEN_POSSIBLE = 1
BURDEN_WAKING = 3
BURDEN_NIGHT = 8
BURDEN_NOT_BORNE = 13
BURDENS = (BURDEN_PREFERRED, BURDEN_POSSIBLE, BURDEN_WAKING, BURDEN_NIGHT, BURDEN_NOT_BORNE)

SUITS_UP_TO = BURDEN_POSSIBLE  # a minute suits exactly when it lies in a window, outside quiet hours, on a free date

MORNING_MINUTE = 7 * 60
EVENING_MINUTE = 22 * 60

WEEK_MINUTES = 7 * DAY_MINUTES

Burdens = NDArray[np.uint8]
Integers = NDArray[np.int64]


def week_burdens(availability: Availability) -> Burdens:
    """The burden of each minute of the group's week, of length 10,080 from Monday 00:00, blocked dates left aside."""
    week: Burdens = Weeks.of([availability]).by_minute()[0]
    return week


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks of `count` groups, each cut into *runs* of minutes with one burden; blocked dates left aside.

    A *place* is a minute of one group's week: the group's number × 10,080 + minutes from Monday 00:00. `begins` holds the first place of each
    run in order, and a run begins with every week; `burdens` holds the burden of each run.
    """

    count: int
    begins: Integers
    burdens: Burdens

    @staticmethod
    def of(availabilities: Sequence[Availability]) -> Weeks:
        edges = _edges(availabilities)
        place, turn = edges >> TURN_BITS, edges & (TURNS - 1)
        done = np.flatnonzero(np.append(place[1:] != place[:-1], False))  # once all that turns there has; the last place is the end of all
        begins, held = place[done], np.cumsum(STEPS[turn])[done]
        group = begins // WEEK_MINUTES
        state = np.array([REACHES[a.reach] for a in availabilities], np.uint8)[group]
        for kind in range(KINDS):
            state |= ((held & COUNT_MASK << kind * COUNT_BITS) != 0).view(np.uint8) << kind
        burdens = MINUTE_BURDENS[state]
        monday = begins == group * WEEK_MINUTES
        new = np.flatnonzero(np.append(True, burdens[1:] != burdens[:-1])[: burdens.size] | monday)
        return Weeks(len(availabilities), begins[new], burdens[new])

    def take(self, groups: NDArray[np.intp]) -> Weeks:
        """The weeks of these groups alone, in the order given."""
        first, end = (np.searchsorted(self.begins, (groups + later) * WEEK_MINUTES) for later in (0, 1))
        runs = count_up(first, end)
        moved = np.repeat((np.arange(groups.size) - groups) * WEEK_MINUTES, end - first)
        return Weeks(groups.size, self.begins[runs] + moved, self.burdens[runs])

    def ends(self) -> Integers:
        """The place after each run; of the last of a week, the next group's Monday."""
        return np.append(self.begins[1:], self.count * WEEK_MINUTES)

    def by_minute(self) -> Burdens:
        """Groups × minutes of the week."""
        return np.repeat(self.burdens, self.ends() - self.begins).reshape(self.count, WEEK_MINUTES)

    def worst(self, groups: ArrayLike, first: ArrayLike, end: ArrayLike) -> Burdens:
        """The highest burden of each group from its minute `first` on and before `end`, 0 ≤ first < end ≤ 10,080; broadcast."""
        monday, first, end = np.broadcast_arrays(np.multiply(groups, WEEK_MINUTES), first, end)
        runs = np.stack([np.searchsorted(self.begins, monday + first, "right") - 1, np.searchsorted(self.begins, monday + end)], axis=-1)
        worst: Burdens = np.maximum.reduceat(np.append(self.burdens, np.uint8(0)), runs.ravel())[::2]
        return worst.reshape(monday.shape)


def count_up(first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """first[0], first[0] + 1, … before end[0], then on from first[1], and so forth."""
    lengths = end - first
    counted: Integers = np.arange(lengths.sum()) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)
    return counted


# --- what a minute costs, by what holds it ----------------------------------------------------------------------------

PREFERRED, POSSIBLE, QUIET, NIGHT = range(4)
KINDS = 4
TURN_BITS = 3  # each kind begins and ends
TURNS = 1 << TURN_BITS
COUNT_BITS = 12  # how many spans of a kind hold one minute: 200 at most
COUNT_MASK = (1 << COUNT_BITS) - 1
STEPS = np.array([(1 - 2 * ends) << kind * COUNT_BITS for kind in range(KINDS) for ends in (False, True)], np.int64)
REACHES = {reach: number << KINDS for number, reach in enumerate(Reach)}

EVERY_DAY = 0b1111111


def _minute_burden(reach: Reach, night: bool, quiet: bool, possible: bool, preferred: bool) -> int:
    """The rule itself, for a minute that lies in such spans."""
    if quiet:
        return BURDEN_NIGHT if reach is Reach.ANY else BURDEN_NOT_BORNE
    if preferred or possible:
        return BURDEN_PREFERRED if preferred else BURDEN_POSSIBLE
    if reach is Reach.WINDOWS:
        return BURDEN_NOT_BORNE
    return BURDEN_NIGHT if night else BURDEN_WAKING


MINUTE_BURDENS = np.array([_minute_burden(reach, *held) for reach in Reach for held in product((False, True), repeat=KINDS)], np.uint8)

Span = tuple[int, int, int, int, int]  # group, kind, from and to in minutes from midnight, the days it begins on: Monday is the lowest bit


def _spans(availabilities: Sequence[Availability]) -> Iterator[Span]:
    for group, availability in enumerate(availabilities):
        for window in availability.windows:
            kind = PREFERRED if window.level is Level.PREFERRED else POSSIBLE
            yield group, kind, window.start_minute, window.end_minute, _day_bits(window.days)
        for span in availability.quiet:
            yield group, QUIET, span.start_minute, span.end_minute, EVERY_DAY
        if availability.reach is not Reach.WINDOWS:  # else the hour makes no difference
            yield group, NIGHT, EVENING_MINUTE, DAY_MINUTES + MORNING_MINUTE, EVERY_DAY


@lru_cache(maxsize=128)
def _day_bits(days: tuple[int, ...]) -> int:
    return sum(1 << day for day in set(days))


def _edges(availabilities: Sequence[Availability]) -> Integers:
    """Where spans begin and end, in order: place × 8 + kind × 2 + (0 where it begins, 1 where it ends).

    A span of no length cuts each Monday's first minute off from the week before, and one the end of all off from the last week.
    As what begins comes first, no count falls below 0.
    """
    spans = np.fromiter(chain.from_iterable(_spans(availabilities)), np.int64).reshape(-1, 5)
    span, day = np.divmod(np.flatnonzero(spans[:, 4, None] >> np.arange(7) & 1), 7)
    group, kind, start, end = spans[:, :4].T[:, span]
    monday, start, end = group * WEEK_MINUTES, day * DAY_MINUTES + start, day * DAY_MINUTES + end
    over = np.flatnonzero(end > WEEK_MINUTES)  # Sunday's window runs into Monday
    mondays = np.arange(len(availabilities) + 1) * WEEK_MINUTES
    begins = np.concatenate([monday + start, monday[over], mondays])
    ends = np.concatenate([monday + np.minimum(end, WEEK_MINUTES), (monday + end - WEEK_MINUTES)[over], mondays])
    turns = 2 * np.concatenate([kind, kind[over], np.zeros_like(mondays)])
    return np.sort(np.concatenate([begins * TURNS + turns, ends * TURNS + turns + 1]))
