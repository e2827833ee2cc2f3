"""The plain answer to a question of shape `wave`: every wall time tried, minute by minute, for every group at its own leg.

Written from docs/resolve.md on nothing but datetime, pytz and the plain meaning of a minute (`oracle`), and sharing no code with the product.
A question may have a `wall_range` {start, end}, which the file format does not know.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import pytz

from tests.domain import oracle

Json = dict[str, Any]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def answer(question: Json) -> Json:
    groups = question["groups"]
    walls = walls_of(question)
    burdens = {g["name"]: burdens_of(g, question, walls) for g in groups}
    suited = [sum(burdens[g["name"]][i] <= 1 for g in groups) for i in range(len(walls))]
    full = [i for i, n in enumerate(suited) if n == len(groups)]
    fullest = suited.index(max(suited)) if walls else None
    return {
        "feasible": bool(full),
        "ranges": runs([walls[i] for i in full], question["slot_minutes"] * MINUTE),
        "count": len(full),
        "max_cover": max(suited, default=0),
        "missing": [g["name"] for g in groups if fullest is None or burdens[g["name"]][fullest] > 1],
        "candidates": [
            candidate(question, walls[i], [burdens[g["name"]][i] for g in groups]) for i in oracle.ranked(question, walls, burdens)
        ],
    }


def walls_of(question: Json) -> list[datetime]:
    """The wall times that count: every group's leg lies in the range, or, where there is one, the action in the range of wall times."""
    first, end = (oracle.instant(question["range"][key]) for key in ("start", "end"))
    zones = {g["zone"] for g in question["groups"]} or {"UTC"}
    step = question["slot_minutes"] * MINUTE
    wall = first.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) - DAY
    walls = []
    if "wall_range" in question:
        first, end = (datetime.fromisoformat(question["wall_range"][key]) for key in ("start", "end"))
        wall = first.replace(hour=0, minute=0, second=0, microsecond=0)
        while wall + question["duration_minutes"] * MINUTE <= end:
            walls += [wall] if first <= wall else []
            wall += step
        return walls
    while wall <= end.replace(tzinfo=None) + DAY:
        legs = [leg_of(wall, zone)[0] for zone in zones]
        if all(first <= leg and leg + question["duration_minutes"] * MINUTE <= end for leg in legs):
            walls.append(wall)
        wall += step
    return walls


@lru_cache(maxsize=100_000)
def leg_of(wall: datetime, zone: str) -> tuple[datetime, str | None]:
    """The instant of that wall time, and whether the clock skips or doubles it."""
    rules = pytz.timezone(zone)
    try:
        return rules.localize(wall, is_dst=None).astimezone(UTC), None
    except pytz.AmbiguousTimeError:
        readings = (rules.localize(wall, is_dst=is_dst).astimezone(UTC) for is_dst in (True, False))
        return min(readings), "doubled"
    except pytz.NonExistentTimeError:
        before = rules.fromutc(wall - DAY - timedelta(hours=2)).utcoffset()
        assert before is not None
        return (wall - before).replace(tzinfo=UTC), "skipped"


def burdens_of(group: Json, question: Json, walls: list[datetime]) -> list[int]:
    legs = [leg_of(wall, group["zone"])[0] for wall in walls]
    length = question["duration_minutes"]
    firsts = [(leg - legs[0]) // MINUTE for leg in legs]
    each = {m: minute_burden(group, question, legs[0] + m * MINUTE) for m in {first + m for first in firsts for m in range(length)}}
    worst = [max(each[m] for m in range(first, first + length)) for first in firsts]
    return [13 if oracle.is_refused(group, leg, leg + length * MINUTE) else burden for leg, burden in zip(legs, worst, strict=True)]


def minute_burden(group: Json, question: Json, minute: datetime) -> int:
    return oracle.minute_burden(group, oracle.wall_time(minute, group["zone"]), question.get("local_range"))


def candidate(question: Json, wall: datetime, burdens: list[int]) -> Json:
    groups = question["groups"]
    mean = sum(burdens) / len(burdens) if burdens else 0
    legs = [leg_of(wall, g["zone"]) for g in groups]
    instants = sorted({leg for leg, _ in legs})
    return {
        "start": local(wall),
        "covered": sum(b < 13 for b in burdens),
        "missing": [g["name"] for g, b in zip(groups, burdens, strict=True) if b == 13],
        "groups": [row(g, *leg, b, g.get("carried", 0) + b - mean) for g, leg, b in zip(groups, legs, burdens, strict=True)],
        "legs": [
            {
                "leg": oracle.iso(instant),
                "utc_offset": offset_text(wall.replace(tzinfo=UTC) - instant),
                "groups": [g["name"] for g, (leg, _) in zip(groups, legs, strict=True) if leg == instant],
            }
            for instant in instants
        ],
        "first": oracle.iso(instants[0]) if instants else None,
        "last": oracle.iso(instants[-1]) if instants else None,
        "span_minutes": int((instants[-1] - instants[0]) / MINUTE) if instants else 0,
    }


def row(group: Json, leg: datetime, asked: str | None, burden: int, carried_after: float) -> Json:
    return {**oracle.row(group, leg, burden, carried_after), "leg": oracle.iso(leg), **({"asked": asked} if asked else {})}


def offset_text(offset: timedelta) -> str:
    hours, minutes = divmod(abs(int(offset / MINUTE)), 60)
    return f"{'-' if offset < timedelta() else '+'}{hours:02d}:{minutes:02d}"


def runs(walls: list[datetime], step: timedelta) -> list[list[str]]:
    found: list[list[datetime]] = []
    for wall in walls:
        if found and found[-1][1] + step == wall:
            found[-1][1] = wall
        else:
            found.append([wall, wall])
    return [[local(first), local(last)] for first, last in found]


def local(wall: datetime) -> str:
    return wall.strftime("%Y-%m-%dT%H:%M")
