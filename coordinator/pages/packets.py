"""A group's mirror packets: one spotlight as a file for a meeting without a network, and a file from elsewhere brought in."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.packet import PacketGroup
from coordinator.domain.spotlight import TITLE
from coordinator.edge import runtime
from coordinator.errors import Invalid
from coordinator.formats.packet import PACKET_BYTES
from coordinator.i18n import Language
from coordinator.pages.context import Notice
from coordinator.pages.context_packets import BroughtRow, PacketsPage
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.packet_page import Press, group_words, make_packet
from coordinator.pages.render import PRIVATE_CACHE, SECURITY_HEADERS
from coordinator.pages.told import make_label, make_part
from coordinator.pages.ways import group_ways
from coordinator.services.mirror import Reading
from coordinator.services.packets import (
    FILE,
    FINGERPRINT,
    Brought,
    bring_in,
    delete_brought,
    find_sounds,
    list_brought,
    load_packet,
    network_fingerprint,
    read_sounds,
    signing_seed,
)
from coordinator.store.database import Work

PAGE = "packets"
OWN_FIELDS = frozenset({FILE, FINGERPRINT})  # faults of what stands in the file lead nowhere on the page
AROUND_BYTES = 16 * 1024  # what a form adds around its file


async def show_packets(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/packets`."""
    return await _show(request, language, None)


async def take_packet(request: Request, language: Language) -> Response:
    """POST: brings a packet in, or leads to the spotlight it was made of."""
    group_id = await group_of(request, Right.TELL)  # before anything of the body is read
    secret_key = runtime(request).secret_key

    async def do(work: Work, caller: Caller, form: Form) -> str:
        opened = await bring_in(work, caller, group_id, form, secret_key)
        said = ("packet_own" if opened.own else "packet_brought") + ("_voiceless" if opened.left_out else "")
        return group_path(language, group_id, f"{f'spotlights/{opened.slug}' if opened.own else PAGE}?said={said}")

    limit_bytes = PACKET_BYTES + AROUND_BYTES
    return await command_page(request, do, lambda returned: _show(request, language, returned), limit_bytes=limit_bytes)


async def take_delete(request: Request, language: Language) -> Response:
    """POST `/{lang}/g/{group}/packets/{packet}/delete`."""
    group_id, packet_id = await group_of(request, Right.PUBLISH), request.path_params["packet"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await delete_brought(work, caller, group_id, packet_id)
        return group_path(language, group_id, f"{PAGE}?said=packet_deleted")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def send_packet(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights/{slug}/packet.zip`: made now and kept nowhere; it opens in the language of this address."""
    slug, current = request.path_params["slug"], runtime(request)
    async with current.database.read() as conn:
        visit = await admit(request, conn, language)
        packet = await load_packet(conn, visit.caller, visit.group.id, slug, visit.reader.now)
        sound_ids = await find_sounds(conn, packet)
    sounds = await read_sounds(current.blobs, sound_ids)
    network = visit.network
    press = Press(renderer(request), current.languages, network.default_language, network.name, signing_seed(current.secret_key))
    headers = {
        **SECURITY_HEADERS,
        "Cache-Control": PRIVATE_CACHE,
        "Content-Disposition": f'attachment; filename="{packet.slug}.zip"',  # a slug is plain ASCII
    }
    made = await asyncio.to_thread(make_packet, packet, press, language.tag, sounds)  # the heaviest takes a second
    return Response(made, 200, headers, "application/zip")


# --- the page -------------------------------------------------------------------------------------------------------------


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        reading = Reading(visit.caller, language.tag, visit.reader.now)
        brought = await list_brought(conn, reading, visit.group.id)
    page = _make_page(request, visit, brought, returned)
    return renderer(request).render("packets.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, brought: list[Brought], returned: Returned | None) -> PacketsPage:
    language = visit.language
    said = () if returned is None else (_fault_notice(returned, visit),)
    return PacketsPage(
        frame=visit_frame(request, visit, language.gettext("Packets"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        packets=tuple(_row(request, visit, each) for each in brought),
        may_bring=visit.may(Right.TELL),
        fingerprint="" if returned is None else str(returned.form.get(FINGERPRINT, "")),
        own_fingerprint=network_fingerprint(runtime(request).secret_key),
        typed=FRESH if returned is None else _typed(returned, visit),
    )


def _row(request: Request, visit: Visit, brought: Brought) -> BroughtRow:
    view, packet, languages = brought.view, brought.packet, runtime(request).languages
    title = next(piece for piece in view.shown.pieces if piece.key == TITLE)
    teller = PacketGroup(packet.teller.name, packet.teller.place)
    return BroughtRow(
        title=make_part(title, languages),
        label=make_label(view.source, view.shown, visit.language),
        teller=group_words(teller, visit.language),
        signer=packet.signer,
        until=visit.reader.say(packet.expires_at),
        path=visit.path(f"spotlights/{view.slug}"),
        delete_path=visit.path(f"{PAGE}/{packet.id}/delete") if visit.may(Right.PUBLISH) else "",
    )


def _typed(returned: Returned, visit: Visit) -> Typed:
    """The fingerprint and the faults of the form's own fields; a chosen file cannot be put back into a form."""
    fields = typed(returned, visit.language, zone_id=visit.reader.zone_id, city=visit.reader.city)
    return Typed({name: value for name, value in returned.form.items() if isinstance(value, str)}, fields.errors)


def _fault_notice(returned: Returned, visit: Visit) -> Notice:
    """Every fault; those of what stands in the file lead nowhere. A file has to be chosen again, and a conflict says all by itself."""
    notice = fault_notice(returned, visit.language, zone_id=visit.reader.zone_id, city=visit.reader.city)
    if not isinstance(returned.fault, Invalid):
        return notice
    problems = tuple(replace(each, field=each.field if each.field in OWN_FIELDS else "") for each in notice.problems)
    return Notice(notice.kind, notice.first, visit.language.gettext("Nothing was taken in. Choose the file again."), problems)


ROUTES = [
    Route("/{lang}/g/{group}/packets", in_language(show_packets), methods=["GET"]),
    Route("/{lang}/g/{group}/packets", in_language(take_packet), methods=["POST"]),
    Route("/{lang}/g/{group}/packets/{packet}/delete", in_language(take_delete), methods=["POST"]),
    lead_back("g/{group}/packets/{packet}/delete", f"g/{{group}}/{PAGE}"),
    Route("/{lang}/g/{group}/spotlights/{slug}/packet.zip", in_language(send_packet), methods=["GET"]),
]
