"""Conflicts and concessions by definition: every set asked, every change made to the question and the changed group asked again.

Shares with `oracle` and `oracle_wave` the plain reading of a wall clock, and nothing with the product. Changes are those of docs/resolve.md.
Wider is never worse, so that the least extension or shortening is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache

from tests.domain import oracle_wave
from tests.domain.oracle import DAY, MINUTE, WEEKDAYS, Json, is_refused, iso, minute_burden, starts_of, wall_time

DAY_MINUTES = 1440


class Asked:
    """A question with its starts, and whom each suits. `fullest`: the starts that a change may open to one group more; `askable`: whose change."""

    def __init__(self, question: Json) -> None:
        self.question = question
        self.groups = self.askable = question["groups"]
        self.starts = self.find_starts()
        self.minutes: dict[int, tuple[Json, dict[datetime, bool]]] = {}
        self.rows = {g["name"]: [self.suits(g, t) for t in self.starts] for g in self.groups}
        suited = [sum(row[i] for row in self.rows.values()) for i in range(len(self.starts))]
        self.most = max(suited, default=0)
        self.feasible = not self.groups or self.most == len(self.groups)
        self.fullest = [t for t, n in zip(self.starts, suited, strict=True) if n == self.most]

    def find_starts(self) -> list[datetime]:
        return starts_of(self.question)

    def leg(self, _group: Json, start: datetime) -> datetime:
        return start

    def write(self, start: datetime) -> str:
        return iso(start)

    def share_a_start(self, names: list[str]) -> bool:
        return any(all(self.rows[name][i] for name in names) for i in range(len(self.starts)))

    def misses(self, group: Json, start: datetime) -> bool:
        return not self.rows[group["name"]][self.starts.index(start)]

    def walls(self, group: Json, start: datetime) -> Iterator[datetime]:
        """The wall times of an action's minutes, from both ends inwards, which is where a start fails soonest."""
        leg = self.leg(group, start)
        return (wall_time(leg + m * MINUTE, group["zone"]) for m in inwards(self.question["duration_minutes"]))

    def opened(self, group: Json) -> Iterator[datetime]:
        """Of the fullest starts that the unchanged group misses those that suit the changed one, in order."""
        return (t for t in self.fullest if self.misses(group, t) and self.suits(group, t))

    def suits(self, group: Json, start: datetime) -> bool:
        leg = self.leg(group, start)
        if is_refused(group, leg, leg + self.question["duration_minutes"] * MINUTE):
            return False
        return all(self.suits_minute(group, wall) for wall in self.walls(group, start))

    def suits_minute(self, group: Json, wall: datetime) -> bool:
        """Kept for each wall time of a group, changed or not, since starts share minutes."""
        known = self.minutes.setdefault(id(group), (group, {}))[1]  # holding the group keeps its id its own
        if wall not in known:
            known[wall] = minute_burden(group, wall, self.question.get("local_range")) <= 1
        return known[wall]


class AskedWave(Asked):
    """Starts are wall times; each group acts at its own leg."""

    def find_starts(self) -> list[datetime]:
        return oracle_wave.walls_of(self.question)

    def leg(self, group: Json, start: datetime) -> datetime:
        return oracle_wave.leg_of(start, group["zone"])[0]

    def write(self, start: datetime) -> str:
        return oracle_wave.local(start)


class AskedRelay(Asked):
    """Everybody needs a start, and any will do."""

    def __init__(self, question: Json) -> None:
        super().__init__(question)
        self.askable = [g for g in self.groups if not any(self.rows[g["name"]])]
        self.fullest = self.starts
        self.feasible = not self.askable


@lru_cache
def inwards(length: int) -> list[int]:
    return sorted(range(length), key=lambda m: min(m, length - 1 - m))


def is_irreducible(asked: Asked, names: list[str]) -> bool:
    """Whether these groups share no start, and do without any one of them."""
    without = [[other for other in names if other != name] for name in names]
    return not asked.share_a_start(names) and all(asked.share_a_start(rest) for rest in without)


