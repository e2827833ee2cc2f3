"""Every cell of the access table, against a table written here by hand from DESIGN §7."""

from __future__ import annotations

import itertools

import pytest

from coordinator.domain.access import NOBODY, TABLE, Caller, Grant, Right, Role, may_read_stream, strongest_role
from coordinator.errors import Forbidden, NotSignedIn

OWN, OTHER = "owngroup", "othergrp"
MEETING = f"{OWN}-abc2345"  # a remote's; the other roles are asked with it too, and it changes nothing for them

# What each role may do of its own group, or of the network. Columns: steward custodian lapsed member witness room remote public
EXPECTED = """
read_public        + + + + + + + +
read_partners      + + + + + + - -
steer              + - - - - - - -
read_desk          + + + + + - - -
read_room          + + + + + + - -
edit_availability  + + + + - - - -
keep_no_go         - + + + - - - -
edit_group         + + - - - - - -
draft              - + - + - - - -
put_forward        - + - - - - - -
respond            - + + - - - - -
take_duty          - + + + - - - -
hand_over          - + - - - - - -
make_links         + + - - - - - -
report             - + + - - + - -
tell               - + - + - - - -
publish            - + - - - - - -
translate          - + + + - - - -
run_segment        - + + + - - + -
read_segment       + + + + + + + -
hear_unpublished   - + + + + - - -
report_voice       - + + + - - - -
judge_voice        + - - - - - - -
"""
COLUMNS = ("steward", "custodian", "lapsed", "member", "witness", "room", "remote", "public")
OF_NO_GROUP = {"read_public", "read_partners", "steer", "judge_voice"}


def expected_cells() -> dict[tuple[str, str], bool]:
    rows = [line.split() for line in EXPECTED.strip().splitlines()]
    return {(right, role): sign == "+" for right, *signs in rows for role, sign in zip(COLUMNS, signs, strict=True)}


CELLS = expected_cells()


def holder(role: str) -> Caller:
    if role == "public":
        return NOBODY
    meeting_id = MEETING if role == "remote" else None
    return Caller((Grant(Role(role), None if role == "steward" else OWN, "link", meeting_id),), "session")


def test_table_expectation_has_every_cell() -> None:
    assert set(CELLS) == {(str(right), str(role)) for right, role in itertools.product(Right, Role)}
    assert set(TABLE) == set(Right)


@pytest.mark.parametrize(("right", "role"), sorted(CELLS))
def test_table_every_cell(right: str, role: str) -> None:
    allowed = CELLS[right, role]
    caller = holder(role)

    everywhere = allowed and (right in OF_NO_GROUP or role == "steward")
    assert caller.may(Right(right), OWN, meeting_id=MEETING) is allowed
    assert caller.may(Right(right), OWN) is (allowed and (role != "remote" or right in OF_NO_GROUP))
    assert caller.may(Right(right), OTHER, meeting_id=MEETING) is everywhere
    assert caller.may(Right(right)) is everywhere


@pytest.mark.parametrize(("right", "role"), sorted(CELLS))
def test_require_every_cell_agrees_with_may(right: str, role: str) -> None:
    caller = holder(role)

    if CELLS[right, role]:
        caller.require(Right(right), OWN, meeting_id=MEETING)
    elif role == "public":
        with pytest.raises(NotSignedIn):
            caller.require(Right(right), OWN, meeting_id=MEETING)
    else:
        with pytest.raises(Forbidden) as refused:
            caller.require(Right(right), OWN, meeting_id=MEETING)
        assert refused.value.right == right


def test_custodian_without_a_group_in_its_grant_may_nothing_of_groups() -> None:
    stray = Caller((Grant(Role.CUSTODIAN, None, "link"),), "session")

    assert [right for right in Right if right not in OF_NO_GROUP and stray.may(right, OWN)] == []
    assert [right for right in Right if right not in OF_NO_GROUP and stray.may(right, None)] == []


def test_caller_with_several_grants_has_the_sum_of_their_rights() -> None:
    caller = Caller((Grant(Role.WITNESS, OWN, "a"), Grant(Role.MEMBER, OTHER, "b"), Grant(Role.ROOM, OTHER, "c")), "session")

    assert caller.may(Right.READ_DESK, OWN)
    assert not caller.may(Right.DRAFT, OWN)
    assert caller.may(Right.DRAFT, OTHER)
    assert caller.may(Right.REPORT, OTHER)
    assert caller.group_ids() == (OWN, OTHER)


STREAMS = {
    "public": set(COLUMNS),
    "partners": {"steward", "custodian", "lapsed", "member", "witness", "room"},
    f"group:{OWN}": {"steward", "custodian", "lapsed", "member", "witness", "room"},
    f"group:{OTHER}": {"steward"},
    "meeting:m1": {"steward"},
    f"meeting:{MEETING}": {"steward", "custodian", "lapsed", "member", "witness", "room", "remote"},
    f"meeting:{OTHER}-abc2345": {"steward"},
    "canary": set(),
    "group:": {"steward"},
    "group": set(),
    "public:": set(),
    "partners:x": set(),
    "nonsense": set(),
    "": set(),
}


@pytest.mark.parametrize(("stream", "role"), list(itertools.product(STREAMS, COLUMNS)))
def test_stream_is_read_by_its_roles_only(stream: str, role: str) -> None:
    assert may_read_stream(holder(role), stream) is (role in STREAMS[stream])


def test_stream_of_a_meeting_is_read_by_its_own_remote() -> None:
    remote = Caller((Grant(Role.REMOTE, OWN, "link", MEETING),), "session")

    assert may_read_stream(remote, f"meeting:{MEETING}")
    assert not may_read_stream(remote, f"meeting:{OWN}-other22")
    assert not may_read_stream(remote, f"group:{OWN}")


def test_witness_of_one_segment_sees_that_segment_and_nothing_else() -> None:
    guest = Caller((Grant(Role.WITNESS, OWN, "link", MEETING),), "session")
    may = {right for right in Right if guest.may(right, OWN, meeting_id=MEETING)}

    assert may == {Right.READ_PUBLIC, Right.READ_SEGMENT}
    assert not guest.may(Right.READ_SEGMENT, OWN, meeting_id=f"{OWN}-other22")
    assert not guest.is_partner()
    assert not may_read_stream(guest, f"group:{OWN}")


def test_strongest_role_names_the_one_with_most_rights() -> None:
    grants = [Grant(Role.STEWARD, None, "s"), Grant(Role.MEMBER, OWN, "m"), Grant(Role.CUSTODIAN, OTHER, "c")]

    assert strongest_role(grants, OWN) is Role.MEMBER
    assert strongest_role(grants, OTHER) is Role.CUSTODIAN
    assert strongest_role(grants, "third") is Role.STEWARD
    assert strongest_role([], OWN) is Role.PUBLIC
