"""What comes to a group's desk while it lies open? Moments that zone law has changed, and what the mirror brings: the newest spotlights, what
waits in its language, and who answered it.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator import keys
from coordinator.domain.access import Right
from coordinator.edge import runtime
from coordinator.i18n import Language, Languages
from coordinator.pages.context_news import DeskNews, EchoRow, Live, WaitingRow
from coordinator.pages.door import Visit, admit
from coordinator.pages.frame import in_language
from coordinator.pages.law_words import law_rows
from coordinator.pages.news import answer_news, shows_original, words_in
from coordinator.pages.spotlight_rows import echo_row, is_mine, make_original, spotlight_row, waiting_row
from coordinator.services.desk import Desk, load_desk
from coordinator.services.mirror import Reading, load_echoes, load_spotlights, load_standing
from coordinator.services.waiting import load_waiting
from coordinator.store.spotlights import answering, told_by

NEWEST = 3
WAITING_MOST = 5
PAGE = "news.json"


async def show_news(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/news.json`: the desk's part as its script fetches it again."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        desk = await load_desk(conn, visit.caller, visit.group.id, visit.reader.now)
        news = await load_desk_news(conn, request, visit, desk)
    return answer_news(news)


def desk_live(visit: Visit) -> Live:
    """What a desk listens to."""
    return Live(live_streams(visit), visit.path(PAGE))


def live_streams(visit: Visit) -> str:
    """The streams on which a group hears of spotlights and echoes, and alone of its own moments."""
    return f"{keys.PARTNERS} {keys.group_stream(visit.group.id)}"


async def load_desk_news(conn: AsyncConnection, request: Request, visit: Visit, desk: Desk) -> DeskNews:
    """What of `desk` is to be looked at again, the newest spotlights of others, what waits, and the newest echoes of the group's own."""
    languages, original = runtime(request).languages, shows_original(request)
    reading = Reading(visit.caller, words_in(request, visit), visit.reader.now)
    others = [view for view in await load_standing(conn, reading) if not is_mine(visit, view)][:NEWEST]
    return DeskNews(
        law=law_rows(visit, (*desk.standing, *desk.practices), languages),
        spotlights=tuple(spotlight_row(visit, view, languages) for view in others),
        waiting=await _load_waiting(conn, visit, languages),
        echoes=await _load_echoes(conn, visit, reading, languages),
        original=make_original(visit.path(), [view.shown for view in others], visit.language, on=original),
    )


async def _load_waiting(conn: AsyncConnection, visit: Visit, languages: Languages) -> tuple[WaitingRow, ...]:
    if not visit.may(Right.TRANSLATE):
        return ()
    found = await load_waiting(conn, Reading(visit.caller, visit.group.language, visit.reader.now))
    return tuple(waiting_row(visit, waiting, languages) for waiting in found[:WAITING_MOST])


async def _load_echoes(conn: AsyncConnection, visit: Visit, reading: Reading, languages: Languages) -> tuple[EchoRow, ...]:
    own = {view.id: view for view in await load_spotlights(conn, reading, told_by(visit.group.id))}
    echoes = await load_echoes(conn, reading, answering(list(own)))
    return tuple(echo_row(visit, echo, own[echo.spotlight_id], languages) for echo in echoes[:NEWEST])


ROUTES = [Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(show_news), methods=["GET"])]
