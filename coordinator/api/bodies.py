"""What may be sent to the API? One struct a command: its types are checked here, its rules by the readers that forms use as well.

So a wrong type and a broken rule are told in the same way, by codes that forms know too. A name that is not here is a fault: a misspelt
field would otherwise be ignored in silence.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from coordinator.calendars.links import MAX_URL_CHARS, URL_EXAMPLE
from coordinator.domain.action import DURATION_MOST_MINUTES, Kind, Shape
from coordinator.domain.availability import DAYS, Level, Reach
from coordinator.domain.chosen import LATER
from coordinator.domain.group import Numerals
from coordinator.domain.link import LinkRole
from coordinator.domain.listing import Listing
from coordinator.domain.no_go import WHY_CHARS
from coordinator.domain.response import Response
from coordinator.domain.rota import Duty
from coordinator.domain.text import NAME_CHARS, REASON_CHARS, STORY_CHARS, TITLE_CHARS
from coordinator.domain.voice_note import MAX_BYTES


def one_of(*choices: type[StrEnum] | str) -> Any:
    """Text of which the rules accept these words; the type lets others through, so that the rule can name the choices."""
    words = [word for choice in choices for word in ([choice] if isinstance(choice, str) else [str(member) for member in choice])]
    return Meta(extra_json_schema={"enum": words})


def longest(chars: int) -> Any:
    """Text of at most so many characters, by the rules."""
    return Meta(extra_json_schema={"maxLength": chars})


def _like(pattern: str, example: str) -> Any:
    return Meta(extra_json_schema={"pattern": pattern, "examples": [example]})


Name = Annotated[str, longest(NAME_CHARS)]
Reason = Annotated[str, longest(REASON_CHARS)]
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time", "examples": ["2027-01-23T13:30:00Z"]})]
Start = Annotated[str, Meta(extra_json_schema={"examples": ["2027-01-23T13:30:00Z", "2027-01-23T18:00"]})]
WallTime = Annotated[str, _like(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d$", "2027-01-23 19:15")]
DayOrWallTime = Annotated[str, _like(r"^\d{4}-\d\d-\d\d([T ]\d\d?:\d\d)?$", "2027-02-14 18:30")]
Fold = Annotated[str, one_of("first", "second", "")]
Day = Annotated[str, Meta(extra_json_schema={"format": "date", "examples": ["2027-02-14"]})]
Quarter = Annotated[str, _like(r"^\d{4}-Q[1-4]$", "2027-Q1")]
Minutes = Annotated[int, Meta(ge=-(10**8), le=10**8, extra_json_schema={"minimum": 1, "maximum": DURATION_MOST_MINUTES})]
Small = Annotated[int, Meta(ge=-(10**8), le=10**8)]


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """Base of every body."""


class Nothing(Sent):
    """No fields; the body may be missing."""


class SessionBody(Sent):
    """`secret`: a link's secret or its whole address; `code`: a short code. One of the two."""

    secret: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class LeaveBody(Sent):
    """`link`: lets go of this one; absent: of all, and the session is over."""

    link: str | UnsetType = UNSET


class ProposalBody(Sent):
    """What a group wants to do. `invited` and `required` are ids of groups; no `invited` means all."""

    title: Annotated[str, longest(TITLE_CHARS)]
    kind: Annotated[str, one_of(Kind)]
    duration_minutes: Minutes
    language: str
    story: Annotated[str, longest(STORY_CHARS)] | UnsetType = UNSET
    quarter: Quarter | UnsetType = UNSET
    shape: Annotated[str, one_of(Shape)] | UnsetType = UNSET
    practice: bool | UnsetType = UNSET
    invited: list[str] | UnsetType = UNSET
    required: list[str] | UnsetType = UNSET
    copied_from: Annotated[str, longest(80)] | UnsetType = UNSET


class OfferBody(Sent):
    """One moment and until when to answer. `shape`: absent, the draft's own; a move keeps what stands.

    `start` is an instant, for a wave a wall time of every clock, for a relay a list of instants; or "other" with `wall_time` of the group's own
    zone (of a wave, of every zone), and `fold` when that happens twice. `gap`, of a wave: "later", where clocks jump over its time. `deadline` is
    an instant, or `deadline_wall_time`; absent: a fortnight, or the latest allowed.
    """

    shape: Annotated[str, one_of(Shape)] | UnsetType = UNSET
    start: Start | list[Instant] | UnsetType = UNSET
    gap: Annotated[str, one_of(LATER, "")] | UnsetType = UNSET
    wall_time: WallTime | UnsetType = UNSET
    fold: Fold | UnsetType = UNSET
    deadline: Instant | UnsetType = UNSET
    deadline_wall_time: WallTime | UnsetType = UNSET
    deadline_fold: Fold | UnsetType = UNSET


class PracticeBody(Sent):
    """`in_minutes` from now, or a start as for a moment put forward."""

    in_minutes: Minutes | UnsetType = UNSET
    start: Instant | UnsetType = UNSET
    wall_time: WallTime | UnsetType = UNSET
    fold: Fold | UnsetType = UNSET


class CancelBody(Sent):
    """Why; rooms and calendars will say it. A practice needs no reason."""

    reason: Reason | UnsetType = UNSET


