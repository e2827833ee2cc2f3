"""The remote of a mirror segment: the buttons that step it, and the fields into which the room's echo is typed. Every button is a plain form.

A phone opens it by a link or short code that carries this one segment for a day; a custodian and members find the same page at their desk.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.link import LinkRole
from coordinator.domain.meeting import Meeting, MeetingCommand, MeetingState
from coordinator.domain.spotlight import ANSWER, ECHO_CHARS, FACE, REPLY, REPLY_CHARS, SHARE
from coordinator.edge import Answer, runtime
from coordinator.errors import Conflict
from coordinator.i18n import N_, Language
from coordinator.pages.context_segment import RemotePage, Tap
from coordinator.pages.door import visit_frame
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.made_link import show_made_link
from coordinator.pages.room_view import embedded_json
from coordinator.pages.segment_door import QUERY, SegmentVisit, admit_segment, plainly_over, segment_of
from coordinator.pages.segment_view import view_wall, wall_data
from coordinator.services.actions import ActionView
from coordinator.services.meetings import load_next_actions, make_segment_link, name_researcher, save_echo, step_meeting
from coordinator.services.segments import Segment, load_segment
from coordinator.store.database import Work

PAGE = "mirror/remote"
REMOTE_PATH = f"g/{{group}}/{PAGE}?{QUERY}={{meeting}}"
STEP, ECHO, RESEARCHER, LINKS = "step", "echo", "researcher", "links"  # the addresses of its forms, after the segment's

C = MeetingCommand
ROWS: tuple[tuple[tuple[MeetingCommand, str], ...], ...] = (
    ((C.START, N_("Start the segment")),),
    ((C.BACK, N_("Back")), (C.NEXT, N_("Next"))),
    ((C.PAUSE, N_("Pause")), (C.RESUME, N_("Go on")), (C.ADD_MINUTE, N_("One more minute"))),
    ((C.PAGE_BACK, N_("Page back")), (C.PAGE_ON, N_("Page on"))),
    ((C.SHOW_ORIGINAL, N_("Show the original")), (C.SHOW_TRANSLATION, N_("Show the translation"))),
    ((C.DRAFTS_ON, N_("Show drafts too")), (C.DRAFTS_OFF, N_("Only what was read"))),
)
END = N_("End the segment")
ECHO_FIELDS = (
    (FACE, N_("They face"), ECHO_CHARS),
    (SHARE, N_("We share"), ECHO_CHARS),
    (ANSWER, N_("Our next action answers"), ECHO_CHARS),
    (REPLY, N_("What we say back"), REPLY_CHARS),
)
LINK_WORDS = {
    LinkRole.REMOTE: N_("Remote of this segment"),
    LinkRole.WITNESS: N_("Invitation into this segment"),
}

Do = Callable[[Work, Caller, Meeting, Form, Collection[str]], Awaitable[str]]  # the last: the tags of all languages; returns where to go


async def show_remote(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/mirror/remote`."""
    return await _show(request, language)


# --- commands ---------------------------------------------------------------------------------------------------------------


def form_routes(word: str, do: Do) -> list[Route]:
    """The routes of one form: POST does it; GET, of a page that was sent and then reloaded, leads back to the remote."""

    async def take(request: Request, language: Language) -> Response:
        meeting = await segment_of(request, Right.RUN_SEGMENT)
        tags = frozenset(one.tag for one in runtime(request).languages)

        async def once(work: Work, caller: Caller, form: Form) -> str:
            return group_path(language, meeting.group_id, await do(work, caller, meeting, form, tags))

        return await command_page(request, once, lambda returned: _show(request, language, Sent(word, returned)))

    path = f"g/{{group}}/mirror/{{meeting}}/{word}"
    return [Route(f"/{{lang}}/{path}", in_language(plainly_over(take)), methods=["POST"]), lead_back(path, REMOTE_PATH)]


def _back_to(meeting: Meeting, said: str = "") -> str:
    return f"{PAGE}?{QUERY}={meeting.id}{f'&said={said}' if said else ''}"


async def do_step(work: Work, caller: Caller, meeting: Meeting, form: Form, _tags: Collection[str]) -> str:
    """A tap; the end leads to the written page."""
    done = await step_meeting(work, caller, meeting.id, form)
    if done.late:
        return _back_to(meeting, "tap_late")
    return f"mirror/{meeting.id}?said=segment_ended" if done.meeting.state is MeetingState.ENDED else _back_to(meeting)


async def do_researcher(work: Work, caller: Caller, meeting: Meeting, form: Form, _tags: Collection[str]) -> str:
    """Who researches next time."""
    await name_researcher(work, caller, meeting.id, form)
    return _back_to(meeting, "researcher_kept")


async def do_echo(work: Work, caller: Caller, meeting: Meeting, form: Form, tags: Collection[str]) -> str:
    """What the room says."""
    await save_echo(work, caller, meeting.id, form, tags)
    return _back_to(meeting, "echo_kept")


