"""One action as its groups see it: everybody's clock, burden and answer side by side; and what this group may do about it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.action import Command, Shape, State, can
from coordinator.domain.chosen import Chosen, instants_near, read_chosen
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
from coordinator.services.candidates import find_board
from coordinator.services.heat import find_heat_board
from coordinator.services.offers import find_offers, weigh_offer
from coordinator.services.questions import load_search

SHOWN_AT = {"start": "wall_time", "deadline": "deadline_wall_time"}  # a fault's field → the field of the page that it stands beside


async def show_proposal(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/actions/{slug}`; of a draft `?shape=wave` chooses the shape, `candidate=B` or `wall_time=…` what is shown of it."""
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
        chooses = moving or _drafts(visit, view)
        offer = await _load_offer(conn, request, visit, view, returned, moving=moving) if chooses else None
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


def _shape_looked_at(request: Request, view: ActionView, returned: Returned | None, *, moving: bool) -> Shape:
    """What the form or the address asks for, else the draft's own; what stands cannot be made into another shape."""
    asked = str(returned.form.get("shape", "")) if returned is not None else request.query_params.get("shape", "")
    return Shape(asked) if asked in tuple(Shape) and not moving else view.shape


async def _load_offer(
    conn: AsyncConnection, request: Request, visit: Visit, view: ActionView, returned: Returned | None, *, moving: bool
) -> Offer:
    """The best start of each shape, of one instant for all the candidates, and the start that is asked for, if the person typed one."""
    shape = _shape_looked_at(request, view, returned, moving=moving)
    wall_time = request.query_params.get("wall_time", "") if returned is None else ""
    chosen, fault = _read_typed(request, shape, visit.group.zone_id) if wall_time else (None, None)
    near = () if chosen is None else instants_near(chosen)
    searches, search = runtime(request).searches, await load_search(conn, visit.caller, view.slug, visit.reader.now, *near)
    offer = Offer(
        shape,
        await find_offers(search, searches),
        letter="" if wall_time else request.query_params.get("candidate", ""),
        wall_time=wall_time,
        weighed=None if chosen is None else weigh_offer(search, chosen),
        fault=fault,
    )
    if shape is not Shape.INSTANT:
        return offer
    board, heat = await find_board(search, searches), await find_heat_board(search, visit.reader.zone_id, searches)
    return replace(offer, board=board, heat=heat)


def _read_typed(request: Request, shape: Shape, zone_id: str) -> tuple[Chosen | None, Invalid | None]:
    """The start that is typed in the address, or what is wrong with it."""
    asked = {name: request.query_params.get(name, "") for name in ("wall_time", "fold")}
    try:
        return read_chosen(asked, shape, zone_id), None
    except Invalid as fault:
        return None, fault


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
