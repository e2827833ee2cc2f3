"""What a proposal must say before it can be drafted, and when a moment may be put forward."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.action import DEADLINE_BEFORE_START, DEADLINE_LEAST_AHEAD, DURATION_MOST_MINUTES, Kind, Shape
from coordinator.domain.quarters import Quarter, quarter_of, read_quarter
from coordinator.domain.text import STORY_CHARS, TITLE_CHARS, read_choice, read_line, read_prose, text_of
from coordinator.errors import Faults, Invalid, problem

SLUG_WORD_CHARS = 40
DEADLINE_USUAL = timedelta(days=14)
DEADLINE_SPANS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16, 24, 48, 96, 168, 336))  # each about twice the one before
LEAST_INVITED = 2
OTHER = "other"  # for a `start` that is none of those offered


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a group wants to do, before any moment is chosen. `required` maps each invited group's id to whether it is required."""

    title: str
    kind: Kind
    story: str
    duration: timedelta
    quarter: Quarter
    language: str
    shape: Shape
    practice: bool
    required: Mapping[str, bool]


def read_proposal(
    raw: Mapping[str, object],
    *,
    own_group_id: str,
    group_ids: Collection[str],
    languages: Collection[str],
    zone_id: str,
    now: datetime,
) -> Proposal:
    """Reads a form or JSON body with title, kind, story, duration_minutes, quarter, language, shape, practice, invited, required.

    `invited` and `required` are lists of group ids; an absent or empty `invited` means all groups. `zone_id` is where the quarter turns.
    Raises Invalid with every fault found.
    """
    faults = Faults()
    practice = _is_true(raw.get("practice"))
    title = faults.read("title", read_line, text_of(raw, "title"), longest=TITLE_CHARS)
    kind = faults.read("kind", read_choice, text_of(raw, "kind"), tuple(Kind))
    story = faults.read("story", read_prose, text_of(raw, "story"), longest=STORY_CHARS, required=not practice)
    duration = faults.read("duration_minutes", read_duration, raw.get("duration_minutes", ""))
    quarter = quarter_of(now, zone_id) if practice else faults.read("quarter", read_quarter, text_of(raw, "quarter"), now, zone_id)
    language = faults.read("language", _read_language, text_of(raw, "language"), languages)
    shape = faults.read("shape", read_shape, raw, practice=practice)
    required = {own_group_id: False} if practice else faults.read("", read_invited, raw, own_group_id, group_ids)
    faults.check()
    return Proposal(title, Kind(kind), story, duration, quarter, language, shape, practice, required)


def read_shape(raw: Mapping[str, object], *, practice: bool = False) -> Shape:
    """`shape`, an instant when absent; a practice is never anything else. Problem: choice_unknown."""
    shapes = (Shape.INSTANT,) if practice else tuple(Shape)
    return Shape(read_choice(text_of(raw, "shape") or str(Shape.INSTANT), shapes))


def read_duration(raw: object) -> timedelta:
    """Whole minutes, 1 to 1440. Problems: missing, number_malformed, duration_too_short, duration_too_long."""
    text = str(raw).strip()
    if not text:
        raise Invalid(problem("", "missing"))
    if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) <= 9):
        raise Invalid(problem("", "number_malformed", text, 1, DURATION_MOST_MINUTES))
    if int(text) < 1:
        raise Invalid(problem("", "duration_too_short", text, 1))
    if int(text) > DURATION_MOST_MINUTES:
        raise Invalid(problem("", "duration_too_long", text, DURATION_MOST_MINUTES))
    return timedelta(minutes=int(text))


def read_invited(raw: Mapping[str, object], own_group_id: str, group_ids: Collection[str]) -> dict[str, bool]:
    """Who is invited, and who of them is required. The proposing group always is invited. Problems: group_unknown, too_few_invited."""
    faults = Faults()
    invited = list(dict.fromkeys([own_group_id, *(_strings(raw.get("invited")) or group_ids)]))
    required = set(_strings(raw.get("required")))
    for field, chosen in (("invited", invited), ("required", sorted(required))):
        for group_id in chosen:
            if group_id not in group_ids:
                faults.add(field, "group_unknown", group_id)
    if required - set(invited):
        faults.add("required", "required_not_invited", ", ".join(sorted(required - set(invited))))
    if len(invited) < LEAST_INVITED:
        faults.add("invited", "too_few_invited", len(invited), LEAST_INVITED)
    faults.check()
    return {group_id: group_id in required for group_id in invited}


