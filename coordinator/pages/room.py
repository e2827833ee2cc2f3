"""The projector pages: an action's countdown, the public room, a group's own room; each with the JSON that its script fetches again.

Public rooms are the same bytes for everyone. A group's room is its own: a room link opens it, and nothing in it can change anything.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.edge import base_url, identify, read_leg, runtime
from coordinator.i18n import Language
from coordinator.pages.frame import in_language, make_frame, renderer
from coordinator.pages.reader import Reader, action_path, group_reader, public_reader
from coordinator.pages.render import PRIVATE_CACHE, cached_publicly
from coordinator.pages.room_view import Wall, room_data, view_room, view_without_data
from coordinator.pages.voice_view import view_voice
from coordinator.pages.wall_spotlight import wall_spotlight
from coordinator.services.network import Network, load_network
from coordinator.services.rooms import Room, load_action_room, load_group_room, load_public_room

DATA_SUFFIX = ".json"
JSON_TYPE = "application/json"

Load = Callable[[Request, AsyncConnection, str], Awaitable[Room]]


async def _load_action(request: Request, conn: AsyncConnection, tag: str) -> Room:
    return await load_action_room(conn, request.path_params["slug"], runtime(request).clock.now(), tag, leg=read_leg(request.query_params))


async def _load_public(request: Request, conn: AsyncConnection, tag: str) -> Room:
    return await load_public_room(conn, runtime(request).clock.now(), tag)


async def _load_own(request: Request, conn: AsyncConnection, tag: str) -> Room:
    return await load_group_room(conn, await identify(request), request.path_params["group"], runtime(request).clock.now(), tag)


def _page(load: Load) -> Callable[[Request, Language], Awaitable[Response]]:
    """The endpoint of a room's page."""

    async def show(request: Request, language: Language) -> Response:
        network, room = await _load(request, load, language)
        reader = _reader(room, network, language, request)
        title = room.shown.action.title if room.shown else language.gettext("Room")
        frame = make_frame(request, network, language, title, group_id=room.group.id if room.group else None, numerals=reader.numerals)
        catalog = runtime(request).languages.js_catalog(language.tag)
        view = view_room(room, reader, frame, _wall(request, room, network, language), catalog=catalog)
        if room.group is None:
            return renderer(request).render_public("room.html", view, language, request.headers.get("if-none-match"))
        return renderer(request).render("room.html", view, language)

    return show


def _data(load: Load) -> Callable[[Request, Language], Awaitable[Response]]:
    """The endpoint of a room's JSON: its words and numbers as they stand now."""

    async def show(request: Request, language: Language) -> Response:
        network, room = await _load(request, load, language)
        reader, wall = _reader(room, network, language, request), _wall(request, room, network, language)
        view = view_without_data(room, reader, make_frame(request, network, language, ""), wall)
        body = json.dumps(room_data(view, room, reader, wall), ensure_ascii=False, separators=(",", ":"))
        response = Response(body, media_type=JSON_TYPE, headers={"Cache-Control": PRIVATE_CACHE})
        return cached_publicly(response, request.headers.get("if-none-match")) if room.group is None else response

    return show


async def _load(request: Request, load: Load, language: Language) -> tuple[Network, Room]:
    async with runtime(request).database.read() as conn:
        return await load_network(conn), await load(request, conn, language.tag)


def _reader(room: Room, network: Network, language: Language, request: Request) -> Reader:
    now = runtime(request).clock.now()
    return group_reader(room.group, language, now) if room.group else public_reader(network, language, now)


def _wall(request: Request, room: Room, network: Network, language: Language) -> Wall:
    path = request.url.path.removesuffix(DATA_SUFFIX)
    spotlight = None if room.spotlight is None else wall_spotlight(room.spotlight, language, runtime(request).languages)
    numerals = _reader(room, network, language, request).numerals
    voices = tuple(view_voice(voice, language, runtime(request).languages, numerals) for voice in room.voices)
    picked = None if room.moves_on else read_leg(request.query_params)
    query = "" if picked is None else f"?leg={picked}"
    return Wall(f"{path}{DATA_SUFFIX}{query}", _shared_url(request, room, language), network.tolerance_ms, spotlight, voices)


def _shared_url(request: Request, room: Room, language: Language) -> str:
    """What a phone in the hall is led to: the action's page, the calendar while there is none; nothing for a practice, which has no page."""
    if room.shown is None:
        return f"{base_url(request)}/{language.tag}/subscribe"
    return "" if room.shown.action.practice else f"{base_url(request)}{action_path(language, room.shown.action.slug)}"


def _routes(path: str, load: Load) -> list[Route]:
    return [Route(path + DATA_SUFFIX, in_language(_data(load))), Route(path, in_language(_page(load)))]


ROUTES = [
    *_routes("/{lang}/actions/{slug}/countdown", _load_action),
    *_routes("/{lang}/room", _load_public),
    *_routes("/{lang}/g/{group}/room", _load_own),
]
