"""What is a link: a capability that carries a role, who may make which, and how long it lasts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from coordinator.domain.access import Caller, Right
from coordinator.domain.group import read_language
from coordinator.domain.text import NAME_CHARS, read_choice, read_line, text_of
from coordinator.errors import Faults

SHORT_LIFE = timedelta(hours=24)  # of a room's or a remote's link and its code
CODE_TYPED_CHARS = 20  # a short code with the dashes and spaces that people put between; anything longer is no code


class LinkRole(StrEnum):
    """What a link can carry: the six roles of the access table, and the secret of a calendar feed."""

    STEWARD = "steward"
    CUSTODIAN = "custodian"
    MEMBER = "member"
    WITNESS = "witness"
    ROOM = "room"
    REMOTE = "remote"
    FEED = "feed"


SHORT_LIVED = frozenset({LinkRole.ROOM, LinkRole.REMOTE})
OF_A_MEETING = frozenset({LinkRole.REMOTE, LinkRole.WITNESS})
BY_STEWARD = frozenset({LinkRole.STEWARD, LinkRole.CUSTODIAN})  # a custodian passes its own right on by hand-over, never by copying


class LinkState(StrEnum):
    """Whether a link still opens anything."""

    LIVE = "live"
    PENDING = "pending"  # a custodian's, not opened yet
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Link:
    """One row of `link`, without its hashes, and the lease it hangs on. `last_used_on` is a day, UTC."""

    id: str
    role: LinkRole
    group_id: str | None
    meeting_id: str | None
    rota_id: str | None
    label: str
    language: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    holder: str
    accepted: bool

    def state(self, now: datetime) -> LinkState:
        """Revoked, run out, waiting for its custodian, or live."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkState.EXPIRED
        return LinkState.PENDING if self.role is LinkRole.CUSTODIAN and not self.accepted else LinkState.LIVE


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """A link that is to be. `meeting_id` of a remote, and of a witness invited into one segment; `language` of a feed only."""

    role: LinkRole
    label: str
    meeting_id: str | None
    language: str | None

    @property
    def is_short_lived(self) -> bool:
        """Whether it ends by itself, and has a short code to be read from a screen."""
        return self.role in SHORT_LIVED or self.meeting_id is not None

    def expires_at(self, now: datetime) -> datetime | None:
        """When it stops by itself; None: when it is revoked."""
        return now + SHORT_LIFE if self.is_short_lived else None


def read_link(raw: Mapping[str, object], languages: Collection[str]) -> LinkDraft:
    """A link from a form or JSON body. Raises Invalid with every fault.

    `raw`: role; label (may be empty); meeting of a remote, and of a witness who is invited into that segment only; language of a feed
    (absent: the reader's choice).
    """
    faults = Faults()
    role = faults.read("role", read_choice, text_of(raw, "role"), tuple(LinkRole))
    label = faults.read("label", read_line, text_of(raw, "label"), longest=NAME_CHARS, required=False)
    meeting_id, language = None, None
    if role in OF_A_MEETING:
        given = faults.read("meeting", read_line, text_of(raw, "meeting"), longest=16, required=role == LinkRole.REMOTE)
        meeting_id = given or None
    if role == LinkRole.FEED and text_of(raw, "language"):
        language = faults.read("language", read_language, text_of(raw, "language"), languages)
    faults.check()
    return LinkDraft(LinkRole(role), label, meeting_id, language)


def may_make(caller: Caller, role: LinkRole, group_id: str | None) -> bool:
    """Whether this caller may make (and so revoke) a link of this role."""
    if role in BY_STEWARD:
        return caller.may(Right.STEER)
    return group_id is not None and caller.may(Right.MAKE_LINKS, group_id)


@dataclass(frozen=True, slots=True)
class Opener:
    """What somebody typed, pasted or scanned to get in. `code` is empty when it is too long to be one: then only a secret is looked for."""

    secret: str
    code: str


def read_opener(text: str) -> Opener:
    """A secret, a short code, or a whole address whose fragment is the secret. The limit on guesses and the lookup must read it alike."""
    given = text.rpartition("#")[2].strip()
    return Opener(given, given if len(given) <= CODE_TYPED_CHARS else "")
