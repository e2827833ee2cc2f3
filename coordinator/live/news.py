"""What do events of the mirror say? One struct for each shape of their data, so that the published document can show them.

They carry ids, states and revisions, never words: whoever shows words asks again, in its own language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, Struct, UnsetType


class SpotlightNews(Struct, frozen=True):
    """A spotlight as it stands now; an older revision than the one known is dropped."""

    spotlight: str
    revision: int
    state: str


class EchoNews(Struct, frozen=True):
    """An echo of a spotlight is there, or says something else now; `revision` is the echo's own."""

    spotlight: str
    echo: str
    revision: int


class VoiceNews(Struct, frozen=True):
    """A voice note can be heard, or no longer; `spotlight` is what it speaks of."""

    voice: str
    revision: int
    state: str
    spotlight: str | UnsetType = UNSET


class MeetingNews(Struct, frozen=True):
    """Where a mirror segment stands: `ends_at_ms` while its part runs, `left_s` while it pauses, neither before and after."""

    meeting: str
    revision: int
    state: str
    part: int
    page: int
    shows_original: bool
    shows_drafts: bool
    ends_at_ms: int | UnsetType = UNSET
    left_s: int | UnsetType = UNSET


NEWS: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "spotlight.published": SpotlightNews,
        "spotlight.edited": SpotlightNews,
        "spotlight.translated": SpotlightNews,
        "spotlight.retired": SpotlightNews,
        "echo.published": EchoNews,
        "voice.published": VoiceNews,
        "voice.withdrawn": VoiceNews,
        "meeting.step": MeetingNews,
    }
)