async def take_link(request: Request, language: Language) -> Response:
    """POST `…/links`: a remote, or an invitation, shown once with its picture and code."""
    meeting = await segment_of(request, Right.READ_SEGMENT)
    secret_key = runtime(request).secret_key

    async def do(work: Work, caller: Caller, form: Form) -> Answer:
        role = LinkRole.WITNESS if form.get("role") == LinkRole.WITNESS else LinkRole.REMOTE
        made = await make_segment_link(work, caller, meeting.id, role, secret_key=secret_key)
        at = await admit_segment(request, work.conn, language)
        frame = visit_frame(request, at.visit, language.gettext("Here is the link"), path=_back_to(meeting))
        what = language.gettext(LINK_WORDS[role])
        return show_made_link(request, made, at.visit.reader, frame, what=what, back_path=at.query_path(PAGE))

    return await command_page(request, do, lambda returned: _show(request, language, Sent(LINKS, returned)))


# --- the page -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """The form that came back, by its word, and why."""

    form: str
    returned: Returned


async def _show(request: Request, language: Language, sent: Sent | None = None) -> Response:
    """The page, with what was typed into the form that came back."""
    async with runtime(request).database.read() as conn:
        at = await admit_segment(request, conn, language, Right.RUN_SEGMENT)
        if at.meeting is None:
            return RedirectResponse(at.visit.path("mirror/new"), 303)
        segment = await load_segment(conn, at.meeting, language.tag, at.visit.reader.now)
        actions = await load_next_actions(conn, at.meeting.group_id, at.visit.reader.now)
    page = _make_page(request, at, segment, actions, sent)
    return renderer(request).render("remote.html", page, language, sent.returned.status if sent else 200)


def _make_page(request: Request, at: SegmentVisit, segment: Segment, actions: list[ActionView], sent: Sent | None) -> RemotePage:
    language, languages = at.visit.language, runtime(request).languages
    wall = view_wall(segment, at, languages)
    said = (fault_notice(sent.returned, language),) if sent else ()
    fields = typed(sent.returned, language) if sent else FRESH
    of_echo = fields if sent and sent.form == ECHO else FRESH
    of_research = fields if sent and sent.form == RESEARCHER else FRESH
    data = wall_data(wall, segment, at) | {"catalog": _catalog(request, language)}
    return RemotePage(
        frame=visit_frame(request, at.visit, language.gettext("Remote"), path=_back_to(segment.meeting), notices=said),
        wall=wall,
        step_path=at.path(STEP),
        taps=tuple(tuple(_tap(command, words, wall.can, language) for command, words in row) for row in ROWS),
        end=_tap(C.END, END, wall.can, language),
        wall_path=at.query_path("mirror"),
        written_path=at.path(""),
        echo_path=at.path(ECHO),
        echo=tuple((key, language.gettext(label), _echo_value(segment, of_echo, key), most) for key, label, most in ECHO_FIELDS),
        echo_revision=_echo_revision(segment, sent, of_echo),
        echo_language=of_echo.value("language", segment.echo.source.language if segment.echo else at.visit.group.language),
        languages=tuple((one.tag, one.name) for one in languages),
        action=of_echo.value("action", segment.action.slug if segment.action else ""),
        actions=tuple((view.slug, view.title) for view in actions),
        researcher_path=at.path(RESEARCHER),
        researcher=of_research.value("researcher", segment.meeting.next_researcher),
        links_path=at.path(LINKS) if at.visit.may(Right.MAKE_LINKS) else "",
        back_path=at.visit.path("mirror/new") if at.visit.may(Right.READ_DESK) else "",
        typed=fields,
        data=embedded_json(data),
    )


def _tap(command: MeetingCommand, words: str, can: tuple[str, ...], language: Language) -> Tap:
    return Tap(command.value, language.gettext(words), command.value in can)


def _echo_value(segment: Segment, fields: Typed, key: str) -> str:
    """What was typed, else what the room has said: the original, which is what an edit changes."""
    return fields.value(key, segment.echo.source.words(key) if segment.echo else "")


def _echo_revision(segment: Segment, sent: Sent | None, fields: Typed) -> str:
    """What the form was made from. After a conflict it is what is kept now: sending again is then done knowingly."""
    stored = str(segment.echo.revision if segment.echo else 0)
    return stored if sent is None or isinstance(sent.returned.fault, Conflict) else fields.value("echo_revision", stored)


def _catalog(request: Request, language: Language) -> object:
    return json.loads(runtime(request).languages.js_catalog(language.tag))


ROUTES = [
    Route("/{lang}/g/{group}/mirror/remote", in_language(plainly_over(show_remote)), methods=["GET"]),
    *form_routes(STEP, do_step),
    *form_routes(ECHO, do_echo),
    *form_routes(RESEARCHER, do_researcher),
    Route("/{lang}/g/{group}/mirror/{meeting}/links", in_language(plainly_over(take_link)), methods=["POST"]),
    lead_back("g/{group}/mirror/{meeting}/links", REMOTE_PATH),
]
