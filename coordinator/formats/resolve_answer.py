"""How is an answer of `chorus resolve` written? (DESIGN §4 "Command and library"; docs/resolve.md)

The shapes share what speaks of *suits*; candidates each have their own form.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from coordinator.domain.question import Answer, Candidate, Concession, GroupRow, LegRow
from coordinator.domain.relay import Bound, RelayAnswer, RelayCandidate
from coordinator.domain.shapes import AnyAnswer
from coordinator.domain.wave import Leg, WaveAnswer, WaveCandidate

CARRIED_DIGITS = 6  # sums of thirds and sevenths should not end in …0000000002

Json = dict[str, Any]


def write_answer(found: AnyAnswer) -> Json:
    """The answer as the JSON object that docs/resolve.md describes."""
    return {
        "feasible": found.feasible,
        "ranges": [[_write_start(first), _write_start(last)] for first, last in found.ranges],
        "count": found.count,
        "max_cover": found.max_cover,
        "missing": list(found.missing),
        "conflict": list(found.conflict),
        "concession": None if found.concession is None else _write_concession(found.concession),
        **_write_own(found),
    }


def _write_own(found: AnyAnswer) -> Json:
    """What each shape says in its own way."""
    match found:
        case Answer(candidates=candidates):
            return {"candidates": [_write_candidate(c) for c in candidates]}
        case WaveAnswer(candidates=waves):
            return {"candidates": [_write_wave(c) for c in waves]}
        case RelayAnswer(bound=bound, candidates=relays):
            return {"bound": _write_bound(bound), "candidates": [_write_relay(c) for c in relays]}


@lru_cache(maxsize=2048)  # a handful for thousands of groups
def write_instant(instant: datetime) -> str:
    """ "2027-01-01T00:00:00Z"."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=2048)
def write_wall_time(wall_time: datetime) -> str:
    """ "2027-01-01T18:00"."""
    return wall_time.strftime("%Y-%m-%dT%H:%M")


@lru_cache(maxsize=256)
def write_offset(offset: timedelta) -> str:
    """ "+05:45", "-03:30", "+00:00"."""
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _write_start(start: datetime) -> str:
    return write_wall_time(start) if start.tzinfo is None else write_instant(start)


def _write_concession(concession: Concession) -> Json:
    return {
        "group": concession.group,
        "change": {"kind": concession.kind, "from": concession.change_from, "to": concession.change_to},
        "minutes": concession.minutes,
        "opens": _write_start(concession.opens_at),
    }


def _write_candidate(candidate: Candidate) -> Json:
    return _write_any(write_instant(candidate.start_at), candidate, [_write_row(row) for row in candidate.groups])


def _write_wave(candidate: WaveCandidate) -> Json:
    instants = [write_instant(leg.starts_at) for leg in candidate.legs]
    return {
        **_write_any(write_wall_time(candidate.wall_time), candidate, [_write_leg_row(row) for row in candidate.groups]),
        "legs": [_write_leg(leg) for leg in candidate.legs],
        "first": instants[0] if instants else None,
        "last": instants[-1] if instants else None,
        "span_minutes": candidate.span // timedelta(minutes=1),
    }


def _write_relay(candidate: RelayCandidate) -> Json:
    return _write_any([write_instant(start) for start in candidate.starts], candidate, [_write_leg_row(row) for row in candidate.groups])


def _write_any(start: str | list[str], candidate: Candidate | WaveCandidate | RelayCandidate, rows: list[Json]) -> Json:
    return {"start": start, "covered": candidate.covered, "missing": list(candidate.missing), "groups": rows}


def _write_row(row: GroupRow) -> Json:
    return {
        "name": row.name,
        "local": write_wall_time(row.wall_time),
        "utc_offset": write_offset(row.utc_offset),
        "burden": row.burden,
        "carried_after": round(row.carried_after, CARRIED_DIGITS),
    }


def _write_leg_row(row: LegRow) -> Json:
    return {**_write_row(row), "leg": write_instant(row.leg_at), **({"asked": row.asked.value} if row.asked else {})}


def _write_leg(leg: Leg) -> Json:
    return {"leg": write_instant(leg.starts_at), "utc_offset": write_offset(leg.utc_offset), "groups": list(leg.groups)}


def _write_bound(bound: Bound | None) -> Json | None:
    return {"least": bound.least, "factor": round(bound.factor, CARRIED_DIGITS)} if bound else None
