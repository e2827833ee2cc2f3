"""All spotlights that a group sees: its own by how they stand, and its partners', the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.spotlight import SpotlightState
from coordinator.edge import runtime
from coordinator.i18n import Language
from coordinator.pages.context_news import Live, SpotlightRow, SpotlightsNews
from coordinator.pages.context_spotlights import SpotlightsPage
from coordinator.pages.desk_mirror import live_streams
from coordinator.pages.door import Visit, admit, visit_frame
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.news import answer_news, shows_original, words_in
from coordinator.pages.spotlight_rows import is_mine, make_original, spotlight_row
from coordinator.pages.ways import group_ways
from coordinator.services.mirror import Reading, SpotlightView, load_spotlights, load_standing
from coordinator.store.spotlights import told_by

PAGE = "spotlights"


async def show_spotlights(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights`; `?original=1` shows every text in its own words."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        news = await _load_news(conn, request, visit)
    page = SpotlightsPage(
        frame=visit_frame(request, visit, language.gettext("Spotlights")),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        live=Live(live_streams(visit), visit.path(f"{PAGE}.json")),
        news=news,
        tell_path=visit.path(f"{PAGE}/new") if visit.may(Right.TELL) else "",
    )
    return renderer(request).render("spotlights.html", page, language)


async def show_news(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights.json`: the lists as the page's script fetches them again."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        news = await _load_news(conn, request, visit)
    return answer_news(news)


async def _load_news(conn: AsyncConnection, request: Request, visit: Visit) -> SpotlightsNews:
    reading = Reading(visit.caller, words_in(request, visit), visit.reader.now)
    own = await load_spotlights(conn, reading, told_by(visit.group.id))
    others = [view for view in await load_standing(conn, reading) if not is_mine(visit, view)]
    told = [view for view in own if view.brought is None]
    shown = [view.shown for view in (*own, *others)]

    def rows(views: Iterable[SpotlightView]) -> tuple[SpotlightRow, ...]:
        return tuple(spotlight_row(visit, view, runtime(request).languages) for view in views)

    return SpotlightsNews(
        drafts=rows(_in_state(told, SpotlightState.DRAFT)),
        published=rows(view for view in _in_state(told, SpotlightState.PUBLISHED) if not view.over),
        retired=rows(_in_state(told, SpotlightState.RETIRED)),
        ended=rows(view for view in _in_state(told, SpotlightState.PUBLISHED) if view.over),
        brought=rows(view for view in own if view.brought is not None),
        partners=rows(others),
        original=make_original(visit.path(PAGE), shown, visit.language, on=shows_original(request)),
    )


def _in_state(views: Sequence[SpotlightView], state: SpotlightState) -> list[SpotlightView]:
    return [view for view in views if view.state is state]


ROUTES = [
    Route(f"/{{lang}}/g/{{group}}/{PAGE}.json", in_language(show_news), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(show_spotlights), methods=["GET"]),
]
