"""A group's desk: what it is asked, what stands, when it can, who holds what."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.action import State
from coordinator.domain.availability import Availability, Reach
from coordinator.domain.rota import Seat
from coordinator.edge import base_url, runtime
from coordinator.formats.week import blocked_words, quiet_words, scale_words, sun_strip, week_days
from coordinator.i18n import N_, Language
from coordinator.pages.asking import make_ask
from coordinator.pages.context_desk import DeskPage, OwnAct, SeatRow, Week
from coordinator.pages.context_moments import ActRow
from coordinator.pages.context_news import DeskNews
from coordinator.pages.desk_mirror import desk_live, load_desk_news
from coordinator.pages.door import Visit, admit, visit_frame
from coordinator.pages.duties import is_free, nag_notice, seat_words
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.reader import Reader
from coordinator.pages.roles import duty_words
from coordinator.pages.standing import standing_words
from coordinator.pages.views import act_row
from coordinator.pages.ways import group_ways
from coordinator.pages.words import kind_and_duration, state_words
from coordinator.services.actions import ActionView
from coordinator.services.desk import Desk, load_desk
from coordinator.services.rota import load_rota, nags

REACHES = {
    Reach.WINDOWS: N_("You take part only in your hours."),
    Reach.WAKING: N_("You can be reached in any waking hour."),
    Reach.ANY: N_("You can be reached at any hour, quiet ones too."),
}


async def show_desk(request: Request, language: Language) -> Response:
    """`/{lang}/g/{group}/`."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        desk = await load_desk(conn, visit.caller, visit.group.id, visit.reader.now)
        seats = await load_rota(conn, visit.group.id, visit.reader.now)
        news = await load_desk_news(conn, request, visit, desk)
    return renderer(request).render("desk.html", _make_desk(request, visit, desk, seats, news), language)


def _make_desk(request: Request, visit: Visit, desk: Desk, seats: tuple[Seat, ...], news: DeskNews) -> DeskPage:
    reader, base = visit.reader, base_url(request)
    said = tuple(nag_notice(nagging, reader) for nagging in nags(seats, reader.now))
    asks = [ask for view in desk.asked if (ask := make_ask(visit, view, base)) is not None]
    proposes = visit.may(Right.DRAFT)
    return DeskPage(
        frame=visit_frame(request, visit, visit.group.name, notices=said, greet=True),
        name=visit.group.name,
        now=reader.clock(reader.now),
        asks=tuple(sorted(asks, key=lambda ask: bool(ask.answer))),
        standing=tuple(_standing_row(visit, view) for view in desk.standing),
        drafts=_own_acts(visit, desk.drafts),
        practices=_own_acts(visit, desk.practices),
        lapsed=_own_acts(visit, desk.lapsed),
        week=make_week(_shown_hours(visit), reader),
        seats=tuple(_seat_row(seat, reader) for seat in seats),
        live=desk_live(visit),
        news=news,
        propose_path=visit.path("propose") if proposes else "",
        practise_path=visit.path("propose?practice=1") if proposes else "",
        ways=group_ways(visit, ""),
        spotlights_path=visit.path("spotlights"),
        tell_path=visit.path("spotlights/new") if visit.may(Right.TELL) else "",
        availability_path=visit.path("availability") if visit.may(Right.EDIT_AVAILABILITY) else "",
        rota_path=visit.path("rota"),
        room_path=visit.path("room"),
        own_language=_own_language(request, visit),
    )


def _own_language(request: Request, visit: Visit) -> tuple[str, str, str] | None:
    """The group's language as (tag, name, address of this page in it) when it is complete and another one than the page's."""
    own = runtime(request).languages.get(visit.group.language)
    if own is None or not own.complete or own is visit.language:
        return None
    return own.tag, own.name, group_path(own, visit.group.id)


def _standing_row(visit: Visit, view: ActionView) -> ActRow:
    state, more = state_words(view, visit.language), standing_words(view, visit.reader)
    return act_row(view, visit.path(f"actions/{view.slug}"), visit.reader, state=state, more=more)


def _own_acts(visit: Visit, views: tuple[ActionView, ...]) -> tuple[OwnAct, ...]:
    return tuple(_own_act(visit, view) for view in views)


def _own_act(visit: Visit, view: ActionView) -> OwnAct:
    reader = visit.reader
    return OwnAct(
        path=visit.path(f"actions/{view.slug}"),
        title=view.title,
        title_language=view.language,
        what=kind_and_duration(view, reader.language, reader.numerals),
        when=reader.say(view.starts_at) if view.state is State.CONFIRMED and view.starts_at else "",
    )


def _shown_hours(visit: Visit) -> Availability:
    """The group's hours; a witness, who is another group's guest, does not see on which dates it never can."""
    hours = visit.group.availability
    return hours if visit.may(Right.EDIT_AVAILABILITY) else replace(hours, blocked=())


def make_week(availability: Availability, reader: Reader) -> Week:
    """The group's week in pictures and words."""
    return Week(
        scale=scale_words(reader.numerals),
        sun=sun_strip(reader.zone_id, reader.now),
        days=week_days(availability, reader.language, reader.numerals),
        reach=reader.language.gettext(REACHES[availability.reach]),
        quiet=quiet_words(availability, reader.language, reader.numerals),
        blocked=blocked_words(availability, reader.language, reader.numerals),
    )


def _seat_row(seat: Seat, reader: Reader) -> SeatRow:
    return SeatRow(duty_words(seat.duty, reader.language), seat_words(seat, reader), free=is_free(seat, reader))


ROUTES = [Route("/{lang}/g/{group}/", in_language(show_desk))]
