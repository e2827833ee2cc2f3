"""How is a fresh link shown, once, on the answer to the form that made it? Never in an address, never twice."""

from __future__ import annotations

from starlette.requests import Request

from coordinator.edge import Answer, base_url
from coordinator.formats.qr import qr_picture
from coordinator.i18n import Language
from coordinator.pages.context import Frame
from coordinator.pages.context_link import FreshLink
from coordinator.pages.frame import renderer
from coordinator.pages.reader import Reader
from coordinator.pages.render import PRIVATE_CACHE, SECURITY_HEADERS
from coordinator.services.issue import MadeLink


def show_made_link(request: Request, made: MadeLink, reader: Reader, frame: Frame, *, what: str, back_path: str) -> Answer:
    """The page with the link, its QR code and its short code; `what` names it. A repeated form hears 409 instead (`keep=False`)."""
    language, address = reader.language, f"{base_url(request)}{made.path}"
    ends = (
        ""
        if made.expires_at is None
        else reader.fill(language.gettext("It ends by itself: %(moment)s."), moment=reader.say(made.expires_at))
    )
    page = FreshLink(frame, what, address, qr_picture(address, language.gettext("QR code of the link")), made.code or "", ends, back_path)
    body = renderer(request).text("made_link.html", page, language).encode()
    return Answer(200, _headers(language), body, keep=False)


def _headers(language: Language) -> dict[str, str]:
    return {
        **SECURITY_HEADERS,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language.tag,
        "Cache-Control": PRIVATE_CACHE,
    }