class ResponseBody(Sent):
    """A group's answer; an objection needs a reason."""

    group: str
    response: Annotated[str, one_of(Response)]
    reason: Reason | UnsetType = UNSET


class OwnMomentBody(Sent):
    """The group whose moment it is."""

    group: str


class WindowBody(Sent, rename={"start": "from", "end": "to"}):
    """Wall time on some weekdays; past midnight when `to` is not after `from`."""

    days: list[Annotated[str, one_of(*DAYS)]]
    start: Annotated[str, _like(r"^([01]\d|2[0-4]):[0-5]\d$", "17:30")]
    end: Annotated[str, _like(r"^([01]\d|2[0-4]):[0-5]\d$", "21:30")]
    level: Annotated[str, one_of(Level)] | UnsetType = UNSET


class QuietBody(Sent, rename={"start": "from", "end": "to"}):
    """A stretch of every day that is kept free."""

    start: Annotated[str, _like(r"^([01]\d|2[0-4]):[0-5]\d$", "22:30")]
    end: Annotated[str, _like(r"^([01]\d|2[0-4]):[0-5]\d$", "07:00")]


class AvailabilityBody(Sent):
    """Replaces the whole availability. `revision`: the one this change was made from."""

    windows: list[WindowBody]
    quiet: list[QuietBody] | UnsetType = UNSET
    blocked: list[Day] | UnsetType = UNSET
    reach: Annotated[str, one_of(Reach)] | UnsetType = UNSET
    revision: Small | UnsetType = UNSET


class NoGoBody(Sent, rename={"start": "from", "end": "to"}):
    """A private no-go time: dates, or dates with times of the group's own zone. A date alone counts whole; without `to` it is that one day."""

    start: DayOrWallTime
    end: DayOrWallTime | UnsetType = UNSET
    why: Annotated[str, longest(WHY_CHARS)] | UnsetType = UNSET


class BusyLinkBody(Sent):
    """The secret address of a calendar in iCalendar format, by https or webcal. It is kept sealed, and no answer shows it."""

    calendar_url: Annotated[str, longest(MAX_URL_CHARS), Meta(extra_json_schema={"examples": [URL_EXAMPLE]})]


class ListingBody(Sent):
    """Who sees the group, and under which name and place."""

    listing: Annotated[str, one_of(Listing)] | UnsetType = UNSET
    alias_name: Name | UnsetType = UNSET
    alias_place: Name | UnsetType = UNSET
    revision: Small | UnsetType = UNSET


class ProfileBody(ListingBody):
    """Changes the fields that are there."""

    name: Name | UnsetType = UNSET
    place: Name | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    numerals: Annotated[str, one_of(Numerals)] | UnsetType = UNSET
    reach: Annotated[str, one_of(Reach)] | UnsetType = UNSET


class GroupBody(Sent):
    """A group that joins the network."""

    name: Name
    zone: str
    language: str
    windows: list[WindowBody]
    place: Name | UnsetType = UNSET
    quiet: list[QuietBody] | UnsetType = UNSET
    blocked: list[Day] | UnsetType = UNSET
    reach: Annotated[str, one_of(Reach)] | UnsetType = UNSET
    listing: Annotated[str, one_of(Listing)] | UnsetType = UNSET
    alias_name: Name | UnsetType = UNSET
    alias_place: Name | UnsetType = UNSET
    numerals: Annotated[str, one_of(Numerals)] | UnsetType = UNSET


class LinkBody(Sent):
    """A link to be made. A custodian's offers a new lease (`alias`, `until`), or with `same_holder` opens the one there is once more."""

    role: Annotated[str, one_of(LinkRole)]
    label: Name | UnsetType = UNSET
    alias: Name | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    same_holder: bool | UnsetType = UNSET
    meeting: Annotated[str, longest(16)] | UnsetType = UNSET
    language: str | UnsetType = UNSET


class DutyBody(Sent):
    """A seat; 1 when absent."""

    duty: Annotated[str, one_of(Duty)]
    seat: Small | UnsetType = UNSET


class TakeDutyBody(DutyBody, kw_only=True):
    """Who takes a seat, by alias, and the last day of it."""

    alias: Name
    until: Day | UnsetType = UNSET


class HandOverBody(Sent):
    """To whom the custodianship is offered, by alias, and until which day."""

    alias: Name
    until: Day | UnsetType = UNSET
    label: Name | UnsetType = UNSET


class NetworkBody(Sent):
    """Changes the fields that are there. `numerals`: language → its numbering system."""

    name: Name | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    default_language: str | UnsetType = UNSET
    threshold_percent: Small | UnsetType = UNSET
    tolerance_ms: Small | UnsetType = UNSET
    numerals: dict[str, str] | UnsetType = UNSET


class UploadBody(Sent):
    """A recording that will be sent: how long it is in bytes, the SHA-256 of the whole in hex, and the type that the browser claims."""

    size: Annotated[int, Meta(ge=-(10**8), le=10**8, extra_json_schema={"minimum": 1, "maximum": MAX_BYTES})]
    sha256: Annotated[str, _like(r"^[0-9a-fA-F]{64}$", "ab" * 32)]
    content_type: str = ""


class FinishBody(Sent):
    """What the voice note is about: a spotlight (by its address), the meeting that asked for it; `public`: everybody may hear it one day."""

    spotlight: str = ""
    meeting: str = ""
    public: bool = False
