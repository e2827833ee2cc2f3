"""A group's private no-go times: which there are, one more, one less. Nobody but its custodian and members gets this page."""

from __future__ import annotations

from datetime import datetime, time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.no_go import NoGo, to_span
from coordinator.domain.text import latin_digits, text_of
from coordinator.domain.zones import to_wall_time
from coordinator.edge import runtime
from coordinator.formats.isolation import Setting
from coordinator.formats.times import DAY, date_words, say_range
from coordinator.i18n import Language
from coordinator.pages.context_group import NoGoPage, NoGoRow
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.reader import Reader
from coordinator.pages.wall_time import EXAMPLE_AHEAD, WRITTEN
from coordinator.pages.ways import group_ways
from coordinator.services.no_go import add_no_go, list_no_go, remove_no_go
from coordinator.store.database import Work
from coordinator.store.no_go import KeptNoGo

PAGE = "no-go"
BOUNDS = ("from", "to")
EVENING = time(18, 30)


async def show_no_go(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/no-go`."""
    return await _show(request, language, None)


async def take_no_go(request: Request, language: Language) -> Response:
    """POST: keeps one more."""
    group_id = await group_of(request, Right.KEEP_NO_GO)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await add_no_go(work, caller, group_id, _with_latin_bounds(form))
        return group_path(language, group_id, f"{PAGE}?said=no_go_kept")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def take_removal(request: Request, language: Language) -> Response:
    """POST `…/no-go/{no_go}/remove`: forgets one."""
    group_id, no_go_id = await group_of(request, Right.KEEP_NO_GO), request.path_params["no_go"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await remove_no_go(work, caller, group_id, no_go_id)
        return group_path(language, group_id, f"{PAGE}?said=no_go_removed")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


def _with_latin_bounds(form: Form) -> Form:
    """The form as the service reads it: hours and dates may be typed in any digits."""
    return {**form, **{name: latin_digits(text_of(form, name)) for name in BOUNDS}}


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        kept = await list_no_go(conn, visit.caller, visit.group.id, visit.reader.now)
    page = _make_page(request, visit, kept, returned)
    return renderer(request).render("no_go.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, kept: list[KeptNoGo], returned: Returned | None) -> NoGoPage:
    language, reader = visit.language, visit.reader
    ahead_on = to_wall_time(reader.now + EXAMPLE_AHEAD, reader.zone_id).date()
    return NoGoPage(
        frame=visit_frame(
            request,
            visit,
            language.gettext("No-go times"),
            path=PAGE,
            notices=() if returned is None else (fault_notice(returned, language),),
        ),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        city=reader.city,
        rows=tuple(NoGoRow(_words(one.no_go, reader), one.no_go.why, visit.path(f"{PAGE}/{one.id}/remove")) for one in kept),
        day=ahead_on.isoformat(),
        busy_path=visit.path("busy"),
        wall_time=datetime.combine(ahead_on, EVENING).strftime(WRITTEN),
        typed=typed(returned, language),
    )


def _words(no_go: NoGo, reader: Reader) -> str:
    """Whole days by their dates, anything else in full, as markup."""
    language, numerals = reader.language, reader.numerals
    if no_go.from_wall_time.time() != time.min or no_go.to_wall_time.time() != time.min:
        span = to_span(no_go, reader.zone_id)
        return say_range(*span, reader.zone_id, language, reader.city, numerals=numerals, setting=Setting.HTML)
    first, last = (date_words(on, language, numerals) for on in (no_go.from_wall_time.date(), (no_go.to_wall_time - DAY).date()))
    return first if first == last else reader.fill(language.gettext("%(start)s to %(end)s"), start=first, end=last)


ROUTES = [
    Route("/{lang}/g/{group}/no-go", in_language(show_no_go), methods=["GET"]),
    Route("/{lang}/g/{group}/no-go", in_language(take_no_go), methods=["POST"]),
    Route("/{lang}/g/{group}/no-go/{no_go}/remove", in_language(take_removal), methods=["POST"]),
    lead_back("g/{group}/no-go/{no_go}/remove", f"g/{{group}}/{PAGE}"),
]
