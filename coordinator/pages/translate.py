"""The translator's workbench: a text section by section beside the original, whatever told it (a spotlight, an echo, a voice).

A save never takes anything away: what somebody else saved meanwhile stands below with its words. Signing and deleting are done there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.listing import Card
from coordinator.domain.text import text_of
from coordinator.domain.translation import Rendering, Source
from coordinator.edge import runtime
from coordinator.errors import Conflict, NotFound
from coordinator.i18n import Language
from coordinator.pages.bench_view import Bench, make_page, target_languages
from coordinator.pages.door import Visit, admit, group_of
from coordinator.pages.forms import Form, Returned, command_page
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.services.groups import load_cards
from coordinator.services.mirror import Reading, load_readable, load_spotlight_of
from coordinator.services.translations import (
    Saved,
    Workbench,
    delete_translation,
    find_wording,
    load_workbench,
    save_translation,
    sign_translation,
)
from coordinator.store.database import Work

BODY_BYTES = 1024 * 1024  # a translation may be three times as long as its original, and each byte of it three in a form


async def show_translate(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/texts/{text}/translate?to=xx`; without `to`, or with one that cannot be, the group's own language."""
    return await _show(request, language, request.query_params.get("to", ""), None)


async def take_translate(request: Request, language: Language) -> Response:
    """POST: keeps the translation, and says whether somebody else's stands beside it."""
    group_id, text_id = await group_of(request, Right.TRANSLATE), request.path_params["text"]
    tags = frozenset(one.tag for one in runtime(request).languages)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        saved = await save_translation(work, caller, group_id, text_id=text_id, raw=form, languages=tags)
        return _address(request, language, text_of(form, "language"), said_of(saved))

    async def again(returned: Returned) -> Response:
        return await _show(request, language, text_of(returned.form, "language"), returned)

    return await command_page(request, do, again, limit_bytes=BODY_BYTES)


def said_of(saved: Saved) -> str:
    """What the page says first after a save."""
    if saved.outdated:
        return "translated_outdated"
    return "translated_beside" if saved.beside else "translated"


def _address(request: Request, language: Language, to: str, said: str) -> str:
    group, text_id = request.path_params["group"], request.path_params["text"]
    return group_path(language, group, f"texts/{text_id}/translate?to={to}&said={said}")


# --- the page -----------------------------------------------------------------------------------------------------------


async def _show(request: Request, language: Language, to: str, returned: Returned | None) -> Response:
    """The page; with what was sent and could not be taken."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        bench = await _load(conn, request, visit, to, returned)
    page = make_page(request, visit, bench, returned)
    return renderer(request).render("translate.html", page, language, returned.status if returned else 200)


async def _load(conn: AsyncConnection, request: Request, visit: Visit, to: str, returned: Returned | None) -> Bench:
    text_id, now = request.path_params["text"], visit.reader.now
    visit.caller.require(Right.TRANSLATE, visit.group.id)
    about = await load_spotlight_of(conn, Reading(visit.caller, visit.language.tag, now), text_id)
    words = await load_readable(conn, visit.caller, text_id, now)
    tags = target_languages(visit, words.source, runtime(request).languages)
    target = next((tag for tag in tags if tag.lower() == to.lower()), tags[0])
    bench = await load_workbench(conn, visit.caller, visit.group.id, text_id=text_id, language=target, now=now)
    if about is None:
        raise NotFound("text")
    return Bench(bench, about, tags, await _load_wording(conn, bench, returned), await _load_translators(conn, bench))


async def _load_wording(conn: AsyncConnection, bench: Workbench, returned: Returned | None) -> Source | None:
    """The wording whose sections the form has: today's, or the one that came back was made for; None when nobody knows that any more."""
    if returned is None:
        return bench.source
    try:
        return await find_wording(conn, bench.source, text_of(returned.form, "source_hash"))
    except Conflict:
        return None


async def _load_translators(conn: AsyncConnection, bench: Workbench) -> Mapping[str, Card]:
    return await load_cards(conn, [made.group_id for made in bench.bases if made.group_id is not None])


# --- signing and deleting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """What is done to one translation: who may, and what the page says then."""

    word: str
    right: Right
    said: str


SIGN = Command("sign", Right.TRANSLATE, "translation_signed")
DELETE = Command("delete", Right.PUBLISH, "translation_deleted")


def command_routes(command: Command) -> list[Route]:
    """The routes of one command: POST does it; GET, of a page that was sent and then reloaded, leads back to the workbench."""

    async def take(request: Request, language: Language) -> Response:
        group_id, rendering_id = await group_of(request, command.right), request.path_params["rendering"]

        async def once(work: Work, caller: Caller, _form: Form) -> str:
            made = await _do(command, work, caller, group_id, rendering_id)
            return _address(request, language, made.language, command.said)

        async def again(returned: Returned) -> Response:
            return await _show(request, language, text_of(returned.form, "to"), Returned({}, returned.fault))

        return await command_page(request, once, again)

    path = f"g/{{group}}/texts/{{text}}/translations/{{rendering}}/{command.word}"
    return [Route(f"/{{lang}}/{path}", in_language(take), methods=["POST"]), lead_back(path, "g/{group}/texts/{text}/translate")]


async def _do(command: Command, work: Work, caller: Caller, group_id: str, rendering_id: str) -> Rendering:
    if command is SIGN:
        return await sign_translation(work, caller, group_id, rendering_id)
    return await delete_translation(work, caller, group_id, rendering_id)


ROUTES = [
    Route("/{lang}/g/{group}/texts/{text}/translate", in_language(show_translate), methods=["GET"]),
    Route("/{lang}/g/{group}/texts/{text}/translate", in_language(take_translate), methods=["POST"]),
    *command_routes(SIGN),
    *command_routes(DELETE),
]
