"""How does the worker have a recording made into sound, without touching it? In a confined child process, which is not believed.

Nothing of FFmpeg is imported here. What comes back is bounded before it is kept, and read as hostile: see `read_sound`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from coordinator.confined.parent import Death, Heard, ask_child, module_command, read_layers
from coordinator.confined.sandbox import Layer
from coordinator.domain.voice_note import Coding, Refusal, Sound, SoundRefused, check_size, read_sound
from worker.sound.wire import KIND_OF, LONGEST, Kind

DEADLINE = timedelta(seconds=120)  # by the clock, on a machine that is busy with other things; processor time is limited in the child
COMMAND = module_command("worker.sound.child")
FILES_OPENING: dict[Coding, bytes] = {Coding.WEBM: b"\x1aE\xdf\xa3", Coding.MP4: b"\0\0\0"}
REFUSALS = {Death.TOO_COSTLY: Refusal.TOO_COSTLY, Death.CRASHED: Refusal.CRASHED}


class SoundFailed(Exception):
    """The child was killed, or not done by its deadline: the recording is not to blame and may be tried again. `reason` says which."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Processed:
    """What came of a recording: the sound, its two files, the child's highest memory (0 where unknown), and which layers closed it in."""

    sound: Sound
    files: Mapping[Coding, bytes]
    peak_kb: int
    layers: frozenset[Layer]


async def process_sound(source: bytes | Path, *, deadline: timedelta = DEADLINE, command: Sequence[str] = COMMAND) -> Processed:
    """The sound made of a recording, given as bytes or as a file. Must be awaited in the main thread, with which the child dies.

    Raises SoundRefused (never to be tried again) and SoundFailed. No process is left behind, even when this is cancelled.
    """
    check_size(_size_of(source))
    try:
        heard = await ask_child(source, command, LONGEST, deadline)
    except TimeoutError:
        raise SoundFailed("deadline") from None
    return _conclude(heard)


def _size_of(source: bytes | Path) -> int:
    return source.stat().st_size if isinstance(source, Path) else len(source)


def _conclude(heard: Heard[Kind]) -> Processed:
    """What the frames and the way of ending amount to."""
    frames = heard.frames
    layers = read_layers(frames[Kind.LAYERS]) if Kind.LAYERS in frames else frozenset()
    if Kind.REFUSED in frames:
        raise SoundRefused(_read_refusal(frames[Kind.REFUSED]))
    if frames.keys() >= {Kind.SOUND, *KIND_OF.values()}:
        return _read_processed(frames, layers)
    if Kind.LAYERS in frames and (death := heard.death()):  # before that frame it had not read a byte
        raise SoundRefused(REFUSALS[death])
    raise SoundFailed(f"ended with {heard.code}")


def _read_processed(frames: Mapping[Kind, bytes], layers: frozenset[Layer]) -> Processed:
    files = {coding: frames[kind] for coding, kind in KIND_OF.items()}
    try:
        raw: dict[str, Any] = json.loads(frames[Kind.SOUND])
        sound = read_sound(raw, {coding: (hashlib.sha256(data).hexdigest(), len(data)) for coding, data in files.items()})
        peak_kb = int(raw["peak_kb"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise SoundRefused(Refusal.CRASHED) from None
    if not all(files[coding].startswith(opening) for coding, opening in FILES_OPENING.items()):
        raise SoundRefused(Refusal.CRASHED)
    return Processed(sound, files, peak_kb, layers)


def _read_refusal(payload: bytes) -> Refusal:
    try:
        return Refusal(payload.decode("ascii", errors="replace"))
    except ValueError:
        return Refusal.CRASHED
