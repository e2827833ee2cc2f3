"""What does a group say when it reports a voice note to the steward, and who hears the note, or not, while that is undecided?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from coordinator.domain.access import Caller, Right
from coordinator.domain.text import read_choice, read_prose, text_of
from coordinator.errors import Faults

WORDS_CHARS = 500


class ReportReason(StrEnum):
    """Why a voice note should not be heard. The words are stored and have a translated sentence each: extend, never rename."""

    ENDANGERS = "endangers"
    """It names somebody, or says where somebody is, whom that endangers."""
    THREATENS = "threatens"
    """It threatens or insults."""
    MISLEADS = "misleads"
    """It is not what it says."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What a group reports. `words` may be empty."""

    reason: ReportReason
    words: str


def read_report(raw: Mapping[str, object]) -> ReportDraft:
    """`reason` (one of `ReportReason`) and `words`. Raises Invalid with every fault."""
    faults = Faults()
    reason = faults.read("reason", read_reason, text_of(raw, "reason"))
    words = faults.read("words", read_prose, text_of(raw, "words"), longest=WORDS_CHARS, required=False)
    faults.check()
    return ReportDraft(reason, words)


def read_reason(raw: str) -> ReportReason:
    """One of the reasons. Problem: choice_unknown."""
    return ReportReason(read_choice(raw, tuple(ReportReason)))


def decides_for(caller: Caller, speaker_id: str, reporters: frozenset[str]) -> bool | None:
    """Whether this caller hears a note whatever its state: its own group does, and a steward while a report on it is open; who reported it does not.

    None where none of that is so: then the note's state decides. `reporters` are the groups whose reports on it are open.
    """
    if caller.may(Right.HEAR_UNPUBLISHED, speaker_id):
        return True
    if reporters and caller.may(Right.JUDGE_VOICE):
        return True
    return False if reporters.intersection(caller.group_ids()) else None
