"""Coming in with a link or a code, seeing what one holds, going out again.

A link's secret stands in the fragment (`/enter#…`), which no server and no log ever sees. The script puts it into the form and takes it out
of the address; without script it is pasted. Nothing is entered before somebody presses: scanners of mail open links too.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Grant, Role
from coordinator.domain.group import Group
from coordinator.domain.text import text_of
from coordinator.edge import Answer, cookie_name, identify, is_https, read_form, run_command, runtime, session_secret
from coordinator.errors import Invalid, NotFound, TooMany, problem
from coordinator.formats.sentences import say_all, say_error
from coordinator.i18n import Choice, Language
from coordinator.pages.context_enter import Enter, Held, HeldLink
from coordinator.pages.frame import NOT_SPOKEN, SAID, in_language, make_frame, renderer
from coordinator.pages.render import PRIVATE_CACHE
from coordinator.pages.roles import role_words
from coordinator.services.callers import SESSION_FOR, enter, leave
from coordinator.services.groups import load_group, load_groups
from coordinator.services.limits import subject_of
from coordinator.services.network import Network, load_network
from coordinator.store.database import Work

FIELD = "secret"  # the name of the form's field
LINK_FIELD = "link"
ALL_LINKS = "all"


async def show_enter(request: Request) -> Response:
    """GET `/enter`: the same neutral page for everybody; it names no group."""
    return await _show(request, "", 200)


async def take_enter(request: Request) -> Response:
    """POST `/enter`: exchanges the secret or code for a session cookie, then leads to the group's desk, its room, or the steward's pages."""
    current = runtime(request)
    raw = await read_form(request)
    given = _without_address(text_of(raw, FIELD))
    client = request.client.host if request.client else ""
    subject = subject_of(client, current.secret_key, current.clock.now())
    try:
        if not given:
            raise Invalid(problem(FIELD, "missing"))
        async with current.limiter.guessing(given, subject):
            done = await run_command(request, {}, lambda work, _caller: _enter(request, work, given), key=None)
    except Invalid as fault:
        return await _show(request, say_all(fault, (await _reader(request))[0].language)[0], 422)
    except (NotFound, TooMany) as fault:
        language = (await _reader(request))[0].language
        return await _show(request, say_error(fault, language), 404 if isinstance(fault, NotFound) else 429)
    return Response(done.body, done.status, dict(done.headers))


def _without_address(text: str) -> str:
    """What was pasted: a secret, a code, or the whole link."""
    return text.strip().rpartition("#")[2].strip()


async def _enter(request: Request, work: Work, given: str) -> Answer:
    current = runtime(request)
    entered = await enter(work, given, session_secret(request), secret_key=current.secret_key)
    network = await load_network(work.conn)
    group = await load_group(work.conn, entered.grant.group_id) if entered.grant.group_id else None
    headers = {
        "Location": _landing(request, entered.grant, group, network),
        "Set-Cookie": make_cookie(request, entered.session_secret, int(SESSION_FOR.total_seconds())),
        "Cache-Control": PRIVATE_CACHE,
    }
    return Answer(303, headers, keep=False)


def _landing(request: Request, grant: Grant, group: Group | None, network: Network) -> str:
    languages = runtime(request).languages
    if group is None:
        choice = languages.negotiate(request.headers.get("accept-language", ""), None, network.default_language)
        return f"/{choice.language.tag}/steward/"
    if grant.meeting_id is not None and grant.role is Role.WITNESS:  # a guest's wall speaks the guest's language
        guest = languages.negotiate(request.headers.get("accept-language", ""), group.language, network.default_language)
        return _path_of(grant, guest.language)
    choice = languages.shown_in(group.language, network.default_language)
    mark = "?" if grant.meeting_id is None else "&"
    said = f"{mark}{SAID}={NOT_SPOKEN}{choice.wished.tag}" if choice.wished is not None else ""
    return f"{_path_of(grant, choice.language)}{said}"


def _path_of(grant: Grant, language: Language) -> str:
    """Where a link leads."""
    if grant.role is Role.STEWARD:
        return f"/{language.tag}/steward/"
    if grant.meeting_id is not None:
        page = "mirror/remote" if grant.role is Role.REMOTE else "mirror"
        return f"/{language.tag}/g/{grant.group_id}/{page}?meeting={grant.meeting_id}"
    return f"/{language.tag}/g/{grant.group_id}/{'room' if grant.role is Role.ROOM else ''}"


def make_cookie(request: Request, secret: str, age_s: int) -> str:
    """The session cookie: for this host alone, unreadable by script; `__Host-` and Secure on https."""
    secure = "; Secure" if is_https(request) else ""
    return f"{cookie_name(request)}={secret}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"


async def _show(request: Request, fault: str, status: int) -> Response:
    choice, network = await _reader(request)
    language = choice.language
    frame = make_frame(request, network, language, language.gettext("Come in"), here="group", path="/g/")
    return renderer(request).render("enter.html", Enter(frame, "/enter", fault), language, status)


async def _reader(request: Request) -> tuple[Choice, Network]:
    """The language that fits the visitor: `/enter` is one address for all."""
    current = runtime(request)
    async with current.database.read() as conn:
        network = await load_network(conn)
    return current.languages.negotiate(request.headers.get("accept-language", ""), None, network.default_language), network


# --- what one holds ------------------------------------------------------------------------------------------------------


async def show_held(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/`: the groups of this session; straight to the desk when there is one; the way in when there is none."""
    caller = await identify(request)
    if not caller.grants:
        return RedirectResponse("/enter", 303, {"Cache-Control": PRIVATE_CACHE})
    if len(caller.grants) == 1:
        return RedirectResponse(_path_of(caller.grants[0], language), 303, {"Cache-Control": PRIVATE_CACHE})
    async with runtime(request).database.read() as conn:
        network = await load_network(conn)
        names = {group.id: group.name for group in await load_groups(conn)}
    frame = make_frame(request, network, language, language.gettext("Your links"), here="group")
    links = tuple(_held_link(grant, names, language) for grant in caller.grants)
    return renderer(request).render("held.html", Held(frame, links, "/leave"), language)


def _held_link(grant: Grant, names: dict[str, str], language: Language) -> HeldLink:
    name = names.get(grant.group_id or "", language.gettext("The whole network"))
    return HeldLink(name, role_words(grant.role, language), _path_of(grant, language), grant.link_id)


async def take_leave(request: Request) -> Response:
    """POST `/leave`: lets go of one link, or of all; then the cookie goes too."""
    raw = await read_form(request)
    link_id = text_of(raw, LINK_FIELD) or ALL_LINKS

    async def do(work: Work, caller: Caller) -> Answer:
        await leave(work, caller, None if link_id == ALL_LINKS else link_id)
        return Answer(303, {"Location": "/enter" if link_id == ALL_LINKS else "/", "Cache-Control": PRIVATE_CACHE})

    done = await run_command(request, raw, do, key=None)
    headers: dict[str, Any] = dict(done.headers)
    if link_id == ALL_LINKS:
        headers |= {"Set-Cookie": make_cookie(request, "", 0), "Clear-Site-Data": '"cache", "storage"'}
    return Response(done.body, done.status, headers)


ROUTES = [
    Route("/enter", show_enter, methods=["GET"], name="enter"),
    Route("/enter", take_enter, methods=["POST"]),
    Route("/leave", take_leave, methods=["POST"], name="leave"),
    Route("/{lang}/g/", in_language(show_held), name="held"),
]
