"""How does a JSON body become fields whose types are right? Every wrong type, unknown name and unseen character at once, as problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from coordinator.api.bodies import Sent
from coordinator.edge import Raw, parse_json, read_body
from coordinator.errors import Invalid, Problem, problem

JSON_TYPES = {"str": "text", "int": "number", "bool": "true, false", "array": "list", "object": "object"}

_AT = re.compile(r" - at `\$(.*)`$")
_EXPECTED = re.compile(r"Expected `(\w+)")
_UNKNOWN = re.compile(r"unknown field `(.*)`")


async def read_fields(request: Request, body: type[Sent]) -> Raw:
    """The fields that were sent, types checked. Nothing sent is no field. Raises Invalid with every fault, TooLarge."""
    sent = await read_body(request)
    fields: dict[str, Any] = parse_json(sent) if sent.strip() else {}
    check_types(fields, body)
    return fields


def check_types(fields: Mapping[str, Any], body: type[Sent]) -> None:
    """Raises Invalid: key_unknown, type_wrong, control_characters. What is missing is for the rules to say."""
    known = {field.encode_name: field.type for field in msgspec.structs.fields(body)}
    found = [problem(name, "key_unknown", name, *known) for name in fields if name not in known]
    found += [p for name, kind in known.items() if name in fields for p in _check(name, fields[name], kind)]
    if found:
        raise Invalid(*found)


def _check(name: str, value: object, kind: Any) -> Iterator[Problem]:
    yield from (problem(path, "control_characters", text) for path, text in _texts(name, value) if "\0" in text)
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as fault:
        said = str(fault)
        at = _AT.search(said)
        path = name + (at[1] if at else "")
        if unknown := _UNKNOWN.search(said):
            yield problem(path, "key_unknown", unknown[1])
        elif expected := _EXPECTED.search(said):
            yield problem(path, "type_wrong", value if path == name else "", JSON_TYPES.get(expected[1], expected[1]))


def _texts(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(f"{path}[{number}]", item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(path, name)
            yield from _texts(f"{path}.{name}", item)
