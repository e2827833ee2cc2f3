"""A group's links: which there are, making one (its secret is shown on that answer and never again), and revoking."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right, Role
from coordinator.domain.link import Link, LinkRole, LinkState
from coordinator.domain.text import read_choice, text_of
from coordinator.edge import Answer, runtime
from coordinator.errors import Faults, Invalid
from coordinator.formats.times import date_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_group import Explained, LinkRow, LinksPage
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.made_link import show_made_link
from coordinator.pages.roles import role_words
from coordinator.pages.ways import group_ways
from coordinator.services.links import list_links, make_link, revoke_link
from coordinator.store.database import Work

PAGE = "links"

# what a custodian may make here; remotes and feeds come with what they open
OFFERED: Mapping[LinkRole, str] = MappingProxyType(
    {
        LinkRole.MEMBER: N_(
            "For people of your group: they read the desk, change the hours and draft texts. One link may serve all of them."
        ),
        LinkRole.WITNESS: N_("For a guest from another group: reads the desk, but not when you cannot, and decides nothing."),
        LinkRole.ROOM: N_("For the screen in the hall: shows the countdown and nothing else. It ends by itself after 24 hours."),
    }
)
STATES: Mapping[LinkState, str] = MappingProxyType(
    {
        LinkState.LIVE: N_("open"),
        LinkState.PENDING: N_("not opened yet"),
        LinkState.EXPIRED: N_("has ended"),
        LinkState.REVOKED: N_("revoked"),
    }
)
FEED = N_("Calendar feed")


async def show_links(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/links`."""
    return await _show(request, language, None)


async def take_link(request: Request, language: Language) -> Response:
    """POST: makes a link and shows it, once; the same form sent again hears that it was done."""
    group_id = await group_of(request, Right.MAKE_LINKS)
    current = runtime(request)

    async def do(work: Work, caller: Caller, form: Form) -> Answer:
        _refuse_others(form)
        tags = frozenset(one.tag for one in current.languages)
        made = await make_link(work, caller, form, group_id=group_id, languages=tags, secret_key=current.secret_key)
        visit = await admit(request, work.conn, language)
        frame = visit_frame(request, visit, language.gettext("Here is the link"), path=PAGE)
        what = link_words(made.role, language)
        return show_made_link(request, made, visit.reader, frame, what=what, back_path=visit.path(PAGE))

    return await command_page(request, do, lambda returned: _show(request, language, returned))


def _refuse_others(form: Form) -> None:
    """Links that are not offered on this page are no choice of it, whatever else the visitor may make."""
    faults = Faults()
    faults.read("role", read_choice, text_of(form, "role"), tuple(OFFERED))
    faults.check()


async def take_revoke(request: Request, language: Language) -> Response:
    """POST `/{lang}/g/{group}/links/{link}/revoke`."""
    group_id, link_id = await group_of(request, Right.MAKE_LINKS), request.path_params["link"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await revoke_link(work, caller, link_id)
        return group_path(language, group_id, f"{PAGE}?said=link_revoked")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        links = await list_links(conn, visit.caller, visit.group.id)
    page = _make_page(request, visit, links, returned)
    return renderer(request).render("links.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, links: list[Link], returned: Returned | None) -> LinksPage:
    language = visit.language
    fields = typed(returned, language) if returned is not None and isinstance(returned.fault, Invalid) else FRESH
    said = () if returned is None else (fault_notice(returned, language),)
    own = frozenset(grant.link_id for grant in visit.caller.grants)
    return LinksPage(
        frame=visit_frame(request, visit, language.gettext("Links"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        links=tuple(_row(visit, link, own=link.id in own) for link in links),
        roles=_roles(language, fields),
        label=fields.value("label"),
        typed=fields,
    )


def _roles(language: Language, fields: Typed) -> tuple[Explained, ...]:
    return tuple(
        Explained(
            role.value,
            link_words(role, language),
            language.gettext(means),
            fields.chosen("role", role.value, default=role is LinkRole.MEMBER),
        )
        for role, means in OFFERED.items()
    )


def _row(visit: Visit, link: Link, *, own: bool) -> LinkRow:
    reader, language = visit.reader, visit.language
    state = link.state(reader.now)
    open_still = state in (LinkState.LIVE, LinkState.PENDING)
    return LinkRow(
        role=link_words(link.role, language),
        holder=link.holder,
        label=link.label,
        state=language.gettext(STATES[state]),
        live=open_still,
        used=language.gettext("never") if link.last_used_on is None else date_words(link.last_used_on, language, reader.numerals),
        ends=language.gettext("when it is revoked") if link.expires_at is None else reader.say(link.expires_at),
        own=own,
        revoke_path=visit.path(f"{PAGE}/{link.id}/revoke") if open_still else "",
    )


def link_words(role: LinkRole, language: Language) -> str:
    """What a link is called."""
    return language.gettext(FEED) if role is LinkRole.FEED else role_words(Role(role.value), language)


ROUTES = [
    Route("/{lang}/g/{group}/links", in_language(show_links), methods=["GET"]),
    Route("/{lang}/g/{group}/links", in_language(take_link), methods=["POST"]),
    Route("/{lang}/g/{group}/links/{link}/revoke", in_language(take_revoke), methods=["POST"]),
    lead_back("g/{group}/links/{link}/revoke", f"g/{{group}}/{PAGE}"),
]
