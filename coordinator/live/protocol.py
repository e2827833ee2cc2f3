"""What may be said on a `chorus.v1` socket? Every message once, by direction, with its limits; `asyncapi.py` documents it from here.

One JSON text message per frame. Numbers called `now`, `received`, `sent`, `after_ms` and `a` are ms (UTC where they are instants), `ts` is µs
UTC taken at the commit. Each message has one example in tests/contracts/wire/, which the tests of Python and JavaScript share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Any, ClassVar, NoReturn

import msgspec
from msgspec import Meta, Struct

from coordinator.errors import ChorusError
from coordinator.store.eventlog import Event, Position

MESSAGE_MOST_BYTES = 8 * 1024
BRACKETS_MOST = 16  # opening ones, which bounds the depth; the deepest honest message has four
NUMBER_MOST = 1e15  # ms of thirty thousand years: no honest page clock is beyond

STREAM_PATTERN = r"^[a-z]{1,16}(:[A-Za-z0-9_-]{1,64})?$(?!\n)"  # Python's $ alone would let a final newline pass
CURSOR_PATTERN = r"^(0|[1-9][0-9]{0,14})\.[0-9a-f]{8}$(?!\n)"
LANGUAGE_PATTERN = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$(?!\n)"
SLUG_PATTERN = r"^[A-Za-z0-9_-]{1,120}$(?!\n)"
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class CloseCode(IntEnum):
    """Why a socket was closed by us: the standard's own codes (RFC 6455 §7.4.1), and those of DESIGN §6."""

    UNSUPPORTED = 1003  # a binary message
    MALFORMED = 1007  # not the JSON described here
    OUT_OF_TURN = 1008  # no hello in time, or something before it, or a second one
    TOO_BIG = 1009
    FAULT = 1011  # ours
    RESTART = 1012  # come back, through your cursor
    NOT_SIGNED_IN = 4001
    NOT_ALLOWED = 4003
    TOO_SLOW = 4008  # come back, through your cursor
    REPLACED = 4009  # by a newer socket of the same session
    TOO_MANY = 4029


class Hangup(ChorusError):
    """The socket must be closed; `reason` is a short English phrase for developers, never shown to people."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{int(code)} {reason}")


# --- client → server --------------------------------------------------------------------------------------------------

Stream = Annotated[str, Meta(pattern=STREAM_PATTERN, description="public, partners, group:<id> or meeting:<id>")]
Cursor = Annotated[str, Meta(pattern=CURSOR_PATTERN, description="seq.tag of the last event applied")]
Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Number = Annotated[int, Meta(ge=-(10**15), le=10**15)] | Annotated[float, Meta(ge=-NUMBER_MOST, le=NUMBER_MOST)]


class Room(Struct, frozen=True):
    """The room page that speaks: its action's slug, and its group unless it is a public one."""

    action: Slug
    group: Slug | None = None


class Hello(Struct, tag="hello", frozen=True):
    """First message of a client, within five seconds. A stream's cursor is null when it knows nothing yet."""

    streams: dict[Stream, Cursor | None]
    language: Annotated[str, Meta(pattern=LANGUAGE_PATTERN)] = "en"
    room: Room | None = None


class Subscribe(Struct, tag="subscribe", frozen=True):
    """More streams; one that is followed already starts again from this cursor."""

    streams: dict[Stream, Cursor | None]


class Unsubscribe(Struct, tag="unsubscribe", frozen=True):
    """Streams no longer wanted; an object's values are ignored."""

    streams: dict[Stream, Cursor | None] | list[Stream]


class TickSwitch(Struct, tag="tick", frozen=True):
    """Switches `tick` frames on or off (for LED walls, which have no script of ours)."""

    on: bool


class Ping(Struct, tag="ping", frozen=True):
    """A probe of the clock; `a` is the page's own monotonic time and comes back untouched."""

    a: Number


ClientMessage = Hello | Subscribe | Unsubscribe | TickSwitch | Ping

# --- server → client --------------------------------------------------------------------------------------------------


class Welcome(Struct, tag="welcome", frozen=True):
    """Answers hello. Without any frame for two heartbeats the client should come back."""

    now: float
    heartbeat_s: float


class Snapshot(Struct, tag="snapshot", frozen=True):
    """The state of a stream at exactly this position: what the client knew before is replaced."""

    stream: str
    seq: int
    tag: str
    data: Mapping[str, Any]


