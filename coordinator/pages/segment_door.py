"""Who may come to a mirror segment, and which one is meant? A guest of one segment finds that one and nothing else of the group."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from coordinator.domain.access import Caller, Right
from coordinator.domain.meeting import Meeting
from coordinator.edge import identify, runtime
from coordinator.errors import NotFound, NotSignedIn
from coordinator.i18n import Language
from coordinator.pages.context_moments import ProblemPage
from coordinator.pages.door import Visit
from coordinator.pages.frame import LanguageEndpoint, make_frame, renderer
from coordinator.pages.reader import group_reader
from coordinator.services.groups import load_group
from coordinator.services.network import load_network
from coordinator.services.segments import find_current, load_meeting

QUERY = "meeting"


@dataclass(frozen=True, slots=True)
class SegmentVisit:
    """Somebody at a segment's page. `meeting` is None on a wall that waits for one."""

    visit: Visit
    meeting: Meeting | None

    def path(self, rest: str) -> str:
        """The address of a page of this segment: `path("step")` → /en/g/7f3k/mirror/7f3k-x2c9m4p/step."""
        assert self.meeting is not None
        return self.visit.path(f"mirror/{self.meeting.id}{'/' if rest else ''}{rest}")

    def query_path(self, page: str) -> str:
        """The address of the wall or the remote of this very segment."""
        return self.visit.path(page) + (f"?{QUERY}={self.meeting.id}" if self.meeting else "")

    def may(self, right: Right) -> bool:
        """Whether the visitor may do this in this segment."""
        meeting_id = self.meeting.id if self.meeting else None
        return self.visit.caller.may(right, self.visit.group.id, meeting_id=meeting_id)


async def admit_segment(request: Request, conn: AsyncConnection, language: Language, right: Right = Right.READ_SEGMENT) -> SegmentVisit:
    """The visit to the segment that path or query names, else to the group's running or next one.

    Raises NotSignedIn for whoever shows no link; NotFound for what this session's links do not open, known or not; Forbidden for a link
    that opens the wall but not this.
    """
    caller, group_id = await identify(request), str(request.path_params["group"])
    if not caller.grants:
        raise NotSignedIn
    meeting = await _find_meeting(request, conn, caller, right)
    if meeting is None and not caller.may(right, group_id):
        raise NotFound("meeting")
    group = await load_group(conn, group_id)
    reader = group_reader(group, language, runtime(request).clock.now())
    return SegmentVisit(Visit(caller, group, await load_network(conn), reader), meeting)


async def _find_meeting(request: Request, conn: AsyncConnection, caller: Caller, right: Right) -> Meeting | None:
    group_id = str(request.path_params["group"])
    meeting_id = request.path_params.get("meeting") or request.query_params.get(QUERY, "")
    if meeting_id:
        meeting: Meeting | None = await load_meeting(conn, caller, meeting_id, right)
    else:
        meeting = await find_current(conn, caller, group_id)
    if meeting is not None and meeting.group_id != group_id:
        raise NotFound("meeting")
    if meeting is not None:
        caller.require(right, group_id, meeting_id=meeting.id)
    return meeting


async def segment_of(request: Request, right: Right) -> Meeting:
    """The segment that a form is sent for, if this session may do `right` there."""
    async with runtime(request).database.read() as conn:
        meeting = await _find_meeting(request, conn, await identify(request), right)
    if meeting is None:
        raise NotFound("meeting")
    return meeting


def plainly_over(show: LanguageEndpoint) -> LanguageEndpoint:
    """An endpoint that tells a session whose links have all ended so, in a sentence that helps: a remote, the day after."""

    async def shown(request: Request, language: Language) -> Response:
        try:
            return await show(request, language)
        except NotSignedIn:
            caller = await identify(request)
            if caller.session_id is None:
                raise
            return await _show_over(request, language)

    return shown


async def _show_over(request: Request, language: Language) -> Response:
    async with runtime(request).database.read() as conn:
        network = await load_network(conn)
    heading = language.gettext("Your link has ended")
    frame = make_frame(request, network, language, heading, path="/g/")
    words = language.gettext(
        "A remote, a screen and an invitation work for 24 hours. Ask a custodian of the group for a new link: it is made in a moment."
    )
    return renderer(request).render("problem.html", ProblemPage(frame, "401", heading, words, "/enter"), language, 401)
