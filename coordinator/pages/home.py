"""Home: the next moment told large beside every partner's day, and the calendar of this quarter and the next. The same bytes for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator import keys
from coordinator.domain.access import NOBODY
from coordinator.domain.action import State
from coordinator.domain.group import card
from coordinator.domain.listing import Audience, Seen, see
from coordinator.domain.quarters import Quarter, quarter_of
from coordinator.edge import runtime
from coordinator.formats.times import quarter_title, say_in_utc, time_left_words
from coordinator.i18n import Choice, Language
from coordinator.pages.context_moments import ActRow, Home, Poster, QuarterView
from coordinator.pages.frame import NOT_SPOKEN, SAID, in_language, make_frame
from coordinator.pages.kept import answer_publicly
from coordinator.pages.leg_rows import reader_of_leg
from coordinator.pages.reader import Reader, action_path, public_reader
from coordinator.pages.standing import moving_words, standing_words
from coordinator.pages.views import CONFIRMED, NO_LINE, act_row, band_rows, city_choices, lede, places_of, title_size
from coordinator.pages.words import others_words, state_words
from coordinator.services.actions import ActionView, count_continents, load_next, load_quarters
from coordinator.services.groups import load_groups
from coordinator.services.network import Network, load_network

A_DAY = timedelta(days=1)  # the longest action: on a quarter's first day one of the last quarter may still be going on


@dataclass(frozen=True, slots=True)
class World:
    """The groups that a page draws bands of, and how many it may not name."""

    seen: tuple[Seen, ...]
    others: int
    continents: int


async def show_root(request: Request) -> Response:
    """`/`: to home in the language that fits the visitor best."""
    current = runtime(request)
    async with current.database.read() as conn:
        network = await load_network(conn)
    chosen = request.cookies.get(keys.LANGUAGE_COOKIE, "")
    wishes = ",".join(filter(None, (chosen, request.headers.get("accept-language", ""))))
    choice = current.languages.negotiate(wishes, None, network.default_language)
    return RedirectResponse(_home_path(choice), 302, {"Vary": "Accept-Language, Cookie", "Cache-Control": "private, no-cache"})


def _home_path(choice: Choice) -> str:
    said = "" if choice.wished is None or choice.wished.complete else f"?{SAID}={NOT_SPOKEN}{choice.wished.tag}"
    return f"/{choice.language.tag}/{said}"


async def show_home(request: Request, language: Language) -> Response:
    """`/{lang}/`."""

    async def make(conn: AsyncConnection, network: Network, now: datetime) -> Home:
        first = quarter_of(now, network.zone_id)
        views = await load_quarters(conn, NOBODY, [str(first), str(first.next())], now)
        ahead = next_of(views, now) if now >= first.bounds(network.zone_id)[0] + A_DAY else None
        ahead = ahead or await load_next(conn, NOBODY, now)
        world = await _load_world(conn) if ahead is None else World(tuple(row.seen for row in ahead.rows), ahead.others, ahead.continents)
        quarters = [(quarter, [view for view in views if view.quarter == str(quarter)]) for quarter in (first, first.next())]
        return _make_home(request, network, public_reader(network, language, now), ahead=ahead, world=world, quarters=quarters)

    return await answer_publicly(request, language, "home.html", make)


def next_of(views: Sequence[ActionView], now: datetime) -> ActionView | None:
    """The first confirmed moment of these that has not ended yet; saves a query on most days."""
    ahead = (view for view in views if view.state is State.CONFIRMED and view.ends_at is not None and view.ends_at > now)
    return next(ahead, None)


async def _load_world(conn: AsyncConnection) -> World:
    """Every group of the network, as the public sees it: whose bands stand there while no moment does."""
    cards = {group.id: card(group) for group in await load_groups(conn)}
    seen = {group_id: see(one, Audience.PUBLIC) for group_id, one in cards.items()}
    unseen = [group_id for group_id, one in seen.items() if one is None]
    return World(tuple(one for one in seen.values() if one is not None), len(unseen), count_continents(cards, unseen))


def _make_home(
    request: Request,
    network: Network,
    reader: Reader,
    *,
    ahead: ActionView | None,
    world: World,
    quarters: Sequence[tuple[Quarter, Sequence[ActionView]]],
) -> Home:
    language, numerals = reader.language, reader.numerals
    starts_at = None if ahead is None else ahead.at(reader.now).starts_at
    axis_at = starts_at or reader.now.replace(minute=0, second=0, microsecond=0)
    places = places_of(world.seen, language)
    return Home(
        frame=make_frame(request, network, language, language.gettext("The next moment"), here="moments", numerals=numerals),
        poster=None if ahead is None or starts_at is None else _make_poster(ahead, starts_at, reader),
        line=NO_LINE if starts_at is None else CONFIRMED,
        flag="" if starts_at is None else say_in_utc(starts_at, language, numerals),
        rows=band_rows(places, axis_at, language, numerals),
        others=others_words(world.others, world.continents, language, numerals),
        cities=city_choices(places),
        quarters=_make_quarters(quarters, reader),
    )


def _make_quarters(quarters: Sequence[tuple[Quarter, Sequence[ActionView]]], reader: Reader) -> tuple[QuarterView, ...]:
    """The quarters in which something is; the first one, empty, when nothing is anywhere."""
    shown = [(quarter, views) for quarter, views in quarters if views] or [quarters[0]]
    return tuple(
        QuarterView(
            str(quarter), quarter_title(quarter, reader.language, reader.numerals), tuple(_make_row(view, reader) for view in views)
        )
        for quarter, views in shown
    )


def _make_poster(view: ActionView, starts_at: datetime, reader: Reader) -> Poster:
    return Poster(
        path=action_path(reader.language, view.slug),
        title=view.title,
        title_language=view.language,
        title_size=title_size(view.title),
        story=lede(view.story),
        time=reader_of_leg(view.at(reader.now), reader).clock(starts_at),
        left=_left_words(view, starts_at, reader),
        moving=moving_words(view, reader),
    )


def _left_words(view: ActionView, starts_at: datetime, reader: Reader) -> str:
    if starts_at <= reader.now:
        return state_words(view, reader.language)
    return time_left_words(starts_at, reader.now, reader.language, reader.numerals)


def _make_row(view: ActionView, reader: Reader) -> ActRow:
    path = action_path(reader.language, view.slug)
    return act_row(view.at(reader.now), path, reader, state=state_words(view, reader.language), more=standing_words(view, reader))


ROUTES = [Route("/", show_root), Route("/{lang}/", in_language(show_home))]
