"""What holds of every batch and every answer, whatever the engine? One place sends and checks for all adapters that ask one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from coordinator.errors import EngineLied, EngineRefused

BATCH_MOST_BYTES = 1_000_000  # a text has some kilobytes; this is for whatever else comes
Ask = Callable[[list[str]], Awaitable[Sequence[object]]]


async def ask_in_batch(engine: str, segments: Sequence[str], ask: Ask) -> list[str]:
    """What `ask` makes of the segments that are not blank, all at once; blank ones come back as they were and are not sent.

    Raises EngineRefused `too_large`; EngineLied `count`, `shape`, or `empty` when nothing at all came back.
    """
    sent = [_clean(segment) for segment in segments if segment.strip()]
    if sum(len(segment.encode()) for segment in sent) > BATCH_MOST_BYTES:
        raise EngineRefused(engine, "too_large")
    answers = iter(_check(engine, sent, await ask(sent)) if sent else [])
    return [next(answers) if segment.strip() else segment for segment in segments]


def _clean(segment: str) -> str:
    """UTF-8 without NUL, which separates segments for some engines and ends strings for others."""
    return segment.encode("utf-8", "replace").decode().replace("\0", " ")


def _check(engine: str, sent: list[str], answers: Sequence[object]) -> list[str]:
    if len(answers) != len(sent):
        raise EngineLied(engine, "count")
    words = [answer for answer in answers if isinstance(answer, str)]
    if len(words) != len(sent):
        raise EngineLied(engine, "shape")
    if not any(answer.strip() for answer in words):
        raise EngineLied(engine, "empty")
    return words
