"""What does the API answer of mirror segments? Where one stands, what it mirrors, and what the room has said (as `shapes.py`)."""

from __future__ import annotations

from datetime import datetime

from coordinator.api.shapes import Shown
from coordinator.domain.meeting import MeetingState, PartKind


class PartShown(Shown):
    """One part, and the whole seconds that it is given."""

    kind: PartKind
    seconds: int


class MeetingShown(Shown):
    """A mirror segment. `part` counts from 0; while it runs, `part_ends_at` is set or, paused, `left_s`, below zero after its time.

    `spotlight` is null when it may not be shown (any more), `echo` until the room has said something.
    """

    meeting: str
    group: str
    state: MeetingState
    revision: int
    spotlight: str | None
    parts: list[PartShown]
    part: int
    page: int
    part_ends_at: datetime | None
    left_s: int | None
    shows_original: bool
    shows_drafts: bool
    echo: str | None
    next_researcher: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Meetings(Shown):
    """The newest first."""

    meetings: list[MeetingShown]


class SteppedShown(Shown):
    """What became of a tap. `late`: somebody was faster, or it had arrived before; nothing was changed."""

    late: bool
    meeting: MeetingShown
