"""Who may make which link, how long it lasts, and how its form is read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from coordinator.domain.link import Link, LinkRole, LinkState, may_make, read_link
from coordinator.errors import Invalid
from tests.factories import NOON, caller_as

OF_GROUP = {"member", "witness", "room", "remote", "feed"}
MAKERS = {"steward": OF_GROUP | {"steward", "custodian"}, "custodian": OF_GROUP}
ROLES = ("steward", "custodian", "lapsed", "member", "witness", "room", "remote")
LINK = Link("l", LinkRole.MEMBER, "own", None, None, "", None, NOON, None, None, None, "", accepted=False)


@pytest.mark.parametrize(("maker", "role"), list(itertools.product(ROLES, LinkRole)))
def test_may_make_every_cell(maker: str, role: LinkRole) -> None:
    caller = caller_as(maker, None if maker == "steward" else "own")

    assert may_make(caller, role, "own") is (role in MAKERS.get(maker, set()))
    assert may_make(caller, role, "other") is (maker == "steward")
    assert may_make(caller, role, None) is (maker == "steward" and role in {"steward", "custodian"})


@pytest.mark.parametrize("role", list(LinkRole))
def test_draft_of_a_room_or_of_one_meeting_lasts_a_day(role: LinkRole) -> None:
    draft = read_link({"role": role, "label": "kitchen tablet", "meeting": "m1"}, ("en",))

    assert draft.expires_at(NOON) == (NOON + timedelta(hours=24) if role in {"room", "remote", "witness"} else None)
    assert (draft.label, draft.meeting_id) == ("kitchen tablet", "m1" if role in {"remote", "witness"} else None)


def test_draft_of_a_witness_without_a_meeting_lasts_until_it_is_revoked() -> None:
    draft = read_link({"role": "witness"}, ("en",))

    assert (draft.meeting_id, draft.expires_at(NOON), draft.is_short_lived) == (None, None, False)


def test_draft_says_every_fault_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_link({"role": "king", "label": "x" * 81}, ("en",))
    assert {(p.field, p.code) for p in refused.value.problems} == {("role", "choice_unknown"), ("label", "too_long")}

    with pytest.raises(Invalid) as refused:
        read_link({"role": "remote"}, ("en",))
    assert {(p.field, p.code) for p in refused.value.problems} == {("meeting", "missing")}

    with pytest.raises(Invalid) as refused:
        read_link({"role": "feed", "language": "xx"}, ("en",))
    assert {(p.field, p.code) for p in refused.value.problems} == {("language", "language_unknown")}


def test_state_of_a_link() -> None:
    day = replace(LINK, expires_at=NOON)
    custodian = replace(LINK, role=LinkRole.CUSTODIAN)

    assert LINK.state(NOON) is LinkState.LIVE
    assert day.state(NOON - timedelta(microseconds=1)) is LinkState.LIVE
    assert day.state(NOON) is LinkState.EXPIRED
    assert replace(day, revoked_at=NOON).state(NOON) is LinkState.REVOKED
    assert custodian.state(NOON) is LinkState.PENDING
    assert replace(custodian, accepted=True).state(NOON) is LinkState.LIVE
