"""What may be said on the socket: one example for each message, and everything else refused with a code and a short reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.live import protocol
from coordinator.live.asyncapi import asyncapi
from coordinator.live.news import NEWS
from coordinator.live.protocol import CloseCode, Hangup, Hello, Ping, Pong, Room, Subscribe, TickSwitch, Unsubscribe
from coordinator.store.eventlog import Position

WIRE = Path(__file__).parent.parent / "contracts" / "wire"
EXAMPLES = {
    "hello": Hello({"public": None, "group:7f3k": "17.9f3a11c2"}, "en", Room("the-big-silence-k7f29m", "7f3k")),
    "subscribe": Subscribe({"partners": "4.04be77d0"}),
    "unsubscribe": Unsubscribe(["partners"]),
    "tick-switch": TickSwitch(True),
    "ping": Ping(812.3),
    "welcome": protocol.Welcome(1795312800123.4, 15),
    "snapshot": protocol.Snapshot(
        "public", 18, "b20e5d91", {"actions": [], "spotlights": [{"spotlight": "k7f29m4tq2xa", "revision": 2, "state": "published"}]}
    ),
    "event": protocol.EventFrame(
        "public",
        19,
        "04be77d0",
        1795312800123456,
        "action.confirmed",
        {"action": "the-big-silence-k7f29m", "revision": 4, "state": "confirmed"},
    ),
    "event-spotlight": protocol.EventFrame(
        "public",
        20,
        "9c1f03be",
        1795312801123456,
        "spotlight.published",
        {"spotlight": "k7f29m4tq2xa", "revision": 2, "state": "published"},
    ),
    "event-echo": protocol.EventFrame(
        "partners", 5, "5e0b11d7", 1795312802123456, "echo.published", {"spotlight": "k7f29m4tq2xa", "echo": "e81mzw03kd5p", "revision": 1}
    ),
    "event-meeting": protocol.EventFrame(
        "meeting:7f3k-2mqd",
        3,
        "0d4a77ce",
        1795312803123456,
        "meeting.step",
        {
            "meeting": "7f3k-2mqd",
            "revision": 4,
            "state": "running",
            "part": 1,
            "page": 0,
            "shows_original": False,
            "shows_drafts": False,
            "ends_at_ms": 1795313103123,
        },
    ),
    "heartbeat": protocol.Heartbeat(1795312815123.4, {"public": 19}),
    "reset": protocol.Reset("public", "rewound"),
    "denied": protocol.Denied("group:x"),
    "retry": protocol.Retry(8300),
    "presence": protocol.Presence("the-big-silence-k7f29m", {"Africa/Nairobi": 2, "America/La_Paz": 1}, 5),
    "tick": protocol.Tick(1795312800000.4, 600),
    "pong": Pong(812.3, 1795312800123.4, 1795312800123.6),
}


def read_example(name: str) -> str:
    return (WIRE / f"{name}.json").read_text().strip()


def hangup_of(text: str) -> Hangup:
    with pytest.raises(Hangup) as caught:
        protocol.decode(text)
    return caught.value


def test_examples_cover_every_message_once() -> None:
    said = sorted(type(message).__name__ for name, message in EXAMPLES.items() if not name.startswith("event-"))  # one more for each shape

    assert said == sorted(kind.__name__ for kind in (*protocol.CLIENT_MESSAGES, *protocol.SERVER_MESSAGES))
    assert sorted(path.stem for path in WIRE.glob("*.json")) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_what_is_written(name: str) -> None:
    assert protocol.encode(EXAMPLES[name]).decode() == read_example(name)  # byte for byte: compact, no space after a colon


@pytest.mark.parametrize("name", [n for n, message in EXAMPLES.items() if isinstance(message, protocol.CLIENT_MESSAGES)])
def test_example_of_client_is_read_back(name: str) -> None:
    assert protocol.decode(read_example(name)) == EXAMPLES[name]


@pytest.mark.parametrize("name", [n for n, message in EXAMPLES.items() if isinstance(message, protocol.SERVER_MESSAGES)])
def test_example_of_server_is_read_back(name: str) -> None:
    assert msgspec.json.decode(read_example(name), type=type(EXAMPLES[name])) == EXAMPLES[name]


def test_hello_of_the_design_is_read() -> None:
    text = '{"type":"hello","streams":{"public":null,"group:7f3k":"17.9f3a11c2"},"language":"en","room":null}'

    assert protocol.decode(text) == Hello({"public": None, "group:7f3k": "17.9f3a11c2"}, "en", None)


def test_unknown_fields_are_passed_over() -> None:
    assert protocol.decode('{"type":"ping","a":1,"later":{"x":[1]}}') == Ping(1)


HOSTILE = {
    "not json": "hello",
    "empty": "",
    "array": "[]",
    "null": "null",
    "number": "17",
    "no type": "{}",
    "type is no text": '{"type":7}',
    "unknown type": '{"type":"command"}',
    "server message": '{"type":"welcome","now":1,"heartbeat_s":15}',
    "trailing text": '{"type":"ping","a":1}x',
    "key twice": '{"type":"ping","a":1,"a":2}',
    "key twice inside": '{"type":"hello","streams":{"public":null,"public":"1.00000000"}}',
    "type twice": '{"type":"ping","type":"hello","a":1,"streams":{}}',
    "NaN": '{"type":"ping","a":NaN}',
    "Infinity": '{"type":"ping","a":-Infinity}',
    "number beyond floats": '{"type":"ping","a":1e999}',
    "number too large": '{"type":"ping","a":1e16}',
    "integer of 400 digits": '{"type":"ping","a":%s}' % ("9" * 400),
    "integer of 5000 digits": '{"type":"ping","a":%s}' % ("9" * 5000),
    "true for a number": '{"type":"ping","a":true}',
    "text for a number": '{"type":"ping","a":"1"}',
    "number for true": '{"type":"tick","on":1}',
    "deep": "[" * 5000,
    "deep where it is passed over": '{"type":"ping","a":1,"x":' + "[" * 40 + "1" + "]" * 40 + "}",
    "half a surrogate pair": '{"type":"ping","a":1,"x":"\\ud800"}',
    "half a surrogate pair as a key": '{"type":"ping","a":1,"\\udfff":1}',
    "half a surrogate pair as a stream": '{"type":"hello","streams":{"\\ud800":null}}',
    "half a surrogate pair, not escaped": '{"type":"ping","a":1,"x":"\ud800"}',
    "cursor is a number": '{"type":"hello","streams":{"public":17}}',
    "cursor without tag": '{"type":"hello","streams":{"public":"17"}}',
    "cursor with a short tag": '{"type":"hello","streams":{"public":"17.abc"}}',
    "cursor with capitals": '{"type":"hello","streams":{"public":"17.9F3A11C2"}}',
    "cursor with a leading zero": '{"type":"hello","streams":{"public":"017.9f3a11c2"}}',
    "cursor below zero": '{"type":"hello","streams":{"public":"-1.9f3a11c2"}}',
    "cursor beyond BIGINT": '{"type":"hello","streams":{"public":"99999999999999999999.9f3a11c2"}}',
    "cursor with a newline": '{"type":"hello","streams":{"public":"17.9f3a11c2\\n"}}',
    "cursor in Arabic digits": '{"type":"hello","streams":{"public":"١٧.9f3a11c2"}}',
    "cursor is an object": '{"type":"hello","streams":{"public":{"seq":17}}}',
    "stream with a space": '{"type":"hello","streams":{"public ":null}}',
    "stream with a bidi character": '{"type":"hello","streams":{"group:\\u202e":null}}',
    "stream of a thousand letters": '{"type":"hello","streams":{"group:%s":null}}' % ("a" * 1000),
    "streams are a list": '{"type":"hello","streams":["public"]}',
    "no streams": '{"type":"hello"}',
    "language is no tag": '{"type":"hello","streams":{},"language":"../../etc"}',
    "room is text": '{"type":"hello","streams":{},"room":"7f3k"}',
    "room without action": '{"type":"hello","streams":{},"room":{"group":"7f3k"}}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_message_is_refused_as_malformed(text: str) -> None:
    hangup = hangup_of(text)

    assert hangup.code == CloseCode.MALFORMED
    assert len(hangup.reason.encode()) <= 123
    assert hangup.reason.isprintable()


def test_whole_surrogate_pair_is_text() -> None:
    assert protocol.decode('{"type":"ping","a":1,"x":"\\ud83d\\ude00"}') == Ping(1)


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_message_is_measured_in_bytes(letter: str) -> None:
    envelope = '{"type":"ping","a":1,"x":"%s"}'
    room = (protocol.MESSAGE_MOST_BYTES - len(envelope % "")) // len(letter.encode())

    assert protocol.decode(envelope % (letter * room)) == Ping(1)
    assert hangup_of(envelope % (letter * (room + 1))).code == CloseCode.TOO_BIG


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_a_hangup(text: str) -> None:
    try:
        message = protocol.decode(text)
    except Hangup:
        return
    assert isinstance(message, protocol.CLIENT_MESSAGES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.sampled_from(["hello", "subscribe", "unsubscribe", "tick", "ping", "snapshot"]),
    st.dictionaries(st.sampled_from(["streams", "language", "room", "on", "a", "x"]), json_values),
)
def test_any_json_is_a_message_or_a_hangup(kind: str, fields: dict[str, Any]) -> None:
    try:
        message = protocol.decode(json.dumps({"type": kind, **fields}))
    except Hangup:
        return
    assert isinstance(message, protocol.CLIENT_MESSAGES)


@given(st.integers(0, 10**15 - 1), st.from_regex(r"[0-9a-f]{8}", fullmatch=True))
def test_cursor_goes_out_and_comes_back(seq: int, tag: str) -> None:
    cursor = protocol.write_cursor(Position(seq, tag))
    message = protocol.decode(json.dumps({"type": "subscribe", "streams": {"public": cursor}}))

    assert isinstance(message, Subscribe)
    assert protocol.read_cursor(message.streams["public"]) == Position(seq, tag)


@given(st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15))
def test_ping_gets_its_own_number_back(a: float) -> None:
    message = protocol.decode(json.dumps({"type": "ping", "a": a}))

    assert isinstance(message, Ping)
    assert json.loads(protocol.encode(Pong(message.a, 0.0, 0.0)))["a"] == a


def test_document_names_every_message_and_resolves() -> None:
    document = asyncapi()
    text = json.dumps(document)

    assert document["asyncapi"] == "3.0.0"
    assert {m["name"] for m in document["components"]["messages"].values()} == {json.loads(read_example(n))["type"] for n in EXAMPLES}
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target


@pytest.mark.parametrize("kind", NEWS)
def test_document_says_what_events_of_the_mirror_hold(kind: str) -> None:
    schemas = asyncapi()["components"]["schemas"]

    (rule,) = [each for each in schemas["EventFrame"]["allOf"] if each["if"] == {"properties": {"kind": {"const": kind}}}]
    described = schemas[rule["then"]["properties"]["data"]["$ref"].rpartition("/")[2]]

    assert set(described["properties"]) == {field.name for field in msgspec.structs.fields(NEWS[kind])}
    assert set(described["required"]) == {field.name for field in msgspec.structs.fields(NEWS[kind]) if field.required}


@pytest.mark.parametrize("name", ["event-spotlight", "event-echo", "event-meeting"])
def test_example_of_the_mirror_holds_what_is_documented_and_no_more(name: str) -> None:
    example = json.loads(read_example(name))

    assert msgspec.to_builtins(msgspec.convert(example["data"], NEWS[example["kind"]])) == example["data"]
