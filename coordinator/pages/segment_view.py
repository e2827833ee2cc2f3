"""What does the wall of a mirror segment say? Words for the hall and numbers for the script, from what `services/segments.py` may show.

The same view is the page and, as JSON, what the script fetches whenever the segment has moved on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any

from coordinator import keys
from coordinator.domain import zones
from coordinator.domain.access import Right
from coordinator.domain.meeting import Meeting, MeetingCommand, MeetingState, PartKind, can, seconds_left
from coordinator.domain.spotlight import ANSWER, ASK, BODY, FACE, REPLY, SHARE, TITLE
from coordinator.domain.translation import Label, Piece
from coordinator.domain.wall import make_pages
from coordinator.formats.bands import Place, band, midnights
from coordinator.formats.isolation import Setting
from coordinator.formats.places import place_name
from coordinator.formats.sky import tone_runs
from coordinator.formats.times import count_words, digits, say_short, short_offset_words, short_weekday_words, to_ms
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.context_segment import Column, DayBand, PartStep, PlaceClock, Wall, WallTime
from coordinator.pages.context_told import Part, TextLabel
from coordinator.pages.reader import Reader
from coordinator.pages.segment_door import SegmentVisit
from coordinator.pages.told import ECHO_HEADINGS, make_label, make_part
from coordinator.pages.voice_view import view_voice
from coordinator.services.mirror import SpotlightView
from coordinator.services.segments import Segment

AROUND = timedelta(hours=12)  # the needle stands in the middle of both days
DAY_MINUTES = 1440
SOON_S = 30
SECOND = timedelta(seconds=1)
CLOCK_AHEAD = timedelta(days=2)
TITLE_CHARS = {"short": 22, "middling": 48}
COLUMN_CHARS = 110  # three lines: what the story leaves room for
BESIDE_CHARS = 220  # what still leaves room for columns under a long title, or over the caption
TEXT_CHARS = 430  # sixty ordinary words; more stand a size smaller

PART_WORDS: Mapping[PartKind, str] = MappingProxyType(
    {
        PartKind.SPOTLIGHT: N_("Spotlight"),
        PartKind.VOICE: N_("Voice"),
        PartKind.ECHO: N_("Echo"),
        PartKind.REPLY: N_("Reply"),
        PartKind.RESEARCH: N_("Next time"),
    }
)
# Translators: questions on the wall, to be talked about until somebody has typed in what the room says.
PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        FACE: N_("What stands against them?"),
        SHARE: N_("What of it do we know from here?"),
        ANSWER: N_("What of our next action answers it?"),
    }
)
LEFT, OVER, PAUSED, PLANNED = N_("left"), N_("over"), N_("paused"), N_("planned")


def view_wall(segment: Segment | None, at: SegmentVisit, languages: Languages) -> Wall:
    """The wall of a segment for the hall it stands in; of none: the wall that waits."""
    reader, language = at.visit.reader, at.visit.language
    own = Place(reader.city, reader.zone_id)
    if segment is None:
        return _wall_without_words("idle", reader, (own,))
    meeting = segment.meeting
    teller = teller_place(segment.spotlight, language) if segment.spotlight else None
    places = (teller, own) if teller and segment.spotlight and not segment.spotlight.own else (own,)
    state = "gone" if segment.spotlight is None else meeting.state.value
    wall = dataclasses.replace(
        _wall_without_words(state, reader, places),
        meeting=meeting.id,
        revision=meeting.revision,
        parts=part_steps(meeting, reader),
        time=wall_time(meeting, reader),
        shows_original=meeting.shows_original,
        can=offered(segment, at),
    )
    return wall if segment.spotlight is None else _with_words(wall, segment, segment.spotlight, reader, languages)


def _wall_without_words(state: str, reader: Reader, places: tuple[Place, ...]) -> Wall:
    news, rest = _news(state, reader.language)
    return Wall(
        meeting="",
        revision=0,
        state=state,
        news=news,
        news_rest=rest,
        parts=(),
        title=None,
        title_length="short",
        label=None,
        teller="",
        page=(),
        page_length="short",
        closing="",
        paging="",
        aside=None,
        aside_kind="",
        aside_length="short",
        columns=(),
        echo_label=None,
        alone=False,
        caption="",
        voice=None,
        time=WallTime("", "", "still", None, 0),
        bands=tuple(day_band(place, reader) for place in places),
        clocks=tuple(place_clock(place, reader) for place in places),
        shows_original=False,
        can=(),
    )


def _news(state: str, language: Language) -> tuple[str, str]:
    """What stands in the middle of the wall when no told words do."""
    match state:
        case "idle":
            rest = language.gettext("As soon as one is set up on the desk, this screen shows it.")
            return language.gettext("No mirror segment stands yet"), rest
        case "gone":
            rest = language.gettext("Its group has taken it back, or its last day has passed. Nothing of it is on this screen any more.")
            return language.gettext("This spotlight is not shown any more"), rest
        case _:
            return "", ""


def _with_words(wall: Wall, segment: Segment, spotlight: SpotlightView, reader: Reader, languages: Languages) -> Wall:
    """The wall with what its hall may read: title, label, one page of the story, what the part is about, the echo."""
    meeting, shown, language = segment.meeting, spotlight.shown, reader.language
    pages = make_pages(shown.under(BODY))
    number = min(meeting.page, max(0, len(pages) - 1))
    title = next(iter(_parts(shown.pieces, TITLE, languages)), None)
    columns, caption = _columns(segment, spotlight, language, languages), _caption(segment, spotlight, language)
    page = tuple(make_part(piece, languages) for piece in pages[number]) if pages and meeting.state is not MeetingState.ENDED else ()
    is_tight = _chars(page) > BESIDE_CHARS and (title_length(title) == "long" or bool(caption))
    room = _room(meeting, columns, is_tight=is_tight)
    voice = _voice(segment, reader, languages)
    page = () if room is Room.ECHO_ALONE or voice else page
    aside = None if room is Room.ECHO_ALONE else _aside(segment, spotlight, language, languages)
    return dataclasses.replace(
        wall,
        alone=room is Room.ECHO_ALONE,
        title=title,
        title_length=title_length(title),
        label=make_label(spotlight.source, shown, language),
        teller=teller_name(spotlight, language),
        page=page,
        page_length=text_length(page),
        paging=_paging(number, len(pages), reader) if page else "",
        aside=aside,
        aside_kind=_aside_kind(meeting) if aside else "",
        aside_length=text_length(aside.parts) if aside else "short",
        columns=() if room is Room.STORY_ALONE or voice else columns,
        echo_label=_echo_label(segment, language) if room is not Room.STORY_ALONE else None,
        closing="" if room is Room.ECHO_ALONE else _closing(meeting, language),
        caption=caption,
        voice=voice,
    )


class Room(Enum):
    """What there is room for on a wall: a hall cannot scroll."""

    BOTH = "both"
    STORY_ALONE = "story"
    ECHO_ALONE = "echo"


def _room(meeting: Meeting, columns: tuple[Column, ...], *, is_tight: bool) -> Room:
    """A long echo has the wall to itself in its own part and after the end, and none of it before and between."""
    is_short = all(len(part.words) <= COLUMN_CHARS for column in columns for part in column.parts)
    if meeting.now_on.kind is PartKind.ECHO or meeting.state is MeetingState.ENDED:
        return Room.BOTH if is_short else Room.ECHO_ALONE
    return Room.BOTH if is_short and not is_tight else Room.STORY_ALONE


def text_length(parts: Iterable[Part]) -> str:
    """How large words can stand: short or long."""
    return "short" if _chars(parts) <= TEXT_CHARS else "long"


def _chars(parts: Iterable[Part]) -> int:
    return sum(len(part.words) for part in parts)


def _voice(segment: Segment, reader: Reader, languages: Languages) -> VoiceCard | None:
    """What is heard in the story's place, as long as its part is on."""
    meeting = segment.meeting
    if segment.voice is None or meeting.state is not MeetingState.RUNNING or meeting.now_on.kind is not PartKind.VOICE:
        return None
    return view_voice(segment.voice, reader.language, languages, reader.numerals)


