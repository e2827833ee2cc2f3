"""The one JSON shape of every fault: RFC 9457, `application/problem+json`, sentences in the language that was asked for."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from coordinator.edge import runtime, status_of
from coordinator.errors import ChorusError, Conflict, Invalid, NotSignedIn, TooMany
from coordinator.formats.sentences import say, say_error
from coordinator.i18n import Language

MEDIA_TYPE = "application/problem+json"


def answer_problem(request: Request, fault: ChorusError) -> Response:
    """`{type, title, status, detail, code?, problems?}`; `problems` names field, code, value, remedy and a sentence for each fault."""
    language, status = _language(request), status_of(fault)
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": say_error(fault, language),
    }
    if isinstance(fault, Conflict):
        told["code"] = fault.code
    if isinstance(fault, Invalid):
        told["problems"] = [
            {"field": p.field, "code": p.code, "value": p.value, "remedy": list(p.remedy), "sentence": say(p, language)}
            for p in fault.problems
        ]
    headers = {"Cache-Control": "no-store", "Content-Language": language.tag}
    if isinstance(fault, TooMany):
        headers["Retry-After"] = str(fault.retry_after_s)
    if isinstance(fault, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §15.5.2
    return Response(msgspec.json.encode(told), status, headers, MEDIA_TYPE)


def answer_status(status: int, headers: dict[str, str] | None = None) -> Response:
    """A fault that has no more to say than its status: unknown path, wrong method, a fault of ours."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": HTTPStatus(status).description}
    return Response(msgspec.json.encode(told), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def _language(request: Request) -> Language:
    current = runtime(request)
    return current.languages.negotiate(request.headers.get("accept-language", ""), None, "en").language
