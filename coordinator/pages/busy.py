"""A group's calendar as a source of busy times: given as a link or a file, how it stands with it, and taken back. For its own people alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.calendars.links import URL_EXAMPLE
from coordinator.domain.access import Caller, Right
from coordinator.domain.busy import MAX_BYTES, Busy, Span, explain
from coordinator.edge import identify, runtime
from coordinator.errors import Invalid, problem
from coordinator.formats.isolation import Setting, set_ltr
from coordinator.formats.sentences import say
from coordinator.formats.times import count_words, say_range, time_left_words
from coordinator.i18n import Language
from coordinator.pages.context import Notice
from coordinator.pages.context_group import BusyPage, BusyRead
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.reader import Reader
from coordinator.pages.ways import group_ways
from coordinator.services.busy import BusyState, give_link, keep_file, load_state, read_again, read_file, remove_calendar
from coordinator.store.busy import Source
from coordinator.store.database import Work

PAGE = "busy"
URL, FILE = "calendar_url", "calendar_file"
AROUND_BYTES = 16 * 1024  # what a form adds around its file

Command = Callable[[Work, Caller, str], Awaitable[None]]


async def show_busy(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/busy`."""
    return await _show(request, language, None)


async def take_link(request: Request, language: Language) -> Response:
    """POST: keeps the link. It goes back into no page, not even when it could not be taken."""
    group_id = await group_of(request, Right.KEEP_NO_GO)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await give_link(work, caller, group_id, form, runtime(request).secret_key)
        return group_path(language, group_id, f"{PAGE}?said=busy_link_kept")

    return await command_page(request, do, lambda returned: _show(request, language, replace(returned, form={})))


async def take_file(request: Request, language: Language) -> Response:
    """POST `…/busy/file`: reads the file, which takes a moment, and keeps what came of it."""
    group_id = await group_of(request, Right.KEEP_NO_GO)
    read: list[tuple[Busy, Span]] = []

    async def prepare(form: Form) -> None:
        read.append(await _read_file(request, group_id, form))

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await keep_file(work, caller, group_id, *read[0])
        return group_path(language, group_id, f"{PAGE}?said=busy_file_kept")

    return await command_page(
        request,
        do,
        lambda returned: _show(request, language, replace(returned, form={})),
        limit_bytes=MAX_BYTES + AROUND_BYTES,
        prepare=prepare,
    )


async def take_wish(request: Request, language: Language) -> Response:
    """POST `…/busy/read`: has the link read now."""
    return await _take(request, language, read_again, "busy_asked")


async def take_removal(request: Request, language: Language) -> Response:
    """POST `…/busy/remove`: forgets the calendar and what was read of it."""
    return await _take(request, language, remove_calendar, "busy_removed")


async def _take(request: Request, language: Language, command: Command, said: str) -> Response:
    """What takes nothing but a press."""
    group_id = await group_of(request, Right.KEEP_NO_GO)

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await command(work, caller, group_id)
        return group_path(language, group_id, f"{PAGE}?said={said}")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _read_file(request: Request, group_id: str, form: Form) -> tuple[Busy, Span]:
    """What the uploaded file says, read in a process of its own while the database is left alone. Raises Invalid."""
    data = form.get(FILE)
    if not isinstance(data, bytes) or not data:
        raise Invalid(problem(FILE, "missing"))
    current, caller = runtime(request), await identify(request)
    return await read_file(current.database, caller, group_id, data, now=current.clock.now(), turn=current.calendar_turns)


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    current = runtime(request)
    async with current.database.read() as conn:
        visit = await admit(request, conn, language)
        state = await load_state(conn, visit.caller, visit.group.id, current.secret_key, visit.reader.now)
    page = BusyPage(
        frame=visit_frame(
            request,
            visit,
            language.gettext("Busy times"),
            path=PAGE,
            notices=() if returned is None else (_fault_notice(returned, language),),
        ),
        group=visit.group.name,
        ways=group_ways(visit, "no-go"),
        path=visit.path(PAGE),
        no_go_path=visit.path("no-go"),
        city=visit.reader.city,
        read=None if state is None else _tell(state, visit),
        example=URL_EXAMPLE,
        megabytes=count_words(MAX_BYTES // 2**20, language, visit.reader.numerals),
        typed=typed(returned, language),
    )
    return renderer(request).render("busy.html", page, language, returned.status if returned else 200)


def _fault_notice(returned: Returned, language: Language) -> Notice:
    """As of any form, but that nothing of it is shown again: neither a secret nor a file can be."""
    notice = fault_notice(returned, language)
    return replace(notice, second=language.gettext("What was known before stands.")) if notice.problems else notice


def _tell(state: BusyState, visit: Visit) -> BusyRead:
    reader, language = visit.reader, visit.language
    failed = "" if state.fault is None else say(explain(state.fault), language, setting=Setting.HTML)
    return BusyRead(
        source=_source(state, reader),
        read=_since(state, reader),
        failed=failed,
        tried="" if not failed or state.checked_at is None else reader.say(state.checked_at),
        holds="" if state.read_at is None else reader.say(state.expires_at),
        left_out=_left_out(state.left_out, reader),
        spans=tuple(
            say_range(start_at, end_at, reader.zone_id, language, reader.city, numerals=reader.numerals, setting=Setting.HTML)
            for start_at, end_at in state.spans
        ),
        again_path=visit.path(f"{PAGE}/read") if state.kind is Source.LINK else "",
        remove_path=visit.path(f"{PAGE}/remove"),
    )


def _source(state: BusyState, reader: Reader) -> str:
    gettext = reader.language.gettext
    if state.kind is Source.FILE:
        return gettext("From a file that was uploaded. It is not kept, and not read again.")
    if not state.host:
        return gettext("From a link.")
    return reader.fill(gettext("From a link at %(host)s. It is read again several times a day."), host=set_ltr(state.host, Setting.HTML))


def _since(state: BusyState, reader: Reader) -> str:
    """When it was last read, and how long ago that is."""
    gettext = reader.language.gettext
    if state.read_at is None:
        return gettext("It has not been read yet.") if state.fault else gettext("It has not been read yet; look again in a minute.")
    ago = time_left_words(state.read_at, reader.now, reader.language, reader.numerals)
    return reader.fill(gettext("Last read: %(moment)s. %(ago)s"), moment=reader.say(state.read_at), ago=ago)


def _left_out(count: int, reader: Reader) -> str:
    if not count:
        return ""
    return reader.language.ngettext(
        "One entry is left out, since its time, its zone or how it repeats makes no sense.",
        "%(n)s entries are left out, since their times, their zones or how they repeat make no sense.",
        count,
        n=count_words(count, reader.language, reader.numerals),
    )


ROUTES = [
    Route("/{lang}/g/{group}/busy", in_language(show_busy), methods=["GET"]),
    Route("/{lang}/g/{group}/busy", in_language(take_link), methods=["POST"]),
    Route("/{lang}/g/{group}/busy/file", in_language(take_file), methods=["POST"]),
    lead_back("g/{group}/busy/file", f"g/{{group}}/{PAGE}"),
    Route("/{lang}/g/{group}/busy/read", in_language(take_wish), methods=["POST"]),
    lead_back("g/{group}/busy/read", f"g/{{group}}/{PAGE}"),
    Route("/{lang}/g/{group}/busy/remove", in_language(take_removal), methods=["POST"]),
    lead_back("g/{group}/busy/remove", f"g/{{group}}/{PAGE}"),
]
