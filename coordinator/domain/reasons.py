"""Why does a start cost one group what it costs? What fits the action's worst minute, the first that fits.

A group's own people are told all of it (`explain`), others no more than its burden says (`seen_by_others`): so that a private no-go time, a
blocked date and hours without a window read alike to them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from coordinator.domain.availability import QuietSpan, Reach
from coordinator.domain.burden import (
    BURDEN_NIGHT,
    BURDEN_NOT_BORNE,
    BURDEN_POSSIBLE,
    BURDEN_PREFERRED,
    BURDEN_WAKING,
)
from coordinator.domain.question import Invitee, Question
from coordinator.domain.starts import MINUTE, Grid, minutes_of, zone_pieces
from coordinator.domain.suiting import Field, Obstacles
from coordinator.domain.weighing import weigh


class Why(StrEnum):
    """What a start meets in a group's week. The last is all that others hear of a start that is not borne."""

    PREFERRED = "preferred"
    POSSIBLE = "possible"
    AWAKE = "awake"  # outside its windows, by day
    NIGHT = "night"  # outside its windows, before 07:00 or from 22:00; for others in quiet hours as well
    QUIET = "quiet"
    BLOCKED = "blocked"
    NO_GO = "no_go"
    OUT_OF_RANGE = "out_of_range"
    NO_WINDOW = "no_window"  # outside its windows, of a group that bears nothing else
    CANNOT = "cannot"


OF_BURDEN = {
    BURDEN_PREFERRED: Why.PREFERRED,
    BURDEN_POSSIBLE: Why.POSSIBLE,
    BURDEN_WAKING: Why.AWAKE,
    BURDEN_NIGHT: Why.NIGHT,
    BURDEN_NOT_BORNE: Why.CANNOT,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and of quiet hours which span, of a blocked date which one."""

    why: Why
    quiet: QuietSpan | None = None
    blocked_on: date | None = None


def seen_by_others(burden: int) -> Reason:
    """What partners are told: they know the burden, and nothing here says more."""
    return Reason(OF_BURDEN[burden])


def explain(question: Question, group: Invitee, start_at: datetime) -> Reason:
    """What the group itself is told; the start may lie outside the range and off the minute."""
    met = _meet(question, group, start_at)
    if met.outside_range():
        return Reason(Why.OUT_OF_RANGE)
    blocked_on = met.blocked_date()
    if blocked_on is not None:
        return Reason(Why.BLOCKED, blocked_on=blocked_on)
    if group.refuses(start_at, start_at + question.duration_minutes * MINUTE):
        return Reason(Why.NO_GO)
    quiet = met.quiet_span()
    if quiet is not None:
        return Reason(Why.QUIET, quiet=quiet)
    if met.obstacles.outside_windows[0] and group.availability.reach is Reach.WINDOWS:
        return Reason(Why.NO_WINDOW)
    return seen_by_others(weigh(replace(question, groups=(group,)), start_at).groups[0].burden)


def _meet(question: Question, group: Invitee, start_at: datetime) -> _Met:
    """The one start as a grid of its own, so that whatever is known of many starts is known of it."""
    first, end = minutes_of(start_at, question.duration_minutes)
    field = Field.of(question, Grid(first, 1, 1, end - first), zone_pieces((group,), first, end))
    return _Met(Obstacles(field, group, np.zeros(1, np.intp)))


@dataclass(frozen=True, slots=True)
class _Met:
    obstacles: Obstacles

    def outside_range(self) -> bool:
        return bool(self._with(no_go=()).barred[0])

    def blocked_date(self) -> date | None:
        availability = self.obstacles.group.availability
        alone = (replace(availability, blocked=(on,)) for on in availability.blocked)
        return next((one.blocked[0] for one in alone if self._with(availability=one).blocked[0]), None)

    def quiet_span(self) -> QuietSpan | None:
        availability = self.obstacles.group.availability
        alone = (replace(availability, quiet=(span,)) for span in availability.quiet)
        return next((one.quiet[0] for one in alone if self._with(availability=one).in_quiet[0]), None)

    def _with(self, **parts: object) -> Obstacles:
        return replace(self.obstacles, group=replace(self.obstacles.group, **parts))  # type: ignore[arg-type]  # the callers name real fields
