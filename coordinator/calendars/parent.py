"""How is a calendar read without touching it? In a confined child process, which is not believed: what it says is checked before it is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from coordinator.calendars.wire import LONGEST, Kind, Question
from coordinator.confined.parent import Death, Heard, ask_child, module_command, read_layers
from coordinator.domain.busy import MAX_BYTES, MAX_COMPONENTS, Busy, CalendarRefused, Fault, Span, merge
from coordinator.domain.zones import read_tables, rules_version

DEADLINE = timedelta(seconds=60)  # by the clock, on a machine that is busy with other things; processor time is limited in the child
COMMAND = module_command("coordinator.calendars.child")
FAULTS = {Death.TOO_COSTLY: Fault.TOO_COSTLY, Death.CRASHED: Fault.CRASHED}


class ReaderFailed(Exception):
    """The child was killed, or not done by its deadline: the calendar is not to blame and may be read again. `reason` says which."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


async def read_confined(
    data: bytes, zone_id: str, within: Span, *, deadline: timedelta = DEADLINE, command: Sequence[str] = COMMAND
) -> Busy:
    """When a group in `zone_id` is busy within `within`, by this calendar. Must be awaited in the main thread, with which the child dies.

    Raises CalendarRefused (never to be tried again with the same bytes) and ReaderFailed. No process is left behind, even when cancelled.
    """
    if not data:
        raise CalendarRefused(Fault.EMPTY)
    if len(data) > MAX_BYTES:
        raise CalendarRefused(Fault.TOO_BIG)
    question = Question(zone_id, within, rules_version(), read_tables())
    try:
        heard = await ask_child(question.to_bytes() + data, command, LONGEST, deadline)
    except TimeoutError:
        raise ReaderFailed("deadline") from None
    return _conclude(heard, within)


def _conclude(heard: Heard[Kind], within: Span) -> Busy:
    """What the frames and the way of ending amount to."""
    frames = heard.frames
    if Kind.LAYERS in frames:
        read_layers(frames[Kind.LAYERS])
    if Kind.REFUSED in frames:
        raise CalendarRefused(_read_fault(frames[Kind.REFUSED]))
    if Kind.BUSY in frames:
        return _read_busy(frames[Kind.BUSY], within)
    if Kind.LAYERS in frames and (death := heard.death()):  # before that frame it had not read a byte
        raise CalendarRefused(FAULTS[death])
    raise ReaderFailed(f"ended with {heard.code}")


def _read_busy(payload: bytes, within: Span) -> Busy:
    """The spans as they must be: whole numbers, in order, apart, and within what was asked for."""
    try:
        raw: dict[str, Any] = json.loads(payload)
        spans = tuple(Span(start_ms, end_ms) for start_ms, end_ms in raw["spans"])
        left_out = raw["left_out"]
        sound = all(type(ms) is int for span in spans for ms in (span.start_ms, span.end_ms)) and merge(spans, within) == spans
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CalendarRefused(Fault.CRASHED) from None
    if not sound or type(left_out) is not int or not 0 <= left_out <= MAX_COMPONENTS:
        raise CalendarRefused(Fault.CRASHED)
    return Busy(spans, left_out)


def _read_fault(payload: bytes) -> Fault:
    try:
        return Fault(payload.decode("ascii", errors="replace"))
    except ValueError:
        return Fault.CRASHED
