"""What does the API answer? One struct an answer: the handlers fill them, OpenAPI shows them, so the two cannot differ.

Instants are ISO 8601 in UTC (`…Z`), dates ISO, zones IANA names, languages BCP 47. A field is null where the reader may not know it, or
where there is nothing (yet). New fields may come; none is renamed or taken away.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from coordinator.domain.action import Kind, Shape, Stage, State
from coordinator.domain.availability import Level, Reach
from coordinator.domain.group import Numerals
from coordinator.domain.link import LinkRole, LinkState
from coordinator.domain.listing import Listing
from coordinator.domain.response import Outcome, Response
from coordinator.domain.rota import Duty, Nag
from coordinator.services import health


class Shown(msgspec.Struct):
    """Base of every answer."""


# --- faults and time ------------------------------------------------------------------------------------------------------


class FieldFault(Shown):
    """One fault of one field. `code` is stable, `remedy` says what would be accepted, `sentence` is for people."""

    field: str
    code: str
    value: str
    remedy: list[str]
    sentence: str


class Problem(Shown, omit_defaults=True):
    """RFC 9457. `problems` names every fault of what was sent; `code` why a thing's state does not allow it."""

    type: str
    title: str
    status: int
    detail: str
    code: str = ""
    problems: list[FieldFault] = []


class Time(Shown):
    """This server's clock when the request came in and when the answer left, in ms since 1970 UTC."""

    received: float
    sent: float


# --- the network ----------------------------------------------------------------------------------------------------------


class LanguageShown(Shown):
    """A language; `complete` when every page speaks it."""

    tag: str
    name: str
    direction: str
    complete: bool


class NetworkShown(Shown):
    """The network. Its quarter turns in `zone`; `threshold_percent` 67 means two thirds exactly."""

    name: str
    zone: str
    default_language: str
    numerals: dict[str, str]
    threshold_percent: int
    tolerance_ms: int
    quarter: str
    rules_version: str
    languages: list[LanguageShown]


class QuarterShown(Shown):
    """A quarter and its bounds; `ends_at` is the first instant after it. `actions` are those the reader may see, by their moment."""

    quarter: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    current: bool
    previous: str | None
    next: str | None
    actions: list[ActionShown]


class ZoneShown(Shown):
    """A zone worth offering; its offset is the one of just now."""

    zone: str
    city: str
    utc_offset_minutes: int


class Zones(Shown):
    """What was found, the best first; at most twenty."""

    zones: list[ZoneShown]


# --- actions --------------------------------------------------------------------------------------------------------------


class SeenGroup(Shown):
    """A group as its listing lets the reader see it."""

    group: str | None
    name: str
    place: str | None
    zone: str | None
    own: bool


class LegShown(Shown):
    """One agreed instant, or one put forward and not decided. `utc_offset_minutes` of a wave's leg."""

    leg: int
    starts_at: datetime | None
    offered_at: datetime | None
    utc_offset_minutes: int | None


class Agreed(Shown):
    """The sentence a group agreed to, by the zone rules of that day; `wall_time` is naive."""

    wall_time: str
    zone: str
    utc_offset_minutes: int
    tzdata: str


class DriftShown(Shown):
    """What the clock of a group will read at its moment, by the zone rules of now, where it is not what the group agreed to."""

    wall_time: str
    zone: str
    utc_offset_minutes: int
    tzdata: str


class Invited(Shown):
    """An invited group. Answers, reasons and burdens are for partners, `agreed` and `drift` for the group itself.

    `leg` and, of what is put forward, `offered_leg` are null where the group does not show its clock. `asks_move`: since zone law has
    changed, it asks for another moment; told to itself and to whoever proposed the action.
    """

    group: SeenGroup
    leg: int | None
    offered_leg: int | None
    required: bool
    response: Response | None
    reason: str
    burden: int | None
    offered_burden: int | None
    agreed: Agreed | None
    drift: DriftShown | None
    asks_move: bool


class TallyShown(Shown):
    """How the invited groups have answered."""

    invited: int
    consents: int
    stand_asides: int
    objections: int


class ActionShown(Shown):
    """An action as its reader may see it. `others` counts invited groups it does not see, on `continents` continents."""

    slug: str
    title: str
    kind: Kind
    story: str
    language: str
    shape: Shape
    duration_minutes: int
    quarter: str
    state: State
    stage: Stage | None
    practice: bool
    moving: bool
    revision: int
    sequence: int
    proposer: SeenGroup | None
    deadline_at: datetime | None
    cancel_reason: str
    moved_from_at: datetime | None
    changed_at: datetime
    legs: list[LegShown]
    groups: list[Invited]
    others: int
    continents: int
    tally: TallyShown
    agreed_tally: TallyShown


