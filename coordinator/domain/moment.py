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


def read_sentence(instant: datetime, zone_id: str) -> Sentence:
    """The sentence for an instant under the zone rules of now."""
    return Sentence(zones.to_wall_time(instant, zone_id), zone_id, zones.utc_offset(instant, zone_id), zones.rules_version())
