"""What does the API answer of starts that an action could have? What each costs whom, why, and what would help (as `shapes.py`)."""

from __future__ import annotations

from datetime import date, datetime

from coordinator.api.shapes import QuietShown, SeenGroup, Shown
from coordinator.domain.action import Shape
from coordinator.domain.question import Asked, Move
from coordinator.domain.reasons import Why


class ReasonShown(Shown):
    """Why a start costs a group what it costs, by what its people are told; of others, by what the burden says.

    `quiet`: the quiet hours touched, `blocked_on`: the blocked date, each null where it is not that, or another group's.
    """

    why: Why
    quiet: QuietShown | None
    blocked_on: date | None


class Weighed(Shown):
    """What one start means to one group. `group` is null for one that the reader does not see."""

    group: SeenGroup | None
    required: bool
    burden: int
    carried: float
    carried_after: float
    reason: ReasonShown


class CandidateShown(Shown):
    """One start, and what it costs whom; `covered` groups bear it, and could agree to it by themselves if it `could_stand`."""

    starts_at: datetime
    covered: int
    groups: list[Weighed]
    could_stand: bool


class WeighedAtLeg(Weighed):
    """As `Weighed`, of one leg of several: `leg_at` is the group's own, and `asked` what its clock does then. Null where its zone is not seen."""

    leg_at: datetime | None
    asked: Asked | None


class ShapeShown(Shown):
    """One start of a shape, and what it costs whom, each group at its own leg. `start` is what `put-forward` takes.

    `legs` are those that a group follows whose zone the reader sees. `least`: of the best relay, no fewer would include all who can be.
    """

    shape: Shape
    start: str
    covered: int
    could_stand: bool
    legs: list[datetime]
    least: int | None
    groups: list[WeighedAtLeg]


class Shapes(Shown):
    """The best start of each shape that the quarter holds one of: instant, wave, relay."""

    shapes: list[ShapeShown]


class ConcessionShown(Shown, rename={"change_from": "from", "change_to": "to"}):
    """The least that the reader's own group could change so that one moment suits one group more; `opens_at` is the first such moment.

    `kind` is window, quiet or blocked. `from`, `to`: the part that changes, before and after, empty for what is new or gone: "MO,TU 17:00-21:00", "22:30-07:00", "2027-02-14".
    """

    kind: str
    move: Move
    change_from: str
    change_to: str
    minutes: int
    opens_at: datetime


class HelpShown(Shown):
    """What stands in the way where no moment suits everybody, and what would help.

    `fullest_at` suits the most groups; those of `conflict` share no start, though without any one of them the others do; `asked` bears
    `fullest_at` outside its hours; `own` is null also for guests at the group's desk.
    """

    fullest_at: datetime
    conflict: list[SeenGroup]
    asked: SeenGroup | None
    own: ConcessionShown | None


class Candidates(Shown):
    """The best starts first. `suiting` starts suit every group; one suits `max_cover` groups at most, and leaves out `missing`.

    `help` is null where some start suits everybody, and where there is none to begin with.
    """

    invited: int
    suiting: int
    max_cover: int
    missing: list[SeenGroup]
    candidates: list[CandidateShown]
    help: HelpShown | None
