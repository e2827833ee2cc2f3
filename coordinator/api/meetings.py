"""Mirror segments over the API: read where one stands, set one up, step it, and publish what the room says."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.api import shapes_meeting as shapes
from coordinator.api.operation import Asking, Commanding
from coordinator.domain.access import Right
from coordinator.domain.meeting import Meeting
from coordinator.services import meetings
from coordinator.services.groups import load_group
from coordinator.services.segments import load_meeting, load_segment
from coordinator.store.database import Work

ORIGINAL = ""  # a language that nothing is translated into: no words of the segment are answered


async def listed(asking: Asking) -> shapes.Meetings:
    """The segments of a group."""
    group_id, now = asking.path("group"), asking.runtime.clock.now()
    asking.caller.require(Right.READ_DESK, group_id)
    await load_group(asking.conn, group_id)
    found = await meetings.find_segments(asking.conn, group_id, ORIGINAL, now)
    return shapes.Meetings([await _show(asking.conn, meeting, asking) for meeting, _ in found])


async def one(asking: Asking) -> shapes.MeetingShown:
    """One segment."""
    found = await load_meeting(asking.conn, asking.caller, asking.path("meeting"), Right.READ_SEGMENT)
    return await _show(asking.conn, found, asking)


async def set_up(commanding: Commanding) -> shapes.MeetingShown:
    """A segment that waits to be started."""
    made = await meetings.set_up(commanding.work, commanding.caller, commanding.path("group"), commanding.raw)
    return await _show(commanding.work.conn, made, commanding)


async def step(commanding: Commanding) -> shapes.SteppedShown:
    """One tap of a remote."""
    done = await meetings.step_meeting(commanding.work, commanding.caller, commanding.path("meeting"), commanding.raw)
    return shapes.SteppedShown(done.late, await _show(commanding.work.conn, done.meeting, commanding))


async def say_echo(commanding: Commanding) -> shapes.MeetingShown:
    """Publishes what the room says."""
    await meetings.save_echo(commanding.work, commanding.caller, commanding.path("meeting"), commanding.raw, commanding.tags)
    return await _reload(commanding.work, commanding)


async def name_researcher(commanding: Commanding) -> shapes.MeetingShown:
    """Keeps who researches next time."""
    await meetings.name_researcher(commanding.work, commanding.caller, commanding.path("meeting"), commanding.raw)
    return await _reload(commanding.work, commanding)


async def _reload(work: Work, commanding: Commanding) -> shapes.MeetingShown:
    found = await load_meeting(work.conn, commanding.caller, commanding.path("meeting"), Right.READ_SEGMENT)
    return await _show(work.conn, found, commanding)


async def _show(conn: AsyncConnection, meeting: Meeting, at: Asking | Commanding) -> shapes.MeetingShown:
    segment = await load_segment(conn, meeting, ORIGINAL, at.runtime.clock.now())
    return shapes.MeetingShown(
        meeting=meeting.id,
        group=meeting.group_id,
        state=meeting.state,
        revision=meeting.revision,
        spotlight=None if segment.spotlight is None else segment.spotlight.slug,
        parts=[shapes.PartShown(part.kind, part.seconds) for part in meeting.parts],
        part=meeting.part,
        page=meeting.page,
        part_ends_at=meeting.part_ends_at,
        left_s=meeting.left_s,
        shows_original=meeting.shows_original,
        shows_drafts=meeting.shows_drafts,
        echo=None if segment.echo is None else segment.echo.id,
        next_researcher=meeting.next_researcher,
        created_at=meeting.created_at,
        started_at=meeting.started_at,
        ended_at=meeting.ended_at,
    )
