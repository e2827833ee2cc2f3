"""How is availability read from whatever a person or a program sent: JSON, rows of a form without script, or three lines of text?

Rows are named as problems name them: `windows[0].days`, `windows[0].from`, `windows[0].to`, `windows[0].level`, `quiet[0].from`,
`quiet[0].to`, `blocked[0]`. A day may also be a box of its own, `windows[0].days.MO`. Rows left empty are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coordinator.domain.availability import Availability, Reach, read_availability, read_availability_text
from coordinator.domain.text import read_choice, text_of
from coordinator.errors import Faults, Invalid, Problem

LISTS = ("windows", "quiet", "blocked")
TEXT_FIELDS = ("availability", "quiet", "blocked")

_ROW = re.compile(r"(windows|quiet|blocked)\[([0-9]{1,3})\](?:\.(days|from|to|level)(?:\.([A-Z]{2}))?)?")
_PROBLEM_ROW = re.compile(r"(windows|quiet|blocked)\[([0-9]+)\](.*)")

Cells = dict[str, Any]
Rows = dict[str, dict[int, Cells]]


def read_any_availability(raw: Mapping[str, object], *, default_reach: Reach = Reach.WAKING) -> Availability:
    """The availability in `raw`: an object under `availability`, lists at the top, rows of a form, or text. Raises Invalid with all faults.

    `reach` may stand beside them; absent or empty it is `default_reach`.
    """
    faults = Faults()
    reach = faults.read("reach", _read_reach, text_of(raw, "reach"), default_reach)
    availability = faults.read("", _read, raw, reach or default_reach)
    faults.check()
    return availability


def _read_reach(raw: str, default: Reach) -> Reach:
    return Reach(read_choice(raw, tuple(Reach))) if raw else default


def _read(raw: Mapping[str, object], reach: Reach) -> Availability:
    whole = raw.get("availability")
    if isinstance(whole, Mapping):
        return _read_object(whole, reach)
    if any(isinstance(raw.get(name), list | tuple) for name in LISTS):
        return read_availability({name: raw[name] for name in LISTS if raw.get(name) is not None} | {"reach": reach.value})
    if any(_ROW.fullmatch(name) for name in raw):
        return _read_rows(raw, reach)
    return read_availability_text(*(text_of(raw, name) for name in TEXT_FIELDS), reach=reach)


def _read_object(whole: Mapping[str, object], reach: Reach) -> Availability:
    faults = Faults()
    availability = faults.read("availability", read_availability, {"reach": reach.value, **whole})
    faults.check()
    return availability


def _read_rows(raw: Mapping[str, object], reach: Reach) -> Availability:
    rows = collect_rows(raw)
    blocked = " ".join((text_of(raw, "blocked"), *(str(cells.get("")) for cells in _filled(rows["blocked"]).values())))
    lists = {
        "windows": [{"days": [], **cells} for cells in _filled(rows["windows"]).values()],
        "quiet": list(_filled(rows["quiet"]).values()),
        "blocked": [on for on in re.split(r"[\s,;]+", blocked) if on],
    }
    try:
        return read_availability({**lists, "reach": reach.value})
    except Invalid as fault:
        raise Invalid(*(_in_form(p, rows) for p in fault.problems)) from None


def collect_rows(raw: Mapping[str, object]) -> Rows:
    """List → row number of the form → its cells; `days` is a list of weekdays, the cell of a blocked date is called ""."""
    rows: Rows = {name: {} for name in LISTS}
    for name, value in raw.items():
        found = _ROW.fullmatch(name)
        if found is None:
            continue
        cells = rows[found[1]].setdefault(int(found[2]), {})
        if found[4]:
            cells.setdefault("days", []).append(found[4])
        elif found[3] == "days":
            cells.setdefault("days", []).extend(_days(value))
        else:
            cells[found[3] or ""] = str(value).strip()
    return rows


def _days(value: object) -> list[str]:
    listed = value if isinstance(value, list | tuple) else re.split(r"[\s,]+", str(value).strip())
    return [str(day) for day in listed if day]


def _filled(rows: dict[int, Cells]) -> dict[int, Cells]:
    """The rows that say something, in order: a row that only has its preset level says nothing."""
    return {number: cells for number, cells in sorted(rows.items()) if any(v for name, v in cells.items() if name != "level")}


def _in_form(problem: Problem, rows: Rows) -> Problem:
    """The same fault under the row's number in the form: rows left empty were not counted by the reader."""
    found = _PROBLEM_ROW.fullmatch(problem.field)
    if found is None or found[1] == "blocked":
        return problem if found is None else Problem("blocked", problem.code, problem.value, problem.remedy)
    number = list(_filled(rows[found[1]]))[int(found[2])]
    return Problem(f"{found[1]}[{number}]{found[3]}", problem.code, problem.value, problem.remedy)


def form_rows(availability: Availability, *, spare: int = 2) -> dict[str, list[dict[str, Any]]]:
    """The rows that a form shows: `windows` and `quiet` as in JSON, each with `spare` empty ones to fill in."""
    stored = availability.to_json()
    return {
        "windows": stored["windows"] + [{"days": [], "from": "", "to": "", "level": "preferred"} for _ in range(spare)],
        "quiet": stored["quiet"] + [{"from": "", "to": ""} for _ in range(spare)],
    }
