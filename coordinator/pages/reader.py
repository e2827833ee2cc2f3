"""By whose clock and in whose words does a page speak?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from coordinator.domain.group import Group
from coordinator.formats.cities import city_name
from coordinator.formats.isolation import Setting, compose
from coordinator.formats.places import place_name
from coordinator.formats.times import LATIN, LocalTime, local_time, say_moment
from coordinator.i18n import Language
from coordinator.pages.frame import group_numerals, public_numerals
from coordinator.services.network import Network


@lru_cache(maxsize=8192)
def clock_of(instant: datetime, zone_id: str, language: Language, city: str, numerals: str = LATIN) -> LocalTime:
    """The instant on a city's clock; the same ones are asked for on every page."""
    return local_time(instant, zone_id, language, city, numerals=numerals)


@dataclass(frozen=True, slots=True)
class Reader:
    """One clock and one language: everybody's on a public page, a group's on its own."""

    language: Language
    numerals: str
    zone_id: str
    city: str
    now: datetime

    def say(self, instant: datetime) -> str:
        """An instant in full, as markup."""
        return say_moment(instant, self.zone_id, self.language, self.city, numerals=self.numerals, setting=Setting.HTML)

    def clock(self, instant: datetime) -> LocalTime:
        """An instant in pieces."""
        return clock_of(instant, self.zone_id, self.language, self.city, self.numerals)

    def fill(self, sentence: str, **values: str) -> str:
        """A translated sentence with its places filled, as markup."""
        return compose(sentence, Setting.HTML, **values)


def public_reader(network: Network, language: Language, now: datetime) -> Reader:
    """The reader of public pages: the network's own zone, since the same bytes are for everyone."""
    city = city_name(network.zone_id, language)
    return Reader(language, public_numerals(network, language), network.zone_id, city, now)


def group_reader(group: Group, language: Language, now: datetime) -> Reader:
    """The reader of a group's own pages: its place, its clock, its digits."""
    city = place_name(group.place, group.zone_id, language)
    return Reader(language, group_numerals(group, language), group.zone_id, city, now)


def action_path(language: Language, slug: str) -> str:
    """The public page of an action."""
    return f"/{language.tag}/actions/{slug}"