def read_start(raw: Mapping[str, object], zone_id: str) -> datetime:
    """The chosen start: `start` as an instant with an offset (a candidate), or `wall_time` in `zone_id` with `fold` when it occurs twice.

    Problems: missing, instant_malformed, wall_time_malformed, wall_time_gap (remedy: the two times around the gap),
    wall_time_fold (remedy: both readings with their offsets), date_too_late.
    """
    chosen = text_of(raw, "start")
    if chosen and chosen != OTHER:
        return read_instant(chosen, "start")
    wall_time = read_wall_time(text_of(raw, "wall_time"))
    return settle_wall_time(wall_time, zone_id, text_of(raw, "fold"))


def read_instant(raw: str, field: str) -> datetime:
    """An instant with its UTC offset, ISO 8601, to the minute. Problem: instant_malformed."""
    try:
        instant = datetime.fromisoformat(raw.strip())
    except ValueError:
        raise Invalid(problem(field, "instant_malformed", raw, "2027-01-23T13:30:00Z")) from None
    if instant.tzinfo is None:
        raise Invalid(problem(field, "instant_malformed", raw, "2027-01-23T13:30:00Z"))
    utc = (instant - (instant.utcoffset() or timedelta())).replace(tzinfo=UTC)
    zones.refuse_outside_rules(utc, field)
    return utc


def read_wall_time(raw: str) -> datetime:
    """A wall time to the minute, as "2027-01-23 19:15" or with a T. Problems: missing, wall_time_malformed, both of `wall_time`."""
    text = raw.strip().replace(" ", "T", 1)
    if not text:
        raise Invalid(problem("wall_time", "missing"))
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", text):
        raise Invalid(problem("wall_time", "wall_time_malformed", raw, "2027-01-23 19:15"))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(problem("wall_time", "wall_time_malformed", raw, "2027-01-23 19:15")) from None


def settle_wall_time(wall_time: datetime, zone_id: str, fold: str, field: str = "wall_time") -> datetime:
    """The instant of a wall time; a time in a gap or a fold is asked about, never guessed. `fold` answers: "first" or "second"."""
    match zones.resolve_wall_time(wall_time, zone_id):
        case zones.Unambiguous(instant):
            return instant
        case zones.Gap(earlier, later):
            around = (zones.to_wall_time(t, zone_id).strftime("%H:%M") for t in (earlier, later))
            raise Invalid(problem(field, "wall_time_gap", wall_time.strftime("%Y-%m-%d %H:%M"), *around))
        case zones.Fold(first, second):
            if fold in ("first", "second"):
                return first if fold == "first" else second
            readings = (_offset_text(t, zone_id) for t in (first, second))
            raise Invalid(problem(field, "wall_time_fold", wall_time.strftime("%Y-%m-%d %H:%M"), *readings))


def check_start(starts_at: datetime, duration: timedelta, quarter: Quarter, zone_id: str, now: datetime) -> None:
    """A moment put forward lies in its quarter and leaves time to answer. Problems: start_outside_quarter, start_too_soon."""
    faults = Faults()
    first, after = quarter.bounds(zone_id)
    if not (first <= starts_at and starts_at + duration <= after):
        faults.add("start", "start_outside_quarter", starts_at.isoformat(), quarter)
    if starts_at < now + DEADLINE_BEFORE_START + timedelta(hours=1):
        faults.add("start", "start_too_soon", starts_at.isoformat(), (now + DEADLINE_BEFORE_START + timedelta(hours=1)).isoformat())
    faults.check()


def usual_deadline(latest_at: datetime, now: datetime, shape: Shape) -> datetime:
    """What the form offers: a fortnight, or the latest instant allowed when that is sooner, on the hour; at least an hour ahead.

    Of a relay it is one of a few spans from now: everybody reads the deadline, and just before the latest it would tell the hour of a
    first leg that only hidden groups follow.
    """
    if shape is Shape.RELAY:
        offered_at = now + max((span for span in DEADLINE_SPANS if now + span <= latest_at), default=DEADLINE_LEAST_AHEAD)
    else:
        offered_at = min(now + DEADLINE_USUAL, latest_at)
    return max(now + DEADLINE_LEAST_AHEAD, offered_at.replace(minute=0, second=0, microsecond=0))


def make_slug(title: str, kind: str, suffix: str) -> str:
    """A readable address that never changes: the title's plain letters (the kind when it has none) and a random suffix."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_WORD_CHARS].strip("-")
    return f"{words or kind}-{suffix}"


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in {"1", "true", "on", "yes"})


def _strings(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else []


def _read_language(raw: str, languages: Collection[str]) -> str:
    if raw not in languages:
        raise Invalid(problem("", "language_unknown", raw, *sorted(languages)))
    return raw


def _offset_text(instant: datetime, zone_id: str) -> str:
    minutes = int(zones.utc_offset(instant, zone_id) / timedelta(minutes=1))
    return f"UTC{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
