"""The public page of one action: why, how it stands, and everybody's clock at its moment. The same bytes for everyone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import NOBODY
from coordinator.domain.action import COUNTING_FROM_S, GATHERING_FROM_S, State, seconds_left
from coordinator.formats.times import digits, iso_words, time_left_words
from coordinator.i18n import Language
from coordinator.pages.context_moments import ActionPage, Strip
from coordinator.pages.frame import in_language, make_frame
from coordinator.pages.kept import answer_publicly
from coordinator.pages.leg_rows import instants_of, legs_words, make_legs, reader_of_leg
from coordinator.pages.reader import Reader, action_path, public_reader
from coordinator.pages.standing import moving_words
from coordinator.pages.views import (
    CANCELLED,
    CONFIRMED,
    action_strip,
    city_choices,
    moment_of,
    places_of,
    title_size,
)
from coordinator.pages.words import consent_words, kind_and_duration, others_words, state_words, tally_words
from coordinator.services.actions import ActionView, load_action
from coordinator.services.network import Network

REFRESH_NEAR_S, REFRESH_FAR_S = 15, 300  # of a page without script: in the last hour, and before


async def show_action(request: Request, language: Language) -> Response:
    """`/{lang}/actions/{slug}`; a draft, a practice and a slug that nobody gave answer alike."""

    async def make(conn: AsyncConnection, network: Network, now: datetime) -> ActionPage:
        view = await load_action(conn, NOBODY, request.path_params["slug"], now)
        return _make_page(request, network, public_reader(network, language, now), view)

    return await answer_publicly(request, language, "action.html", make)


def _make_page(request: Request, network: Network, reader: Reader, view: ActionView) -> ActionPage:
    language, numerals, following = reader.language, reader.numerals, view.at(reader.now)
    moment_at, line = moment_of(following)
    left = counted_seconds(following, reader.now)
    path = action_path(language, view.slug)
    return ActionPage(
        frame=make_frame(request, network, language, view.title, here="moments", numerals=numerals, refresh_s=_refresh_s(left)),
        title=view.title,
        title_language=view.language,
        title_size=title_size(view.title),
        proposer=proposer_words(view, language),
        story=view.story,
        what=kind_and_duration(view, language, numerals),
        state=state_words(view, language),
        line=line,
        time=None if moment_at is None else reader_of_leg(following, reader).clock(moment_at),
        until=deadline_words(view, reader),
        left="" if left is None or moment_at is None else left_words(moment_at, reader, left),
        seconds_left=left,
        starts_at="" if moment_at is None else iso_words(moment_at),
        later=() if left is None or moment_at is None else tuple(iso_words(at) for at, _ in instants_of(view) if at > moment_at),
        legs=make_legs(view, reader, path),
        legs_words=legs_words(view, reader),
        before=before_words(view, reader_of_leg(following, reader), following.moved_from_at),
        moving=moving_words(view, reader),
        reason=view.cancel_reason,
        counts=count_sentences(view, reader),
        strip=None if moment_at is None else public_strip(view, moment_at, line, reader),
        cities=city_choices(places_of((row.seen for row in view.rows), language)),
        calendar_path=f"{path}.ics" if line in (CONFIRMED, CANCELLED) else "",
        countdown_path=f"{path}/countdown" if line == CONFIRMED else "",
    )


def counted_seconds(view: ActionView, now: datetime) -> int | None:
    """Whole seconds to the agreed moment, never below 0; None when none is agreed."""
    if view.state is not State.CONFIRMED or view.starts_at is None:
        return None
    return max(0, seconds_left(view.starts_at, now))


def left_words(moment_at: datetime, reader: Reader, left: int) -> str:
    """What is left in words; in digits from counting on, as the rooms show it; empty from the moment on."""
    if left == 0:
        return ""
    if left <= COUNTING_FROM_S:
        return digits(f"{left // 60}:{left % 60:02d}", reader.numerals)
    return time_left_words(moment_at, reader.now, reader.language, reader.numerals)


def _refresh_s(left: int | None) -> int | None:
    if left is None or left == 0:
        return None
    return REFRESH_NEAR_S if left <= GATHERING_FROM_S else REFRESH_FAR_S


def proposer_words(view: ActionView, language: Language) -> str:
    """ "Proposed by Collectif des Casseroles, Montréal", as far as the reader may see the group."""
    seen = view.proposer
    if seen is None or not seen.name:
        return ""
    if seen.place:
        return language.gettext("Proposed by %(group)s, %(place)s", group=seen.name, place=seen.place)
    return language.gettext("Proposed by %(group)s", group=seen.name)


def deadline_words(view: ActionView, reader: Reader) -> str:
    """Until when answers are open; empty when no round is."""
    if view.deadline_at is None:
        return ""
    return reader.fill(reader.language.gettext("Answers are open until %(moment)s."), moment=reader.say(view.deadline_at))


def before_words(view: ActionView, reader: Reader, stood_at: datetime | None) -> str:
    """Where a moved moment stood; empty if it never moved."""
    return "" if stood_at is None or view.state is State.CANCELLED else reader.say(stood_at)


def count_sentences(view: ActionView, reader: Reader) -> tuple[str, ...]:
    """The answers of the open round, or those that the moment was agreed with."""
    if view.state is State.CONFIRMED and not view.moving:
        return (consent_words(view.agreed_tally, reader.language, reader.numerals),)
    if view.state is State.PROPOSED or view.moving:
        return tally_words(view.tally, reader.language, reader.numerals)
    return ()


def public_strip(view: ActionView, moment_at: datetime, line: str, reader: Reader) -> Strip:
    """Everybody's clock at the action's moment."""
    language = reader.language
    others = others_words(view.others, view.continents, language, reader.numerals)
    caption = language.gettext("Each group's own time at the moment")
    return action_strip(view.rows, moment_at, line, reader, caption=caption, others=others)


ROUTES = [Route("/{lang}/actions/{slug}", in_language(show_action))]
