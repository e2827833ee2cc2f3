"""What does the API answer of a group's calendar? Only its own people are answered, and neither the link nor a word of it (as `shapes.py`)."""

from __future__ import annotations

from datetime import datetime

from coordinator.api.shapes import Shown
from coordinator.domain.busy import Fault
from coordinator.store.busy import Source


class BusySpan(Shown):
    """When the group is busy; `ends_at` is exclusive."""

    starts_at: datetime
    ends_at: datetime


class BusyShown(Shown):
    """How it stands with the calendar.

    `host` is where the link leads, null for a file. `read_at`: when it was last read, `checked_at`: last tried; null before. `fault`: what
    the last attempt met; what was read before stands up to `expires_at`. `left_out` entries made no sense. `times` are the next few.
    """

    kind: Source
    host: str | None
    checked_at: datetime | None
    read_at: datetime | None
    expires_at: datetime | None
    fault: Fault | None
    left_out: int
    times: list[BusySpan]