def _echo_label(segment: Segment, language: Language) -> TextLabel | None:
    """What the room's words are, said where they stand translated: the room knows its own."""
    if segment.echo is None or segment.echo.shown.label is Label.ORIGINAL:
        return None
    return make_label(segment.echo.source, segment.echo.shown, language)


def _closing(meeting: Meeting, language: Language) -> str:
    if meeting.state is not MeetingState.ENDED:
        return ""
    return language.gettext("Thank you for looking and listening. What was mirrored, and what you said, stands on the written page.")


def _paging(number: int, count: int, reader: Reader) -> str:
    if count < 2:
        return ""
    n, of = (count_words(each, reader.language, reader.numerals) for each in (number + 1, count))
    # Translators: which page of a text stands on the wall.
    return reader.language.gettext("page %(n)s of %(of)s", n=n, of=of)


def _caption(segment: Segment, spotlight: SpotlightView, language: Language) -> str:
    """The sentence that stands as long as drafts are let onto the wall, whether or not one is there now."""
    if not segment.meeting.shows_drafts:
        return ""
    machine = [shown for shown in (spotlight.shown, segment.echo.shown if segment.echo else None) if shown and shown.label is Label.MACHINE]
    if machine:
        return language.gettext("A machine has translated what you read here, and no speaker has read it yet. It may be wrong.")
    return language.gettext("Drafts are shown on this screen: what is not labelled as read by a speaker may be wrong.")


