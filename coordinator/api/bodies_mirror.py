"""What may be sent to the API of the mirror? One struct a command (as `bodies.py`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from coordinator.api.bodies import Day, Name, Sent, Small, longest, one_of
from coordinator.domain.meeting import MeetingCommand, PartKind
from coordinator.domain.spotlight import (
    ASK_CHARS,
    CONSENT_CHARS,
    ECHO_CHARS,
    LINK_WORDS_CHARS,
    REPLY_CHARS,
    STORY_CHARS_MOST,
    TOLD_TO,
    URL_CHARS,
)
from coordinator.domain.text import TITLE_CHARS

EchoWords = Annotated[str, longest(ECHO_CHARS)]


class WebLinkBody(Sent):
    """Where to read on: an http or https address, and words for it."""

    url: Annotated[str, longest(URL_CHARS)]
    words: Annotated[str, longest(LINK_WORDS_CHARS)] | UnsetType = UNSET


class SpotlightBody(Sent):
    """A group's struggle: a story of up to 600 words, paragraphs apart by an empty line; what is asked of others; the echo it offers.

    `consent` says in a line what may be shown where, `until` the last day of it; absent: two quarters. `may_leave`: an engine elsewhere
    may read the words to draft translations.
    """

    title: Annotated[str, longest(TITLE_CHARS)]
    story: Annotated[str, longest(STORY_CHARS_MOST)]
    consent: Annotated[str, longest(CONSENT_CHARS)]
    language: str
    ask: Annotated[str, longest(ASK_CHARS)] | UnsetType = UNSET
    face: EchoWords | UnsetType = UNSET
    share: EchoWords | UnsetType = UNSET
    answer: EchoWords | UnsetType = UNSET
    links: list[WebLinkBody] | UnsetType = UNSET
    audience: Annotated[str, one_of(*TOLD_TO)] | UnsetType = UNSET
    may_leave: bool | UnsetType = UNSET
    until: Day | UnsetType = UNSET


class SpotlightChangeBody(SpotlightBody, kw_only=True):
    """Changes a spotlight as a whole. `edition`: the one this change was made from; `revision` does too, but a translation raises it."""

    edition: Small | UnsetType = UNSET
    revision: Small | UnsetType = UNSET


class TranslationBody(Sent):
    """A translation by a person of `group`. `sections`: key → words; what is left out stays in the original.

    `source_hash` names the wording that was translated; absent: that of now. `base` holds the translations that this one goes on from:
    they give way to it, all others are kept beside it.
    """

    group: str
    language: str
    sections: dict[str, str]
    source_hash: str | UnsetType = UNSET
    base: list[str] | UnsetType = UNSET


class ReaderBody(Sent):
    """For which group of the session."""

    group: str


class MeetingBody(Sent):
    """A segment to be set up. `minutes` in all, 5 to 20; absent: ten. `parts`; absent: all there are, always in the order of the names."""

    spotlight: str
    minutes: Small | UnsetType = UNSET
    parts: list[Annotated[str, one_of(PartKind)]] | UnsetType = UNSET


class StepBody(Sent):
    """One tap. `revision`: the segment's that its sender saw; a tap that comes late changes nothing."""

    command: Annotated[str, one_of(MeetingCommand)]
    revision: Small


class EchoBody(Sent):
    """What the room says: they face, we share, our next action answers; and a reply, which may stand alone.

    `action` names a next action that answers. `echo_revision`: of the echo this change was made from, 0 for none.
    """

    face: EchoWords | UnsetType = UNSET
    share: EchoWords | UnsetType = UNSET
    answer: EchoWords | UnsetType = UNSET
    reply: Annotated[str, longest(REPLY_CHARS)] | UnsetType = UNSET
    language: str | UnsetType = UNSET
    action: str | UnsetType = UNSET
    echo_revision: Small | UnsetType = UNSET


class ResearcherBody(Sent):
    """Who researches next time, by alias; empty takes it away."""

    researcher: Name
