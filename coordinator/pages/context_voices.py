"""What the page of a group's voice notes may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame, Way
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One note. `said` are its lines, empty until they are written; a path is empty where the visitor, or the note, does not go.

    `length` says how long it is, or that it `is_written` and has no sound. `until` says its last day, `latest` the last one that can be chosen.
    `why` says why it was refused or taken down, `quiet` that it came so quiet that its noise was raised with it; mostly both are empty.
    """

    id: str
    state: str
    length: str
    is_written: bool
    until: str
    latest: str
    why: str
    quiet: str
    language: str
    direction: str
    said: tuple[str, ...]
    times: str
    revision: int
    words_path: str
    end_path: str
    offer_path: str
    publish_path: str
    withdraw_path: str
    accept_path: str
    decline_path: str
    report_path: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class WriteForm:
    """A note of words alone. `spotlights` and `languages` are pairs of value and words; `meeting` is the segment that asked for it, or empty.

    `most` says how many signs fit, `latest` the last day that can be chosen.
    """

    path: str
    language: str
    languages: tuple[tuple[str, str], ...]
    spotlight: str
    spotlights: tuple[tuple[str, str], ...]
    meeting: str
    most: str
    latest: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What the group has reported: whose note, why, when, and how it stands with the steward."""

    speaker: str
    reason: str
    since: str
    state: str


@dataclass(frozen=True, slots=True)
class Recorder:
    """What the recorder needs. `spotlight` is the address of what a new recording speaks of, `meeting` the id of the one that asked for it,
    each empty for none; `uploads` is where its parts go, `stream` where news of the group's notes come from; `most_s` is how long it may be.
    """

    spotlight: str
    meeting: str
    uploads: str
    stream: str
    most_s: int


@dataclass(frozen=True, slots=True)
class VoicesPage:
    """`/{lang}/g/{group}/voices`. `recorder` is None for visitors who may not send anything.

    `spans` are the times for which a note can be heard, the one that is meant if nothing is chosen first.
    """

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    own: tuple[VoiceRow, ...]
    inbox: tuple[VoiceRow, ...]
    reports: tuple[OwnReport, ...]
    spans: tuple[tuple[str, str], ...]
    write: WriteForm
    recorder: Recorder | None
    languages: tuple[tuple[str, str], ...]
    typed: Typed


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`/{lang}/g/{group}/voices/{voice}/report`. `reasons` are (value, words); `back_path` leads to the voices."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    back_path: str
    voice: VoiceCard
    reasons: tuple[tuple[str, str], ...]
    typed: Typed


CONTEXTS_OF_VOICES: dict[str, type] = {"voices.html": VoicesPage, "report_voice.html": ReportPage}