def _aside(segment: Segment, spotlight: SpotlightView, language: Language, languages: Languages) -> Column | None:
    """What stands beside the story in this part; None where the story has the wall to itself."""
    is_over = segment.meeting.state is MeetingState.ENDED
    said = _parts(segment.echo.shown.pieces, REPLY, languages) if segment.echo else ()
    match PartKind.REPLY if is_over else segment.meeting.now_on.kind:
        case PartKind.SPOTLIGHT:
            asked = _parts(spotlight.shown.pieces, ASK, languages)
            return Column(language.gettext("What they ask of us"), asked, "") if asked else None
        case PartKind.REPLY if said or not is_over:
            prompt = language.gettext("A sentence or two for the people there. It is on their desk as soon as it is typed in.")
            return Column(language.gettext("What we say back"), said, prompt, _echo_label(segment, language) if said else None)
        case PartKind.RESEARCH:
            return _research(segment.meeting, language)
        case _:
            return None


def _aside_kind(meeting: Meeting) -> str:
    return (PartKind.REPLY if meeting.state is MeetingState.ENDED else meeting.now_on.kind).value


def _research(meeting: Meeting, language: Language) -> Column:
    alias = meeting.next_researcher
    prompt = language.gettext("Somebody finds out until the next meeting how it went on there.")
    named = (Part("researcher", alias, language.tag, "auto", changed=False),) if alias else ()
    return Column(language.gettext("Who researches next time"), named, prompt)


def _columns(segment: Segment, spotlight: SpotlightView, language: Language, languages: Languages) -> tuple[Column, ...]:
    """They face, we share, our next action answers: the room's words; before there are any the teller's own, and the questions."""
    said = {piece.key: piece for piece in spotlight.shown.pieces if piece.key == FACE}
    said |= {piece.key: piece for piece in segment.echo.shown.pieces} if segment.echo else {}
    asks = segment.meeting.state is not MeetingState.ENDED
    return tuple(
        Column(
            language.gettext(heading),
            (make_part(said[key], languages),) if key in said else (),
            language.gettext(PROMPTS[key]) if asks else "",
        )
        for key, heading in ECHO_HEADINGS.items()
        if key in PROMPTS
    )


def _parts(pieces: Iterable[Piece], key: str, languages: Languages) -> tuple[Part, ...]:
    return tuple(make_part(piece, languages) for piece in pieces if piece.key == key)


def title_length(title: Part | None) -> str:
    """How large a title can stand: short, middling or long."""
    chars = len(title.words) if title else 0
    return next((name for name, most in TITLE_CHARS.items() if chars <= most), "long")


# --- who tells ------------------------------------------------------------------------------------------------------------


def teller_name(spotlight: SpotlightView, language: Language) -> str:
    """Who tells, as far as the hall may know."""
    if spotlight.brought is not None:
        return spotlight.brought.name or language.gettext("a group")
    return (spotlight.teller.name if spotlight.teller else "") or language.gettext("a group")


def teller_place(spotlight: SpotlightView, language: Language) -> Place | None:
    """Where they are, if their zone may be seen."""
    brought, teller = spotlight.brought, spotlight.teller
    zone_id = brought.zone_id if brought else (teller.zone_id if teller else None)
    place = brought.place if brought else (teller.place if teller else None)
    return Place(place_name(place or "", zone_id, language), zone_id) if zone_id else None


# --- time -----------------------------------------------------------------------------------------------------------------


