"""Calendar files over HTTP: strong ETag, Last-Modified, 304 by either header, the same bytes for everyone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.edge import base_url, has_these_bytes, read_leg, runtime
from coordinator.errors import NotFound
from coordinator.formats.icalendar import CONTENT_TYPE, etag
from coordinator.i18n import Language
from coordinator.services.feeds import CalendarFile, load_action_file, load_public_feed

CACHE = "public, max-age=5"


async def public_feed(request: Request) -> Response:
    """GET `/{lang}/calendar.ics`."""
    current, language = runtime(request), _language(request)
    async with current.database.read() as conn:
        found = await load_public_feed(conn, language, base_url(request), current.clock.now())
    return answer_calendar(request, found, language, "chorus.ics")


async def action_file(request: Request) -> Response:
    """GET `/{lang}/actions/{slug}.ics`; `?leg=` picks one of several moments."""
    current, language, slug = runtime(request), _language(request), request.path_params["slug"]
    async with current.database.read() as conn:
        found = await load_action_file(conn, slug, language, base_url(request), current.clock.now(), leg=read_leg(request.query_params))
    return answer_calendar(request, found, language, f"{slug}.ics")


def answer_calendar(request: Request, found: CalendarFile, language: Language, filename: str) -> Response:
    """The file, or 304 when the reader has these bytes."""
    tag = etag(found.body)
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(found.changed_at.astimezone(UTC).replace(microsecond=0), usegmt=True),
        "Cache-Control": CACHE,
        "Content-Language": language.tag,
    }
    if is_unchanged(request, tag, found.changed_at):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers={**headers, "Content-Type": CONTENT_TYPE, "Content-Disposition": f'inline; filename="{filename}"'})


def is_unchanged(request: Request, tag: str, changed_at: datetime) -> bool:
    """Whether the reader's copy is current (RFC 9110 §13.2.2): If-None-Match beats If-Modified-Since, whose date is parsed, not trusted."""
    if (wanted := request.headers.get("if-none-match")) is not None:
        return has_these_bytes(wanted, tag)
    since = _parse_date(request.headers.get("if-modified-since", ""))
    return since is not None and changed_at.replace(microsecond=0) <= since


def _parse_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def _language(request: Request) -> Language:
    found = runtime(request).languages.get(request.path_params["lang"])
    if found is None or not found.complete:
        raise NotFound("language")
    return found


ROUTES = [
    Route("/{lang}/calendar.ics", public_feed, name="calendar"),
    Route("/{lang}/actions/{slug}.ics", action_file, name="action_file"),
]
