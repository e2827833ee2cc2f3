"""The written page of a meeting: what was mirrored and in which words, what the room said, who researches next time. It can be printed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.meeting import MeetingState
from coordinator.edge import runtime
from coordinator.i18n import N_, Language
from coordinator.pages.context_segment import WrittenPage
from coordinator.pages.door import visit_frame
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.remote import PAGE as REMOTE
from coordinator.pages.segment_door import SegmentVisit, admit_segment, plainly_over
from coordinator.pages.segment_view import part_steps, teller_name
from coordinator.pages.told import view_text
from coordinator.services.segments import Segment, load_record

STATES = {
    MeetingState.SET_UP: N_("This segment has not begun yet."),
    MeetingState.RUNNING: N_("This segment is running. What is written here grows with it."),
    MeetingState.ENDED: "",
}


async def show_written(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/mirror/{meeting}`."""
    async with runtime(request).database.read() as conn:
        at = await admit_segment(request, conn, language)
        assert at.meeting is not None  # named by the path
        segment = await load_record(conn, at.meeting, language.tag, at.visit.reader.now)
    return renderer(request).render("written.html", _make_page(request, at, segment), language)


def _make_page(request: Request, at: SegmentVisit, segment: Segment) -> WrittenPage:
    language, languages, reader = at.visit.language, runtime(request).languages, at.visit.reader
    meeting, spotlight, echo = segment.meeting, segment.spotlight, segment.echo
    gone = "" if spotlight else language.gettext("Its group does not show this spotlight any more, so nothing of it stands here.")
    own = None if segment.action is None else segment.action.of_group(meeting.group_id)
    state = STATES[meeting.state]
    return WrittenPage(
        frame=visit_frame(request, at.visit, language.gettext("What was mirrored"), path=f"mirror/{meeting.id}"),
        group=at.visit.group.name,
        city=reader.city,
        began=reader.clock(meeting.started_at) if meeting.started_at else None,
        ended=reader.clock(meeting.ended_at) if meeting.ended_at else None,
        state=language.gettext(state) if state else "",
        gone=gone,
        spotlight=view_text(spotlight.source, spotlight.shown, language, languages) if spotlight else None,
        teller=teller_name(spotlight, language) if spotlight else "",
        echo=view_text(echo.source, echo.shown, language, languages) if echo else None,
        action=segment.action.title if segment.action else "",
        action_when="" if own is None or own.starts_at is None else reader.say(own.starts_at),
        researcher=meeting.next_researcher,
        parts=part_steps(meeting, reader),
        remote_path=at.query_path(REMOTE) if at.may(Right.RUN_SEGMENT) and meeting.state is not MeetingState.ENDED else "",
        wall_path=at.query_path("mirror"),
    )


ROUTES = [Route("/{lang}/g/{group}/mirror/{meeting}", in_language(plainly_over(show_written)))]
