"""One client's state machine: what may be said when, and what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.access import NOBODY, Caller
from coordinator.live.protocol import CloseCode, Hangup, Room
from coordinator.live.session import (
    BURST_MOST,
    HELLO_WITHIN_S,
    REFILL_PER_S,
    STREAMS_MOST,
    Answer,
    Follow,
    Refuse,
    Session,
    Ticking,
    Unfollow,
    Welcomed,
)
from coordinator.store.eventlog import Position
from tests.factories import caller_as

MEMBER = caller_as("member", "7f3k")


def say(**fields: Any) -> str:
    return json.dumps(fields)


HELLO = say(type="hello", streams={"public": None})


def opened(caller: Caller = NOBODY) -> Session:
    session = Session(caller, opened_s=0.0)
    session.receive(HELLO, 0.0)
    return session


def hangup_code(session: Session, text: str, at_s: float = 0.0) -> CloseCode:
    with pytest.raises(Hangup) as caught:
        session.receive(text, at_s)
    return caught.value.code


def test_hello_is_welcomed_then_streams_follow_in_their_order() -> None:
    session = Session(MEMBER, opened_s=0.0)
    hello = say(type="hello", streams={"group:7f3k": "17.9f3a11c2", "public": None, "group:other": None}, language="es")

    effects = session.receive(hello, 1.0)

    assert effects == [Welcomed("es", None), Follow("group:7f3k", Position(17, "9f3a11c2")), Follow("public", None), Refuse("group:other")]
    assert session.streams == {"group:7f3k", "public"}


@pytest.mark.parametrize("message", [say(type="ping", a=1), say(type="subscribe", streams={}), say(type="tick", on=True)])
def test_anything_before_hello_hangs_up(message: str) -> None:
    assert hangup_code(Session(NOBODY, 0.0), message) == CloseCode.OUT_OF_TURN


def test_second_hello_hangs_up() -> None:
    assert hangup_code(opened(), HELLO) == CloseCode.OUT_OF_TURN


def test_hello_in_time_is_enough() -> None:
    opened().check_greeted(HELLO_WITHIN_S)


@given(st.floats(min_value=0, max_value=1e7))
def test_no_hello_is_noticed_by_the_alarm_whenever_the_socket_was_opened(opened_s: float) -> None:
    """`(a + b) - a` is not always `b`: a socket whose alarm came a hair too early was never closed."""
    with pytest.raises(Hangup):
        Session(NOBODY, opened_s=opened_s).check_greeted(opened_s + HELLO_WITHIN_S)


def test_no_hello_in_time_hangs_up() -> None:
    session = Session(NOBODY, opened_s=100.0)

    session.check_greeted(100.0 + HELLO_WITHIN_S - 0.001)
    with pytest.raises(Hangup) as caught:
        session.check_greeted(100.0 + HELLO_WITHIN_S)

    assert caught.value.code == CloseCode.OUT_OF_TURN


def test_ping_is_answered_with_its_own_number() -> None:
    assert opened().receive(say(type="ping", a=812.3), 0.0) == [Answer(812.3)]


def test_tick_is_switched_on_and_off() -> None:
    session = opened()

    assert session.receive(say(type="tick", on=True), 0.0) == [Ticking(True)]
    assert session.ticking
    assert session.receive(say(type="tick", on=False), 0.0) == [Ticking(False)]
    assert not session.ticking


def test_subscribe_again_follows_from_the_new_cursor() -> None:
    session = opened()

    effects = session.receive(say(type="subscribe", streams={"public": "3.00000001"}), 0.0)

    assert effects == [Follow("public", Position(3, "00000001"))]


@pytest.mark.parametrize("streams", [["public", "partners"], {"public": None, "partners": None}])
def test_unsubscribe_leaves_what_was_followed(streams: Any) -> None:
    session = opened()

    assert session.receive(say(type="unsubscribe", streams=streams), 0.0) == [Unfollow("public")]
    assert session.streams == set()


@pytest.mark.parametrize("stream", ["partners", "group:7f3k", "meeting:m1", "canary", "unknown", "group"])
def test_stream_of_others_is_refused_without_a_hangup(stream: str) -> None:
    assert opened().receive(say(type="subscribe", streams={stream: None}), 0.0) == [Refuse(stream)]


def test_too_many_streams_hang_up() -> None:
    steward = Session(caller_as("steward"), 0.0)
    many = {f"group:g{i}": None for i in range(STREAMS_MOST)}

    assert len(steward.receive(say(type="hello", streams=many), 0.0)) == STREAMS_MOST + 1
    assert hangup_code(steward, say(type="subscribe", streams={"public": None})) == CloseCode.TOO_MANY


def test_burst_of_messages_hangs_up_and_time_refills() -> None:
    session = opened()
    ping = say(type="ping", a=1)
    for _ in range(BURST_MOST - 1):
        session.receive(ping, 0.0)

    session.receive(ping, 1 / REFILL_PER_S)  # one has been refilled

    assert hangup_code(session, ping, 1 / REFILL_PER_S) == CloseCode.TOO_MANY


def test_probes_of_a_page_are_never_too_many() -> None:
    """The pattern of research/clock.md §6: 12 at 120 ms, then one a second, with bursts of five at 150 ms."""
    session = opened()
    ping = say(type="ping", a=1)
    times = sorted([i * 0.12 for i in range(12)] + [2.0 + i for i in range(60)] + [30 + i * 0.15 for i in range(5)])

    for at_s in times:
        session.receive(ping, at_s)


def test_room_of_a_group_needs_its_grant() -> None:
    hello = say(type="hello", streams={}, room={"action": "silence-k7f29m", "group": "7f3k"})
    member = Session(MEMBER, 0.0)

    member.receive(hello, 0.0)

    assert member.room == Room("silence-k7f29m", "7f3k")
    assert hangup_code(Session(NOBODY, 0.0), hello) == CloseCode.NOT_SIGNED_IN
    assert hangup_code(Session(caller_as("member", "other"), 0.0), hello) == CloseCode.NOT_ALLOWED


def test_public_room_needs_no_grant() -> None:
    session = Session(NOBODY, 0.0)

    session.receive(say(type="hello", streams={}, room={"action": "silence-k7f29m", "group": None}), 0.0)

    assert session.room == Room("silence-k7f29m", None)


def test_revoked_grant_hangs_up_only_where_it_was_used() -> None:
    only_public = opened(MEMBER)
    own_group = opened(MEMBER)
    own_group.receive(say(type="subscribe", streams={"group:7f3k": None}), 0.0)

    only_public.reauthorise(NOBODY)
    with pytest.raises(Hangup) as signed_out:
        own_group.reauthorise(NOBODY)
    with pytest.raises(Hangup) as elsewhere:
        own_group.reauthorise(caller_as("member", "other"))

    assert only_public.caller == NOBODY
    assert signed_out.value.code == CloseCode.NOT_SIGNED_IN
    assert elsewhere.value.code == CloseCode.NOT_ALLOWED


def test_revoked_grant_closes_its_room() -> None:
    session = Session(MEMBER, 0.0)
    session.receive(say(type="hello", streams={"public": None}, room={"action": "silence-k7f29m", "group": "7f3k"}), 0.0)

    with pytest.raises(Hangup) as caught:
        session.reauthorise(NOBODY)

    assert caught.value.code == CloseCode.NOT_SIGNED_IN


messages = st.sampled_from(
    [
        HELLO,
        say(type="ping", a=1),
        say(type="subscribe", streams={"public": None, "partners": "1.00000000", "group:7f3k": None}),
        say(type="unsubscribe", streams=["public"]),
        say(type="tick", on=True),
        "garbage",
    ]
)


@given(st.lists(messages, max_size=20))
def test_session_follows_only_what_it_may_read(texts: list[str]) -> None:
    session = Session(NOBODY, 0.0)
    following: set[str] = set()

    for text in texts:
        try:
            effects = session.receive(text, 0.0)
        except Hangup:
            break
        following |= {e.stream for e in effects if isinstance(e, Follow)}
        following -= {e.stream for e in effects if isinstance(e, Unfollow)}

    assert session.streams == following
    assert following <= {"public"}