class EventFrame(Struct, tag="event", frozen=True):
    """One event; applied only when `seq` is the last applied one plus one, otherwise the client subscribes again from its cursor."""

    stream: str
    seq: int
    tag: str
    ts: int
    kind: str
    data: Mapping[str, Any]


class Heartbeat(Struct, tag="heartbeat", frozen=True):
    """The heads of the streams this client follows; one beyond the client's own `seq` means that it missed something."""

    now: float
    heads: dict[str, int]


class Reset(Struct, tag="reset", frozen=True):
    """What the client holds of this stream cannot be continued (`rewound`, `gone`); a snapshot follows by itself."""

    REWOUND: ClassVar[str] = "rewound"  # the log was set back: its past is another one now
    GONE: ClassVar[str] = "gone"  # too far behind, or before what is kept
    stream: str
    reason: str


class Denied(Struct, tag="denied", frozen=True):
    """This stream does not exist for this caller."""

    stream: str


class Retry(Struct, tag="retry", frozen=True):
    """The socket is about to close; come back after this long (drawn for each client, so that they do not come at once)."""

    after_ms: int


class Presence(Struct, tag="presence", frozen=True):
    """How many room pages of this action are open, as "at least": by zone for groups listed publicly, all others as one number."""

    action: str
    zones: dict[str, int]
    others: int


class Tick(Struct, tag="tick", frozen=True):
    """Once a second while switched on: whole seconds left to the moment of the hello's room (negative after it), null without one."""

    now: float
    left_s: int | None


class Pong(Struct, tag="pong", frozen=True):
    """Answers a ping ahead of everything else, stamped when the ping was read and just before this is written."""

    a: int | float
    received: float
    sent: float


ServerMessage = Welcome | Snapshot | EventFrame | Heartbeat | Reset | Denied | Retry | Presence | Tick | Pong

CLIENT_MESSAGES: tuple[type[Struct], ...] = (Hello, Subscribe, Unsubscribe, TickSwitch, Ping)
SERVER_MESSAGES: tuple[type[Struct], ...] = (Welcome, Snapshot, EventFrame, Heartbeat, Reset, Denied, Retry, Presence, Tick, Pong)

# --- reading and writing ----------------------------------------------------------------------------------------------

encode = msgspec.json.Encoder().encode  # ServerMessage → compact JSON, UTF-8; safe for many tasks


def encode_event(event: Event, ts: int) -> bytes:
    """The frame of an event, made once for everybody; `ts` is its commit in µs."""
    return encode(EventFrame(event.stream, event.seq, event.tag, ts, event.kind, event.data))


def decode(text: str) -> ClientMessage:
    """One message of a client. Raises Hangup: TOO_BIG over 8 KiB of UTF-8, MALFORMED for whatever is not described above."""
    if len(text) > MESSAGE_MOST_BYTES or len(text.encode(errors="surrogatepass")) > MESSAGE_MOST_BYTES:
        raise Hangup(CloseCode.TOO_BIG, f"a message is at most {MESSAGE_MOST_BYTES} bytes")
    if text.count("[") + text.count("{") > BRACKETS_MOST:
        raise Hangup(CloseCode.MALFORMED, "nested too deeply")
    return _shape(_parse(text))


def read_cursor(cursor: str | None) -> Position | None:
    """The position of a decoded `seq.tag`."""
    if cursor is None:
        return None
    seq, _, tag = cursor.partition(".")
    return Position(int(seq), tag)


def write_cursor(position: Position) -> str:
    """`seq.tag`, as a client sends it back."""
    return f"{position.seq}.{position.tag}"


def _parse(text: str) -> Any:
    # The standard library's parser alone can be told of repeated keys and NaN; msgspec takes the last key without a word.
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        if SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # half a pair is no text
    except ValueError as fault:  # also an integer of more than 4300 digits, and half a surrogate pair
        raise Hangup(CloseCode.MALFORMED, "not JSON") from fault
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _shape(value: Any) -> ClientMessage:
    try:
        message: ClientMessage = msgspec.convert(value, type=ClientMessage)
    except (msgspec.ValidationError, ValueError, OverflowError) as fault:  # ValueError: half a surrogate pair, unescaped
        raise Hangup(CloseCode.MALFORMED, _short(str(fault))) from fault
    return message


def _short(text: str) -> str:
    """A close frame's reason holds 123 bytes (RFC 6455 §5.5)."""
    return "".join(c for c in text if c.isascii() and c.isprintable())[:100]
