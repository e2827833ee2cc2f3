"""How is the file of `chorus resolve` read? (DESIGN §4 "Command and library"; docs/resolve.md)

One question, or `{"cases": [...]}`, each with an `id`, answered by one object id → answer. Every fault is named with its path
(`cases[3].groups[1].windows[0].from`). How an answer is written is told by `resolve_answer.py`.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NoReturn

import msgspec

from coordinator.domain.action import Shape
from coordinator.domain.availability import DAY_MINUTES, Availability, Reach, read_availability
from coordinator.domain.question import APART, CANDIDATES, Invitee, Question
from coordinator.domain.shapes import resolve_shape
from coordinator.domain.starts import Grid
from coordinator.domain.zones import RULES_END_AT, read_zone_id, refuse_outside_rules
from coordinator.errors import Faults, Invalid, Problem, problem
from coordinator.formats.quick_question import MAX_CARRIED, MAX_GROUPS, MAX_NAME_CHARS, read_plain
from coordinator.formats.resolve_answer import write_answer

MAX_CASES = 10_000
MAX_RANGE = timedelta(days=400)
MAX_LIMIT = 100
MAX_APART_HOURS = 400 * 24
MAX_RELAY_CELLS = 200_000_000  # groups × starts, a byte each

QUESTION_KEYS = ("range", "local_range", "shape", "slot_minutes", "duration_minutes", "groups", "limit", "apart_hours")
AVAILABILITY_KEYS = ("windows", "quiet", "blocked", "reach")
GROUP_KEYS = ("name", "zone", *AVAILABILITY_KEYS, "required", "carried")

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Json = dict[str, Any]


def answer(text: str) -> str:
    """The answer to the question or cases in `text`, as one line of JSON.

    Raises Invalid with every problem of every case; then nothing is answered.
    """
    plain = read_quickly(text)
    if plain is not None:
        return _dump(write_answer(resolve_shape(plain)))
    raw = _parse(text)
    return _dump(_answer_cases(raw) if "cases" in raw else write_answer(resolve_shape(read_question(raw))))


def read_question(raw: object) -> Question:
    """The question in one JSON object. Groups bear only what suits them unless they say otherwise (`reach`)."""
    if not isinstance(raw, Mapping):
        raise Invalid(_wrong_type(raw, "object"))
    return _read_question(raw, partial(_read_groups, raw.get("groups")))


def read_quickly(text: str) -> Question | None:
    """The question in `text`; None when it holds a fault or anything out of the ordinary, which `read_question` looks at."""
    found = read_plain(text)
    try:
        return _read_question(found.rest, lambda _: found.groups) if found is not None else None
    except Invalid:
        return None


def _read_question(raw: Mapping[str, Any], read_groups: Callable[[Faults], tuple[Invitee, ...]]) -> Question:
    faults = Faults()
    _refuse_unknown_keys(raw, QUESTION_KEYS, faults)
    shape = faults.read("shape", _read_shape, raw.get("shape", Shape.INSTANT))
    bounds = faults.read("range", _read_range, raw.get("range"))
    local_range = faults.read("local_range", _read_local_range, raw["local_range"]) if raw.get("local_range") is not None else None
    slot_minutes = faults.read("slot_minutes", _read_slot, raw.get("slot_minutes"))
    duration_minutes = faults.read("duration_minutes", _read_duration, raw.get("duration_minutes"))
    limit = faults.read("limit", _read_int, raw.get("limit", CANDIDATES), 0, MAX_LIMIT)
    apart_hours = faults.read("apart_hours", _read_number, raw.get("apart_hours", APART / timedelta(hours=1)), 0, MAX_APART_HOURS)
    groups = read_groups(faults)
    faults.check()
    question = Question(*bounds, duration_minutes, groups, slot_minutes, local_range, limit, timedelta(hours=apart_hours), shape)
    _refuse_large_relay(question)
    return question


def _dump(found: Json) -> str:
    return msgspec.json.encode(found).decode() + "\n"


def _parse(text: str) -> Json:
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        raise Invalid(problem("", "json_malformed", f"{fault.lineno}:{fault.colno}")) from None
    except (ValueError, RecursionError):  # NaN, an integer of thousands of digits, nesting without end
        raise Invalid(problem("", "json_malformed", text)) from None
    if not isinstance(raw, dict):
        raise Invalid(_wrong_type(raw, "object"))
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# --- cases -----------------------------------------------------------------------------------------------------------


def _answer_cases(raw: Json) -> Json:
    faults = Faults()
    _refuse_unknown_keys(raw, ("cases",), faults)
    cases = faults.read("cases", _read_list, raw["cases"], MAX_CASES) or []
    questions: dict[str, Question] = {}
    for index, case in enumerate(cases):
        case_id, question = _read_case(case, f"cases[{index}]", faults)
        if case_id in questions:
            faults.add(f"cases[{index}].id", "id_repeated", case_id)
        questions[case_id] = question
    faults.check()
    return {case_id: write_answer(resolve_shape(question)) for case_id, question in questions.items()}


def _read_case(raw: object, path: str, faults: Faults) -> tuple[str, Question]:
    rest = {key: value for key, value in raw.items() if key != "id"} if isinstance(raw, Mapping) else raw
    case_id = faults.read(f"{path}.id", _read_id, raw.get("id") if isinstance(raw, Mapping) else None)
    return case_id or path, faults.read(path, read_question, rest)


def _read_id(raw: object) -> str:
    return str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _read_name(raw)


# --- one question ----------------------------------------------------------------------------------------------------


def _read_shape(raw: object) -> Shape:
    if raw not in tuple(Shape):
        raise Invalid(problem("", "shape_unknown", raw, *Shape))
    return Shape(str(raw))


def _refuse_large_relay(question: Question) -> None:
    cells = Grid.of(question).count * len(question.groups)
    if question.shape is Shape.RELAY and cells > MAX_RELAY_CELLS:
        raise Invalid(problem("shape", "relay_too_large", cells, MAX_RELAY_CELLS))


def _read_range(raw: object) -> tuple[datetime, datetime]:
    start, end = _read_pair(raw, ("start", "end"))
    faults = Faults()
    start_at = faults.read("start", _read_instant, start)
    end_at = faults.read("end", _read_instant, end)
    faults.check()
    if end_at <= start_at:
        raise Invalid(problem("end", "range_reversed", end, start))
    if end_at - start_at > MAX_RANGE:
        raise Invalid(problem("end", "range_too_long", end, MAX_RANGE.days))
    return start_at, end_at


def _read_local_range(raw: object) -> tuple[date, date]:
    first, last = _read_pair(raw, ("first", "last"))
    faults = Faults()
    first_on = faults.read("first", _read_date, first)
    last_on = faults.read("last", _read_date, last)
    faults.check()
    if last_on < first_on:
        raise Invalid(problem("last", "range_reversed", last, first))
    return first_on, last_on


def _read_pair(raw: object, keys: tuple[str, str]) -> tuple[object, object]:
    if not isinstance(raw, Mapping):
        raise Invalid(_wrong_type(raw, "object"))
    faults = Faults()
    _refuse_unknown_keys(raw, keys, faults)
    faults.check()
    return raw.get(keys[0]), raw.get(keys[1])


def _read_instant(raw: object) -> datetime:
    """An instant with its offset; midnight of 2038 itself is accepted, so that a range may end where the rules do."""
    if not isinstance(raw, str):
        raise Invalid(_wrong_type(raw, "string"))
    instant = _parse_instant(raw)
    if instant is None:
        raise Invalid(problem("", "instant_malformed", raw, "2027-01-01T00:00:00Z"))
    if instant != RULES_END_AT:
        refuse_outside_rules(instant)
    return instant.astimezone(UTC)


def _parse_instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except ValueError:
        return None


def _read_date(raw: object) -> date:
    try:
        if isinstance(raw, str) and _DATE.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass
    raise Invalid(problem("", "missing", "", "2027-02-14") if raw is None else problem("", "date_malformed", raw, "2027-02-14"))


def _read_slot(raw: object) -> int:
    slot_minutes = _read_int(raw, 1, DAY_MINUTES)
    if DAY_MINUTES % slot_minutes:
        raise Invalid(problem("", "slot_unfit", raw, 5, 10, 15, 20, 30, 60))
    return slot_minutes


def _read_duration(raw: object) -> int:
    if isinstance(raw, int) and raw > DAY_MINUTES:
        raise Invalid(problem("", "duration_too_long", raw, DAY_MINUTES))
    return _read_int(raw, 1, DAY_MINUTES)


def _read_int(raw: object, least: int, most: int) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Invalid(_wrong_type(raw, "integer"))
    if not least <= raw <= most:
        raise Invalid(problem("", "number_out_of_range", raw, least, most))
    return raw


def _read_number(raw: object, least: float, most: float) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        raise Invalid(_wrong_type(raw, "number"))
    if not least <= raw <= most or not math.isfinite(raw):
        raise Invalid(problem("", "number_out_of_range", raw, least, most))
    return float(raw)


def _read_bool(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Invalid(_wrong_type(raw, "true", "false"))
    return raw


def _read_name(raw: object) -> str:
    """A name as it was given; refused are control characters, halves of surrogate pairs, and nothing but space."""
    if not isinstance(raw, str):
        raise Invalid(_wrong_type(raw, "string"))
    if not raw.strip() or len(raw) > MAX_NAME_CHARS or any(unicodedata.category(c) in {"Cc", "Cs"} for c in raw):
        raise Invalid(problem("", "name_unusable", raw, MAX_NAME_CHARS))
    return raw


def _read_list(raw: object, most: int) -> list[object]:
    if not isinstance(raw, list):
        raise Invalid(_wrong_type(raw, "list"))
    if len(raw) > most:
        raise Invalid(problem("", "too_many", len(raw), most))
    return raw


# --- groups ----------------------------------------------------------------------------------------------------------


def _read_groups(raw: object, faults: Faults) -> tuple[Invitee, ...]:
    groups: list[Invitee] = []
    names: set[str] = set()
    for index, item in enumerate(faults.read("groups", _read_list, raw, MAX_GROUPS) or []):
        group = faults.read(f"groups[{index}]", _read_group, item)
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, str) and name in names:
            faults.add(f"groups[{index}].name", "name_repeated", name)
        names.add(str(name))
        groups.append(group)
    return tuple(groups)


def _read_group(raw: object) -> Invitee:
    if not isinstance(raw, Mapping):
        raise Invalid(_wrong_type(raw, "object"))
    faults = Faults()
    _refuse_unknown_keys(raw, GROUP_KEYS, faults)
    name = faults.read("name", _read_name, raw.get("name"))
    zone_id = faults.read("zone", _read_zone, raw.get("zone"))
    availability = faults.read("", _read_group_availability, raw)
    required = faults.read("required", _read_bool, raw.get("required", False))
    carried = faults.read("carried", _read_number, raw.get("carried", 0), -MAX_CARRIED, MAX_CARRIED)
    faults.check()
    return Invitee(name, zone_id, availability, required, carried)


def _read_zone(raw: object) -> str:
    if not isinstance(raw, str):
        raise Invalid(_wrong_type(raw, "string"))
    return read_zone_id(raw)


def _read_group_availability(raw: Mapping[str, object]) -> Availability:
    """Quiet hours and blocked dates may be left out, windows not: a file that forgets them would be answered wrongly."""
    if "windows" not in raw:
        raise Invalid(_wrong_type(None, "list").under("windows"))
    given = {key: raw[key] for key in AVAILABILITY_KEYS if key in raw}
    return read_availability(given, default_reach=Reach.WINDOWS, may_never_open=True)


def _wrong_type(raw: object, *expected: str) -> Problem:
    """That the value is absent (or null), or of another type than one of `expected`."""
    return problem("", "missing", "", *expected) if raw is None else problem("", "type_wrong", raw, *expected)


def _refuse_unknown_keys(raw: Mapping[str, object], known: Sequence[str], faults: Faults) -> None:
    for key in raw:
        if key not in known:
            faults.add(key, "key_unknown", key, *known)
