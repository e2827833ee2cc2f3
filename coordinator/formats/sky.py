"""How high does the sun stand over a zone, and which of five tones does that give its band?

Good to about 0.02°, far finer than a tone needs. Source: the low-precision formulas of the Astronomical Almanac, as `Tone` in
the look has them. A zone without a point on the map (Etc/…) takes its own clock on a day at the equator.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coordinator.domain import zones

SAMPLE_MINUTES = 5
TONE_LIMITS_DEGREES = (-12.0, -6.0, 0.0, 8.0)  # below the first: tone 0 (night); from the last on: tone 4 (day)
EPOCH_2000_AT = datetime(2000, 1, 1, 12, tzinfo=UTC)
TILT = np.radians(23.439)

Floats = npt.NDArray[np.float64]


class Run(NamedTuple):
    """One stretch of equal tone: tone 0 (night) to 4 (day), first minute and length in minutes."""

    tone: int
    minute: int
    minutes: int


@lru_cache(maxsize=2048)
def tone_runs(zone_id: str, starts_at: datetime, minutes: int) -> tuple[Run, ...]:
    """The tones over `minutes` of UTC from `starts_at`, sampled in the middle of each five minutes, in order and without gaps."""
    tones = np.searchsorted(TONE_LIMITS_DEGREES, _heights_over(zone_id, starts_at, minutes), side="right")
    edges = np.flatnonzero(np.diff(tones)) + 1
    firsts = [0, *edges.tolist()]
    lasts = [*edges.tolist(), len(tones)]
    return tuple(
        Run(int(tones[first]), first * SAMPLE_MINUTES, min(last * SAMPLE_MINUTES, minutes) - first * SAMPLE_MINUTES)
        for first, last in zip(firsts, lasts, strict=True)
    )


def sun_height(latitude: float, longitude: float, at: datetime) -> float:
    """Height of the sun's centre over the horizon in degrees, at one place and instant."""
    days = np.array([(at - EPOCH_2000_AT) / timedelta(days=1)])
    return float(_heights(latitude, longitude, *sun_positions(days))[0])


def sun_positions(days: Floats) -> tuple[Floats, Floats]:
    """Declination and the longitude over which the sun stands, in radians, for days since 2000-01-01T12:00Z."""
    anomaly = np.radians(357.528 + 0.9856003 * days)
    longitude = np.radians(280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    declination = np.arcsin(np.sin(TILT) * np.sin(longitude))
    right_ascension = np.arctan2(np.cos(TILT) * np.sin(longitude), np.cos(longitude))
    sidereal = np.radians((280.46062 + 360.9856473 * days) % 360)
    return declination, right_ascension - sidereal


@lru_cache(maxsize=256)
def _positions_over(starts_at: datetime, minutes: int) -> tuple[Floats, Floats]:
    """The sun over a stretch of time; every band on a page shares it."""
    first = (starts_at - EPOCH_2000_AT) / timedelta(days=1)
    return sun_positions(first + _middles(minutes) / 1440)


def _middles(minutes: int) -> Floats:
    firsts: Floats = np.arange(0, minutes, SAMPLE_MINUTES, dtype=np.float64)
    return firsts + SAMPLE_MINUTES / 2


def _heights_over(zone_id: str, starts_at: datetime, minutes: int) -> Floats:
    point = zones.zone_point(zone_id)
    if point is None:
        return _heights_by_clock(zone_id, starts_at, minutes)
    return _heights(*point, *_positions_over(starts_at, minutes))


def _heights(latitude: float, longitude: float, declination: Floats, subsolar: Floats) -> Floats:
    phi, hour_angle = np.radians(latitude), np.radians(longitude) - subsolar
    sines = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    heights: Floats = np.degrees(np.arcsin(np.clip(sines, -1.0, 1.0)))
    return heights


def _heights_by_clock(zone_id: str, starts_at: datetime, minutes: int) -> Floats:
    walls = [zones.to_wall_time(starts_at + timedelta(minutes=float(m)), zone_id) for m in _middles(minutes)]
    hours = np.array([wall.hour + wall.minute / 60 + wall.second / 3600 for wall in walls])
    return 90.0 - 15.0 * np.abs(hours - 12.0)
