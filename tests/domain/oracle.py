"""The plain answer to a resolve question: every start tried, minute by minute, for every group.

Written from DESIGN §4 on nothing but datetime and pytz, and sharing no code with the product, so that the two can only
agree by both being right. Question and answer are the JSON of `chorus resolve`; `conflict` and `concession` are left out, and a group
may have `no_go`, pairs of instants [from, to), which the file format does not know.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import pytz

Json = dict[str, Any]

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def answer(question: Json) -> Json:
    groups = question["groups"]
    starts = starts_of(question)
    burdens = {g["name"]: burden_by_start(g, question, starts) for g in groups}
    suited = [sum(burdens[g["name"]][i] <= 1 for g in groups) for i in range(len(starts))]
    full = [i for i, n in enumerate(suited) if n == len(groups)]
    fullest = suited.index(max(suited)) if starts else None
    return {
        "feasible": bool(full),
        "ranges": [[iso(starts[a]), iso(starts[b])] for a, b in runs(full)],
        "count": len(full),
        "max_cover": max(suited, default=0),
        "missing": [g["name"] for g in groups if fullest is None or burdens[g["name"]][fullest] > 1],
        "candidates": [candidate(question, starts[i], [burdens[g["name"]][i] for g in groups]) for i in ranked(question, starts, burdens)],
    }


def starts_of(question: Json) -> list[datetime]:
    first, end = instant(question["range"]["start"]), instant(question["range"]["end"])
    duration = question["duration_minutes"] * MINUTE
    t, starts = first.replace(second=0, microsecond=0), []
    while t + duration <= end:
        if t >= first and int(t.timestamp()) // 60 % question["slot_minutes"] == 0:
            starts.append(t)
        t += MINUTE
    return starts


def burden_by_start(group: Json, question: Json, starts: list[datetime]) -> list[int]:
    if not starts:
        return []
    length = question["duration_minutes"]
    minutes = int((starts[-1] - starts[0]) / MINUTE) + length
    each = [minute_burden(group, wall_time(starts[0] + m * MINUTE, group["zone"]), question.get("local_range")) for m in range(minutes)]
    first_minutes = [int((t - starts[0]) / MINUTE) for t in starts]
    worst = [max(each[m : m + length]) for m in first_minutes]
    return [13 if is_refused(group, t, t + length * MINUTE) else burden for t, burden in zip(starts, worst, strict=True)]


def is_refused(group: Json, start: datetime, end: datetime) -> bool:
    """Whether some microsecond of the action lies in a no-go span."""
    spans = [(instant(first), instant(last)) for first, last in group.get("no_go", [])]
    return any(first < last and first < end and last > start for first, last in spans)


def minute_burden(group: Json, wall: datetime, local_range: Json | None) -> int:
    quiet = any(is_inside(wall, span, WEEKDAYS) for span in group["quiet"])
    levels = {w.get("level", "preferred") for w in group["windows"] if is_inside(wall, w, w["days"])}
    if wall.date().isoformat() in group["blocked"] or (
        local_range and not local_range["first"] <= wall.date().isoformat() <= local_range["last"]
    ):
        return 13
    reach = group.get("reach", "windows")
    if (reach == "windows" and (quiet or not levels)) or (reach == "waking" and quiet):
        return 13
    if quiet or (not levels and not time(7) <= wall.time() < time(22)):
        return 8
    if levels:
        return 0 if "preferred" in levels else 1
    return 3


def is_inside(wall: datetime, span: Json, days: list[str]) -> bool:
    """Whether the span that began today, or the one that began yesterday, holds this minute."""
    for began_on in (wall.date(), wall.date() - DAY):
        if WEEKDAYS[began_on.weekday()] not in days:
            continue
        start, end = at(began_on, span["from"]), at(began_on, span["to"])
        if start <= wall < (end if start < end else end + DAY):
            return True
    return False


@lru_cache(maxsize=10_000)
def at(on: date, text: str) -> datetime:
    hours, minutes = text.split(":")
    return datetime.combine(on, time()) + timedelta(hours=int(hours), minutes=int(minutes))


@lru_cache(maxsize=200_000)
def wall_time(t: datetime, zone: str) -> datetime:
    return t.astimezone(pytz.timezone(zone)).replace(tzinfo=None)


def ranked(question: Json, starts: list[datetime], burdens: dict[str, list[int]]) -> list[int]:
    """The candidates' starts, by index: the best of all, then the best of those far enough from what was taken, …"""
    groups = question["groups"]

    def rank(i: int) -> tuple[float, ...]:
        required = sum(burdens[g["name"]][i] < 13 for g in groups if g.get("required"))
        worst = max((g.get("carried", 0) + burdens[g["name"]][i] for g in groups), default=0)
        borne = sum(burdens[g["name"]][i] < 13 for g in groups)
        return (-required, worst, -borne, sum(burdens[g["name"]][i] for g in groups), i)

    chosen: list[int] = []
    for i in sorted(range(len(starts)), key=rank):
        if len(chosen) == question.get("limit", 3):
            break
        if all(abs(starts[i] - starts[j]) >= timedelta(hours=question.get("apart_hours", 20)) for j in chosen):
            chosen.append(i)
    return chosen


def candidate(question: Json, start: datetime, burdens: list[int]) -> Json:
    groups = question["groups"]
    mean = sum(burdens) / len(burdens) if burdens else 0
    return {
        "start": iso(start),
        "covered": sum(b < 13 for b in burdens),
        "missing": [g["name"] for g, b in zip(groups, burdens, strict=True) if b == 13],
        "groups": [row(g, start, b, g.get("carried", 0) + b - mean) for g, b in zip(groups, burdens, strict=True)],
    }


def row(group: Json, start: datetime, burden: int, carried_after: float) -> Json:
    local = start.astimezone(pytz.timezone(group["zone"]))
    offset = local.strftime("%z")
    return {
        "name": group["name"],
        "local": local.strftime("%Y-%m-%dT%H:%M"),
        "utc_offset": f"{offset[:3]}:{offset[3:]}",
        "burden": burden,
        "carried_after": round(carried_after, 6),
    }


def runs(indices: list[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for i in indices:
        if found and found[-1][1] == i - 1:
            found[-1] = (found[-1][0], i)
        else:
            found.append((i, i))
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def iso(t: datetime) -> str:
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")
