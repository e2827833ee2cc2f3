"""How is a group asked: what would the moment be for it, until when, and in which words can the question be passed on?"""

from __future__ import annotations

from datetime import datetime, timedelta

from coordinator.domain import zones
from coordinator.domain.access import Right
from coordinator.domain.action import State
from coordinator.formats.isolation import Setting, compose, isolate, isolate_ltr
from coordinator.formats.sky import sun_height
from coordinator.formats.times import say_moment
from coordinator.i18n import N_
from coordinator.pages.context_desk import Ask
from coordinator.pages.door import Visit
from coordinator.pages.forms import FRESH, Typed
from coordinator.pages.reader import Reader
from coordinator.pages.words import OWN_ANSWERS, OWN_BURDENS, kind_and_duration
from coordinator.services.actions import ActionView
from coordinator.services.desk import is_asked

DAYLIGHT_FROM_DEGREES, SUN_UP_FROM_DEGREES, DARK_BELOW_DEGREES = 8.0, 0.0, -12.0
DAYLIGHT, LOW_SUN, TWILIGHT, DARK = (
    N_("It is daylight then."),
    N_("The sun is low then."),
    N_("It is twilight then."),
    N_("It is dark then."),
)
SKIPPED, FIRST_TIME, SECOND_TIME = (
    N_("Your clock jumps over the time of this wave that day, so your group would act when it would have come."),
    N_("Your clock passes this time twice that day. The first time is meant."),
    N_("Your clock passes this time twice that day. The second time is meant."),
)


def make_ask(visit: Visit, view: ActionView, base: str, typed: Typed = FRESH) -> Ask | None:
    """The open question of an action to the visitor's group; None when it is not asked now. `base` is our scheme and host."""
    reader, row = visit.reader, view.row_of(visit.group.id)
    if row is None or view.offered_at is None or view.deadline_at is None or not is_asked(view, visit.group.id, reader.now):
        return None
    language = reader.language
    return Ask(
        slug=view.slug,
        path=visit.path(f"actions/{view.slug}"),
        respond_path=visit.path(f"actions/{view.slug}/respond"),
        title=view.title,
        title_language=view.language,
        what=kind_and_duration(view, language, reader.numerals),
        when=reader.fill(language.gettext("%(moment)s."), moment=reader.say(view.offered_at)),
        turned=turned_words(view, reader),
        fits="" if row.offered_burden is None else language.gettext(OWN_BURDENS[row.offered_burden]),
        light=language.gettext(light_words(reader.zone_id, view.offered_at)),
        until=reader.fill(language.gettext("Answers are open until %(moment)s."), moment=reader.say(view.deadline_at)),
        answer="" if row.response is None else language.gettext(OWN_ANSWERS[row.response]),
        moving=_standing_moment(view, reader),
        forward=forward_text(visit, view, view.offered_at, view.deadline_at, base),
        may_answer=visit.may(Right.RESPOND),
        typed=typed,
    )


def _standing_moment(view: ActionView, reader: Reader) -> str:
    """For a move: where the moment stands until the groups agree."""
    if view.state is not State.CONFIRMED or view.starts_at is None:
        return ""
    return reader.fill(reader.language.gettext("It would move from %(moment)s."), moment=reader.say(view.starts_at))


def turned_words(view: ActionView, reader: Reader) -> str:
    """That the reader's clock skips the time of a wave that is put forward, or passes it twice; empty where it does neither."""
    leg = next((leg for leg in view.legs if leg.offered_at is not None), None)
    if leg is None or leg.offered_at is None or leg.utc_offset_minutes is None:
        return ""
    wall_time = (leg.offered_at + timedelta(minutes=leg.utc_offset_minutes)).replace(tzinfo=None)
    match zones.resolve_wall_time(wall_time, reader.zone_id):
        case zones.Gap():
            return reader.language.gettext(SKIPPED)
        case zones.Fold(first=first):
            return reader.language.gettext(FIRST_TIME if leg.offered_at == first else SECOND_TIME)
        case _:
            return ""


def light_words(zone_id: str, instant: datetime) -> str:
    """By the height of the sun over the zone's city: daylight, low sun, twilight, dark. For a zone without a place, by its clock."""
    point = zones.zone_point(zone_id)
    if point is None:
        return DAYLIGHT if 7 <= zones.to_wall_time(instant, zone_id).hour < 18 else DARK
    height = sun_height(*point, instant)
    if height >= DAYLIGHT_FROM_DEGREES:
        return DAYLIGHT
    if height >= SUN_UP_FROM_DEGREES:
        return LOW_SUN
    return TWILIGHT if height >= DARK_BELOW_DEGREES else DARK


def forward_text(visit: Visit, view: ActionView, offered_at: datetime, deadline_at: datetime, base: str) -> str:
    """The question as plain text, to be passed on in a chat or a mail."""
    reader, language = visit.reader, visit.language

    def say(instant: datetime) -> str:
        return say_moment(instant, reader.zone_id, language, reader.city, numerals=reader.numerals, setting=Setting.ISOLATED)

    lines = (
        language.gettext("%(group)s is asked: %(title)s"),
        language.gettext("What: %(what)s"),
        language.gettext("When: %(moment)s"),
        language.gettext("Answers are open until %(deadline)s."),
        language.gettext("Read it and answer here: %(address)s"),
    )
    values = {
        "group": isolate(visit.group.name),
        "title": isolate(view.title),
        "what": kind_and_duration(view, language, reader.numerals),
        "moment": say(offered_at),
        "deadline": say(deadline_at),
        "address": isolate_ltr(f"{base}{visit.path(f'actions/{view.slug}')}"),
    }
    return "\n".join(compose(line, Setting.BARE, **values) for line in lines)
