"""One spotlight: its words with their label, in which languages it can be read, who answered it, and what its own group may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.spotlight import SpotlightState
from coordinator.edge import runtime
from coordinator.i18n import Language
from coordinator.pages.context_news import Live, SpotlightNews
from coordinator.pages.context_spotlights import SpotlightPage
from coordinator.pages.desk_mirror import live_streams
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, command_page, fault_notice
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.news import answer_news, shows_original, words_in
from coordinator.pages.spotlight_rows import is_mine, is_of_others, mirror_path, translate_path
from coordinator.pages.spotlight_view import Told, make_news
from coordinator.services.groups import load_cards
from coordinator.services.hearing import load_told_voices
from coordinator.services.mirror import Reading, SpotlightView, load_echoes, load_readable, load_spotlight
from coordinator.services.spotlights import delete_spotlight, publish_spotlight, retire_spotlight
from coordinator.store.database import Work
from coordinator.store.spotlights import answering

LIST = "spotlights"


async def show_spotlight(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights/{slug}`; `?original=1` shows it in its own words."""
    return await _show(request, language, None)


async def show_news(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights/{slug}.json`: its words and how it stands, as the page's script fetches them again."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        told = await _load(conn, request, visit)
    return answer_news(_news(request, visit, told))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    """The page; with the fault of a command that could not be done."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        told = await _load(conn, request, visit)
    page = _make_page(request, visit, told, returned)
    return renderer(request).render("spotlight.html", page, language, returned.status if returned else 200)


async def _load(conn: AsyncConnection, request: Request, visit: Visit) -> Told:
    reading = Reading(visit.caller, words_in(request, visit), visit.reader.now)
    view = await load_spotlight(conn, reading, request.path_params["slug"])
    words = await load_readable(conn, visit.caller, view.text_id, reading.now)
    echoes = await load_echoes(conn, reading, answering([view.id]))
    translators = [r.group_id for r in words.renderings if r.group_id is not None]
    voices = await load_told_voices(conn, reading, [view.id])
    return Told(view, words, tuple(echoes), await load_cards(conn, translators), tuple(voices))


def _news(request: Request, visit: Visit, told: Told) -> SpotlightNews:
    return make_news(visit, told, runtime(request).languages, original=shows_original(request))


def _make_page(request: Request, visit: Visit, told: Told, returned: Returned | None) -> SpotlightPage:
    view, news = told.view, _news(request, visit, told)
    path = f"{LIST}/{view.slug}"
    mine = is_mine(visit, view)
    publishes = mine and visit.may(Right.PUBLISH)
    return SpotlightPage(
        frame=visit_frame(
            request, visit, news.title.words, path=path, notices=() if returned is None else (fault_notice(returned, visit.language),)
        ),
        group=visit.group.name,
        live=Live(live_streams(visit), visit.path(f"{path}.json")),
        news=news,
        list_path=visit.path(LIST),
        edit_path=visit.path(f"{path}/edit") if tells(visit, view) else "",
        mirror_path=mirror_path(visit, view.slug) if is_of_others(visit, view) and visit.may(Right.RUN_SEGMENT) else "",
        packet_path=visit.path(f"{path}/packet.zip") if _may_take_along(view) else "",
        voice_path=visit.path(f"voices?spotlight={view.slug}") if view.brought is None and visit.may(Right.TELL) else "",
        translate_path=translate_path(visit, view.text_id) if visit.may(Right.TRANSLATE) else "",
        publish_path=visit.path(f"{path}/publish") if publishes and view.brought is None else "",
        retire_path=visit.path(f"{path}/retire") if publishes else "",
        delete_path=visit.path(f"{path}/delete") if publishes else "",
    )


def tells(visit: Visit, view: SpotlightView) -> bool:
    """Whether the visitor may ever change these words: they are the group's own, not those of a packet."""
    return is_mine(visit, view) and view.brought is None and visit.may(Right.TELL)


def _may_take_along(view: SpotlightView) -> bool:
    """Whether a packet can be made of it: what stands, and was told in this network."""
    return view.brought is None and view.state is SpotlightState.PUBLISHED and not view.over


# --- commands -----------------------------------------------------------------------------------------------------------

Do = Callable[[Work, Caller, str], Awaitable[None]]


def command_routes(word: str, do: Do, said: str, *, leads_to_list: bool = False) -> list[Route]:
    """The routes of one command: POST does it; GET, of a page that was sent and then reloaded, leads back to the spotlight."""

    async def take(request: Request, language: Language) -> Response:
        group_id, slug = await group_of(request, Right.PUBLISH), request.path_params["slug"]

        async def once(work: Work, caller: Caller, _form: Form) -> str:
            await do(work, caller, slug)
            page = LIST if leads_to_list else f"{LIST}/{slug}"
            return group_path(language, group_id, f"{page}?said={said}")

        return await command_page(request, once, lambda returned: _show(request, language, returned))

    path = f"g/{{group}}/{LIST}/{{slug}}/{word}"
    return [Route(f"/{{lang}}/{path}", in_language(take), methods=["POST"]), lead_back(path, f"g/{{group}}/{LIST}/{{slug}}")]


async def lead_to_workbench(request: Request, language: Language) -> Response:
    """GET `…/spotlights/{slug}/translate`: to the workbench of its text."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        view = await load_spotlight(conn, Reading(visit.caller, "", visit.reader.now), request.path_params["slug"])
    return RedirectResponse(translate_path(visit, view.text_id, request.query_params.get("to", "")), 303)


ROUTES = [
    Route(f"/{{lang}}/g/{{group}}/{LIST}/{{slug}}.json", in_language(show_news), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{LIST}/{{slug}}/translate", in_language(lead_to_workbench), methods=["GET"]),
    *command_routes("publish", publish_spotlight, "spotlight_published"),
    *command_routes("retire", retire_spotlight, "spotlight_retired"),
    *command_routes("delete", delete_spotlight, "spotlight_deleted", leads_to_list=True),
    Route(f"/{{lang}}/g/{{group}}/{LIST}/{{slug}}", in_language(show_spotlight), methods=["GET"]),
]
