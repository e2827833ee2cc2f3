"""Who may do what: the one table that pages, API and sockets ask (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from coordinator.errors import Forbidden, NotSignedIn


class Role(StrEnum):
    """What a link carries. A custodian whose lease ran out is LAPSED: it keeps consent rights and is nagged."""

    PUBLIC = "public"
    STEWARD = "steward"
    CUSTODIAN = "custodian"
    LAPSED = "lapsed"
    MEMBER = "member"
    WITNESS = "witness"
    ROOM = "room"
    REMOTE = "remote"


class Right(StrEnum):
    """What can be asked of the table. All but the first three and the last are asked *of a group*."""

    READ_PUBLIC = "read_public"
    READ_PARTNERS = "read_partners"  # what partner groups see of one another
    STEER = "steer"  # the steward's pages
    READ_DESK = "read_desk"
    READ_ROOM = "read_room"  # the group's room and its stream
    EDIT_AVAILABILITY = "edit_availability"
    KEEP_NO_GO = "keep_no_go"  # read and change its private no-go times; nobody else learns that there are any
    EDIT_GROUP = "edit_group"  # listing, alias, place, zone, language, reach
    DRAFT = "draft"
    PUT_FORWARD = "put_forward"  # put forward, withdraw, move, cancel, practise
    RESPOND = "respond"
    TAKE_DUTY = "take_duty"
    HAND_OVER = "hand_over"
    MAKE_LINKS = "make_links"  # and revoke them
    REPORT = "report"  # a room's own clock and zero
    TELL = "tell"  # draft and edit a spotlight or an echo, bring a packet in
    PUBLISH = "publish"  # publish, retire and delete a spotlight
    TRANSLATE = "translate"  # translate what partners published, and sign another's translation
    RUN_SEGMENT = "run_segment"  # set a mirror segment up and step through it
    READ_SEGMENT = "read_segment"  # its projector page and its stream
    HEAR_UNPUBLISHED = "hear_unpublished"  # the sound and words of its own voice notes, and of those sent to it, before they stand
    REPORT_VOICE = "report_voice"  # tell the steward that a voice note should not be heard
    JUDGE_VOICE = "judge_voice"  # hear a voice note while a report on it is open; dismiss the report, or take the note down


R = Role
TABLE: dict[Right, frozenset[Role]] = {
    Right.READ_PUBLIC: frozenset(Role),
    Right.READ_PARTNERS: frozenset({R.STEWARD, R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS, R.ROOM}),
    Right.STEER: frozenset({R.STEWARD}),
    Right.READ_DESK: frozenset({R.STEWARD, R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS}),
    Right.READ_ROOM: frozenset({R.STEWARD, R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS, R.ROOM}),
    Right.EDIT_AVAILABILITY: frozenset({R.STEWARD, R.CUSTODIAN, R.LAPSED, R.MEMBER}),
    Right.KEEP_NO_GO: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER}),
    Right.EDIT_GROUP: frozenset({R.STEWARD, R.CUSTODIAN}),
    Right.DRAFT: frozenset({R.CUSTODIAN, R.MEMBER}),
    Right.PUT_FORWARD: frozenset({R.CUSTODIAN}),
    Right.RESPOND: frozenset({R.CUSTODIAN, R.LAPSED}),
    Right.TAKE_DUTY: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER}),
    Right.HAND_OVER: frozenset({R.CUSTODIAN}),
    Right.MAKE_LINKS: frozenset({R.STEWARD, R.CUSTODIAN}),
    Right.REPORT: frozenset({R.CUSTODIAN, R.LAPSED, R.ROOM}),
    Right.TELL: frozenset({R.CUSTODIAN, R.MEMBER}),
    Right.PUBLISH: frozenset({R.CUSTODIAN}),
    Right.TRANSLATE: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER}),
    Right.RUN_SEGMENT: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER, R.REMOTE}),
    Right.READ_SEGMENT: frozenset({R.STEWARD, R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS, R.ROOM, R.REMOTE}),
    Right.HEAR_UNPUBLISHED: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS}),
    Right.REPORT_VOICE: frozenset({R.CUSTODIAN, R.LAPSED, R.MEMBER}),
    Right.JUDGE_VOICE: frozenset({R.STEWARD}),
}
NETWORK_WIDE = frozenset({Right.READ_PUBLIC, Right.READ_PARTNERS, Right.STEER, Right.JUDGE_VOICE})  # asked without a group
OF_A_MEETING = frozenset({Right.RUN_SEGMENT, Right.READ_SEGMENT})  # all that a link of one meeting carries, and of that meeting only


@dataclass(frozen=True, slots=True)
class Grant:
    """One link that a session holds and that holds now. `group_id` is None for a steward.

    `meeting_id` of a remote, and of a witness who was invited into one segment only.
    """

    role: Role
    group_id: str | None
    link_id: str
    meeting_id: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the grants of one session, none for the public. `session_id` names it in idempotency scopes."""

    grants: tuple[Grant, ...] = ()
    session_id: str | None = None

    def may(self, right: Right, group_id: str | None = None, *, meeting_id: str | None = None) -> bool:
        """Whether any grant carries `right` (for this group, where the right is a group's; for this meeting, where it is one meeting's)."""
        return Role.PUBLIC in TABLE[right] or any(_carries(g, right, group_id, meeting_id) for g in self.grants)

    def require(self, right: Right, group_id: str | None = None, *, meeting_id: str | None = None) -> None:
        """Raises NotSignedIn without any grant, Forbidden when none of them carries `right`."""
        if self.may(right, group_id, meeting_id=meeting_id):
            return
        if not self.grants:
            raise NotSignedIn
        raise Forbidden(right)

    def group_ids(self) -> tuple[str, ...]:
        """The groups this session has a link of, in the order of the grants, each once."""
        return tuple(dict.fromkeys(g.group_id for g in self.grants if g.group_id is not None))

    def is_partner(self) -> bool:
        """Whether the caller sees what partner groups see of one another."""
        return self.may(Right.READ_PARTNERS)

    def is_steward(self) -> bool:
        return self.may(Right.STEER)


