"""What is a mirror segment? The timed part of a meeting: its parts, who steps it how, and how much time is left.

A command carries the revision that its sender saw. Whoever was slower than somebody else, or tapped twice, changes nothing. Time never moves
a segment on by itself: a part that runs over says so, and people decide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from coordinator.domain.text import latin_digits, read_line, read_number, text_of
from coordinator.errors import Conflict, Faults, Invalid, problem

LEAST_MINUTES, MOST_MINUTES, USUAL_MINUTES = 5, 20, 10
PART_LEAST_S, PART_STEP_S = 30, 30
ADDED = timedelta(minutes=1)
LEFT_MOST = timedelta(hours=2)  # however often a minute is added
PAGES_MOST = 99
KEPT_FOR = timedelta(days=400)  # its written page, and the alias on it: last year's can still be read at this year's
ID_CHARS = 16


class PartKind(StrEnum):
    """What the room does in a part, in the order in which it does it."""

    SPOTLIGHT = "spotlight"  # the struggle is shown and read aloud
    VOICE = "voice"  # a voice from there is played
    ECHO = "echo"  # what do they face, what do we share, what answers?
    REPLY = "reply"  # what the room says back
    RESEARCH = "research"  # who researches the next one


ORDER = tuple(PartKind)
SHARES: Mapping[PartKind, int] = {PartKind.SPOTLIGHT: 4, PartKind.VOICE: 2, PartKind.ECHO: 4, PartKind.REPLY: 2, PartKind.RESEARCH: 1}


@dataclass(frozen=True, slots=True)
class Part:
    """One part and the time it is given, whole seconds."""

    kind: PartKind
    seconds: int


class MeetingState(StrEnum):
    """Stored. A running segment that is paused has `left_s`."""

    SET_UP = "set_up"
    RUNNING = "running"
    ENDED = "ended"


class MeetingCommand(StrEnum):
    """What a remote, or a custodian, can do to a segment."""

    START = "start"
    NEXT = "next"
    BACK = "back"
    PAUSE = "pause"
    RESUME = "resume"
    ADD_MINUTE = "add_minute"
    SHOW_ORIGINAL = "show_original"
    SHOW_TRANSLATION = "show_translation"
    DRAFTS_ON = "drafts_on"
    DRAFTS_OFF = "drafts_off"
    PAGE_ON = "page_on"
    PAGE_BACK = "page_back"
    END = "end"


M = MeetingCommand
SHOWING = frozenset({M.SHOW_ORIGINAL, M.SHOW_TRANSLATION, M.DRAFTS_ON, M.DRAFTS_OFF, M.PAGE_ON, M.PAGE_BACK})
ALLOWED: Mapping[MeetingState, frozenset[MeetingCommand]] = {
    MeetingState.SET_UP: SHOWING | {M.START, M.END},  # what the wall will show can be tried before
    MeetingState.RUNNING: frozenset(M) - {M.START},
    MeetingState.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Meeting:
    """One row of `meeting`. While it runs, either `part_ends_at` is set, or (paused) `left_s`, which is below zero after its time."""

    id: str
    group_id: str
    spotlight_id: str | None  # None once the spotlight has been deleted
    state: MeetingState
    parts: tuple[Part, ...]
    part: int
    page: int
    part_ends_at: datetime | None
    left_s: int | None
    shows_original: bool
    shows_drafts: bool
    next_researcher: str
    revision: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def now_on(self) -> Part:
        """The part that is on."""
        return self.parts[self.part]

    @property
    def is_paused(self) -> bool:
        return self.state is MeetingState.RUNNING and self.part_ends_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """A command as it was given, with the revision that its sender saw."""

    command: MeetingCommand
    revision: int


def seconds_left(meeting: Meeting, now: datetime) -> int:
    """Whole seconds left of the part that is on, below zero once it runs over; all of the first part before the start, 0 after the end."""
    if meeting.part_ends_at is not None:
        return math.ceil((meeting.part_ends_at - now) / timedelta(seconds=1))
    if meeting.left_s is not None:
        return meeting.left_s
    return 0 if meeting.state is MeetingState.ENDED else meeting.now_on.seconds


def is_late(meeting: Meeting, given: Step) -> bool:
    """Whether somebody else has stepped since the sender looked, or this tap has arrived before."""
    return given.revision != meeting.revision


def can(meeting: Meeting, command: MeetingCommand, *, pages: int = PAGES_MOST) -> bool:
    """Whether the command would change anything: what a remote offers."""
    if command not in ALLOWED[meeting.state]:
        return False
    return {
        M.NEXT: meeting.part + 1 < len(meeting.parts),
        M.BACK: meeting.part > 0,
        M.PAUSE: not meeting.is_paused,
        M.RESUME: meeting.is_paused,
        M.SHOW_ORIGINAL: not meeting.shows_original,
        M.SHOW_TRANSLATION: meeting.shows_original,
        M.DRAFTS_ON: not meeting.shows_drafts,
        M.DRAFTS_OFF: meeting.shows_drafts,
        M.PAGE_ON: meeting.page + 1 < min(pages, PAGES_MOST),
        M.PAGE_BACK: meeting.page > 0,
    }.get(command, True)


def step(meeting: Meeting, given: Step, now: datetime, *, pages: int = PAGES_MOST) -> Meeting:
    """The segment after a command; the very same one when the tap came late, or there is nothing further that way.

    `pages` is how many pages its longest text has. Raises Conflict `meeting_state` for what this state does not allow.
    """
    if is_late(meeting, given):
        return meeting
    if given.command not in ALLOWED[meeting.state]:
        raise Conflict("meeting_state", state=meeting.state, command=given.command)
    if not can(meeting, given.command, pages=pages):
        return meeting
    return replace(_done(meeting, given.command, now), revision=meeting.revision + 1)


def _done(meeting: Meeting, command: MeetingCommand, now: datetime) -> Meeting:
    match command:
        case M.START:
            return _turn_to(replace(meeting, state=MeetingState.RUNNING, started_at=now), 0, now)
        case M.NEXT:
            return _turn_to(meeting, meeting.part + 1, now)
        case M.BACK:
            return _turn_to(meeting, meeting.part - 1, now)
        case M.PAUSE:
            return replace(meeting, part_ends_at=None, left_s=seconds_left(meeting, now))
        case M.RESUME:
            return replace(meeting, part_ends_at=now + timedelta(seconds=seconds_left(meeting, now)), left_s=None)
        case M.ADD_MINUTE:
            return _add_minute(meeting, now)
        case M.SHOW_ORIGINAL | M.SHOW_TRANSLATION:
            return replace(meeting, shows_original=command is M.SHOW_ORIGINAL)
        case M.DRAFTS_ON | M.DRAFTS_OFF:
            return replace(meeting, shows_drafts=command is M.DRAFTS_ON)
        case M.PAGE_ON | M.PAGE_BACK:
            return replace(meeting, page=meeting.page + (1 if command is M.PAGE_ON else -1))
        case M.END:
            return replace(meeting, state=MeetingState.ENDED, part_ends_at=None, left_s=None, ended_at=now)


def _turn_to(meeting: Meeting, part: int, now: datetime) -> Meeting:
    """Another part, with all of its time: it runs at once, also when the one before was paused."""
    return replace(meeting, part=part, part_ends_at=now + timedelta(seconds=meeting.parts[part].seconds), left_s=None)


def _add_minute(meeting: Meeting, now: datetime) -> Meeting:
    """A minute more, counted from now once the time has run out: "one more minute" then means one."""
    left = min(timedelta(seconds=max(0, seconds_left(meeting, now))) + ADDED, LEFT_MOST)
    if meeting.is_paused:
        return replace(meeting, left_s=int(left.total_seconds()))
    fresh = meeting.part_ends_at is None or meeting.part_ends_at <= now
    return replace(meeting, part_ends_at=now + left if fresh else min(_more(meeting), now + LEFT_MOST))


def _more(meeting: Meeting) -> datetime:
    assert meeting.part_ends_at is not None  # it runs
    return meeting.part_ends_at + ADDED


# --- setting up -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeetingPlan:
    """A segment that is to be: which spotlight (its slug), and the parts in their order."""

    spotlight: str
    parts: tuple[Part, ...]


def make_parts(minutes: int, kinds: Sequence[PartKind]) -> tuple[Part, ...]:
    """A sensible plan: the minutes shared out among the chosen parts in half minutes, each at least one of these."""
    chosen = [kind for kind in ORDER if kind in kinds]
    steps, weight = minutes * 60 // PART_STEP_S, sum(SHARES[kind] for kind in chosen)
    given = {kind: max(1, steps * SHARES[kind] // weight) for kind in chosen}
    for kind in sorted(chosen, key=lambda kind: (-SHARES[kind], ORDER.index(kind))) * 2:
        given[kind] += 1 if sum(given.values()) < steps else 0
    return tuple(Part(kind, given[kind] * PART_STEP_S) for kind in chosen)


def offered_kinds(*, has_voice: bool) -> tuple[PartKind, ...]:
    """The parts that can be chosen: a voice only where there is one to be played."""
    return tuple(kind for kind in ORDER if has_voice or kind is not PartKind.VOICE)


def read_meeting(raw: Mapping[str, object], *, has_voice: bool = False) -> MeetingPlan:
    """A segment from a form or JSON body.

    `raw`: spotlight (its slug); minutes (5 to 20, absent: ten); `parts` (a list of kinds, empty: all there are); for single parts their own
    minutes as `minutes.<kind>`, whole or with a half ("2.5"). Raises Invalid with every fault: a total outside the bounds is `segment_length`.
    """
    faults = Faults()
    slug = faults.read("spotlight", read_line, text_of(raw, "spotlight"), longest=200)
    minutes = faults.read("minutes", _read_minutes, text_of(raw, "minutes"))
    kinds = faults.read("parts", read_kinds, raw.get("parts"), offered_kinds(has_voice=has_voice))
    own = {kind: faults.read(f"minutes.{kind}", _read_part_minutes, said) for kind in PartKind if (said := text_of(raw, f"minutes.{kind}"))}
    faults.check()
    parts = tuple(Part(part.kind, own.get(part.kind, part.seconds)) for part in make_parts(minutes, kinds))
    total = sum(part.seconds for part in parts)
    if not LEAST_MINUTES * 60 <= total <= MOST_MINUTES * 60:
        raise Invalid(problem("parts", "segment_length", _minutes_words(total), LEAST_MINUTES, MOST_MINUTES))
    return MeetingPlan(slug, parts)


def _read_minutes(raw: str) -> int:
    return read_number(latin_digits(raw), least=LEAST_MINUTES, most=MOST_MINUTES) if raw.strip() else USUAL_MINUTES


def read_kinds(raw: object, offered: Sequence[PartKind]) -> tuple[PartKind, ...]:
    """The chosen parts in their order; all that are offered when none is named. Problem: choice_unknown, with what is offered."""
    given = [str(each) for each in raw] if isinstance(raw, list | tuple) else [str(raw)] if raw else []
    unknown = [each for each in given if each not in offered]
    if unknown:
        raise Invalid(problem("", "choice_unknown", unknown[0], *offered))
    return tuple(kind for kind in offered if not given or kind in given)


def _read_part_minutes(raw: str) -> int:
    """Seconds of "2", "2.5" or "2,5" minutes. Problem: part_minutes."""
    whole, _, half = latin_digits(raw).strip().replace(",", ".").replace("٫", ".").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and half in ("", "0", "5")):
        raise Invalid(problem("", "part_minutes", raw, MOST_MINUTES))
    seconds = int(whole) * 60 + (PART_STEP_S if half == "5" else 0)
    if not PART_LEAST_S <= seconds <= MOST_MINUTES * 60:
        raise Invalid(problem("", "part_minutes", raw, MOST_MINUTES))
    return seconds


def _minutes_words(seconds: int) -> str:
    return f"{seconds // 60}.5" if seconds % 60 else str(seconds // 60)


def read_step(raw: Mapping[str, object]) -> Step:
    """`command` and `revision` of a tap. Raises Invalid with every fault."""
    faults = Faults()
    command = faults.read("command", _read_command, text_of(raw, "command"))
    revision = faults.read("revision", read_number, text_of(raw, "revision"), least=1, most=10**9 - 1)
    faults.check()
    return Step(command, revision)


def _read_command(raw: str) -> MeetingCommand:
    try:
        return MeetingCommand(raw)
    except ValueError:
        raise Invalid(problem("", "choice_unknown", raw, *MeetingCommand)) from None
