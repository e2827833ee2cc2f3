"""How do the candidates of an action become what the API answers? Field by field, with why each costs what it does, and what would help."""

from __future__ import annotations

from typing import Any

from coordinator.api import shapes_candidates as shapes
from coordinator.api.describe import show_seen
from coordinator.api.shapes import QuietShown
from coordinator.domain.availability import QuietSpan, span_text
from coordinator.domain.chosen import write_start
from coordinator.domain.question import Concession
from coordinator.domain.reasons import Reason
from coordinator.services.candidates import Board, CandidateView, Help, WeighedRow
from coordinator.services.offers import OfferView


def show_board(board: Board) -> shapes.Candidates:
    """Candidates, best first."""
    return shapes.Candidates(
        invited=board.invited,
        suiting=board.suiting,
        max_cover=board.max_cover,
        missing=[show_seen(seen) for seen in board.missing],
        candidates=[show_candidate(candidate) for candidate in board.candidates],
        help=None if board.help is None else _show_help(board.help),
    )


def show_candidate(candidate: CandidateView) -> shapes.CandidateShown:
    """One start, weighed."""
    rows = [shapes.Weighed(**_weighed(row)) for row in candidate.rows]
    return shapes.CandidateShown(candidate.starts_at, candidate.covered, rows, candidate.could_stand)


def show_offer(offer: OfferView) -> shapes.ShapeShown:
    """One start of any shape, weighed."""
    return shapes.ShapeShown(
        shape=offer.shape,
        start=write_start(offer.chosen),
        covered=offer.covered,
        could_stand=offer.could_stand,
        legs=list(offer.legs),
        least=offer.least,
        groups=[shapes.WeighedAtLeg(**_weighed(row), leg_at=row.leg_at, asked=row.asked) for row in offer.rows],
    )


def _weighed(row: WeighedRow) -> dict[str, Any]:
    return {
        "group": None if row.seen is None else show_seen(row.seen),
        "required": row.required,
        "burden": row.burden,
        "carried": row.carried,
        "carried_after": row.carried_after,
        "reason": _show_reason(row.reason),
    }


def _show_reason(reason: Reason) -> shapes.ReasonShown:
    return shapes.ReasonShown(reason.why, None if reason.quiet is None else _show_quiet(reason.quiet), reason.blocked_on)


def _show_quiet(span: QuietSpan) -> QuietShown:
    return QuietShown(*span_text(span.start_minute, span.end_minute).split("-"))


def _show_help(found: Help) -> shapes.HelpShown:
    return shapes.HelpShown(
        fullest_at=found.fullest_at,
        conflict=[show_seen(seen) for seen in found.conflict],
        asked=None if found.asked is None else show_seen(found.asked),
        own=None if found.own is None else _show_concession(found.own),
    )


def _show_concession(own: Concession) -> shapes.ConcessionShown:
    return shapes.ConcessionShown(own.kind, own.move, own.change_from, own.change_to, own.minutes, own.opens_at)
