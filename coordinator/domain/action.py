"""An action's life: its states, the commands that change them, deadlines, and the phases of a room (DESIGN §5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from coordinator.errors import Conflict, Faults

DEADLINE_BEFORE_START = timedelta(hours=48)
DEADLINE_LEAST_AHEAD = timedelta(hours=1)
REFLECTING_FOR = timedelta(days=7)
NOW_FOR_S = 10
THANKS_FOR_S = 30 * 60
GATHERING_FROM_S = 3600
COUNTING_FROM_S = 599
FINAL_FROM_S = 10
DURATION_MOST_MINUTES = 24 * 60


class Kind(StrEnum):
    """What the groups do together."""

    SILENCE = "silence"
    NOISE = "noise"
    TEACH_IN = "teach-in"
    DATA_OFF = "data-off"
    OTHER = "other"


class Shape(StrEnum):
    """One instant for all; one wall time everywhere; few instants that include everybody."""

    INSTANT = "instant"
    WAVE = "wave"
    RELAY = "relay"


class State(StrEnum):
    """Stored. What the clock adds (gathering, live, reflecting, archived) is a `Stage`."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class Command(StrEnum):
    """What can be done to an action."""

    EDIT = "edit"
    PUT_FORWARD = "put_forward"
    WITHDRAW = "withdraw"
    RESPOND = "respond"
    CONFIRM = "confirm"
    LAPSE = "lapse"
    PRACTISE = "practise"
    MOVE = "move"
    KEEP = "keep"  # a move that was not agreed to, or was withdrawn: the old moment stays
    CANCEL = "cancel"


TRANSITIONS: dict[tuple[State, Command], State] = {
    (State.DRAFT, Command.EDIT): State.DRAFT,
    (State.DRAFT, Command.PUT_FORWARD): State.PROPOSED,
    (State.DRAFT, Command.PRACTISE): State.CONFIRMED,
    (State.DRAFT, Command.WITHDRAW): State.WITHDRAWN,
    (State.PROPOSED, Command.RESPOND): State.PROPOSED,
    (State.PROPOSED, Command.CONFIRM): State.CONFIRMED,
    (State.PROPOSED, Command.LAPSE): State.LAPSED,
    (State.PROPOSED, Command.WITHDRAW): State.WITHDRAWN,
    (State.CONFIRMED, Command.MOVE): State.CONFIRMED,
    (State.CONFIRMED, Command.RESPOND): State.CONFIRMED,
    (State.CONFIRMED, Command.CONFIRM): State.CONFIRMED,
    (State.CONFIRMED, Command.KEEP): State.CONFIRMED,
    (State.CONFIRMED, Command.CANCEL): State.CANCELLED,
}
WHILE_MOVING = frozenset({Command.RESPOND, Command.CONFIRM, Command.KEEP})  # on a confirmed action these need an open move
UNLESS_MOVING = frozenset({Command.MOVE})
FOR_PRACTICE = frozenset({Command.EDIT, Command.PRACTISE, Command.WITHDRAW, Command.CANCEL})
NOT_FOR_PRACTICE = frozenset(Command) - FOR_PRACTICE


def next_state(state: State, command: Command, *, moving: bool = False, practice: bool = False) -> State:
    """The state after `command`. Raises Conflict `action_state` when it cannot be done (any more)."""
    target = TRANSITIONS.get((state, command))
    wrong_flag = state is State.CONFIRMED and ((command in WHILE_MOVING and not moving) or (command in UNLESS_MOVING and moving))
    wrong_sort = command in NOT_FOR_PRACTICE if practice else command is Command.PRACTISE
    if target is None or wrong_flag or wrong_sort:
        raise Conflict("action_state", state=state, command=command)
    return target


def can(state: State, command: Command, *, moving: bool = False, practice: bool = False) -> bool:
    """Whether a page should offer `command`."""
    try:
        next_state(state, command, moving=moving, practice=practice)
    except Conflict:
        return False
    return True


