"""Which starts could an action have? The candidates, the three shapes, and any start of the reader's choice, weighed over the API."""

from __future__ import annotations

from datetime import datetime

from coordinator.api import shapes_candidates as shapes
from coordinator.api.describe_candidates import show_board, show_candidate, show_offer
from coordinator.api.operation import Asking
from coordinator.domain.action import Shape
from coordinator.domain.chosen import Chosen, instants_near, read_chosen
from coordinator.domain.proposal import read_instant
from coordinator.errors import Invalid, NotFound, problem
from coordinator.services.candidates import find_board, weigh_start
from coordinator.services.offers import find_offers, weigh_offer
from coordinator.services.questions import Search, load_search


async def found(asking: Asking) -> shapes.Candidates:
    """The starts worth putting forward."""
    return show_board(await find_board(await _load_search(asking), asking.runtime.searches))


async def weighed(asking: Asking) -> shapes.CandidateShown:
    """What one start, of the reader's choice, would cost whom."""
    starts_at = read_instant(asking.path("start"), "start")
    return show_candidate(weigh_start(await _load_search(asking, starts_at), starts_at))


async def compared(asking: Asking) -> shapes.Shapes:
    """What the best start of each shape would cost whom."""
    return shapes.Shapes([show_offer(offer) for offer in await find_offers(await _load_search(asking), asking.runtime.searches)])


async def shape_weighed(asking: Asking) -> shapes.ShapeShown:
    """What `start` of one shape, of the reader's choice, would cost whom."""
    chosen = _read_chosen(asking.path("shape"), asking.query.get("start", ""))
    return show_offer(weigh_offer(await _load_search(asking, *instants_near(chosen)), chosen))


def _read_chosen(shape: str, start: str) -> Chosen:
    if shape not in tuple(Shape):
        raise NotFound("shape")
    if not start:
        raise Invalid(problem("start", "missing"))
    return read_chosen({"start": start}, Shape(shape), "UTC")


async def _load_search(asking: Asking, *weighed: datetime) -> Search:
    return await load_search(asking.conn, asking.caller, asking.path("slug"), asking.runtime.clock.now(), *weighed)
