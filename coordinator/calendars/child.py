"""The process that reads a stranger's calendar: `python -I -B -m coordinator.calendars.child PARENT`, started by `parent.py` alone.

It closes itself in before it reads a byte, answers in the frames of `wire.py`, and ends. Its environment is empty, its standard error
goes nowhere: whatever a library says about a stranger's words is nobody's business.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO

from coordinator.calendars.wire import Kind, Question, read_question
from coordinator.confined import sandbox
from coordinator.confined.frames import write_frame
from coordinator.domain.busy import MAX_BYTES, Busy, CalendarRefused, Fault, Span
from coordinator.domain.zones import use_rules

READING_CPU_S = 6  # the fullest calendar that is taken needs a fifth of it, and a slow board four times as long
LIMITS = sandbox.Limits(cpu_s=30, most_cpu_s=30, memory_bytes=512 * 2**20)  # of which a tenth is used
Reader = Callable[[bytes, str, Span], Busy]


def main(parent: int) -> None:
    """Reads, tells."""
    layers = sandbox.prepare(LIMITS)
    read = _load_reader()
    out = sys.stdout.buffer
    layers += sandbox.close(parent)
    sandbox.allow_cpu(int(time.process_time()) + 1 + READING_CPU_S)
    write_frame(out, Kind.LAYERS, json.dumps(layers).encode())
    try:
        busy = _answer(read)
    except CalendarRefused as refused:
        write_frame(out, Kind.REFUSED, refused.fault.encode())
    except (MemoryError, RecursionError):
        write_frame(out, Kind.REFUSED, Fault.TOO_COSTLY.encode())
    except Exception:  # noqa: BLE001 - whatever it is, these bytes did it, and would do it again
        write_frame(out, Kind.REFUSED, Fault.CRASHED.encode())
    else:
        told = {"spans": [[span.start_ms, span.end_ms] for span in busy.spans], "left_out": busy.left_out}
        write_frame(out, Kind.BUSY, json.dumps(told, separators=(",", ":")).encode())


def _load_reader() -> Reader:
    """Everything that reading needs, since nothing can be opened once the process is closed in."""
    # deferred: the limits come before the libraries
    import icalendar

    from coordinator.calendars.reading import read_calendar  # deferred, as above

    warnings.simplefilter("ignore")
    icalendar.use_pytz()  # type: ignore[no-untyped-call]  # icalendar annotates most, not this
    return read_calendar


def _answer(read: Reader) -> Busy:
    question = read_question(sys.stdin.buffer)
    _take_up_rules(question)
    return read(sys.stdin.buffer.read(MAX_BYTES + 1), question.zone_id, question.within)


def _take_up_rules(question: Question) -> None:
    """From memory, where a zone's table is looked for when an entry names it."""

    def open_table(name: str) -> BinaryIO:
        return BytesIO(question.tables[name])

    use_rules(question.rules, question.tables, open_table, tzdata=question.rules)


if __name__ == "__main__":
    main(int(sys.argv[1]))
