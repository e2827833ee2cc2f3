"""What is put forward? One instant, one wall time for every clock (a wave), or a few instants (a relay): as typed, checked and kept.

What a chosen start means to the groups, `legs.py` says. Nothing that is refused here hangs on who is invited: a refusal would
tell of the clocks of groups that hide them. So a wave is judged as if it reached every clock that there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from coordinator.domain import zones
from coordinator.domain.action import DEADLINE_BEFORE_START, DEADLINE_LEAST_AHEAD, Shape
from coordinator.domain.proposal import OTHER, check_start, read_instant, read_start, read_wall_time, settle_wall_time
from coordinator.domain.quarters import Quarter
from coordinator.domain.text import text_of
from coordinator.errors import Faults

FIRST_CLOCK = timedelta(hours=14)  # how far ahead of UTC a clock can be, and how far behind
LAST_CLOCK = timedelta(hours=12)
RELAY_MOST = 6
LATER = "later"  # the answer to a gap: when that time would have come
PARTED = re.compile(r"[\s,;]*[\n,;][\s,;]*")
PARTED_KEPT = " "
INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class Reading(StrEnum):
    """Which of its two occurrences a wall time means where clocks are set back over it."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class AtInstant:
    """The same instant for everybody."""

    starts_at: datetime


@dataclass(frozen=True, slots=True)
class AtWallTime:
    """A wave: the same wall time on every group's own clock. `reading` counts where it happens twice."""

    wall_time: datetime
    reading: Reading = Reading.FIRST


@dataclass(frozen=True, slots=True)
class AtInstants:
    """A relay: several instants, in order of time, each once."""

    starts: tuple[datetime, ...]


Chosen = AtInstant | AtWallTime | AtInstants


def read_chosen(raw: Mapping[str, object], shape: Shape, zone_id: str) -> Chosen:
    """`start` of the shape: an instant; "2027-01-23T18:00" for a wave; a list of instants for a relay, or one text with them on lines.

    Absent, or "other", `wall_time` counts: by the clock of `zone_id`, for a relay one or more of them on lines; for a wave by everybody's.
    `fold` answers for what happens twice. Problems: as `read_start`, too_many.
    """
    match shape:
        case Shape.INSTANT:
            return AtInstant(read_start(raw, zone_id))
        case Shape.WAVE:
            return _read_wave(raw)
        case Shape.RELAY:
            return _read_relay(raw, zone_id)


def check_chosen(chosen: Chosen, duration: timedelta, quarter: Quarter, zone_id: str, now: datetime) -> None:
    """It lies in its quarter and leaves time to answer, wherever it comes first. Problems: start_outside_quarter, start_too_soon."""
    match chosen:
        case AtInstant(starts_at):
            check_start(starts_at, duration, quarter, zone_id, now)
        case AtWallTime(wall_time):
            _check_wave(wall_time, duration, quarter, now)
        case AtInstants(starts):
            faults = Faults()
            for starts_at in starts:
                faults.read("", check_start, starts_at, duration, quarter, zone_id, now)
            faults.check()


def wave_range(quarter: Quarter, now: datetime) -> tuple[datetime, datetime]:
    """The wall times that a wave of the quarter may fill so that `check_chosen` accepts it; empty when the end is not after the start."""
    first, end = _wall_bounds(quarter)
    return max(first, _soonest_wave(now)), end


def ask_about_clocks(fields: Mapping[str, object], wall_time: datetime, skipped: str, doubled: str) -> None:
    """A wave at a time that clocks skip or pass twice is asked about, never guessed: `gap` answers "later", `fold` "first" or "second".

    `skipped` and `doubled` name the groups that the proposer sees, for its eyes. Problems: wave_gap, wave_fold.
    """
    faults, written = Faults(), f"{wall_time:%Y-%m-%d %H:%M}"
    if skipped and text_of(fields, "gap") != LATER:
        faults.add("gap", "wave_gap", written, skipped)
    if doubled and text_of(fields, "fold") not in tuple(Reading):
        faults.add("fold", "wave_fold", written, doubled)
    faults.check()


def earliest_at(chosen: Chosen) -> datetime:
    """The first instant that the choice may have. A wave's is that of the first clock of all, whoever is invited."""
    match chosen:
        case AtInstant(starts_at):
            return starts_at
        case AtWallTime(wall_time):
            return wall_time.replace(tzinfo=UTC) - FIRST_CLOCK
        case AtInstants(starts):
            return starts[0]


