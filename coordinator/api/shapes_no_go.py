"""What does the API answer of private no-go times? Only their own group is answered (as `shapes.py`)."""

from __future__ import annotations

from datetime import datetime

from coordinator.api.shapes import Shown


class NoGoShown(Shown, rename={"from_wall_time": "from", "to_wall_time": "to"}):
    """One of them: wall times of the group's zone, the end exclusive, and the instants that they are under today's zone rules."""

    no_go: str
    from_wall_time: str
    to_wall_time: str
    why: str
    starts_at: datetime
    ends_at: datetime


class NoGoTimes(Shown):
    """Those that are not over, by their beginnings."""

    zone: str
    times: list[NoGoShown]


class NoGoMade(Shown):
    """The id of one that was kept. Its words are not told again: an answer is kept for whoever repeats the command."""

    no_go: str
