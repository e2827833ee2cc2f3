"""What is a spotlight? A partner's struggle told for the mirror: its states, what it must say, who may see it, and how it becomes sections.

An echo answers one: they face, we share, our next action answers. Both are texts (`domain/translation.py`), so both are translated alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from coordinator.domain.group import read_language
from coordinator.domain.listing import Listing
from coordinator.domain.rota import read_last_day
from coordinator.domain.text import TITLE_CHARS, is_yes, read_choice, read_line, read_prose, text_of
from coordinator.domain.translation import Section
from coordinator.errors import Conflict, Faults, Invalid, problem

WORDS_MOST = 600
STORY_CHARS_MOST = 8_000
ASK_CHARS = 600
ECHO_CHARS = 400
REPLY_CHARS = 600
CONSENT_CHARS = 200
LINKS_MOST = 5
LINK_WORDS_CHARS = 80
URL_CHARS = 400
WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](:[0-9]{1,5})?([/?#][!-~]*)?")  # RFC 3986 without user names
USUAL_AGE = timedelta(days=184)  # two quarters

TITLE, BODY, ASK, FACE, SHARE, ANSWER, CONSENT = "title", "body.", "ask", "face", "share", "answer", "consent"
ECHO_KEYS = (FACE, SHARE, ANSWER)
REPLY = "reply"  # beside the echo: what the room that mirrored says back to whoever told


class SpotlightState(StrEnum):
    """Stored. A published one whose day has come is over for everybody, whatever is stored."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Audience(StrEnum):
    """Who may see a published spotlight, as its group says. `OWN` is what a packet brought: the group that brought it in."""

    OWN = "own"
    PARTNERS = "partners"
    PUBLIC = "public"


class SpotlightCommand(StrEnum):
    """What can be done to a spotlight."""

    EDIT = "edit"
    PUBLISH = "publish"
    RETIRE = "retire"
    DELETE = "delete"


TRANSITIONS: dict[tuple[SpotlightState, SpotlightCommand], SpotlightState] = {
    (SpotlightState.DRAFT, SpotlightCommand.EDIT): SpotlightState.DRAFT,
    (SpotlightState.DRAFT, SpotlightCommand.PUBLISH): SpotlightState.PUBLISHED,
    (SpotlightState.PUBLISHED, SpotlightCommand.EDIT): SpotlightState.PUBLISHED,
    (SpotlightState.PUBLISHED, SpotlightCommand.RETIRE): SpotlightState.RETIRED,
    (SpotlightState.DRAFT, SpotlightCommand.DELETE): SpotlightState.DRAFT,
    (SpotlightState.PUBLISHED, SpotlightCommand.DELETE): SpotlightState.PUBLISHED,
    (SpotlightState.RETIRED, SpotlightCommand.DELETE): SpotlightState.RETIRED,
}


def next_state(state: SpotlightState, command: SpotlightCommand) -> SpotlightState:
    """The state after `command`. Raises Conflict `spotlight_state` when it cannot be done (any more)."""
    target = TRANSITIONS.get((state, command))
    if target is None:
        raise Conflict("spotlight_state", state=state, command=command)
    return target


def can(state: SpotlightState, command: SpotlightCommand) -> bool:
    """Whether a page should offer `command`."""
    return (state, command) in TRANSITIONS


@dataclass(frozen=True, slots=True)
class Link:
    """Where to read on: `words` may be empty, then the address itself is shown."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Spotlight:
    """One row of `spotlight`, without its words."""

    id: str
    slug: str
    group_id: str
    text_id: str
    packet_id: str | None
    state: SpotlightState
    audience: Audience
    links: tuple[Link, ...]
    quarter: str
    revision: int
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    expires_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether the consent to show it has run out."""
        return self.expires_at <= now

    def stands(self, now: datetime) -> bool:
        """Published, and its consent holds."""
        return self.state is SpotlightState.PUBLISHED and not self.is_over(now)

    def is_public(self, listing: Listing) -> bool:
        """Whether the public may see it once it stands: its group says so, of the spotlight and of itself."""
        return self.audience is Audience.PUBLIC and listing is Listing.PUBLIC


