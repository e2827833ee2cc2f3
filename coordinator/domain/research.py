"""Whose turn is the mirror research next? It goes round among those who held it, whoever did so longest ago first.

Nobody keeps a list of members: who is in the rotation follows from the turns of the last year whose alias has not been forgotten. A turn
that was skipped counts as one that was had, so that everybody else moves up and nobody is asked twice in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from coordinator.domain.rota import ALIAS_CHARS, Duty, Lease, read_last_day
from coordinator.domain.text import read_line, text_of
from coordinator.errors import Faults, Invalid, problem

ROTATES_FOR = timedelta(days=366)  # whoever has not held it for a year is out of the rotation
REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits for a turn: when they had their last one, and why they let it pass, empty if they did not."""

    alias: str
    had_at: datetime
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """A turn that is let pass. `alias` is whose turn the page showed, empty when it showed none."""

    alias: str
    reason: str


def rotation(turns: Iterable[Lease], holder: Lease | None, now: datetime) -> tuple[Waiting, ...]:
    """Whose turns come next, in their order: longest ago first, then by alias. Never whoever holds it now, nor an alias that is forgotten."""
    latest: dict[str, Waiting] = {}
    for lease in turns:
        had = Waiting(lease.alias, _had_at(lease, now), lease.skipped)
        if _rotates(lease, had, now) and (same := same_alias(lease.alias)) is not None:
            latest[same] = _later(latest.get(same), had)
    if holder is not None:
        latest.pop(same_alias(holder.alias) or "", None)
    return tuple(sorted(latest.values(), key=lambda waiting: (waiting.had_at, waiting.alias)))


def same_alias(alias: str) -> str | None:
    """What two spellings of one alias share; None for one that is forgotten."""
    return alias.casefold().strip() or None


def skipped_turn(alias: str, reason: str, *, lease_id: str, fence: int, now: datetime) -> Lease:
    """The record of a turn that nobody took: it begins and ends at once."""
    return Lease(lease_id, Duty.RESEARCHER, 1, alias, fence, now, now, now, now, skipped=reason)


def _rotates(lease: Lease, had: Waiting, now: datetime) -> bool:
    return lease.duty is Duty.RESEARCHER and lease.accepted_at is not None and had.had_at > now - ROTATES_FOR


def _had_at(lease: Lease, now: datetime) -> datetime:
    """When the turn was over: at its end, when it was ended before, or now while it lasts."""
    return min(at for at in (lease.ended_at, lease.until_at, now) if at is not None)


def _later(before: Waiting | None, had: Waiting) -> Waiting:
    """The later of two turns of one alias; of two at the same instant the one that was skipped, as its reason is news."""
    if before is None:
        return had
    later = max(before, had, key=lambda waiting: (waiting.had_at, bool(waiting.skipped)))
    return replace(later, alias=had.alias)


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandOn:
    """To whom a turn passes: `alias` empty means whoever is next."""

    alias: str
    until_at: datetime


def read_hand_on(raw: Mapping[str, object], zone_id: str, now: datetime) -> HandOn:
    """`alias` (absent: whoever is next) and `until` (last day; absent: 90 days). Raises Invalid with every fault."""
    faults = Faults()
    alias = faults.read("alias", read_line, text_of(raw, "alias"), longest=ALIAS_CHARS, required=False)
    until_at = faults.read("", read_last_day, text_of(raw, "until"), zone_id, now)
    faults.check()
    return HandOn(alias, until_at)


def read_skip(raw: Mapping[str, object]) -> Skip:
    """`alias` (whose turn it is thought to be) and `reason`, which must be given. Raises Invalid with every fault."""
    faults = Faults()
    alias = faults.read("alias", read_line, text_of(raw, "alias"), longest=ALIAS_CHARS, required=False)
    reason = faults.read("reason", _read_reason, text_of(raw, "reason"))
    faults.check()
    return Skip(alias, reason)


def _read_reason(raw: str) -> str:
    if not raw.strip():
        raise Invalid(problem("", "skip_reason_missing"))
    return read_line(raw, longest=REASON_CHARS)