def concession(asked: Asked) -> Json | None:
    if asked.feasible or not asked.starts:
        return None
    for family in (extensions, additions, shortenings, freeings):
        found = [(minutes, g["name"], i, g, change) for g in asked.askable for i, (minutes, change) in enumerate(family(asked, g))]
        if found:
            minutes, name, _, _, (kind, before, after, changed) = min(found, key=lambda each: each[:3])
            return {
                "group": name,
                "change": {"kind": kind, "from": before, "to": after},
                "minutes": minutes,
                "opens": asked.write(next(asked.opened(changed))),
            }
    return None


Found = Iterator[tuple[int, tuple[str, str, str, Json]]]


def extensions(asked: Asked, group: Json) -> Found:
    for i, window in enumerate(group["windows"]):
        for earlier in (True, False):

            def changed(by: int, window: Json = window, earlier: bool = earlier, i: int = i) -> Json:
                return replaced(group, "windows", i, [extended(window, by, earlier=earlier)])

            least = least_that(lambda by, changed=changed: any(asked.opened(changed(by))), DAY_MINUTES - length_of(window))
            if least:
                wider = changed(least)
                yield least, ("window", window_text(window), window_text(wider["windows"][i]), wider)


def additions(asked: Asked, group: Json) -> Found:
    """One window as long as the action's wall time, for each start that it could open; the shortest, the earliest of equals."""
    found = []
    for t in asked.fullest:
        if asked.misses(group, t):
            walls = list(asked.walls(group, t))
            first, end = min(walls), max(walls) + MINUTE
            window = {"days": [WEEKDAYS[first.weekday()]], "from": f"{first:%H:%M}", "to": f"{end:%H:%M}", "level": "possible"}
            changed = {**group, "windows": [*group["windows"], window]}
            if end - first <= DAY and asked.suits(changed, t):
                found.append(((end - first) // MINUTE, ("window", "", window_text(window), changed)))
    yield from sorted(found, key=lambda each: each[0])[:1]


def shortenings(asked: Asked, group: Json) -> Found:
    for i, span in enumerate(group["quiet"]):
        for begin in (True, False):

            def changed(by: int, span: Json = span, begin: bool = begin, i: int = i) -> Json:
                return replaced(group, "quiet", i, shortened(span, by, begin=begin))

            least = least_that(lambda by, changed=changed: any(asked.opened(changed(by))), length_of(span))
            if least:
                rest = shortened(span, least, begin=begin)
                yield least, ("quiet", span_text(span), "".join(map(span_text, rest)), changed(least))


def freeings(asked: Asked, group: Json) -> Found:
    for on in sorted(set(group["blocked"])):
        changed = {**group, "blocked": [other for other in group["blocked"] if other != on]}
        if any(asked.opened(changed)):
            yield asked.question["duration_minutes"], ("blocked", on, "", changed)


def least_that(works: Callable[[int], bool], most: int) -> int | None:
    """The least number from 1 to `most` that works, if every greater one does too."""
    if most < 1 or not works(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


# --- changed parts, in the words of the file


def extended(window: Json, by: int, *, earlier: bool) -> Json:
    if not earlier:
        return {**window, "to": later(window["to"], by)}
    start = minute_of(window["from"]) - by
    days = window["days"] if start >= 0 else [WEEKDAYS[WEEKDAYS.index(day) - 1] for day in window["days"]]
    return {**window, "days": days, "from": text_of(start % DAY_MINUTES)}


def shortened(span: Json, by: int, *, begin: bool) -> list[Json]:
    if by == length_of(span):
        return []
    return [{**span, "from": later(span["from"], by)} if begin else {**span, "to": later(span["to"], -by)}]


def later(text: str, by: int) -> str:
    return text_of((minute_of(text) + by) % DAY_MINUTES)


def replaced(group: Json, key: str, index: int, parts: list[Json]) -> Json:
    return {**group, key: [*group[key][:index], *parts, *group[key][index + 1 :]]}


def length_of(span: Json) -> int:
    return (minute_of(span["to"]) - minute_of(span["from"]) - 1) % DAY_MINUTES + 1


def minute_of(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def text_of(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def window_text(window: Json) -> str:
    days = ",".join(day for day in WEEKDAYS if day in window["days"])
    level = " possible" if window.get("level") == "possible" else ""
    return f"{days} {span_text(window)}{level}"


def span_text(span: Json) -> str:
    """A span ends at 24:00, never at 00:00."""
    return f"{span['from']}-{'24:00' if minute_of(span['to']) == 0 else span['to']}"
