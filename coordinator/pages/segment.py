"""The projector of a group's mirror segment: the page, and the JSON that its script fetches again. Nothing in it can change anything unasked.

A room link opens the group's running or next segment; a guest's link the one it was made for. Each wall speaks the language of its address.
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.edge import runtime
from coordinator.i18n import Language
from coordinator.pages.context_segment import SegmentPage, Wall
from coordinator.pages.door import visit_frame
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.render import PRIVATE_CACHE
from coordinator.pages.room_view import embedded_json
from coordinator.pages.segment_door import SegmentVisit, admit_segment, plainly_over
from coordinator.pages.segment_view import view_wall, wall_data
from coordinator.services.segments import Segment, load_segment

JSON_TYPE = "application/json"
REFRESH_S = 10


async def show_wall(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/mirror`."""
    at, segment, wall = await _load(request, language)
    title = language.gettext("Mirror")
    catalog = json.loads(runtime(request).languages.js_catalog(language.tag))
    data = embedded_json(wall_data(wall, segment, at) | {"catalog": catalog})
    page = SegmentPage(visit_frame(request, at.visit, title), at.visit.reader.numerals, wall, data, REFRESH_S)
    return renderer(request).render("segment.html", page, language)


async def show_data(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/mirror.json`: the wall's words and numbers as they stand now."""
    at, segment, wall = await _load(request, language)
    body = json.dumps(wall_data(wall, segment, at), ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type=JSON_TYPE, headers={"Cache-Control": PRIVATE_CACHE})


async def _load(request: Request, language: Language) -> tuple[SegmentVisit, Segment | None, Wall]:
    async with runtime(request).database.read() as conn:
        at = await admit_segment(request, conn, language)
        now = at.visit.reader.now
        segment = await load_segment(conn, at.meeting, language.tag, now) if at.meeting else None
    return at, segment, view_wall(segment, at, runtime(request).languages)


ROUTES = [
    Route("/{lang}/g/{group}/mirror.json", in_language(plainly_over(show_data))),
    Route("/{lang}/g/{group}/mirror", in_language(plainly_over(show_wall))),
]