class Actions(Shown):
    """The actions of a quarter, by their moments."""

    quarter: str
    actions: list[ActionShown]


class MomentLeg(Shown):
    """`at_ms` is null until the moment is confirmed; `utc_offset` in minutes, null for one instant for all."""

    leg: int
    at_ms: int | None
    utc_offset: int | None


class Moment(Shown):
    """All that a wall of lamps needs."""

    slug: str
    revision: int
    state: State
    shape: Shape
    legs: list[MomentLeg]


class Answered(Shown):
    """What the answers come to, and the action as it stands."""

    outcome: Outcome
    action: ActionShown


# --- groups ---------------------------------------------------------------------------------------------------------------


class Groups(Shown):
    """The groups that the reader may see, by name; `others` counts those it may not."""

    groups: list[SeenGroup]
    others: int


class WindowShown(Shown, rename={"start": "from", "end": "to"}):
    """Wall time of the group's zone on `days`; past midnight when `to` is not after `from`."""

    days: list[str]
    start: str
    end: str
    level: Level


class QuietShown(Shown, rename={"start": "from", "end": "to"}):
    """A stretch of every day that is kept free."""

    start: str
    end: str


class AvailabilityShown(Shown):
    """When a group can take part; `blocked` are local dates."""

    windows: list[WindowShown]
    quiet: list[QuietShown]
    blocked: list[date]
    reach: Reach


class GroupShown(Shown):
    """A group as it sees itself. `availability` is null for its guests."""

    group: str
    name: str
    place: str
    zone: str
    language: str
    alias_name: str
    alias_place: str
    numerals: Numerals
    listing: Listing
    revision: int
    created_at: datetime
    availability: AvailabilityShown | None


class Imported(Shown):
    """The groups of a file, in its order."""

    groups: list[GroupShown]


class LinkShown(Shown):
    """A link without its secret, which nothing can show again. `holder` is the alias on the lease of a custodian's link."""

    link: str
    role: LinkRole
    state: LinkState
    label: str
    holder: str
    language: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


class Links(Shown):
    """The newest first."""

    links: list[LinkShown]


class NewLink(Shown):
    """A new link. `secret`, `code` and `url` are shown this once; hand them on, keep them nowhere."""

    link: str
    role: LinkRole
    group: str | None
    secret: str
    code: str | None
    url: str
    expires_at: datetime | None


class LeaseShown(Shown):
    """Who holds a seat, by alias. `accepted` is false while a successor has not opened the link."""

    alias: str
    since_at: datetime
    until_at: datetime
    accepted: bool
    live: bool


class SeatShown(Shown):
    """One seat of a duty; `nag` is what the desk keeps saying about it."""

    duty: Duty
    seat: int
    holder: LeaseShown | None
    successor: LeaseShown | None
    nag: Nag | None


class Rota(Shown):
    """Every seat, the custodian's first."""

    seats: list[SeatShown]


# --- sessions and watching over -------------------------------------------------------------------------------------------


class GrantShown(Shown):
    """A link that this session holds."""

    link: str
    role: str
    group: str | None


class SessionShown(Shown):
    """What this session holds; nothing for the public."""

    grants: list[GrantShown]


class NewSession(Shown):
    """A session; send `token` as `Authorization: Bearer …`. It is shown this once."""

    token: str
    grants: list[GrantShown]


class JobShown(Shown):
    """A job that waits or was given up; `last_error` names the exception's type and place."""

    job: str
    kind: str
    state: str
    due_at: datetime
    attempt: int
    done_at: datetime | None
    last_error: str


class Jobs(Shown):
    """Given-up jobs first, then by due time; at most two hundred."""

    jobs: list[JobShown]


class Beat(Shown):
    """When a kind of process last told that it lives."""

    process: str
    at: datetime


class JobCount(Shown):
    """How many jobs of a kind are in a state."""

    kind: str
    state: str
    jobs: int


class HealthShown(Shown):
    """How well the network is, check by check, and the figures behind it."""

    level: health.Level
    checks: dict[str, health.Level]
    at: datetime
    canary_age_s: float | None
    revision: str | None
    rules_version: str
    tzdata_version: str
    oldest_due_s: float | None
    dead_lately: int
    beats: list[Beat]
    jobs: list[JobCount]


Document = Annotated[dict[str, Any], msgspec.Meta(description="A machine-readable description of an interface.")]


# --- recordings -----------------------------------------------------------------------------------------------------------


class UploadShown(Shown):
    """A recording on its way. Parts of `chunk_bytes` are numbered from 0, the last may be shorter; `missing` are those still to be sent."""

    upload: str
    size: int
    chunk_bytes: int
    missing: list[int]
    finished: bool


class VoiceStarted(Shown):
    """The voice note that a recording became. A worker reads it next; the group's stream tells when it is ready or refused."""

    voice: str
