"""How does a program come in? It exchanges a link's secret, or a short code, for a bearer token.

No cookie is set and none is read, so a foreign page gains nothing by sending this: it needs the secret, and gets no more than that.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from coordinator.api.bodies import SessionBody
from coordinator.api.describe import show_grants
from coordinator.api.operation import JSON, PRIVATE_CACHE
from coordinator.api.reading import read_fields
from coordinator.api.shapes import NewSession
from coordinator.domain.text import text_of
from coordinator.edge import Raw, bearer, runtime
from coordinator.errors import Invalid, problem
from coordinator.services.callers import enter
from coordinator.services.limits import subject_of


async def open_session(request: Request) -> Response:
    """POST `/session`. With a bearer token the link joins what that session holds, and the token changes."""
    current = runtime(request)
    given = read_given(await read_fields(request, SessionBody))
    subject = subject_of(request.client.host if request.client else "", current.secret_key, current.clock.now())
    async with current.limiter.guessing(given, subject), current.database.write(current.clock.now()) as work:
        entered = await enter(work, given, bearer(request), secret_key=current.secret_key)
    body = NewSession(entered.session_secret, show_grants(entered.caller))
    return Response(msgspec.json.encode(body), 201, {"Cache-Control": PRIVATE_CACHE}, JSON)


def read_given(raw: Raw) -> str:
    """The secret (alone, or with its address before it), else the code. Raises Invalid `missing`."""
    secret, code = (text_of(raw, name).strip() for name in ("secret", "code"))
    if not secret and not code:
        raise Invalid(problem("secret", "missing"))
    return secret.rpartition("#")[2] or code
