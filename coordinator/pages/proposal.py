"""One action as its groups see it: everybody's clock, burden and answer side by side; and what this group may do about it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.action import Command, Shape, State, can
from coordinator.domain.proposal import read_start
from coordinator.edge import base_url, runtime
from coordinator.errors import Invalid, NotFound
from coordinator.i18n import Language
from coordinator.pages.choosing import Offer, make_choosing
from coordinator.pages.context import Notice
from coordinator.pages.context_desk import Practising
from coordinator.pages.door import Visit, admit
from coordinator.pages.forms import Returned, fault_notice, typed
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.proposal_view import Draws, make_proposal
from coordinator.pages.wall_time import ask_which, wall_time_hint
from coordinator.services.actions import ActionView, load_action
from coordinator.services.candidates import Board, load_board, load_weighed
from coordinator.services.heat import load_heat

NOTHING_TO_CHOOSE = Board((), invited=0, suiting=0, max_cover=0, missing=(), help=None)
SHOWN_AT = {"start": "wall_time", "deadline": "deadline_wall_time"}  # a fault's field → the field of the page that it stands beside


async def show_proposal(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/actions/{slug}`; `?candidate=B` or `?wall_time=…` chooses what the strip of a draft shows."""
    return await show(request, language)


async def show_move(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/actions/{slug}/move`: another moment for a confirmed action."""
    return await show(request, language, moving=True)


async def show(request: Request, language: Language, returned: Returned | None = None, *, moving: bool = False) -> Response:
    """The page; with the faults of a form that came back. `moving` asks for the candidates of another moment."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        view = await load_action(conn, visit.caller, request.path_params["slug"], visit.reader.now)
        moving = moving and _may(visit, view, Command.MOVE)
        if returned is None and request.url.path.endswith("/move") and not moving:
            raise NotFound("action")
        offer = await _load_offer(conn, request, visit, view, returned) if moving or _drafts(visit, view) else None
    page = f"actions/{view.slug}/move" if moving else f"actions/{view.slug}"
    fields = typed(returned, language, zone_id=visit.reader.zone_id, city=visit.reader.city, shown_at=SHOWN_AT)
    choosing = None if offer is None else make_choosing(visit, view, offer, returned, page)
    draws = Draws(base_url(request), fields, choosing, _make_practising(visit, view, returned))
    notices = _notices(visit, returned, offer)
    context = make_proposal(request, visit, view, draws, notices=notices, page=page)
    return renderer(request).render("proposal.html", context, language, returned.status if returned else 200)


def _may(visit: Visit, view: ActionView, command: Command) -> bool:
    """Whether the page offers this command: it is the group's own action, the state allows it, and the visitor has the right."""
    own = view.proposer_id == visit.group.id and visit.may(Right.PUT_FORWARD)
    return own and can(view.state, command, moving=view.moving, practice=view.practice)


def _drafts(visit: Visit, view: ActionView) -> bool:
    """Whether this is the group's own draft, whose candidates everybody at its desk may look at."""
    return view.proposer_id == visit.group.id and view.state is State.DRAFT and not view.practice


async def _load_offer(conn: AsyncConnection, request: Request, visit: Visit, view: ActionView, returned: Returned | None) -> Offer:
    """The candidates; and the start whose strip is asked for, if the person typed one of their own. A wave and a relay are typed without them."""
    if view.shape is not Shape.INSTANT:
        return Offer(NOTHING_TO_CHOOSE, "")
    board = await load_board(conn, visit.caller, view.slug, visit.reader.now, runtime(request).searches)
    heat = await load_heat(conn, visit.caller, view, visit.reader.zone_id, visit.reader.now)
    wall_time = request.query_params.get("wall_time", "")
    if not wall_time or returned is not None:
        return Offer(board, request.query_params.get("candidate", ""), heat=heat)
    try:
        starts_at = read_start({"wall_time": wall_time, "fold": request.query_params.get("fold", "")}, visit.group.zone_id)
    except Invalid as fault:
        return Offer(board, "", wall_time=wall_time, fault=fault, heat=heat)
    weighed = await load_weighed(conn, visit.caller, view.slug, starts_at, visit.reader.now)
    return Offer(board, "", wall_time=wall_time, weighed=weighed, heat=heat)


def _notices(visit: Visit, returned: Returned | None, offer: Offer | None) -> tuple[Notice, ...]:
    faulty = returned or (Returned({}, offer.fault) if offer is not None and offer.fault is not None else None)
    if faulty is None:
        return ()
    return (fault_notice(faulty, visit.language, zone_id=visit.reader.zone_id, city=visit.reader.city, shown_at=SHOWN_AT),)


def _make_practising(visit: Visit, view: ActionView, returned: Returned | None) -> Practising | None:
    if not _may(visit, view, Command.PRACTISE):
        return None
    path = visit.path(f"actions/{view.slug}/practise")
    return Practising(path, ask_which(returned, "wall_time", "wall_time", visit.reader), wall_time_hint(visit.reader))


ROUTES = [
    Route("/{lang}/g/{group}/actions/{slug}", in_language(show_proposal), methods=["GET"]),
    Route("/{lang}/g/{group}/actions/{slug}/move", in_language(show_move), methods=["GET"]),
]