NOBODY = Caller()


def _carries(grant: Grant, right: Right, group_id: str | None, meeting_id: str | None) -> bool:
    if grant.role not in TABLE[right]:
        return False
    if _is_of_one_meeting(grant) and (right not in OF_A_MEETING or grant.meeting_id is None or grant.meeting_id != meeting_id):
        return False
    return right in NETWORK_WIDE or grant.role is Role.STEWARD or (group_id is not None and grant.group_id == group_id)


def _is_of_one_meeting(grant: Grant) -> bool:
    return grant.role is Role.REMOTE or grant.meeting_id is not None


def group_of_meeting(meeting_id: str) -> str:
    """The group that a meeting's id begins with: so a stream's name alone says who may follow it."""
    return meeting_id.partition("-")[0]


def may_read_stream(caller: Caller, stream: str) -> bool:
    """Whether this caller may follow a stream (DESIGN §6 names them). Unknown and internal streams: never."""
    match stream.partition(":"):
        case ("public", "", ""):
            return True
        case ("partners", "", ""):
            return caller.is_partner()
        case ("group", ":", group_id):
            return caller.may(Right.READ_ROOM, group_id)
        case ("meeting", ":", meeting_id):
            return caller.may(Right.READ_SEGMENT, group_of_meeting(meeting_id), meeting_id=meeting_id)
        case _:
            return False


def strongest_role(grants: Iterable[Grant], group_id: str) -> Role:
    """The role to name on a group's desk when a session holds several of its links."""
    order = [R.CUSTODIAN, R.LAPSED, R.MEMBER, R.WITNESS, R.ROOM, R.REMOTE, R.STEWARD]
    held = {g.role for g in grants if g.group_id == group_id or g.role is R.STEWARD}
    return next((role for role in order if role in held), R.PUBLIC)
