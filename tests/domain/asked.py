"""How is a question in the oracles' JSON put to the resolver, and what the resolver answers put into that JSON?"""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from coordinator.domain.action import Shape
from coordinator.domain.availability import Reach, read_availability, read_availability_text
from coordinator.domain.question import GroupRow, Invitee, LegRow, Question
from tests.domain import oracle

DEMO_GROUPS = Path(__file__).parents[2] / "demo" / "groups.csv"
INSTANCES = 2_000 if os.environ.get("CHORUS_SOAK") == "1" else 220

Json = dict[str, Any]

EVERY_DAY = "MO-SU 00:00-24:00"


# --- questions --------------------------------------------------------------------------------------------------------


def asking(*groups: Json, start: str = "2027-01-04T00:00:00Z", end: str = "2027-01-05T00:00:00Z", **more: Any) -> Json:
    """A question about one Monday, unless another range is given."""
    return {"range": {"start": start, "end": end}, "slot_minutes": 15, "duration_minutes": 60, "groups": list(groups), **more}


def question_of(raw: Json) -> Question:
    local_range, wall_range = raw.get("local_range"), raw.get("wall_range")
    return Question(
        start_at=oracle.instant(raw["range"]["start"]),
        end_at=oracle.instant(raw["range"]["end"]),
        duration_minutes=raw["duration_minutes"],
        groups=tuple(invitee_of(g) for g in raw["groups"]),
        slot_minutes=raw["slot_minutes"],
        local_range=(date.fromisoformat(local_range["first"]), date.fromisoformat(local_range["last"])) if local_range else None,
        limit=raw.get("limit", 3),
        apart=timedelta(hours=raw.get("apart_hours", 20)),
        shape=Shape(raw.get("shape", "instant")),
        wall_range=(datetime.fromisoformat(wall_range["start"]), datetime.fromisoformat(wall_range["end"])) if wall_range else None,
        relay_most=raw.get("relay_most"),
    )


def invitee_of(raw: Json) -> Invitee:
    parts = {key: raw[key] for key in ("windows", "quiet", "blocked", "reach") if key in raw}
    availability = read_availability(parts, default_reach=Reach.WINDOWS, may_never_open=True)
    no_go = tuple((oracle.instant(first), oracle.instant(end)) for first, end in raw.get("no_go", []))
    return Invitee(raw["name"], raw["zone"], availability, raw.get("required", False), raw.get("carried", 0), no_go)


def group(name: str, zone: str, windows: str = "", quiet: str = "", blocked: str = "", **more: Any) -> Json:
    """A group of the oracle's JSON from the text columns of a CSV file: "MO-FR 17:30-21:30"."""
    days = oracle.WEEKDAYS

    def window(part: str) -> Json:
        first, span = part.split()
        start, end = span.split("-")
        a, _, b = first.partition("-")
        return {"days": days[days.index(a) : days.index(b or a) + 1], "from": start, "to": end}

    def quiet_span(part: str) -> Json:
        start, end = part.split("-")
        return {"from": start, "to": end}

    return {
        "name": name,
        "zone": zone,
        "windows": [window(part) for part in windows.split("; ") if part],
        "quiet": [quiet_span(part) for part in quiet.split("; ") if part],
        "blocked": blocked.split(),
        **more,
    }


def demo_groups(*reaches: str) -> list[Json]:
    """The groups of demo/groups.csv, whose reaches are dealt out in turn."""
    with DEMO_GROUPS.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    read = [(row, read_availability_text(row["availability"], row["quiet"], row["blocked"])) for row in rows]
    return [
        {"name": row["name"], "zone": row["zone"], **availability.to_json(), "reach": reach}
        for (row, availability), reach in zip(read, itertools.cycle(reaches), strict=False)
    ]


DAR = group("Dar", "Africa/Dar_es_Salaam", "MO-TU 17:00-21:00")


# --- answers ----------------------------------------------------------------------------------------------------------


def summary_json(found: Any, write: Callable[[datetime], str]) -> Json:
    """What answers of all shapes say; `write` makes text of a start."""
    return {
        "feasible": found.feasible,
        "ranges": [[write(first), write(last)] for first, last in found.ranges],
        "count": found.count,
        "max_cover": found.max_cover,
        "missing": list(found.missing),
    }


def row_json(row: GroupRow) -> Json:
    sign, minutes = "-" if row.utc_offset < timedelta() else "+", abs(row.utc_offset) // timedelta(minutes=1)
    return {
        "name": row.name,
        "local": row.wall_time.strftime("%Y-%m-%dT%H:%M"),
        "utc_offset": f"{sign}{minutes // 60:02d}:{minutes % 60:02d}",
        "burden": row.burden,
        "carried_after": round(row.carried_after, 6),
    }


def leg_row_json(row: LegRow) -> Json:
    return {**row_json(row), "leg": oracle.iso(row.leg_at), **({"asked": row.asked.value} if row.asked else {})}
