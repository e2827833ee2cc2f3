"""What is a network: its name, the zone in which its quarter turns, its languages' digits, and when a moment counts as agreed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.group import read_language, read_zone
from coordinator.domain.text import NAME_CHARS, read_choice, read_line, read_number, text_of
from coordinator.errors import Faults, Invalid, problem

LATIN = "latn"
THRESHOLD_PERCENT = (50, 100)
TOLERANCE_MS = (10, 1_000)


@dataclass(frozen=True, slots=True)
class Network:
    """The network row. `host` was stored at first start and never changes; `numerals`: language tag → CLDR numbering system."""

    name: str
    host: str
    zone_id: str
    default_language: str
    numerals: Mapping[str, str]
    threshold_percent: int
    tolerance_ms: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NetworkDraft:
    """What a steward may change."""

    name: str
    zone_id: str
    default_language: str
    numerals: Mapping[str, str]
    threshold_percent: int
    tolerance_ms: int


def read_network(
    raw: Mapping[str, object], now: Network, complete_languages: Collection[str], native_digits: Mapping[str, str]
) -> NetworkDraft:
    """What the network shall be; an absent field keeps its value in `now`. Raises Invalid with every fault.

    `raw`: name, zone, default_language (a complete one), threshold_percent, tolerance_ms, and `numerals` as an object language → system,
    or one field `numerals.ar` each. `native_digits`: language → its own system, the one choice beside "latn".
    """
    faults = Faults()
    name = faults.read("name", read_line, _given(raw, "name", now.name), longest=NAME_CHARS)
    zone_id = faults.read("zone", read_zone, _given(raw, "zone", now.zone_id))
    language = faults.read("default_language", read_language, _given(raw, "default_language", now.default_language), complete_languages)
    threshold = faults.read("threshold_percent", _read_bounded, _given(raw, "threshold_percent", now.threshold_percent), THRESHOLD_PERCENT)
    tolerance = faults.read("tolerance_ms", _read_bounded, _given(raw, "tolerance_ms", now.tolerance_ms), TOLERANCE_MS)
    numerals = faults.read("numerals", read_numerals, raw, now.numerals, native_digits)
    faults.check()
    return NetworkDraft(name, zone_id, language, numerals, threshold, tolerance)


def read_numerals(raw: Mapping[str, object], kept: Mapping[str, str], native_digits: Mapping[str, str]) -> dict[str, str]:
    """Language → numbering system, Latin ones left out. Problems: type_wrong, language_unknown, choice_unknown."""
    whole = raw.get("numerals", {})
    if not isinstance(whole, Mapping):
        raise Invalid(problem("", "type_wrong", whole, "object"))
    fields = {name.removeprefix("numerals."): value for name, value in raw.items() if name.startswith("numerals.")}
    faults, chosen = Faults(), dict(kept)
    for tag, value in {**whole, **fields}.items():
        if tag in native_digits:
            chosen[tag] = faults.read(tag, read_choice, str(value), tuple(dict.fromkeys((LATIN, native_digits[tag]))))
        else:
            faults.add(str(tag), "language_unknown", tag, *sorted(native_digits))
    faults.check()
    return {tag: system for tag, system in chosen.items() if system != LATIN}


def _given(raw: Mapping[str, object], field: str, kept: object) -> str:
    return text_of(raw, field) if field in raw else str(kept)


def _read_bounded(raw: str, bounds: tuple[int, int]) -> int:
    return read_number(raw, least=bounds[0], most=bounds[1])
