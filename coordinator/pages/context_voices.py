"""What the page of a group's voice notes may use. Texts are in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from coordinator.pages.context import Frame, Way
from coordinator.pages.forms import Typed


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One note. `said` are its lines, empty until they are written; a path is empty where the visitor, or the note, does not go."""

    id: str
    state: str
    length: str
    refusal: str
    language: str
    direction: str
    said: tuple[str, ...]
    times: str
    revision: int
    words_path: str
    offer_path: str
    publish_path: str
    withdraw_path: str
    accept_path: str
    decline_path: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class VoicesPage:
    """`/{lang}/g/{group}/voices`. `spotlight` is the address of what a new recording speaks of, empty for none."""

    frame: Frame
    group: str
    ways: tuple[Way, ...]
    path: str
    own: tuple[VoiceRow, ...]
    inbox: tuple[VoiceRow, ...]
    may_send: bool
    spotlight: str
    languages: tuple[tuple[str, str], ...]
    typed: Typed