def part_steps(meeting: Meeting, reader: Reader) -> tuple[PartStep, ...]:
    """The parts in their order; the one that is on is current while the segment runs."""
    return tuple(
        PartStep(
            kind=part.kind.value,
            words=reader.language.gettext(PART_WORDS[part.kind]),
            seconds=part.seconds,
            time=clock_digits(part.seconds, reader.numerals),
            current=index == meeting.part and meeting.state is MeetingState.RUNNING,
        )
        for index, part in enumerate(meeting.parts)
    )


def wall_time(meeting: Meeting, reader: Reader) -> WallTime:
    """What is left of the part that is on; a warning is a tone, never a step."""
    left = seconds_left(meeting, reader.now)
    if meeting.state is MeetingState.ENDED:
        return WallTime("", "", "still", None, 0)
    words, tone = (OVER, "over") if left < 0 else (LEFT, "soon") if left <= SOON_S else (LEFT, "calm")
    if meeting.part_ends_at is None:
        words, tone = PAUSED if meeting.is_paused else PLANNED, "still"
    ends_at_ms = None if meeting.part_ends_at is None else to_ms(meeting.part_ends_at)
    return WallTime(clock_digits(abs(left), reader.numerals), reader.language.gettext(words), tone, ends_at_ms, left)


def clock_digits(seconds: int, numerals: str) -> str:
    """ "4:07"."""
    return digits(f"{seconds // 60}:{seconds % 60:02}", numerals)


def day_band(place: Place, reader: Reader) -> DayBand:
    """A place's day with now in the middle."""
    begins_at = reader.now.replace(second=0, microsecond=0) - AROUND
    runs = tuple((run.tone, run.minute, run.minutes) for run in tone_runs(place.zone_id, begins_at, DAY_MINUTES))
    return DayBand(runs, midnights(place.zone_id, begins_at), band(place.zone_id, begins_at))


def place_clock(place: Place, reader: Reader) -> PlaceClock:
    """A place's hour, and its offsets and weekdays for the next two days: the script needs no zone rules of its own."""
    now, language = reader.now, reader.language
    changes = zones.transitions(place.zone_id, now, now + CLOCK_AHEAD)
    offsets = [(now, zones.utc_offset(now, place.zone_id)), *((change.at, change.after) for change in changes)]
    today = zones.to_wall_time(now, place.zone_id).date()
    days = [today + timedelta(days=k) for k in range(-1, 4)]
    return PlaceClock(
        said=say_short(now, place.zone_id, language, place.city, numerals=reader.numerals, setting=Setting.ISOLATED),
        city=place.city,
        offsets=tuple((to_ms(at), offset // SECOND, short_offset_words(offset, language, reader.numerals)) for at, offset in offsets),
        weekdays={on.isoformat(): short_weekday_words(on, language) for on in days},
    )


# --- what the script gets ---------------------------------------------------------------------------------------------------


def offered(segment: Segment, at: SegmentVisit) -> tuple[str, ...]:
    """The commands that would change something, for whoever may run the segment."""
    if not at.may(Right.RUN_SEGMENT):
        return ()
    return tuple(command.value for command in MeetingCommand if can(segment.meeting, command, pages=segment.pages))


def wall_data(wall: Wall, segment: Segment | None, at: SegmentVisit) -> dict[str, Any]:
    """The view as the script wants it; `js/segment.js` names what it uses. It asks again when the consent runs out."""
    reader, group_id = at.visit.reader, at.visit.group.id
    told = dataclasses.asdict(wall) | {"bands": [{"runs": band.runs, "midnights": band.midnights} for band in wall.bands]}
    spotlight = segment.spotlight if segment else None
    follows_group = at.visit.caller.may(Right.READ_ROOM, group_id)
    streams = [keys.group_stream(group_id), keys.PARTNERS] if follows_group else []  # a teller that hides itself is news as well
    return told | {
        "now_ms": to_ms(reader.now),
        "language": reader.language.tag,
        "numerals": reader.numerals,
        "data_path": at.query_path("mirror.json"),
        "step_path": at.path("step") if wall.can else "",
        "written_path": at.path("") if wall.meeting else "",
        "until_ms": to_ms(spotlight.expires_at) if spotlight else None,
        "streams": [keys.meeting_stream(wall.meeting), *streams] if wall.meeting else streams,
    }