def latest_deadline(starts_at: datetime, standing_at: datetime | None = None) -> datetime:
    """48 h before the first leg; for a move, before the earlier of the old and the new one."""
    return min(starts_at, standing_at or starts_at) - DEADLINE_BEFORE_START


def check_deadline(deadline_at: datetime, starts_at: datetime, now: datetime, standing_at: datetime | None = None) -> None:
    """Problems: deadline_too_early (under an hour ahead), deadline_too_late (its remedy is the latest instant, ISO)."""
    faults = Faults()
    if deadline_at < now + DEADLINE_LEAST_AHEAD:
        faults.add("deadline", "deadline_too_early", deadline_at.isoformat(), (now + DEADLINE_LEAST_AHEAD).isoformat())
    if deadline_at > latest_deadline(starts_at, standing_at):
        faults.add("deadline", "deadline_too_late", deadline_at.isoformat(), latest_deadline(starts_at, standing_at).isoformat())
    faults.check()


# --- what the clock adds ----------------------------------------------------------------------------------------------


class Stage(StrEnum):
    """Where a confirmed action stands by the clock and its legs."""

    AHEAD = "ahead"
    GATHERING = "gathering"
    LIVE = "live"
    REFLECTING = "reflecting"
    ARCHIVED = "archived"


def stage(starts: Sequence[datetime], duration: timedelta, now: datetime) -> Stage:
    """Gathering in the last hour; live from the first leg's start to the last leg's end; reflecting for 7 days; then archived."""
    first, last_end = min(starts), max(starts) + duration
    if now < first - timedelta(seconds=GATHERING_FROM_S):
        return Stage.AHEAD
    if now < first:
        return Stage.GATHERING
    if now < last_end:
        return Stage.LIVE
    return Stage.REFLECTING if now < last_end + REFLECTING_FOR else Stage.ARCHIVED


class Phase(StrEnum):
    """What a room shows."""

    WAITING = "waiting"
    GATHERING = "gathering"
    COUNTING = "counting"
    FINAL = "final"
    NOW = "now"
    HOLDING = "holding"
    THANKS = "thanks"


def seconds_left(starts_at: datetime, now: datetime) -> int:
    """n = ceil((T − now) / 1 s): positive before T, zero or negative from T on."""
    return math.ceil((starts_at - now) / timedelta(seconds=1))


def phase(starts_at: datetime, duration: timedelta, now: datetime) -> Phase:
    """The room's phase, everywhere the same, by whole seconds left."""
    left = seconds_left(starts_at, now)
    if left > 0:
        return _phase_before(left)
    since_s = (now - starts_at) / timedelta(seconds=1)
    holding_s = duration / timedelta(seconds=1)
    if since_s < NOW_FOR_S:
        return Phase.NOW
    if since_s < holding_s:
        return Phase.HOLDING
    return Phase.THANKS if since_s < max(holding_s, NOW_FOR_S) + THANKS_FOR_S else Phase.WAITING


def turn(starts: Sequence[datetime], duration: timedelta, now: datetime) -> int:
    """Which of several legs a room shows that follows them all: the place of its start in `starts`, which are in order of time, never empty.

    The next one once it is counted down to, else the last that has begun until its thanks are over, else the next. Now's ten seconds are
    never cut short. After the last, the last.
    """
    begun = max((i for i, at in enumerate(starts) if at <= now), default=None)
    ahead = None if begun == len(starts) - 1 else (0 if begun is None else begun + 1)
    if begun is None or ahead is None:
        return begun if begun is not None else 0
    shows = phase(starts[begun], duration, now)
    counts_down = seconds_left(starts[ahead], now) <= COUNTING_FROM_S
    return ahead if shows is Phase.WAITING or (counts_down and shows is not Phase.NOW) else begun


def _phase_before(left: int) -> Phase:
    if left > GATHERING_FROM_S:
        return Phase.WAITING
    if left > COUNTING_FROM_S:
        return Phase.GATHERING
    return Phase.COUNTING if left > FINAL_FROM_S else Phase.FINAL
