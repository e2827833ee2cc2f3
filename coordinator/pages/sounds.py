"""A sound's own address: `/sounds/{id}.webm` and `.mp4`, for whoever may hear the note, in whole or by ranges (RFC 9110 §14).

Ids are random, and still not enough: who asks is looked up each time, so that a note that was taken back is gone with the next request. A
sound is a megabyte at most and is read before it is answered, so that no slow listener holds one open that has been deleted since.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.voice_note import Coding
from coordinator.edge import has_these_bytes, identify, runtime
from coordinator.errors import NotFound
from coordinator.pages.render import PUBLIC_CACHE
from coordinator.ports import Blob
from coordinator.services.hearing import Heard, load_sound

PARTNERS_CACHE = "private, no-cache"
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


def sound_path(sound_id: str, coding: Coding) -> str:
    """Where a page finds it."""
    return f"/sounds/{sound_id}.{coding.value}"


async def answer_sound(request: Request) -> Response:
    """GET and HEAD."""
    current, sound_id = runtime(request), request.path_params["sound"]
    async with current.database.read() as conn:
        heard = await load_sound(conn, await identify(request), sound_id, current.clock.now())
    blob = await current.blobs.find(sound_id)
    if blob is None or request.path_params["coding"] != heard.coding.value:
        raise NotFound("voice")
    headers = _headers(heard, blob)
    if has_these_bytes(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    span = find_range(request.headers.get("range"), blob.size_bytes) if _goes_by_range(request, headers["ETag"]) else None
    if span == ():
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{blob.size_bytes}"})
    start, stop = span or (0, blob.size_bytes)
    if span:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size_bytes}"
    headers |= {"Content-Length": str(stop - start), "Content-Type": heard.coding.content_type}
    body = b"" if request.method == "HEAD" else b"".join([piece async for piece in current.blobs.read(sound_id, start, stop)])
    return Response(body, 206 if span else 200, headers)


def _headers(heard: Heard, blob: Blob) -> dict[str, str]:
    return {
        "ETag": f'"{blob.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": PUBLIC_CACHE if heard.public else PARTNERS_CACHE,
        "Content-Disposition": f'inline; filename="voice.{heard.coding.value}"',
    }


def _goes_by_range(request: Request, etag: str) -> bool:
    """A range is for GET, and only of the bytes that the listener has begun with."""
    return request.method == "GET" and request.headers.get("if-range", etag) == etag


def find_range(header: str | None, size: int) -> tuple[int, int] | tuple[()] | None:
    """(start, stop) of one range; empty when there is nothing there (416); None for the whole: none asked for, several, or unreadable."""
    found = RANGE.fullmatch((header or "").strip())
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return (max(0, size - int(suffix)), size) if int(suffix) and size else ()
    if last and int(last) < int(first):
        return None
    start, stop = int(first), min(int(last) + 1, size) if last else size
    return (start, stop) if start < size else ()


ROUTES = [Route("/sounds/{sound}.{coding}", answer_sound, methods=["GET"])]
