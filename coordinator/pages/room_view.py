"""What does a projector page say? Words for people and numbers for the script, from what `services/rooms.py` chose.

The same view is the page and, as JSON, what the script fetches when something has changed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from coordinator import keys
from coordinator.domain import zones
from coordinator.domain.action import Kind, seconds_left
from coordinator.domain.listing import Seen
from coordinator.formats.bands import LEAD, Place, farthest_apart, midnights, moment_band
from coordinator.formats.isolation import Setting
from coordinator.formats.qr import qr_picture
from coordinator.formats.sky import tone_runs
from coordinator.formats.times import count_words, date_words, local_time, offset_words, say_moment, time_left_words, to_ms
from coordinator.i18n import N_
from coordinator.pages.context import Frame, OwnClock, RoomAction, RoomBand, RoomSpotlight, RoomView
from coordinator.pages.context_news import VoiceCard
from coordinator.pages.leg_rows import reader_of_leg
from coordinator.pages.reader import Reader
from coordinator.pages.views import places_of
from coordinator.pages.words import kind_and_duration
from coordinator.services.rooms import Room, Shown

FEW_BANDS = 3
DATES_BACK, DATES_AHEAD = 1, 4
OFFSETS_AHEAD = timedelta(days=30)
REFRESH_FAR_S, REFRESH_NEAR_S = 60, 10
NEAR_S = 660
DAY_MINUTES = 1440
SECOND = timedelta(seconds=1)

# Translators: each of these stands over a giant hour: "Silence until / 19:45".
HOLDING = {
    Kind.SILENCE: N_("Silence until"),
    Kind.NOISE: N_("Noise until"),
    Kind.TEACH_IN: N_("We learn until"),
    Kind.DATA_OFF: N_("Without our data until"),
    Kind.OTHER: N_("Together until"),
}


@dataclass(frozen=True, slots=True)
class Wall:
    """What a room page knows beside its words: where its own JSON lies, the absolute address in its QR code (empty: none), its tolerance.

    `spotlight` is what the mirror shows while there is time for it; `voices` what is heard during the thanks.
    """

    data_path: str
    shared_url: str
    tolerance_ms: int
    spotlight: RoomSpotlight | None = None
    voices: tuple[VoiceCard, ...] = ()


def view_room(room: Room, reader: Reader, frame: Frame, wall: Wall, *, catalog: bytes) -> RoomView:
    """The page. `catalog` is the JSON of the sentences that the script says (`Languages.js_catalog`)."""
    view = view_without_data(room, reader, frame, wall)
    data = room_data(view, room, reader, wall) | {"catalog": json.loads(catalog)}
    return dataclasses.replace(view, data=embedded_json(data))


def view_without_data(room: Room, reader: Reader, frame: Frame, wall: Wall) -> RoomView:
    """The page before its script's data, which are made from it."""
    left = 0 if room.shown is None else max(0, seconds_left(room.shown.starts_at, reader.now))
    bands = room_bands(room.seen, room.shown.starts_at if room.shown else reader.now, reader, own=room.group is not None)
    return RoomView(
        frame=frame,
        action=None if room.shown is None else describe_action(room.shown, reader, group_of(room)),
        own=own_clock(reader),
        numerals=reader.numerals,
        now=reader.clock(reader.now),
        seconds_left=left,
        bands=bands,
        more=words_of_the_rest(room, bands, reader),
        qr=qr_picture(wall.shared_url, reader.language.gettext("QR code of this page")) if wall.shared_url else Markup(""),
        spotlight=wall.spotlight,
        data=Markup(""),
        refresh_s=REFRESH_NEAR_S if room.shown and left <= NEAR_S else REFRESH_FAR_S,
    )


def group_of(room: Room) -> str | None:
    """The group whose room it is; None of a public one."""
    return room.group.id if room.group else None


