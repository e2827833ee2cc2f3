"""How does a recording come in through the API? Begun like any command; its parts, its end and its giving up go round the one transaction.

They store bytes, which must not wait inside a transaction, and each is harmless when it is repeated: no Idempotency-Key is needed.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from coordinator.api.bodies import FinishBody
from coordinator.api.operation import JSON, PRIVATE_CACHE, Asking, Commanding, refuse_unseen
from coordinator.api.reading import read_fields
from coordinator.api.shapes import UploadShown, VoiceStarted
from coordinator.domain.access import Caller
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.edge import Runtime, identify, read_body, require_own_origin, runtime
from coordinator.errors import NotFound, NotSignedIn
from coordinator.services import uploads
from coordinator.services.uploads import Progress


async def begin(commanding: Commanding) -> UploadShown:
    """Says what will be sent; what is under way already goes on."""
    upload_id = await uploads.begin_upload(commanding.work, commanding.caller, commanding.path("group"), commanding.raw)
    return _show(await uploads.load_progress(commanding.work.conn, commanding.caller, upload_id, commanding.work.now))


async def read(asking: Asking) -> UploadShown:
    """How far it has come."""
    return _show(await uploads.load_progress(asking.conn, asking.caller, asking.path("upload"), asking.runtime.clock.now()))


async def keep_chunk(request: Request) -> Response:
    """POST `/uploads/{upload}/chunks/{number}`: one part, as bytes."""
    current, caller = await _come_in(request)
    number = str(request.path_params["number"])
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise NotFound("chunk")
    data = await read_body(request, CHUNK_BYTES)
    await uploads.keep_chunk(
        current.database,
        current.blobs,
        caller,
        request.path_params["upload"],
        number=int(number),
        data=data,
        sha256=request.query_params.get("sha256", ""),
        now=current.clock.now(),
    )
    return Response(status_code=204, headers={"Cache-Control": PRIVATE_CACHE})


async def finish(request: Request) -> Response:
    """POST `/uploads/{upload}/finish`: all parts are sent."""
    current, caller = await _come_in(request)
    raw = await read_fields(request, FinishBody)
    voice_id = await uploads.finish_upload(
        current.database, current.blobs, caller, request.path_params["upload"], raw, now=current.clock.now()
    )
    return Response(msgspec.json.encode(VoiceStarted(voice_id)), 201, {"Cache-Control": PRIVATE_CACHE}, JSON)


async def give_up(request: Request) -> Response:
    """POST `/uploads/{upload}/give-up`: the speaker's second thought."""
    current, caller = await _come_in(request)
    await uploads.give_up(current.database, current.blobs, caller, request.path_params["upload"], now=current.clock.now())
    return Response(status_code=204, headers={"Cache-Control": PRIVATE_CACHE})


async def _come_in(request: Request) -> tuple[Runtime, Caller]:
    refuse_unseen(request)
    require_own_origin(request)
    caller = await identify(request)
    if not caller.grants:
        raise NotSignedIn
    return runtime(request), caller


def _show(progress: Progress) -> UploadShown:
    return UploadShown(progress.upload_id, progress.size_bytes, progress.chunk_bytes, list(progress.missing), progress.is_finished)
