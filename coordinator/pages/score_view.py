"""How do the echoes of a quarter become the score on the page: which groups have a line, what stands beside it, and what the table says?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from coordinator.domain.listing import Seen
from coordinator.domain.quarters import Quarter
from coordinator.domain.spotlight import TITLE
from coordinator.domain.zones import to_wall_time
from coordinator.formats.bands import Place, farthest_apart, west_to_east
from coordinator.formats.echo_map import Stroke, Week, draw_score, week_at, weeks_of
from coordinator.formats.isolation import Setting, compose, set_city
from coordinator.formats.places import seen_place
from coordinator.formats.times import count_words, date_words, digits, month_name, quarter_title, quarter_words, short_month_name
from coordinator.i18n import Language, Languages
from coordinator.pages.context_public_mirror import ScoreRow, ScoreView
from coordinator.pages.reader import Reader
from coordinator.pages.told import make_part
from coordinator.services.mirror import EchoView, SpotlightView

LINES_MOST = 24  # every public group has a line up to this; beyond, only those who told or answered
LINES_OF_NOTHING = 16  # of more groups than that, when nobody told or answered: those that live farthest apart

Pair = tuple[SpotlightView, EchoView]


def view_score(
    quarter: Quarter, echoes: Sequence[Pair], public: Sequence[Seen], reader: Reader, languages: Languages, *, zone_id: str
) -> ScoreView:
    """The score of the public echoes of this quarter; weeks run by the clock of `zone_id`, in which quarters turn."""
    language = reader.language
    drawn = [(told, echo) for told, echo in echoes if _group_of(told.teller) != _group_of(echo.answerer)]
    lines, rest = choose_lines(public, drawn, quarter.bounds(zone_id)[0])
    mondays = weeks_of(quarter)
    at = {_group_of(seen): number for number, seen in enumerate(lines)}
    strokes = [
        Stroke(
            at[_group_of(told.teller)], at[_group_of(echo.answerer)], _week_of(echo, mondays, zone_id), _stroke_words(told, echo, language)
        )
        for told, echo in drawn
    ]
    title = quarter_title(quarter, language, reader.numerals)
    within = quarter_words(quarter, language, reader.numerals)
    label = language.gettext("Echo map of %(quarter)s. The table below says the same in words.", quarter=within)
    score = draw_score(len(lines), _heads(mondays, quarter, reader), strokes, label, mirrored=language.direction == "rtl")
    return ScoreView(
        title=title,
        names=tuple((seen_place(seen, language), seen.name) for seen in lines),
        picture=score.picture,
        step=str(score.step),
        width=score.width,
        rest=_rest_words(rest, reader),
        empty="" if drawn else language.gettext("No echo was heard in public in this quarter."),
        rows=tuple(_row(told, echo, mondays, reader, languages, zone_id=zone_id) for told, echo in drawn),
    )


def choose_lines(public: Sequence[Seen], echoes: Iterable[Pair], at: datetime) -> tuple[list[Seen], int]:
    """The groups that have a line, west to east, and how many public groups have none."""
    taking = {_group_of(seen): seen for pair in echoes for seen in (pair[0].teller, pair[1].answerer) if seen is not None}
    everybody = {_group_of(seen): seen for seen in public} | taking
    chosen = everybody if len(everybody) <= LINES_MOST else taking or _spread(everybody, at)
    return _west_to_east(list(chosen.values()), at), len(everybody) - len(chosen)


def _spread(everybody: dict[str, Seen], at: datetime) -> dict[str, Seen]:
    places = [Place(group_id, seen.zone_id) for group_id, seen in everybody.items() if seen.zone_id is not None]
    chosen, _ = farthest_apart(None, places, at, LINES_OF_NOTHING)
    return {place.city: everybody[place.city] for place in chosen}


def _west_to_east(groups: Sequence[Seen], at: datetime) -> list[Seen]:
    places = [Place(f"{seen.name}\0{number}", seen.zone_id) for number, seen in enumerate(groups) if seen.zone_id is not None]
    return [groups[int(place.city.partition("\0")[2])] for place in west_to_east(places, at)]


def _group_of(seen: Seen | None) -> str:
    """The id of a group that the public sees; every one it sees has one."""
    assert seen is not None and seen.group_id is not None  # noqa: PT018 - one fact: the services leave out whoever the public does not see
    return seen.group_id


def _rest_words(rest: int, reader: Reader) -> str:
    if not rest:
        return ""
    n = count_words(rest, reader.language, reader.numerals)
    return reader.language.ngettext(
        "and %(n)s more group that neither told nor answered", "and %(n)s more groups that neither told nor answered", rest, n=n
    )


# --- weeks ----------------------------------------------------------------------------------------------------------------


def _heads(mondays: Sequence[date], quarter: Quarter, reader: Reader) -> list[Week]:
    """Each week with its number (ISO 8601); the name of a month stands over the first week that begins in it, or the quarter's first."""
    named: set[int] = set()
    heads = []
    for monday in mondays:
        on = max(monday, quarter.first_on)
        months = ("", "") if on.month in named else (month_name(on, reader.language), short_month_name(on, reader.language))
        named.add(on.month)
        heads.append(Week(digits(monday.isocalendar().week, reader.numerals), *months))
    return heads


def _week_of(echo: EchoView, mondays: Sequence[date], zone_id: str) -> int:
    return week_at(to_wall_time(echo.published_at, zone_id).date(), mondays)


def _week_words(monday: date, reader: Reader) -> str:
    number = digits(monday.isocalendar().week, reader.numerals)
    # Translators: a week of the year by its number and first day: "week 2, from Monday 11 January 2027".
    sentence = reader.language.gettext("week %(number)s, from %(date)s")
    return compose(sentence, Setting.BARE, number=number, date=date_words(monday, reader.language, reader.numerals))


# --- words ----------------------------------------------------------------------------------------------------------------


def _stroke_words(told: SpotlightView, echo: EchoView, language: Language) -> str:
    """What a pointer over a stroke reads."""
    sentence = language.gettext("%(teller)s told “%(title)s”, %(answerer)s answered")
    names = {"teller": _name(told.teller), "title": told.shown.words(TITLE), "answerer": _name(echo.answerer)}
    return compose(sentence, Setting.BARE, **{place: set_city(name, Setting.ISOLATED) for place, name in names.items()})


def _name(seen: Seen | None) -> str:
    return "" if seen is None else seen.name


def _row(told: SpotlightView, echo: EchoView, mondays: Sequence[date], reader: Reader, languages: Languages, *, zone_id: str) -> ScoreRow:
    title = next(piece for piece in told.shown.pieces if piece.key == TITLE)
    return ScoreRow(
        week=_week_words(mondays[_week_of(echo, mondays, zone_id)], reader),
        teller=_name(told.teller),
        answerer=_name(echo.answerer),
        title=make_part(title, languages),
        path=told_path(reader.language, told.slug),
    )


def told_path(language: Language, slug: str) -> str:
    """The public page of a told struggle."""
    return f"/{language.tag}/mirror/{slug}"