def words_of_the_rest(room: Room, bands: Sequence[RoomBand], reader: Reader) -> str:
    """How many groups take part and have no band here; nothing for a practice."""
    return "" if is_practice(room) else more_words(len(room.seen) + room.others - len(bands), reader)


def is_practice(room: Room) -> bool:
    """Whether the room shows a practice: partners' days then stand there to look at, nobody else is counted."""
    return room.shown is not None and room.shown.action.practice


def room_data(view: RoomView, room: Room, reader: Reader, wall: Wall) -> dict[str, Any]:
    """The view as the script wants it; `js/room.js` names what it uses."""
    group_id = group_of(room)
    return {
        "now_ms": to_ms(reader.now.replace(microsecond=0)),  # whole seconds: within one, a public page is the same bytes
        "language": reader.language.tag,
        "numerals": reader.numerals,
        "tolerance_ms": wall.tolerance_ms,
        "data_path": wall.data_path,
        "moves_on": room.moves_on,
        "streams": [keys.PARTNERS, keys.group_stream(group_id)] if group_id else [keys.PUBLIC],
        "room": {"action": view.action.slug, "group": group_id} if view.action else None,
        "own": dataclasses.asdict(view.own),
        "action": dataclasses.asdict(view.action) if view.action else None,
        "legs": [leg_data(turned, room, reader) for turned in room.turns] if len(room.turns) > 1 else [],
        "bands": [band_data(band) for band in view.bands],
        "more": view.more,
        "spotlight": dataclasses.asdict(view.spotlight) if view.spotlight else None,
        "voices": [dataclasses.asdict(voice) for voice in wall.voices],
    }


def leg_data(turned: Shown, room: Room, reader: Reader) -> dict[str, Any]:
    """One leg of a room that goes through several: all that changes on the page when its turn comes, with or without a network."""
    action = describe_action(turned, reader, group_of(room))
    bands = room_bands(turned.seen, turned.starts_at, reader, own=room.group is not None)
    changing = {name: getattr(action, name) for name in ("leg", "at_ms", "ends_ms", "at", "moved_from")}
    rest = {"until": dataclasses.asdict(action.until), "more": words_of_the_rest(room, bands, reader)}
    return changing | rest | {"bands": [band_data(band) for band in bands]}


def band_data(band: RoomBand) -> dict[str, Any]:
    """A band as numbers: the script draws its own picture."""
    fields = (field.name for field in dataclasses.fields(band) if field.name != "picture")
    return {name: getattr(band, name) for name in fields}


def embedded_json(data: Mapping[str, Any]) -> Markup:
    """JSON that may stand in a <script type="application/json">: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup("{}").format(Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")))  # noqa: S704 - escaped just here


# --- the action -------------------------------------------------------------------------------------------------------


def describe_action(shown: Shown, reader: Reader, group_id: str | None) -> RoomAction:
    """The action in the room's words and own city; everybody's room tells a leg of several by a clock of its own."""
    action, language, numerals = shown.action, reader.language, reader.numerals
    there = reader if group_id else reader_of_leg(action.of_leg(shown.leg.leg), reader)
    ends_at = shown.starts_at + action.duration
    return RoomAction(
        slug=action.slug,
        title=action.title,
        title_language=action.language,
        kind=action.kind,
        what=kind_and_duration(action, language, numerals),
        holding=language.gettext(HOLDING[action.kind]),
        revision=action.revision,
        state=action.state,
        moving=action.moving,
        practice=action.practice,
        leg=shown.leg.leg,
        at_ms=to_ms(shown.starts_at),
        ends_ms=to_ms(ends_at),
        at=say(shown.starts_at, there),
        until=there.clock(ends_at),
        left=time_left_words(shown.starts_at, reader.now, language, numerals),
        moved_from=moved_words(shown, there, group_id),
        reason=action.cancel_reason,
        thanks=thanks_words(shown, reader),
    )


def moved_words(shown: Shown, reader: Reader, group_id: str | None) -> str:
    """Where this leg's moment stood before it moved, until it has come; in a group's room, its own moment."""
    stood_at = shown.action.stood_at(group_id) if group_id else shown.action.of_leg(shown.leg.leg).moved_from_at
    return say(stood_at, reader) if stood_at is not None and shown.starts_at > reader.now else ""


def say(instant: datetime, reader: Reader) -> str:
    """An instant in the room's own city, in full."""
    return say_moment(instant, reader.zone_id, reader.language, reader.city, numerals=reader.numerals, setting=Setting.ISOLATED)


