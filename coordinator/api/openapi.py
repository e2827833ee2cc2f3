"""How does a stranger learn the API? An OpenAPI 3.1 document made from the table of operations and its structs, so that it cannot lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from coordinator import keys
from coordinator.api.operation import JSON, PREFIX, Cache, Operation, Query
from coordinator.api.shapes import Problem
from coordinator.domain.access import Right
from coordinator.services.idempotency import KEY_CHARS

VERSION = "1"
PROBLEM_JSON = "application/problem+json"
SCHEMAS = "#/components/schemas/{name}"
NAMES_IN_PATH = re.compile(r"\{(\w+)\}")
KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
ANYBODY: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"cookie": []}]
SIGNED_IN = ANYBODY[1:]

ABOUT = (
    "Groups on several continents act at the same moment. Reads are GET; commands are POST, one transaction each; with an Idempotency-Key a "
    "repeated command is done once and answers the same again. Faults are problems (RFC 9457) that name every fault of what was sent. "
    "Come in by POST /session with the secret of a link; news come over the live socket, described in /asyncapi.json."
)
PATH_HELP = {
    "slug": "An action's name in addresses; it never changes.",
    "group": "A group's id.",
    "link": "A link's id, as lists show it; never its secret.",
    "job": "A job's id.",
    "no_go": "The id of a private no-go time.",
    "meeting": "A mirror segment's id.",
    "spotlight": "A spotlight's name in addresses; it never changes.",
    "translation": "A translation's id.",
    "upload": "The id of a recording on its way.",
    "number": "The number of a part, from 0.",
    "quarter": "A quarter, as in 2027-Q1.",
    "start": "An instant with its offset, as in 2027-01-23T13:30:00Z.",
    "shape": "instant, wave or relay.",
}
FAULTS = {
    401: "A link is needed, and none that holds was shown.",
    403: "No link of this session carries this right, or the Origin is not ours.",
    404: "Unknown, revoked or another's: the answer is the same.",
    409: "The thing's state does not allow this (any more), or the answer held a secret and was shown once.",
    413: "The body is too large.",
    422: "What was sent breaks rules, each named; or the Idempotency-Key came with another body before.",
    429: "Too many wrong codes; Retry-After says when to come back.",
    503: "A part that is needed is away just now.",
}


def build_document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document, JSON-ready."""
    listed = tuple(operations)
    named = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chorus", "version": VERSION, "description": ABOUT, "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": named.components,
            "parameters": {"IdempotencyKey": _key()},
            "responses": {_fault_name(status): _fault(status) for status in FAULTS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": keys.SESSION_COOKIE},
            },
        },
    }


def statuses(operation: Operation) -> tuple[int, ...]:
    """Every status that this operation may answer with, success first."""
    found = {503}
    if operation.right is not Right.READ_PUBLIC:
        found |= {401, 403}
    if operation.method == "POST":
        found |= (
            {404, 413, 422} | ({403, 409} if operation.keyed else set()) | ({409} if operation.right is not Right.READ_PUBLIC else set())
        )
    if NAMES_IN_PATH.search(operation.path):
        found |= {404, 422}
    if operation.query:
        found.add(422)
    if operation.limited:
        found.add(429)
    if operation.cache is not Cache.NOBODY:
        found.add(304)
    return (success(operation), *sorted(found))


def success(operation: Operation) -> int:
    """The status of a success."""
    return operation.status if operation.answer is not None else 204


class _Named:
    """Schemas by type: a reference for each, and the components they refer to."""

    def __init__(self, types: list[Any]) -> None:
        found, self.components = msgspec.json.schema_components(types, ref_template=SCHEMAS)
        self._by_type: Mapping[int, dict[str, Any]] = {id(kind): schema for kind, schema in zip(types, found, strict=True)}

    def __getitem__(self, kind: Any) -> dict[str, Any]:
        return self._by_type[id(kind)]


def _schemas(operations: tuple[Operation, ...]) -> _Named:
    used = [kind for operation in operations for kind in (operation.answer, operation.body) if kind is not None]
    return _Named([*{id(kind): kind for kind in (*used, Problem)}.values()])


def _describe(operation: Operation, named: _Named) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": ANYBODY if operation.right is Right.READ_PUBLIC else SIGNED_IN,
        "responses": {str(status): _response(operation, status, named) for status in statuses(operation)},
    }
    if operation.right is not Right.READ_PUBLIC:
        described["description"] = f"Needs the right `{operation.right}`."
    parameters = [*(_path_parameter(name) for name in NAMES_IN_PATH.findall(operation.path)), *map(_query_parameter, operation.query)]
    if operation.method == "POST" and operation.keyed:
        parameters.append(KEY)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None or operation.file:
        described["requestBody"] = _body(operation, named)
    return described


def _response(operation: Operation, status: int, named: _Named) -> dict[str, Any]:
    if status in FAULTS:
        return {"$ref": f"#/components/responses/{_fault_name(status)}"}
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if status == success(operation) and operation.answer is not None:
        described["content"] = {JSON: {"schema": named[operation.answer]}}
    return described


def _body(operation: Operation, named: _Named) -> dict[str, Any]:
    if operation.file:
        return {"required": True, "content": {operation.file: {"schema": {"type": "string"}}}}
    fields = msgspec.structs.fields(operation.body) if operation.body is not None else ()
    return {"required": any(field.required for field in fields), "content": {JSON: {"schema": named[operation.body]}}}


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": PATH_HELP[name], "schema": {"type": "string", "minLength": 1}}


def _query_parameter(query: Query) -> dict[str, Any]:
    return {"name": query.name, "in": "query", "description": query.help, "schema": {"type": "string", "examples": [query.example]}}


def _key() -> dict[str, Any]:
    least, most = KEY_CHARS
    return {
        "name": keys.IDEMPOTENCY_HEADER,
        "in": "header",
        "description": "Any text of one's own, new for each command; the answer is kept for 48 hours.",
        "schema": {"type": "string", "minLength": least, "maxLength": most, "pattern": "^[ -~]+$"},
    }


def _fault_name(status: int) -> str:
    return f"Fault{status}"


def _fault(status: int) -> dict[str, Any]:
    return {"description": FAULTS[status], "content": {PROBLEM_JSON: {"schema": {"$ref": SCHEMAS.format(name=Problem.__name__)}}}}