def instants_near(chosen: Chosen) -> tuple[datetime, ...]:
    """Its instants; of a wave one that lies within 14 hours of every leg that it could have."""
    match chosen:
        case AtInstant(starts_at):
            return (starts_at,)
        case AtWallTime(wall_time):
            return (wall_time.replace(tzinfo=UTC),)
        case AtInstants(starts):
            return starts


def write_start(chosen: Chosen) -> str:
    """The choice as a form sends it and `read_chosen` reads it."""
    match chosen:
        case AtInstant(starts_at):
            return starts_at.strftime(INSTANT)
        case AtWallTime(wall_time):
            return wall_time.isoformat(timespec="minutes")
        case AtInstants(starts):
            return ", ".join(at.strftime(INSTANT) for at in starts)


def write_chosen(chosen: Chosen) -> str:
    """The choice as one line that `parse_chosen` reads."""
    match chosen:
        case AtInstant(starts_at):
            return starts_at.isoformat()
        case AtWallTime(wall_time, reading):
            return f"{wall_time:%Y-%m-%dT%H:%M}{PARTED_KEPT}{reading}"
        case AtInstants(starts):
            return PARTED_KEPT.join(at.isoformat() for at in starts)


def parse_chosen(kept: str, shape: Shape) -> Chosen:
    """What `write_chosen` wrote of this shape."""
    words = kept.split(PARTED_KEPT)
    if shape is Shape.WAVE:
        return AtWallTime(datetime.fromisoformat(words[0]), Reading(words[1]))
    starts = tuple(datetime.fromisoformat(word) for word in words)
    return AtInstants(starts) if shape is Shape.RELAY else AtInstant(starts[0])


def _read_wave(raw: Mapping[str, object]) -> AtWallTime:
    start, fold = text_of(raw, "start"), text_of(raw, "fold")
    wall_time = read_wall_time(text_of(raw, "wall_time") if start in ("", OTHER) else start)
    for edge in (-FIRST_CLOCK, LAST_CLOCK):
        zones.refuse_outside_rules(wall_time.replace(tzinfo=UTC) + edge, "wall_time")
    return AtWallTime(wall_time, Reading(fold) if fold in tuple(Reading) else Reading.FIRST)


def _read_relay(raw: Mapping[str, object], zone_id: str) -> AtInstants:
    start = raw.get("start")
    given = [str(one) for one in start] if isinstance(start, (list, tuple)) else _parts(text_of(raw, "start"))
    faults = Faults()
    if given in ([], [OTHER]):
        field, fold = "wall_time", text_of(raw, "fold")
        given = _parts(text_of(raw, field)) or [""]
        starts = [faults.read("", lambda one: settle_wall_time(read_wall_time(one), zone_id, fold), one) for one in given[:RELAY_MOST]]
    else:
        field = "start"
        starts = [faults.read("", read_instant, one, field) for one in given[:RELAY_MOST]]
    if len(given) > RELAY_MOST:
        faults.add(field, "too_many", len(given), RELAY_MOST)
    faults.check()
    return AtInstants(tuple(sorted(set(starts))))


def _parts(text: str) -> list[str]:
    return [part for part in PARTED.split(text.strip()) if part]


def _check_wave(wall_time: datetime, duration: timedelta, quarter: Quarter, now: datetime) -> None:
    faults = Faults()
    written = f"{wall_time:%Y-%m-%d %H:%M}"
    first, end = _wall_bounds(quarter)
    if not (first <= wall_time and wall_time + duration <= end):
        faults.add("start", "start_outside_quarter", written, quarter)
    soonest = _soonest_wave(now)
    if wall_time < soonest:
        faults.add("start", "start_too_soon", written, f"{soonest + timedelta(minutes=1):%Y-%m-%d %H:%M}")
    faults.check()


def _wall_bounds(quarter: Quarter) -> tuple[datetime, datetime]:
    return datetime.combine(quarter.first_on, time.min), datetime.combine(quarter.next().first_on, time.min)


def _soonest_wave(now: datetime) -> datetime:
    return (now + DEADLINE_BEFORE_START + DEADLINE_LEAST_AHEAD + FIRST_CLOCK).replace(tzinfo=None)
