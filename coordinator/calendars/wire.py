"""What do the reader of a calendar and its parent say to each other?

In, on standard input: a line of JSON, {"zone_id", "start_ms", "end_ms"}: the group's zone and the stretch that is asked for; then the bytes of
the calendar, to the end. Out, in the frames of `coordinator/confined/frames.py`:

    L  which layers of the sandbox hold, JSON list of names; first of all, before a byte of the calendar is read
    R  the calendar is refused: the code                                                              then the end
    B  when the group is busy, JSON {"spans": [[start_ms, end_ms], …], "left_out": entries}           then the end
"""

from __future__ import annotations

from enum import Enum

from coordinator.domain.busy import MAX_SPANS


class Kind(Enum):
    """The letters."""

    LAYERS = b"L"
    REFUSED = b"R"
    BUSY = b"B"


SPAN_CHARS = 40  # brackets, two numbers of 13 digits, commas
LONGEST = {Kind.LAYERS: 1_024, Kind.REFUSED: 64, Kind.BUSY: 1_024 + SPAN_CHARS * MAX_SPANS}
MAX_ASKED_BYTES = 1_024  # of the line before the calendar
