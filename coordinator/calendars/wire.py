"""What do the reader of a calendar and its parent say to each other?

In, on standard input: a line of JSON, {"zone_id", "start_ms", "end_ms", "rules", "tables": [[zone, bytes], …]}: the group's zone, the stretch that
is asked for, and the zone rules in use, whose tables follow one after the other, since the reader can open no file and the rules may be newer
than the installed ones; then the bytes of the calendar, to the end. Out, in the frames of `coordinator/confined/frames.py`:

    L  which layers of the sandbox hold, JSON list of names; first of all, before a byte is read
    R  the calendar is refused: the code                                                              then the end
    B  when the group is busy, JSON {"spans": [[start_ms, end_ms], …], "left_out": entries}           then the end
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from coordinator.domain.busy import MAX_SPANS, Span


class Kind(Enum):
    """The letters."""

    LAYERS = b"L"
    REFUSED = b"R"
    BUSY = b"B"


SPAN_CHARS = 40  # brackets, two numbers of 13 digits, commas
LONGEST = {Kind.LAYERS: 1_024, Kind.REFUSED: 64, Kind.BUSY: 1_024 + SPAN_CHARS * MAX_SPANS}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a calendar. `rules` names the release of the zone rules, `tables` holds the file of every zone they know."""

    zone_id: str
    within: Span
    rules: str
    tables: Mapping[str, bytes]

    def to_bytes(self) -> bytes:
        """As it is sent, before the calendar."""
        lengths = [[zone_id, len(table)] for zone_id, table in self.tables.items()]
        asked = {"zone_id": self.zone_id, "start_ms": self.within.start_ms, "end_ms": self.within.end_ms, "rules": self.rules}
        return b"".join([json.dumps(asked | {"tables": lengths}).encode(), b"\n", *self.tables.values()])


def read_question(stream: BinaryIO) -> Question:
    """What the parent sent; the calendar is what is left in the stream."""
    asked = json.loads(stream.readline())
    tables = {zone_id: stream.read(length) for zone_id, length in asked["tables"]}
    return Question(asked["zone_id"], Span(asked["start_ms"], asked["end_ms"]), asked["rules"], tables)