def shown_end(expires_at: datetime, zone_id: str | None) -> datetime:
    """The end as a reader may know it. A group's local midnight tells its zone: whoever may not know that hears of UTC's midnight before it."""
    return expires_at if zone_id else expires_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a group tells, read and checked."""

    language: str
    sections: tuple[Section, ...]
    links: tuple[Link, ...]
    audience: Audience
    may_leave: bool
    expires_at: datetime


def read_telling(raw: Mapping[str, object], *, languages: Collection[str], zone_id: str, now: datetime) -> Telling:
    """A spotlight from a form or JSON body.

    `raw`: title, story (up to 600 words, paragraphs apart by an empty line), ask, face, share, answer (the echo it offers), consent (what may
    be shown where), links (a line each: address, then words; or a list of objects with url and words), language, audience (partners |
    public), may_leave, until (last day; absent: two quarters). Raises Invalid with every fault.
    """
    faults = Faults()
    language = faults.read("language", read_language, text_of(raw, "language"), languages)
    title = faults.read("title", read_line, text_of(raw, "title"), longest=TITLE_CHARS)
    story = faults.read("story", read_story, text_of(raw, "story"))
    ask = faults.read("ask", read_prose, text_of(raw, "ask"), longest=ASK_CHARS, required=False)
    echo = {key: faults.read(key, read_prose, text_of(raw, key), longest=ECHO_CHARS, required=False) for key in ECHO_KEYS}
    consent = faults.read("consent", read_line, text_of(raw, "consent"), longest=CONSENT_CHARS)
    links = faults.read("links", _read_links, raw)
    audience = faults.read("audience", read_choice, text_of(raw, "audience") or str(Audience.PARTNERS), TOLD_TO)
    expires_at = faults.read("", read_end, text_of(raw, "until"), zone_id, now)
    faults.check()
    words = {TITLE: title, **paragraphs(story), ASK: ask, **echo, CONSENT: consent}
    may_leave = is_yes(raw, "may_leave")
    return Telling(language, make_sections(words), links, Audience(audience), may_leave, expires_at)


TOLD_TO = (str(Audience.PARTNERS), str(Audience.PUBLIC))


def read_story(raw: str) -> str:
    """Prose of at most 600 words. Problems: those of prose, too_many_words."""
    story = read_prose(raw, longest=STORY_CHARS_MOST)
    count = len(story.split())
    if count > WORDS_MOST:
        raise Invalid(problem("", "too_many_words", count, WORDS_MOST))
    return story


def read_end(raw: str, zone_id: str, now: datetime) -> datetime:
    """The end of the last day on which it may be shown. Problems: date_malformed, until_past, until_too_late."""
    return read_last_day(raw, zone_id, now) if raw.strip() else now + USUAL_AGE


def read_links(raw: str) -> tuple[Link, ...]:
    """A line each: an https or http address, then the words for it. Problems: too_many_links, link_malformed, too_long."""
    lines = [line.strip() for line in raw.replace("\r", "\n").split("\n") if line.strip()]
    if len(lines) > LINKS_MOST:
        raise Invalid(problem("", "too_many_links", len(lines), LINKS_MOST))
    faults = Faults()
    links = [faults.read("", read_link_line, line) for line in lines]
    faults.check()
    return tuple(links)


def read_listed_links(rows: Sequence[Mapping[str, object]]) -> tuple[Link, ...]:
    """The same from a list of objects with `url` and `words`."""
    if len(rows) > LINKS_MOST:
        raise Invalid(problem("", "too_many_links", len(rows), LINKS_MOST))
    faults = Faults()
    links = [faults.read(f"[{index}]", _read_link, text_of(row, "url"), text_of(row, "words")) for index, row in enumerate(rows)]
    faults.check()
    return tuple(links)


def _read_links(raw: Mapping[str, object]) -> tuple[Link, ...]:
    rows = raw.get("links")
    return read_listed_links(rows) if isinstance(rows, list) else read_links(text_of(raw, "links"))


def _read_link(url: str, words: str) -> Link:
    if " " in url:  # on a line it would end there
        raise Invalid(problem("", "link_malformed", url, "https://example.org/river"))
    return read_link_line(f"{url} {words}".rstrip())


def read_link_line(line: str) -> Link:
    """`https://… words`. Addresses of other schemes, with a password or without a host are refused."""
    url, _, words = line.partition(" ")
    if not WEB_ADDRESS.fullmatch(url) or len(url) > URL_CHARS:
        raise Invalid(problem("", "link_malformed", line, "https://example.org/river"))
    return Link(read_line(words, longest=LINK_WORDS_CHARS, required=False), url)


# --- echoes ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Echo:
    """One row of `echo`, without its words."""

    id: str
    spotlight_id: str
    group_id: str
    text_id: str
    meeting_id: str | None
    action_id: str | None
    quarter: str
    published_at: datetime
    revision: int


def read_echo(raw: Mapping[str, object]) -> tuple[Section, ...]:
    """`face`, `share` and `answer`; the last two must be said. Raises Invalid with every fault."""
    faults = Faults()
    words = {key: faults.read(key, read_prose, text_of(raw, key), longest=ECHO_CHARS, required=key != FACE) for key in ECHO_KEYS}
    faults.check()
    return make_sections(words)


def read_answer(raw: Mapping[str, object]) -> tuple[Section, ...]:
    """What a room that mirrored says: its echo, and `reply`; a reply may stand alone. Raises Invalid with every fault.

    The reply is a section of the same text, so that it reaches whoever told it, is translated and deleted together with the echo.
    """
    faults = Faults()
    reply = faults.read(REPLY, read_prose, text_of(raw, REPLY), longest=REPLY_CHARS, required=False)
    says_more = any(text_of(raw, key).strip() for key in ECHO_KEYS)
    echo = faults.read("", read_echo, raw) if says_more or not text_of(raw, REPLY).strip() else ()
    faults.check()
    return (*echo, *make_sections({REPLY: reply}))


# --- sections -------------------------------------------------------------------------------------------------------------


def paragraphs(story: str) -> dict[str, str]:
    """`body.1`, `body.2` …: a story's paragraphs, apart by empty lines."""
    parts = [part.strip() for part in re.split(r"\n[ \t]*\n", story) if part.strip()]
    return {f"{BODY}{number}": part for number, part in enumerate(parts, start=1)}


def make_sections(words: Mapping[str, str]) -> tuple[Section, ...]:
    """Sections in the given order, those without words left out."""
    return tuple(Section(key, said) for key, said in words.items() if said)


def story_of(sections: Collection[Section]) -> str:
    """The story as it was typed: what a form shows again."""
    return "\n\n".join(section.words for section in sections if section.key.startswith(BODY))