def thanks_words(shown: Shown, reader: Reader) -> str:
    """What is said when the moment is over."""
    language, count = reader.language, shown.action.agreed_tally.consents
    if shown.action.practice:
        return language.gettext("This was a practice. Your room is ready for the real moment.")
    if count < 1:
        return language.gettext("Thank you for what you carried.")
    n = count_words(count, language, reader.numerals)
    return language.ngettext(
        "%(n)s group had agreed to this moment. Thank you for what you carried.",
        "%(n)s groups had agreed to this moment. Thank you for what you carried.",
        count,
        n=n,
    )


# --- the own clock ----------------------------------------------------------------------------------------------------


def own_clock(reader: Reader) -> OwnClock:
    """Offsets and dates around now, so that the script needs no zone rules of its own."""
    now = reader.now
    since = (now - timedelta(days=DATES_BACK)).replace(hour=0, minute=0, second=0, microsecond=0)
    changes = zones.transitions(reader.zone_id, since, now + OFFSETS_AHEAD)
    offsets = [(since, zones.utc_offset(since, reader.zone_id)), *((change.at, change.after) for change in changes)]
    today = zones.to_wall_time(now, reader.zone_id).date()
    days = [today + timedelta(days=k) for k in range(-DATES_BACK, DATES_AHEAD + 1)]
    return OwnClock(
        city=reader.city,
        zone_id=reader.zone_id,
        offsets=tuple((to_ms(at), offset // SECOND, offset_words(offset, reader.language, reader.numerals)) for at, offset in offsets),
        dates={on.isoformat(): date_words(on, reader.language, reader.numerals) for on in days},
    )


# --- bands ------------------------------------------------------------------------------------------------------------


def room_bands(seen: Sequence[Seen], at: datetime, reader: Reader, *, own: bool) -> tuple[RoomBand, ...]:
    """At most eight rows, west to east: the own city of a group's room, then those farthest apart; three of them are marked for the waiting screen."""
    places = distinct(places_of((one for one in seen if not one.own), reader.language))
    first = Place(reader.city, reader.zone_id) if own else None
    rows, _ = farthest_apart(first, places, at)
    few, _ = farthest_apart(first, places, at, FEW_BANDS)
    return tuple(draw_band(row, at, reader, own=row == first, few=row in few) for row in rows)


def distinct(places: Sequence[Place]) -> list[Place]:
    """Each city once: two groups of one city share its band."""
    return list(dict.fromkeys(places))


def draw_band(place: Place, at: datetime, reader: Reader, *, own: bool, few: bool) -> RoomBand:
    """One row: the hour there at the moment, and its day."""
    local = local_time(at, place.zone_id, reader.language, place.city, numerals=reader.numerals)
    return RoomBand(
        time=local.time,
        city=place.city,
        weekday=local.short_weekday,
        offset=local.short_offset,
        own=own,
        few=few,
        runs=tuple((run.tone, run.minute, run.minutes) for run in tone_runs(place.zone_id, at - LEAD, DAY_MINUTES)),
        midnights=midnights(place.zone_id, at - LEAD),
        picture=moment_band(place.zone_id, at),
    )


def more_words(count: int, reader: Reader) -> str:
    """The groups that have no row; empty when all have one."""
    if count < 1:
        return ""
    n = count_words(count, reader.language, reader.numerals)
    return reader.language.ngettext("and %(n)s more group", "and %(n)s more groups", count, n=n)
