"""How does a stranger learn the live protocol? An AsyncAPI 3.0 document made from `protocol.py`, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from coordinator.keys import SUBPROTOCOL
from coordinator.live.news import NEWS
from coordinator.live.protocol import CLIENT_MESSAGES, SERVER_MESSAGES, CloseCode, EventFrame

SCHEMAS = "#/components/schemas/{name}"


@cache
def asyncapi() -> dict[str, Any]:
    """The whole document, JSON-ready; not to be changed by its readers."""
    shapes = dict.fromkeys(NEWS.values())
    _, schemas = msgspec.json.schema_components([*CLIENT_MESSAGES, *SERVER_MESSAGES, *shapes], ref_template=SCHEMAS)
    schemas[EventFrame.__name__] |= {"allOf": [_data_of(kind, shape) for kind, shape in NEWS.items()]}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Chorus live ({SUBPROTOCOL})", "version": SUBPROTOCOL.rpartition("v")[2], "description": _describe()},
        "defaultContentType": "application/json",
        "channels": {"live": {"address": "/live", "messages": {_name(m): _reference("messages", m) for m in _all()}}},
        "operations": {"send": _operation("receive", CLIENT_MESSAGES), "hear": _operation("send", SERVER_MESSAGES)},
        "components": {"messages": {_name(m): _message(m) for m in _all()}, "schemas": schemas},
    }


def _all() -> Sequence[type[msgspec.Struct]]:
    return (*CLIENT_MESSAGES, *SERVER_MESSAGES)


def _operation(action: str, messages: Sequence[type[msgspec.Struct]]) -> dict[str, Any]:
    """`action` is the server's, as AsyncAPI wants it: it receives what clients send."""
    listed = [{"$ref": f"#/channels/live/messages/{_name(m)}"} for m in messages]
    return {"action": action, "channel": {"$ref": "#/channels/live"}, "messages": listed}


def _data_of(kind: str, shape: type[msgspec.Struct]) -> dict[str, Any]:
    """What `data` holds in an event of this kind; kinds that are not named may hold anything, and new ones may come."""
    return {
        "if": {"properties": {"kind": {"const": kind}}},
        "then": {"properties": {"data": {"$ref": SCHEMAS.format(name=shape.__name__)}}},
    }


def _message(message: type[msgspec.Struct]) -> dict[str, Any]:
    summary = " ".join((message.__doc__ or "").split())
    return {"name": _tag(message), "summary": summary, "payload": {"$ref": SCHEMAS.format(name=message.__name__)}}


def _reference(kind: str, message: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{_name(message)}"}


def _name(message: type[msgspec.Struct]) -> str:
    return message.__name__


def _tag(message: type[msgspec.Struct]) -> str:
    return str(message.__struct_config__.tag)


def _describe() -> str:
    codes = ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in CloseCode)
    return f"WebSocket subprotocol {SUBPROTOCOL}: one JSON text message per frame. Commands are HTTP POST. Close codes: {codes}."
