"""The public mirror: what groups tell, what it echoed, and the score of a quarter. The same bytes for everyone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.listing import Seen
from coordinator.domain.quarters import Quarter, parse_quarter, quarter_of
from coordinator.domain.spotlight import TITLE
from coordinator.domain.translation import Label, Shown, Source, show_original
from coordinator.domain.zones import to_wall_time
from coordinator.edge import runtime
from coordinator.errors import Faults
from coordinator.formats.places import seen_place
from coordinator.formats.times import count_words, date_words, short_quarter_words
from coordinator.i18n import Language, Languages
from coordinator.pages.context import Way
from coordinator.pages.context_public_mirror import EchoCard, MirrorPage, ToldCard, ToldPage
from coordinator.pages.context_told import TextView
from coordinator.pages.frame import in_language, make_frame
from coordinator.pages.kept import answer_publicly
from coordinator.pages.reader import Reader, action_path, public_reader
from coordinator.pages.score_view import told_path, view_score
from coordinator.pages.told import view_text
from coordinator.pages.views import lede, title_size
from coordinator.pages.voice_view import view_voice
from coordinator.services.actions import ActionView
from coordinator.services.hearing import VoiceView, in_own_words
from coordinator.services.mirror import EchoView
from coordinator.services.network import Network
from coordinator.services.public_mirror import PublicMirror, Told, load_public_groups, load_public_mirror, load_public_spotlight

PAGE = "mirror"
QUARTER, ORIGINAL = "quarter", "original"  # names of the query
YES = "1"
ECHOES_IN_A_LIST = 2


@dataclass(frozen=True, slots=True)
class View:
    """How a page is read: by whose clock, in which languages, and whether the originals were asked for."""

    reader: Reader
    languages: Languages
    original: bool

    def voice(self, voice: VoiceView) -> VoiceView:
        """A voice with the words that this page shows."""
        return in_own_words(voice) if self.original else voice

    def text(self, source: Source, shown: Shown) -> TextView:
        """A text as this page shows it."""
        return view_text(source, show_original(source) if self.original else shown, self.reader.language, self.languages)


async def show_mirror(request: Request, language: Language) -> Response:
    """`/{lang}/mirror`, of the quarter that was asked for, else the latest in which anything echoed, else of this one."""

    async def make(conn: AsyncConnection, network: Network, now: datetime) -> MirrorPage:
        asked = _read_quarter(request)
        mirror = await load_public_mirror(conn, language.tag, now)
        groups = await load_public_groups(conn)
        quarter = asked or next(iter(mirror.quarters), quarter_of(now, network.zone_id))
        return _make_mirror(request, network, _view(request, network, language, now), mirror=mirror, groups=groups, quarter=quarter)

    return await answer_publicly(request, language, "mirror.html", make)


async def show_told(request: Request, language: Language) -> Response:
    """`/{lang}/mirror/{slug}`; one that nobody told, and one that is not for the public, answer alike."""

    async def make(conn: AsyncConnection, network: Network, now: datetime) -> ToldPage:
        mirror = await load_public_spotlight(conn, language.tag, request.path_params["slug"], now)
        return _make_told(request, network, _view(request, network, language, now), mirror)

    return await answer_publicly(request, language, "spotlight_public.html", make)


def _read_quarter(request: Request) -> Quarter | None:
    """`?quarter=2027-Q1`; None when it was not asked for. Raises Invalid `quarter_malformed`, `date_too_late`, `date_too_early`."""
    raw = request.query_params.get(QUARTER)
    if raw is None:
        return None
    faults = Faults()
    quarter = faults.read(QUARTER, parse_quarter, raw)
    faults.check()
    return quarter


def _view(request: Request, network: Network, language: Language, now: datetime) -> View:
    original = request.query_params.get(ORIGINAL) == YES
    return View(public_reader(network, language, now), runtime(request).languages, original)


# --- pages ----------------------------------------------------------------------------------------------------------------


def _make_mirror(
    request: Request, network: Network, view: View, *, mirror: PublicMirror, groups: tuple[Seen, ...], quarter: Quarter
) -> MirrorPage:
    reader, language = view.reader, view.reader.language
    asked = {QUARTER: str(quarter)} if QUARTER in request.query_params else {}
    path = f"/{PAGE}?{urlencode(asked)}" if asked else f"/{PAGE}"
    return MirrorPage(
        frame=make_frame(request, network, language, language.gettext("Mirror"), here=PAGE, path=path, numerals=reader.numerals),
        score=view_score(quarter, mirror.echoes_in(quarter), groups, reader, view.languages, zone_id=network.zone_id),
        quarters=_quarter_ways(mirror.quarters, quarter, reader),
        told=tuple(_card(each, mirror, view, ECHOES_IN_A_LIST) for each in mirror.told),
        original=_original_way(f"/{language.tag}/{PAGE}", asked, mirror, view),
    )


def _make_told(request: Request, network: Network, view: View, mirror: PublicMirror) -> ToldPage:
    reader, language = view.reader, view.reader.language
    (told,) = mirror.told
    card = _card(told, mirror, view)
    title = card.text.title.words if card.text.title else ""
    heard = partial(view_voice, language=language, languages=view.languages, numerals=reader.numerals)
    return ToldPage(
        frame=make_frame(request, network, language, title, here=PAGE, numerals=reader.numerals),
        mirror_path=f"/{language.tag}/{PAGE}",
        told=card,
        voices=tuple(heard(view.voice(each)) for each in told.voices if each.by_teller),
        replies=tuple(heard(view.voice(each)) for each in told.voices if not each.by_teller),
        original=_original_way(told_path(language, told.spotlight.slug), {}, mirror, view),
    )


def _quarter_ways(quarters: tuple[Quarter, ...], current: Quarter, reader: Reader) -> tuple[Way, ...]:
    """The quarters that can be chosen, the earliest first, the one that is shown among them."""
    language = reader.language
    return tuple(
        Way(
            f"/{language.tag}/{PAGE}?{urlencode({QUARTER: str(each)})}",
            short_quarter_words(each, language, reader.numerals),
            each == current,
        )
        for each in sorted({*quarters, current})
    )


def _original_way(path: str, asked: dict[str, str], mirror: PublicMirror, view: View) -> Way | None:
    """The way to the originals, or back to the translations; None where every text is an original anyway."""
    language = view.reader.language
    shown = [each.spotlight.shown for each in mirror.told] + [echo.shown for each in mirror.told for echo in each.echoes]
    if all(each.label is Label.ORIGINAL for each in shown):
        return None
    query = asked if view.original else {**asked, ORIGINAL: YES}
    words = language.gettext("Show the translation") if view.original else language.gettext("Show the original")
    return Way(f"{path}?{urlencode(query)}" if query else path, words, view.original)


# --- told struggles and their echoes ----------------------------------------------------------------------------------------


def _card(told: Told, mirror: PublicMirror, view: View, most: int | None = None) -> ToldCard:
    """A told struggle with its newest echoes, `most` of them."""
    spotlight, reader = told.spotlight, view.reader
    assert spotlight.teller is not None and spotlight.published_at is not None  # noqa: PT018 - one fact: it stands in public
    text = view.text(spotlight.source, spotlight.shown)
    title = text.title.words if text.title else spotlight.source.words(TITLE)
    told_on = date_words(to_wall_time(spotlight.published_at, reader.zone_id).date(), reader.language, reader.numerals)
    return ToldCard(
        id=spotlight.slug,
        path=told_path(reader.language, spotlight.slug),
        group=spotlight.teller.name,
        place=seen_place(spotlight.teller, reader.language),
        told_on=told_on,
        text=text,
        title_size=title_size(title),
        lead=replace(text.body[0], words=lede(text.body[0].words)) if text.body else None,
        links=tuple((link.words or link.url, link.url) for link in spotlight.links),
        echoes=tuple(_echo_card(echo, mirror, view) for echo in told.echoes[:most]),
        more=_more_words(len(told.echoes) - (most or len(told.echoes)), reader),
    )


def _more_words(more: int, reader: Reader) -> str:
    if more <= 0:
        return ""
    n = count_words(more, reader.language, reader.numerals)
    return reader.language.ngettext("and %(n)s more echo", "and %(n)s more echoes", more, n=n)


def _echo_card(echo: EchoView, mirror: PublicMirror, view: View) -> EchoCard:
    assert echo.answerer is not None, "echoes of groups that the public does not see are left out"
    action = mirror.actions.get(echo.action_id or "")
    return EchoCard(
        group=echo.answerer.name,
        place=seen_place(echo.answerer, view.reader.language),
        text=view.text(echo.source, echo.shown),
        action=None if action is None else _action_way(action, view.reader.language),
        action_language="" if action is None else action.language,
    )


def _action_way(action: ActionView, language: Language) -> Way:
    return Way(action_path(language, action.slug), action.title)


ROUTES = [
    Route(f"/{{lang}}/{PAGE}", in_language(show_mirror), methods=["GET"], name=PAGE),
    Route(f"/{{lang}}/{PAGE}/{{slug}}", in_language(show_told), methods=["GET"]),
]
