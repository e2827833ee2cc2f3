"""A group's moment has two keys: its leg's instant, and the sentence it agreed to. They are written together and may part later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from coordinator.domain import zones


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a group agreed to, in its own clock: naive wall time, zone as typed, offset, and the rules of that day."""

    wall_time: datetime
    zone_id: str
    utc_offset: timedelta
    tzdata: str


@dataclass(frozen=True, slots=True)
class Together:
    """The clock still reads at the instant what was agreed to."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The law of the zone has changed: at the instant the clock will read `now`, which is not what was agreed to."""

    now: Sentence


@dataclass(frozen=True, slots=True)
class Lawless:
    """The rules in use know no zone of this name, so nobody can say what its clock will read."""

    zone_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a group was last told of a moment that has parted: of which instant, how far its clock will be ahead of UTC then, by which rules.

    `asked_at` is when the group asked for another moment; None while it has not.
    """

    starts_at: datetime
    utc_offset: timedelta
    tzdata: str
    asked_at: datetime | None = None

    def is_of(self, parted: Parted, starts_at: datetime) -> bool:
        """Whether this is what there is to tell: another release that says the same is no news."""
        return (self.starts_at, self.utc_offset) == (starts_at, parted.now.utc_offset)


Reading = Together | Parted | Lawless


def read_sentence(instant: datetime, zone_id: str) -> Sentence:
    """The sentence for an instant under the zone rules of now."""
    return Sentence(zones.to_wall_time(instant, zone_id), zone_id, zones.utc_offset(instant, zone_id), zones.rules_version())


def read_again(sentence: Sentence, instant: datetime) -> Reading:
    """What the rules of now make of a moment: whether its two keys still say the same."""
    if not zones.is_zone_id(sentence.zone_id):
        return Lawless(sentence.zone_id)
    now = read_sentence(instant, sentence.zone_id)
    return Together() if (now.wall_time, now.utc_offset) == (sentence.wall_time, sentence.utc_offset) else Parted(now)
