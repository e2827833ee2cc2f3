"""The steward's first page: is all well, who is here, who lacks a custodian, what stands this quarter and the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator import __version__
from coordinator.domain.group import Group
from coordinator.domain.listing import Listing
from coordinator.domain.quarters import Quarter, quarter_of
from coordinator.domain.rota import Seat
from coordinator.edge import look, runtime
from coordinator.formats.times import count_words, quarter_title
from coordinator.i18n import N_, Language
from coordinator.pages.context_moments import ActRow, QuarterView
from coordinator.pages.context_steward import CheckRow, Figure, Lacking, Overview
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.health_words import check_words, health_words, rules_words
from coordinator.pages.reader import Reader, action_path
from coordinator.pages.standing import standing_words
from coordinator.pages.steward_door import StewardVisit, admit_steward, steward_frame, steward_ways
from coordinator.pages.views import act_row
from coordinator.pages.words import state_words
from coordinator.services.actions import ActionView, load_quarter
from coordinator.services.groups import load_groups
from coordinator.services.health import Health, Level
from coordinator.services.rota import load_custodians
from coordinator.services.voice_reports import count_reports

LISTED = {
    Listing.PUBLIC: N_("Everybody sees them"),
    Listing.PARTNERS: N_("Partner groups see them"),
    Listing.HIDDEN: N_("They hide themselves"),
}


async def show_overview(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/`."""
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        health = await look(request, conn)
        groups = await load_groups(conn)
        custodians = await load_custodians(conn, visit.caller, visit.reader.now)
        first = quarter_of(visit.reader.now, visit.network.zone_id)
        waiting = await count_reports(conn, visit.caller, visit.reader.now)
        quarters = [(q, await load_quarter(conn, visit.caller, str(q), visit.reader.now)) for q in (first, first.next())]
    reader = visit.reader
    page = Overview(
        frame=steward_frame(request, visit, language.gettext("The steward’s pages"), page=""),
        ways=steward_ways(language, ""),
        words=health_words(health, language),
        reports=_report_words(waiting, reader),
        reports_path=visit.path("reports"),
        checks=_checks(health, language),
        rules=rules_words(health, language),
        groups=_count_groups(groups, reader),
        without=_find_lacking(groups, custodians, visit),
        quarters=tuple(_quarter(quarter, views, reader) for quarter, views in quarters),
        machine=_machine(health, reader),
    )
    return renderer(request).render("steward.html", page, language)


def _report_words(waiting: int, reader: Reader) -> str:
    language = reader.language
    n = count_words(waiting, language, reader.numerals)
    return (
        language.ngettext("%(n)s report on a voice note waits for you.", "%(n)s reports on voice notes wait for you.", waiting, n=n)
        if waiting
        else ""
    )


async def lead_to_overview(_request: Request, language: Language) -> Response:
    """GET `/{lang}/steward`: the address as people type it."""
    return RedirectResponse(f"/{language.tag}/steward/", 307)


def _checks(health: Health, language: Language) -> tuple[CheckRow, ...]:
    return tuple(CheckRow(*check_words(check, level, language), level is Level.OK) for check, level in health.levels.items())


def _count_groups(groups: Sequence[Group], reader: Reader) -> tuple[Figure, ...]:
    language = reader.language
    counts = {listing: sum(group.listing is listing for group in groups) for listing in Listing}
    by_listing = (Figure(language.gettext(LISTED[one]), count_words(n, language, reader.numerals)) for one, n in counts.items())
    return (Figure(language.gettext("In all"), count_words(len(groups), language, reader.numerals)), *by_listing)


def _find_lacking(groups: Sequence[Group], custodians: Mapping[str, Seat], visit: StewardVisit) -> tuple[Lacking, ...]:
    """Groups whose custodian's seat is empty or has run out."""
    lacking = [group for group in groups if not is_held(custodians.get(group.id), visit)]
    return tuple(Lacking(group.name, visit.path(f"groups/{group.id}")) for group in lacking)


def is_held(seat: Seat | None, visit: StewardVisit) -> bool:
    """Whether a custodian holds the seat now, with all rights."""
    return seat is not None and seat.holder is not None and seat.holder.is_live(visit.reader.now)


def _quarter(quarter: Quarter, views: Sequence[ActionView], reader: Reader) -> QuarterView:
    title = quarter_title(quarter, reader.language, reader.numerals)
    return QuarterView(str(quarter), title, tuple(_act(view, reader) for view in views))


def _act(view: ActionView, reader: Reader) -> ActRow:
    """Leads to the action on its proposer's pages, which the steward may read; hidden groups' actions have no public page."""
    language, proposer_id = reader.language, view.proposer_id
    path = action_path(language, view.slug) if proposer_id is None else group_path(language, proposer_id, f"actions/{view.slug}")
    return act_row(view, path, reader, state=state_words(view, language), more=standing_words(view, reader))


def _machine(health: Health, reader: Reader) -> tuple[Figure, ...]:
    language = reader.language
    return (
        Figure(language.gettext("Zone rules (pytz)"), health.rules_version),
        Figure(language.gettext("Zone rules (tzdata)"), health.tzdata_version or language.gettext("not installed")),
        Figure("Chorus", __version__),
    )


ROUTES = [
    Route("/{lang}/steward/", in_language(show_overview), name="steward"),
    Route("/{lang}/steward", in_language(lead_to_overview)),
]
