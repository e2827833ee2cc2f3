"""The stewards' own links: which there are, one more (shown once), and the end of one. The last one stays."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.link import Link, LinkRole, LinkState
from coordinator.domain.zones import to_wall_time
from coordinator.edge import Answer, runtime
from coordinator.formats.times import date_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_steward import StewardLink, StewardLinks
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.made_link import show_made_link
from coordinator.pages.steward_door import StewardVisit, admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.services.links import list_links, make_link, revoke_link
from coordinator.store.database import Work

HERE = "links"
STATES = {
    LinkState.LIVE: N_("good"),
    LinkState.PENDING: N_("not opened yet"),
    LinkState.EXPIRED: N_("run out"),
    LinkState.REVOKED: N_("revoked"),
}


async def show_links(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/links`."""
    return await _show(request, language, None)


async def take_link(request: Request, language: Language) -> Response:
    """POST: makes one more steward's link and shows it once."""
    await require_steward(request)
    current = runtime(request)

    async def do(work: Work, caller: Caller, form: Form) -> Answer:
        raw = {"role": LinkRole.STEWARD.value, "label": form.get("label", "")}
        made = await make_link(work, caller, raw, group_id=None, languages=(), secret_key=current.secret_key)
        visit = await admit_steward(request, work.conn, language)
        what = language.gettext("A steward’s link")
        return show_made_link(
            request, made, visit.reader, steward_frame(request, visit, what, page=HERE), what=what, back_path=visit.path(HERE)
        )

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def take_revoke(request: Request, language: Language) -> Response:
    """POST `…/links/{link}/revoke`: ends a link for good."""
    await require_steward(request)
    link_id = request.path_params["link"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await revoke_link(work, caller, link_id)
        return f"{steward_path(language, HERE)}?said=link_revoked"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        links = await list_links(conn, visit.caller, None)
    only = sum(link.state(visit.reader.now) is LinkState.LIVE for link in links) == 1
    notices = () if returned is None else (fault_notice(returned, language),)
    page = StewardLinks(
        frame=steward_frame(request, visit, language.gettext("Stewards’ links"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        path=visit.path(HERE),
        typed=typed(returned, language),
        links=_rows(links, visit, only=only),
        only=only,
    )
    return renderer(request).render("steward_links.html", page, language, returned.status if returned else 200)


def _rows(links: Sequence[Link], visit: StewardVisit, *, only: bool) -> tuple[StewardLink, ...]:
    held = {grant.link_id for grant in visit.caller.grants}
    return tuple(_row(link, visit, own=link.id in held, only=only) for link in links)


def _row(link: Link, visit: StewardVisit, *, own: bool, only: bool) -> StewardLink:
    reader, language, state = visit.reader, visit.language, link.state(visit.reader.now)
    made_on = to_wall_time(link.created_at, reader.zone_id).date()
    used_on = link.last_used_on
    live = state is LinkState.LIVE
    return StewardLink(
        label=link.label or language.gettext("without a label"),
        made=date_words(made_on, language, reader.numerals),
        used=language.gettext("never") if used_on is None else date_words(used_on, language, reader.numerals),
        state=language.gettext(STATES[state]),
        live=live,
        own=own,
        revoke_path=visit.path(f"links/{link.id}/revoke") if live and not only else "",
    )


ROUTES = [
    Route("/{lang}/steward/links", in_language(show_links), methods=["GET"]),
    Route("/{lang}/steward/links", in_language(take_link), methods=["POST"]),
    Route("/{lang}/steward/links/{link}/revoke", in_language(take_revoke), methods=["POST"]),
]
