"""How does a page say who holds a duty until when, and what does it keep saying about one that ends?"""

from __future__ import annotations

from datetime import datetime, timedelta

from coordinator.domain.rota import Duty, Nag, Seat
from coordinator.domain.zones import to_wall_time
from coordinator.formats.isolation import Setting, compose, set_city
from coordinator.formats.times import date_words
from coordinator.i18n import N_
from coordinator.pages.context import Notice
from coordinator.pages.reader import Reader
from coordinator.pages.roles import duty_words
from coordinator.services.rota import Nagging

A_MOMENT = timedelta(microseconds=1)  # a turn ends at midnight; its last day is the one before

NAGS = {
    Nag.EMPTY: N_("Nobody holds this: %(duty)s. The steward can make a link for whoever takes it."),
    Nag.ENDING: N_("This is to be handed over soon: %(duty)s, until %(date)s."),
    Nag.LAPSED: N_("This has run out: %(duty)s, since %(date)s."),
}
CUSTODY_LAPSED = N_("This has run out: %(duty)s, since %(date)s. Until the steward makes a new link, the group can answer but not propose.")


def last_day(until_at: datetime, reader: Reader) -> str:
    """The last day of a turn, in the group's zone."""
    return date_words(to_wall_time(until_at - A_MOMENT, reader.zone_id).date(), reader.language, reader.numerals)


def seat_words(seat: Seat, reader: Reader) -> str:
    """ "heron, until Sunday 4 April 2027", as markup; that nobody holds it; or since when it has run out."""
    language = reader.language
    if seat.holder is None:
        return language.gettext("nobody yet")
    lapsed = reader.now >= seat.holder.until_at
    sentence = language.gettext("%(alias)s, ran out on %(date)s") if lapsed else language.gettext("%(alias)s, until %(date)s")
    return reader.fill(sentence, alias=set_city(seat.holder.alias, Setting.HTML), date=last_day(seat.holder.until_at, reader))


def is_free(seat: Seat, reader: Reader) -> bool:
    """Whether nobody holds it now: it was never taken, given back, or has run out."""
    return seat.holder is None or reader.now >= seat.holder.until_at


def nag_notice(nagging: Nagging, reader: Reader) -> Notice:
    """What a page keeps saying about a seat."""
    seat = nagging.seat
    lapsed_custody = nagging.nag is Nag.LAPSED and seat.duty is Duty.CUSTODIAN
    sentence = reader.language.gettext(CUSTODY_LAPSED if lapsed_custody else NAGS[nagging.nag])
    date = "" if seat.holder is None else last_day(seat.holder.until_at, reader)
    return Notice("news", compose(sentence, Setting.BARE, duty=duty_words(seat.duty, reader.language), date=date))
