"""A group's voice notes: sent as a file or written, given words and a last day, published, sent, taken back; and what partners have sent.

The file goes through the same uploads as a recording that a script sends in parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.domain.voice_note import MAX_BYTES, SoundRefused, check_size, explain
from coordinator.edge import DoneBefore, identify, note_done, read_form, require_own_origin, runtime, was_done
from coordinator.errors import ChorusError, Conflict, Invalid, KeyReused
from coordinator.i18n import Language
from coordinator.pages.door import group_of
from coordinator.pages.forms import Form, Returned, command_page, with_latin_date
from coordinator.pages.frame import group_path, in_language, lead_back
from coordinator.pages.voices_page import ABOUT, PAGE, WRITE, show_again
from coordinator.services import uploads, voicing
from coordinator.store.database import Work

AROUND_BYTES = 16 * 1024  # what a form adds around its file


async def show_voices(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/voices`; `?spotlight=` and `?meeting=` name what a new note is for."""
    return await show_again(request, language, None)


async def take_recording(request: Request, language: Language) -> Response:
    """POST: a recording as a file."""
    group_id = await group_of(request, Right.TELL)  # before anything of the body is read
    require_own_origin(request)
    form: Form = {}
    try:
        form = await read_form(request, limit_bytes=MAX_BYTES + AROUND_BYTES)
        await _send(request, group_id, form)
    except SoundRefused as refused:
        return await show_again(request, language, Returned(form, Invalid(explain(refused.code))))
    except (Invalid, Conflict, KeyReused) as fault:
        return await show_again(request, language, Returned(form, fault))
    return RedirectResponse(group_path(language, group_id, PAGE), 303)


async def take_words(request: Request, language: Language) -> Response:
    """POST `/{lang}/g/{group}/voices/write`: a note of words alone."""
    group_id = await group_of(request, Right.TELL)

    async def once(work: Work, caller: Caller, form: Form) -> str:
        tags = frozenset(one.tag for one in runtime(request).languages)
        voice_id = await voicing.write_voice(work, caller, group_id, with_latin_date(form), tags)
        return group_path(language, group_id, f"{PAGE}#{voice_id}")

    return await command_page(request, once, lambda returned: show_again(request, language, returned, of=WRITE))


async def _send(request: Request, group_id: str, form: Form) -> None:
    """Once for each key of the form. What failed took no key, so it can be sent again."""
    current, caller, data = runtime(request), await identify(request), form.get("sound")
    data = data if isinstance(data, bytes) else b""
    check_size(len(data))
    now, key = current.clock.now(), form.get(keys.IDEMPOTENCY_FIELD) or None
    async with current.database.write(now) as work:
        if await was_done(request, work.conn, form, key=key):
            return
        raw = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        upload_id = await uploads.begin_upload(work, caller, group_id, raw)
    try:
        await _arrive(request, upload_id, data, form)
    except (ChorusError, DoneBefore) as fault:  # the form comes whole or not at all: nothing of it is left for another try
        with suppress(Conflict):
            await uploads.give_up(current.database, current.blobs, caller, upload_id, now=now)
        if isinstance(fault, ChorusError):
            raise


async def _arrive(request: Request, upload_id: str, data: bytes, form: Form) -> None:
    current, caller = runtime(request), await identify(request)
    now, key = current.clock.now(), form.get(keys.IDEMPOTENCY_FIELD) or None
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        chunk = data[start : start + CHUNK_BYTES]
        sha256 = hashlib.sha256(chunk).hexdigest()
        await uploads.keep_chunk(current.database, current.blobs, caller, upload_id, number=number, data=chunk, sha256=sha256, now=now)
    about = {name: form.get(name, "") for name in ABOUT}
    also = partial(note_done, request, raw=form, key=key)
    await uploads.finish_upload(current.database, current.blobs, caller, upload_id, about, now=now, also=also)


# --- commands -------------------------------------------------------------------------------------------------------------

Do = Callable[[Request, Work, Caller, str, Form], Awaitable[None]]


async def _words(request: Request, work: Work, caller: Caller, voice_id: str, form: Form) -> None:
    tags = frozenset(one.tag for one in runtime(request).languages)
    await voicing.write_words(work, caller, voice_id, form, tags)


async def _end(_request: Request, work: Work, caller: Caller, voice_id: str, form: Form) -> None:
    await voicing.keep_until(work, caller, voice_id, with_latin_date(form))


async def _offer(_request: Request, work: Work, caller: Caller, voice_id: str, _form: Form) -> None:
    await voicing.offer_to_teller(work, caller, voice_id)


async def _publish(_request: Request, work: Work, caller: Caller, voice_id: str, form: Form) -> None:
    await voicing.publish_voice(work, caller, voice_id, form)


async def _withdraw(_request: Request, work: Work, caller: Caller, voice_id: str, _form: Form) -> None:
    await voicing.withdraw_voice(work, caller, voice_id)


async def _accept(_request: Request, work: Work, caller: Caller, voice_id: str, _form: Form) -> None:
    await voicing.accept_voice(work, caller, voice_id)


async def _decline(_request: Request, work: Work, caller: Caller, voice_id: str, _form: Form) -> None:
    await voicing.decline_voice(work, caller, voice_id)


def command_routes(word: str, do: Do, right: Right) -> list[Route]:
    """The routes of one command: POST does it; GET, of a page that was sent and then reloaded, leads back to the list."""

    async def take(request: Request, language: Language) -> Response:
        group_id, voice_id = await group_of(request, right), request.path_params["voice"]

        async def once(work: Work, caller: Caller, form: Form) -> str:
            await do(request, work, caller, voice_id, form)
            return group_path(language, group_id, PAGE)

        return await command_page(request, once, lambda returned: show_again(request, language, returned, of=voice_id))

    path = f"g/{{group}}/{PAGE}/{{voice}}/{word}"
    return [Route(f"/{{lang}}/{path}", in_language(take), methods=["POST"]), lead_back(path, f"g/{{group}}/{PAGE}")]


ROUTES = [
    Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(show_voices), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(take_recording), methods=["POST"]),
    Route(f"/{{lang}}/g/{{group}}/{PAGE}/{WRITE}", in_language(take_words), methods=["POST"]),
    lead_back(f"g/{{group}}/{PAGE}/{WRITE}", f"g/{{group}}/{PAGE}"),
    *command_routes("words", _words, Right.TELL),
    *command_routes("end", _end, Right.TELL),
    *command_routes("offer", _offer, Right.TELL),
    *command_routes("publish", _publish, Right.PUBLISH),
    *command_routes("withdraw", _withdraw, Right.TELL),
    *command_routes("accept", _accept, Right.PUBLISH),
    *command_routes("decline", _decline, Right.PUBLISH),
]
