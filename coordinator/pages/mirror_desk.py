"""The mirror at a group's desk: the segments of its meetings, and the form that sets another one up."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.meeting import LEAST_MINUTES, MOST_MINUTES, USUAL_MINUTES, Meeting, MeetingState, PartKind, offered_kinds
from coordinator.domain.spotlight import TITLE
from coordinator.edge import runtime
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_segment import MirrorDeskPage, SegmentRow, SpotlightChoice
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.remote import PAGE as REMOTE
from coordinator.pages.segment_door import QUERY
from coordinator.pages.segment_view import PART_WORDS, teller_name
from coordinator.pages.told import make_label, make_part
from coordinator.pages.ways import group_ways
from coordinator.services.hearing import find_voiced
from coordinator.services.meetings import find_choices, find_segments, set_up
from coordinator.services.mirror import SpotlightView, as_group
from coordinator.store.database import Work

PAGE = "mirror/new"
LISTS = frozenset({"parts"})
CHOSEN = "spotlight"  # the query's name for the spotlight that a page about it leads here with

STATES = {
    MeetingState.SET_UP: N_("waits to be started"),
    MeetingState.RUNNING: N_("is running"),
    MeetingState.ENDED: N_("has ended"),
}


@dataclass(frozen=True, slots=True)
class Choosing:
    """The spotlights that can be mirrored, and the ids of those that have a voice to be played."""

    spotlights: list[SpotlightView]
    voiced: frozenset[str]

    def voices(self, slug: str) -> bool:
        """Whether the spotlight of this address has one."""
        return any(view.id in self.voiced for view in self.spotlights if view.slug == slug)


async def show_mirror(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/mirror/new`."""
    return await _show(request, language, None)


async def take_set_up(request: Request, language: Language) -> Response:
    """POST: sets a segment up and leads to its remote."""
    group_id = await group_of(request, Right.RUN_SEGMENT)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        made = await set_up(work, caller, group_id, form)
        return group_path(language, group_id, f"{REMOTE}?{QUERY}={made.id}&said=segment_ready")

    return await command_page(request, do, lambda returned: _show(request, language, returned), lists=LISTS)


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        segments = await find_segments(conn, visit.group.id, language.tag, visit.reader.now)
        choices = await find_choices(conn, visit.group.id, language.tag, visit.reader.now) if visit.may(Right.RUN_SEGMENT) else []
        reading = as_group(visit.group.id, language.tag, visit.reader.now)
        voiced = await find_voiced(conn, reading, [view.id for view in choices])
    page = _make_page(request, visit, segments, Choosing(choices, voiced), returned)
    return renderer(request).render("mirror_desk.html", page, language, returned.status if returned else 200)


def _make_page(
    request: Request,
    visit: Visit,
    segments: list[tuple[Meeting, SpotlightView | None]],
    choosing: Choosing,
    returned: Returned | None,
) -> MirrorDeskPage:
    language, languages = visit.language, runtime(request).languages
    fields = typed(returned, language) if returned else FRESH
    said = () if returned is None else (fault_notice(returned, language),)
    choices = choosing.spotlights
    wanted = fields.value("spotlight", request.query_params.get(CHOSEN, choices[0].slug if choices else ""))
    return MirrorDeskPage(
        frame=visit_frame(request, visit, language.gettext("Mirror"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        wall_path=visit.path("mirror"),
        segments=tuple(_row(visit, meeting, spotlight, languages) for meeting, spotlight in segments),
        sets_up=visit.may(Right.RUN_SEGMENT),
        spotlights=tuple(_choice(view, language, languages, marked=view.slug == wanted) for view in choices),
        minutes=fields.value("minutes", USUAL_MINUTES),
        minute_choices=tuple((str(n), _minutes(n, visit)) for n in range(LEAST_MINUTES, MOST_MINUTES + 1)),
        kinds=tuple(_kind(kind, language, fields, choosing.voices(wanted)) for kind in offered_kinds(has_voice=bool(choosing.voiced))),
        typed=fields,
    )


def _minutes(count: int, visit: Visit) -> str:
    n = count_words(count, visit.language, visit.reader.numerals)
    return visit.language.ngettext("%(n)s minute", "%(n)s minutes", count, n=n)


def _kind(kind: PartKind, language: Language, fields: Typed, has_voice: bool) -> tuple[str, str, str, bool]:
    return (
        kind.value,
        language.gettext(PART_WORDS[kind]),
        fields.value(f"minutes.{kind}"),
        fields.chosen("parts", kind.value, default=has_voice or kind is not PartKind.VOICE),
    )


def _row(visit: Visit, meeting: Meeting, spotlight: SpotlightView | None, languages: Languages) -> SegmentRow:
    at = meeting.ended_at or meeting.started_at or meeting.created_at
    runs = visit.may(Right.RUN_SEGMENT) and meeting.state is not MeetingState.ENDED
    title = next((make_part(piece, languages) for piece in spotlight.shown.pieces if piece.key == TITLE), None) if spotlight else None
    return SegmentRow(
        title=title,
        state=visit.language.gettext(STATES[meeting.state]),
        when=visit.reader.say(at),
        path=visit.path(f"mirror/{meeting.id}"),
        remote_path=visit.path(f"{REMOTE}?{QUERY}={meeting.id}") if runs else "",
    )


def _choice(view: SpotlightView, language: Language, languages: Languages, *, marked: bool) -> SpotlightChoice:
    title = next((make_part(piece, languages) for piece in view.shown.pieces if piece.key == TITLE), None)
    return SpotlightChoice(view.slug, title, teller_name(view, language), make_label(view.source, view.shown, language), marked)


ROUTES = [
    Route("/{lang}/g/{group}/mirror/new", in_language(show_mirror), methods=["GET"]),
    Route("/{lang}/g/{group}/mirror/new", in_language(take_set_up), methods=["POST"]),
]
