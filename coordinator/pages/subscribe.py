"""Two ways into a calendar, kept apart: follow (and a moment that moves will move), or save once (and it stays as it is today)."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import NOBODY
from coordinator.domain.action import State
from coordinator.domain.quarters import quarter_of
from coordinator.edge import base_url, runtime
from coordinator.formats.isolation import Setting
from coordinator.formats.qr import qr_picture
from coordinator.formats.times import say_range
from coordinator.i18n import Language
from coordinator.pages.context_subscribe import Preview, SavedMoment, Subscribe
from coordinator.pages.frame import in_language, make_frame, renderer
from coordinator.pages.reader import Reader, action_path, public_reader
from coordinator.pages.views import day_picture
from coordinator.services.actions import ActionView, load_quarter
from coordinator.services.network import load_network

GOOGLE = "https://calendar.google.com/calendar/r?cid="
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb?url="
QUARTERS = 2  # this one and the next


async def show_subscribe(request: Request, language: Language) -> Response:
    """GET `/{lang}/subscribe`; the same bytes for everyone."""
    current = runtime(request)
    now = current.clock.now()
    async with current.database.read() as conn:
        network = await load_network(conn)
        first = quarter_of(now, network.zone_id)
        found = [view for back in range(QUARTERS) for view in await load_quarter(conn, NOBODY, str(first.shifted(back)), now)]
    reader = public_reader(network, language, now)
    ahead = [view for view in found if view.state is State.CONFIRMED and view.ends_at is not None and view.ends_at > now]
    feed_url = f"{base_url(request)}/{language.tag}/calendar.ics"
    webcal_url = f"webcal://{urlsplit(feed_url).netloc}{urlsplit(feed_url).path}"
    page = Subscribe(
        frame=make_frame(request, network, language, language.gettext("Calendar"), here="calendar", numerals=reader.numerals),
        webcal_url=webcal_url,
        feed_url=feed_url,
        google_url=GOOGLE + quote(webcal_url, safe=""),
        outlook_url=OUTLOOK + quote(feed_url, safe=""),
        qr=qr_picture(f"{base_url(request)}/{language.tag}/subscribe", language.gettext("QR code of this page's address")),
        moments=tuple(_saved(view, reader) for view in ahead),
        preview=_preview(ahead[0], reader) if ahead else None,
    )
    return renderer(request).render_public("subscribe.html", page, language, request.headers.get("if-none-match"))


def _saved(view: ActionView, reader: Reader) -> SavedMoment:
    starts_at = view.at(reader.now).starts_at
    assert starts_at is not None, "a confirmed action has a moment"
    return SavedMoment(view.title, view.language, reader.say(starts_at), f"{action_path(reader.language, view.slug)}.ics")


def _preview(view: ActionView, reader: Reader) -> Preview:
    assert view.starts_at is not None, "a confirmed action has a moment"
    ends_at = view.starts_at + view.duration
    hours = say_range(view.starts_at, ends_at, reader.zone_id, reader.language, reader.city, numerals=reader.numerals, setting=Setting.HTML)
    return Preview(view.title, view.language, hours, day_picture(view, reader.zone_id))


ROUTES = [Route("/{lang}/subscribe", in_language(show_subscribe), name="subscribe")]
