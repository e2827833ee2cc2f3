"""What is asked of the resolver, and what does it answer for the shape `instant`? (DESIGN §4)"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from coordinator.domain.action import Shape
from coordinator.domain.availability import DAY_MINUTES, Availability
from coordinator.domain.spans import overlaps

SLOT_MINUTES = 15
CANDIDATES = 3
APART = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Invitee:
    """A group as the resolver sees it. `carried` is its balance so far; `required` marks it as needed by the proposer.

    `no_go`: spans [from, to) of instants, in any order, overlapping as they may, to the microsecond; one whose end is not after its
    start is empty. An action that overlaps one is refused as on a blocked date, and nothing in an answer tells the two apart.
    """

    name: str
    zone_id: str
    availability: Availability
    required: bool = False
    carried: float = 0.0
    no_go: tuple[tuple[datetime, datetime], ...] = ()

    def refuses(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether [start_at, end_at) overlaps one of the no-go spans."""
        return any(overlaps(span, start_at, end_at) for span in self.no_go)


@dataclass(frozen=True, slots=True)
class Question:
    """What to resolve. Starts are multiples of the slot, counted from 1970 in UTC, with start_at ≤ t and t + duration ≤ end_at;
    those of a wave are multiples in wall time.

    `slot_minutes` divides a day; `duration_minutes` is 1 to 1440. `local_range` holds first and last local date, inclusive.
    Names are unique. At most `limit` candidates are answered, at least `apart` from each other. `shape` says who is to
    answer: `resolver.resolve` finds instants whatever it says.

    What the file of `chorus resolve` does not know: `wall_range`, naive, takes the place of the range for a wave, whose wall times w keep
    to first ≤ w and w + duration ≤ end wherever their legs lie; `relay_most` is how many instants a relay may have.
    """

    start_at: datetime
    end_at: datetime
    duration_minutes: int
    groups: tuple[Invitee, ...]
    slot_minutes: int = SLOT_MINUTES
    local_range: tuple[date, date] | None = None
    limit: int = CANDIDATES
    apart: timedelta = APART
    shape: Shape = Shape.INSTANT
    wall_range: tuple[datetime, datetime] | None = None
    relay_most: int | None = None

    def __post_init__(self) -> None:
        if self.slot_minutes < 1 or DAY_MINUTES % self.slot_minutes:
            raise ValueError(f"a slot of {self.slot_minutes} minutes does not divide a day")
        if not 1 <= self.duration_minutes <= DAY_MINUTES:
            raise ValueError(f"a duration of {self.duration_minutes} minutes is not between a minute and a day")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What one start means to one group. `carried_after`: its balance should the action be kept at this start."""

    name: str
    wall_time: datetime
    utc_offset: timedelta
    burden: int
    carried_after: float


class Asked(StrEnum):
    """Why somebody should ask a group about a wall time: its clock never shows it, or shows it twice."""

    SKIPPED = "skipped"
    DOUBLED = "doubled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow(GroupRow):
    """What a start of several legs means to one group; `wall_time` is what its clock shows at `leg_at`."""

    leg_at: datetime
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A start seen by what groups *bear*. `missing` names who does not bear it; `groups` and `missing` keep the question's order."""

    start_at: datetime
    covered: int
    missing: tuple[str, ...]
    groups: tuple[GroupRow, ...]


class Move(StrEnum):
    """How a part of an availability changes: its beginning or end comes earlier or later, or it is new, or gone."""

    EARLIER = "earlier"
    LATER = "later"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Concession:
    """The smallest change that raises the cover: its kind (window, quiet, blocked), the part that changes before and after, what it opens.

    `change_from` is empty for a window that is new, `change_to` for what is gone: "MO,TU 17:00-21:00", "22:30-07:00", "2027-02-14".
    `minutes`: by how much a window or quiet span moves, or how long the new window, or the action on the freed date, lasts.
    `opens_at` is naive for a wave. `availability`: the group's own with this one change, so that it may be resolved again. `conceded` says that
    of a whole question.
    """

    group: str
    kind: str
    move: Move
    change_from: str
    change_to: str
    minutes: int
    opens_at: datetime
    availability: Availability

    def conceded(self, question: Question) -> Question:
        """The question as it would be asked if the group made the change."""
        groups = (replace(group, availability=self.availability) if group.name == self.group else group for group in question.groups)
        return replace(question, groups=tuple(groups))


@dataclass(frozen=True, slots=True)
class Answer:
    """What `resolve` found. All but `candidates` speak of what *suits*.

    `ranges`: first and last of each run of starts that suit every group, inclusive. `missing`: whom the earliest start with
    the largest cover leaves out; every group, when the range holds no start at all. `candidates`: best first.
    `conflict`: an irreducible set of groups that share no start; `concession`: the smallest change that raises `max_cover`. Both are
    empty when a start suits everybody, and when the range holds none at all, which is then to blame and no group; a concession also when
    no single change is enough. `fullest_at`: the earliest start with the largest cover.
    """

    feasible: bool
    ranges: tuple[tuple[datetime, datetime], ...]
    count: int
    max_cover: int
    missing: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    conflict: tuple[str, ...] = ()
    concession: Concession | None = None
    fullest_at: datetime | None = None
