"""Which moments could an action have, and what would each cost every group? What the resolver answers, shown by listing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from coordinator.domain.burden import BURDEN_NOT_BORNE, SUITS_UP_TO
from coordinator.domain.listing import Seen
from coordinator.domain.question import Asked, Candidate, Concession, GroupRow, Invitee, Question
from coordinator.domain.reasons import Reason
from coordinator.domain.weighing import weigh
from coordinator.services.questions import Search
from coordinator.services.searches import Findings, Searches, find


@dataclass(frozen=True, slots=True)
class WeighedRow:
    """What a start means to one group, for one reader. A group that the reader does not see has `seen` None and only counts.

    `reason` is the whole one for the group's own people, and for others what its burden says. Of several legs `leg_at` is the group's own, and
    `asked` what its clock does then: both None where the reader does not see its zone.
    """

    seen: Seen | None
    required: bool
    burden: int
    carried: float
    carried_after: float
    reason: Reason
    leg_at: datetime | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class CandidateView:
    """One start with what it costs whom; `covered` groups bear it, and could agree to it by themselves if it `could_stand`."""

    starts_at: datetime
    covered: int
    rows: tuple[WeighedRow, ...]
    could_stand: bool = True


@dataclass(frozen=True, slots=True)
class Board:
    """The candidates of a draft or a move, best first, and what the whole quarter offers.

    `suiting` is how many starts suit every group, `max_cover` the most groups one start suits, `missing` whom that one leaves out.
    `help` is None when some start suits everybody, and when there is none to begin with.
    """

    candidates: tuple[CandidateView, ...]
    invited: int
    suiting: int
    max_cover: int
    missing: tuple[Seen, ...]
    help: Help | None


@dataclass(frozen=True, slots=True)
class Help:
    """What stands in the way of a moment for all, and what would help, for one reader.

    `conflict`: groups that share no start, though any of them left out the others do. `asked`: who of those missing at `fullest_at`, the
    fullest start, bears it at the least cost. Of another group nothing is said that its burden does not say already: neither its
    windows nor what it might change. `own`: the least that the reader's own group could change; None also for guests at its desk.
    """

    fullest_at: datetime
    conflict: tuple[Seen, ...]
    asked: Seen | None
    own: Concession | None


async def find_board(search: Search, searches: Searches) -> Board:
    """Resolves the question of this search; `searches`: the process's own."""
    question = search.question
    own_id = search.proposer_id if search.knows_no_go(search.proposer_id) else None
    found = await searches.run(search.proposal, partial(find, question, own_id))
    return Board(
        candidates=tuple(_view(candidate, search) for candidate in found.answer.candidates),
        invited=len(question.groups),
        suiting=found.answer.count,
        max_cover=found.answer.max_cover,
        missing=search.see_all(found.answer.missing),
        help=_see_help(found, search),
    )


def weigh_start(search: Search, starts_at: datetime) -> CandidateView:
    """What one given start would cost every invited group; the search was loaded for it."""
    return _view(weigh(search.question, starts_at), search)


def view_row(search: Search, group: Invitee, row: GroupRow, start_at: datetime) -> WeighedRow:
    """What a start means to one group of the search, which would act at `start_at`."""
    return WeighedRow(
        seen=search.see(group.name),
        required=group.required,
        burden=row.burden,
        carried=group.carried,
        carried_after=row.carried_after,
        reason=search.reason(group, start_at, row.burden),
    )


def _view(candidate: Candidate, search: Search) -> CandidateView:
    pairs = zip(search.question.groups, candidate.groups, strict=True)
    rows = tuple(view_row(search, group, row, candidate.start_at) for group, row in pairs)
    return CandidateView(candidate.start_at, candidate.covered, rows, search.could_stand(candidate.covered))


def _see_help(found: Findings, search: Search) -> Help | None:
    answer = found.answer
    if answer.fullest_at is None or answer.feasible:
        return None
    asked = _least_asked(search.question, answer.fullest_at)
    return Help(
        fullest_at=answer.fullest_at,
        conflict=search.see_all(answer.conflict),
        asked=None if asked is None else search.see(asked),
        own=found.own,
    )


def _least_asked(question: Question, start_at: datetime) -> str | None:
    """Who of those whom a start does not suit bears it at the least cost, by what it would have carried then; None when nobody does."""
    bearing = [row for row in weigh(question, start_at).groups if SUITS_UP_TO < row.burden < BURDEN_NOT_BORNE]
    return min(bearing, key=lambda row: (row.burden, row.carried_after)).name if bearing else None
