"""Which questions are the resolver and its oracles both asked? Few groups, short ranges, and clocks that change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random

from hypothesis import strategies as st

from tests.domain import oracle, oracle_concession
from tests.domain.asked import Json

ZONES = [
    "Pacific/Kiritimati", "Pacific/Niue", "Pacific/Chatham", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca",
    "Europe/Dublin", "Antarctica/Troll", "Pacific/Apia", "America/New_York", "Europe/Berlin", "Pacific/Auckland", "Asia/Calcutta", "UTC",
    "America/Havana", "Africa/Cairo", "Australia/Eucla",
]  # fmt: skip
CHANGES = {  # a day, and the zones whose clock changes then
    "2027-01-01": ["Pacific/Kiritimati", "Pacific/Niue"],
    "2027-03-14": ["America/New_York", "America/St_Johns", "America/Havana"],
    "2027-03-28": ["Europe/Berlin", "Europe/Dublin", "Antarctica/Troll"],
    "2027-04-03": ["Pacific/Chatham", "Pacific/Auckland", "Australia/Lord_Howe"],
    "2027-09-25": ["Pacific/Chatham", "Pacific/Auckland"],
    "2027-10-02": ["Australia/Lord_Howe"],
    "2027-10-31": ["Europe/Berlin", "Europe/Dublin", "Antarctica/Troll"],
    "2027-11-07": ["America/New_York", "America/St_Johns", "America/Havana"],
    "2027-04-29": ["Africa/Cairo"],
    "2027-10-28": ["Africa/Cairo"],
    "2026-02-15": ["Africa/Casablanca"],
    "2026-03-22": ["Africa/Casablanca"],
    "2011-12-30": ["Pacific/Apia"],
}


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


minutes = st.integers(0, 95).map(lambda q: q * 15) | st.integers(0, 1439)
ends = minutes | st.just(1440)
spans = st.tuples(minutes, ends).map(lambda pair: {"from": clock(pair[0]), "to": clock(pair[1])})
evenings = st.tuples(st.integers(20 * 60, 1439), st.integers(0, 9 * 60)).map(lambda pair: {"from": clock(pair[0]), "to": clock(pair[1])})


long_spans = st.tuples(st.integers(0, 1439), st.integers(-240, 0)).map(
    lambda pair: {"from": clock(pair[0]), "to": clock((pair[0] + pair[1]) % 1440)}
)


# Made once: hypothesis takes longer to make a strategy than to draw from it.

windows = st.builds(
    lambda days, span, level: {"days": days, **span, **level},
    st.just(oracle.WEEKDAYS) | st.lists(st.sampled_from(oracle.WEEKDAYS), min_size=1, max_size=4, unique=True),
    spans | long_spans,
    st.sampled_from([{}, {"level": "preferred"}, {"level": "possible"}]),
)


@cache
def no_go_spans(base: str) -> st.SearchStrategy[list[str]]:
    """A span near the day: at slots, at minutes or between them; now and then empty or the wrong way round."""
    units = st.sampled_from([timedelta(minutes=15), timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)])

    def span(unit: timedelta, quarter: int, beside: int, length: timedelta | int) -> list[str]:
        start = datetime.fromisoformat(f"{base}T00:00:00Z") + timedelta(minutes=15 * quarter) + beside * unit
        return [start.isoformat(), (start + (length if isinstance(length, timedelta) else length * unit)).isoformat()]

    lengths = st.sampled_from([0, -1, 1, timedelta(minutes=45), timedelta(hours=7), timedelta(days=3)])
    return st.builds(span, units, st.integers(-72, 160), st.integers(-9, 9), lengths)


@cache
def groups(name: str, base: str) -> st.SearchStrategy[Json]:
    days = st.integers(-3, 3).map(lambda d: (date.fromisoformat(base) + timedelta(days=d)).isoformat())
    return st.fixed_dictionaries(
        {
            "name": st.just(name),
            "zone": st.sampled_from(CHANGES[base]) | st.sampled_from(ZONES),
            "windows": st.lists(windows, max_size=3),
            "quiet": st.lists(evenings | spans, max_size=1),
            "blocked": st.lists(days, max_size=2),
            "reach": st.sampled_from(["windows", "waking", "any"]),
            "required": st.booleans(),
            "carried": st.sampled_from([0, 0, 0.5, -3.25, 1 / 3, 13.0]),
            "no_go": st.just([]) | st.lists(no_go_spans(base), max_size=3),
        }
    )


# --- whole questions --------------------------------------------------------------------------------------------------


@st.composite
def beginnings(draw: st.DrawFn, earliest_minutes: int, latest_minutes: int) -> tuple[str, datetime, Json]:
    """A day on which clocks change, a start so near to its beginning, and now and then a range of dates round it."""
    base = draw(st.sampled_from(sorted(CHANGES)))
    base_on = date.fromisoformat(base)
    start = datetime.combine(base_on, datetime.min.time(), UTC) + timedelta(minutes=draw(st.integers(earliest_minutes, latest_minutes)))
    local_range = {
        "first": (base_on - timedelta(days=draw(st.integers(-1, 1)))).isoformat(),
        "last": (base_on + timedelta(days=1)).isoformat(),
    }
    return base, start, draw(st.sampled_from([{}, {}, {"local_range": local_range}]))


@st.composite
def instant_questions(draw: st.DrawFn) -> Json:
    base, start, local_range = draw(beginnings(-18 * 60, 8 * 60))
    end = start + timedelta(
        minutes=draw(st.sampled_from([0, 59, 1500, 1800, 2400]) | st.integers(10 * 60, 40 * 60) | st.integers(24 * 60, 40 * 60))
    )
    group_count = draw(st.sampled_from([0, 1, 1, 2, 2, 2, 3, 3, 4, 5]))
    return {
        "range": {"start": start.isoformat(), "end": end.isoformat()},
        **local_range,
        "slot_minutes": draw(st.sampled_from([15, 15, 15, 5, 20, 30, 60, 60, 90, 480])),
        "duration_minutes": draw(st.sampled_from([60, 60, 60, 1, 7, 31, 46, 61, 90, 121, 600, 1440])),
        "groups": [draw(groups(f"g{i}", base)) for i in range(group_count)],
        "limit": draw(st.sampled_from([3, 3, 0, 1, 7])),
        "apart_hours": draw(st.sampled_from([20, 0, 0.3, 6])),
    }


@st.composite
def wave_questions(draw: st.DrawFn) -> Json:
    """Ranges of some days round a clock change, as a wave from Kiritimati to Niue takes 25 hours."""
    base, start, local_range = draw(beginnings(-26 * 60, 12 * 60))
    end = start + timedelta(
        minutes=draw(st.integers(12 * 60, 30 * 60) | st.integers(27 * 60, 44 * 60)), seconds=draw(st.sampled_from([0, 59]))
    )
    wall_start = start.replace(tzinfo=None) + timedelta(minutes=draw(st.integers(-600, 600)))
    wall_range = {"start": wall_start.isoformat(), "end": (wall_start + timedelta(minutes=draw(st.integers(0, 28 * 60)))).isoformat()}
    group_count = draw(st.sampled_from([0, 1, 1, 2, 2, 3, 3, 4, 5]))
    return {
        "range": {"start": start.isoformat(), "end": end.isoformat()},
        **local_range,
        **draw(st.sampled_from([{}, {}, {}, {"wall_range": wall_range}])),
        "slot_minutes": draw(st.sampled_from([15, 15, 20, 30, 30, 60, 90, 480])),
        "duration_minutes": draw(st.sampled_from([60, 60, 60, 1, 7, 46, 61, 90, 600, 1440])),
        "groups": [draw(groups(f"g{i}", base)) for i in range(group_count)],
        "limit": draw(st.sampled_from([3, 3, 0, 1, 7])),
        "apart_hours": draw(st.sampled_from([20, 0, 0.3, 6])),
    }


@st.composite
def relay_questions(draw: st.DrawFn) -> Json:
    """Up to seven groups in short ranges round a clock change: long enough to need several instants, short enough to try every one."""
    base, start, local_range = draw(beginnings(-14 * 60, 8 * 60))
    end = start + timedelta(minutes=draw(st.sampled_from([0, 59]) | st.integers(6 * 60, 26 * 60)))
    return {
        "range": {"start": start.isoformat(), "end": end.isoformat()},
        **local_range,
        "slot_minutes": draw(st.sampled_from([15, 20, 30, 30, 60, 90, 480])),
        "duration_minutes": draw(st.sampled_from([60, 60, 30, 1, 7, 46, 90, 240, 600])),
        "groups": [draw(groups(f"g{i}", base)) for i in range(draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7])))],
        "limit": draw(st.sampled_from([3, 3, 0, 1, 7])),
        "apart_hours": draw(st.sampled_from([20, 0, 0.3, 6])),
        **draw(st.sampled_from([{}, {}, {}, {"relay_most": 2}])),
    }


# Drawn from a seeded generator: hypothesis likes small and equal values, which make nearly every group one that nothing suits.

ALWAYS = {"days": oracle.WEEKDAYS, "from": "00:00", "to": "24:00"}


def generated_question(draw: Random) -> Json:
    """A day or so about a clock change, for a few groups who rarely all find a start in it."""
    base = draw.choice(sorted(CHANGES))
    start = datetime.combine(date.fromisoformat(base), datetime.min.time(), UTC) + timedelta(minutes=draw.randint(-18 * 60, 8 * 60))
    length = draw.choice([30 * 60, 30 * 60, 1500, 1500, draw.randint(50, 2000)])
    return {
        "range": {"start": start.isoformat(), "end": (start + timedelta(minutes=length)).isoformat()},
        **draw.choice([{}, {}, {}, {}, {}, {"local_range": {"first": near(base, -1), "last": base}}]),
        "slot_minutes": draw.choice([15, 30, 60, 60, 90, 120, 120]),
        "duration_minutes": draw.choice([60, 60, 60, 60, 1, 31, 46, 90, 300]),
        "groups": [generated_group(draw, name, base) for name in draw.sample("abcde", draw.choice([1, 2, 2, 3, 3, 4, 5]))],
    }


def generated_group(draw: Random, name: str, base: str) -> Json:
    """A group that has a few hours; or all of them but for long quiet spans, or but for dates; or some of each."""
    kind = draw.choice(["hours", "hours", "hours", "quiet", "quiet", "quiet", "dates", "mixed"])
    return {
        "name": name,
        "zone": draw.choice(draw.choice([CHANGES[base], ZONES])),
        "windows": [few_hours(draw) for _ in range(draw.choice([1, 2, 2]))] if kind in ("hours", "mixed") else [ALWAYS],
        "quiet": [span(draw, [720, 900, 1020, 1080, 497, 840, 960, 780, 1140, 1440]) for _ in range(draw.choice([1, 1, 1, 2]))]
        if kind in ("quiet", "mixed")
        else [],
        "blocked": [near(base, draw.choice([-1, 0, 1])) for _ in range(draw.choice([1, 1, 2]))] if kind in ("dates", "mixed") else [],
        "reach": draw.choice(["windows", "waking", "any"]),
        "no_go": [no_go(draw, base) for _ in range(draw.choice([0, 0, 0, 1]))],
    }


def few_hours(draw: Random) -> Json:
    days = draw.choice([oracle.WEEKDAYS, oracle.WEEKDAYS, oracle.WEEKDAYS, draw.sample(oracle.WEEKDAYS, draw.randint(2, 4))])
    level = draw.choice([{}, {"level": "possible"}])
    return {"days": days, **span(draw, [240, 300, 360, 420, 480, 601, 45]), **level}


def span(draw: Random, lengths: list[int]) -> Json:
    start = draw.choice([15 * draw.randrange(96), draw.randrange(1440)])
    return {"from": oracle_concession.text_of(start), "to": oracle_concession.text_of((start + draw.choice(lengths)) % 1440)}


def no_go(draw: Random, base: str) -> list[str]:
    first = datetime.fromisoformat(base).replace(tzinfo=UTC) + timedelta(minutes=draw.randint(-720, 1440))
    return [first.isoformat(), (first + timedelta(minutes=draw.choice([60, 600]))).isoformat()]


def near(base: str, days_away: int) -> str:
    return (date.fromisoformat(base) + timedelta(days=days_away)).isoformat()


def generated_wave(draw: Random) -> Json:
    """As long a range as its groups need to meet, or a day of wall time."""
    raw = generated_question(draw)
    day = {"start": near(raw["range"]["start"][:10], 0), "end": near(raw["range"]["start"][:10], 1)}
    end = oracle.instant(raw["range"]["end"]) + timedelta(minutes=draw.choice([0, 600, 600, 900, 1500]))
    return {
        **raw,
        "shape": "wave",
        "range": {**raw["range"], "end": end.isoformat()},
        **draw.choice([{}, {}, {"wall_range": day}]),
    }
