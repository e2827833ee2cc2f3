"""How does the rota say whose turn the mirror research is, who follows, and what can be done about it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coordinator.domain.research import Waiting
from coordinator.domain.rota import Duty, Seat
from coordinator.domain.text import latin_digits, text_of
from coordinator.domain.zones import to_wall_time
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.times import date_words
from coordinator.pages.context_group import ResearchPart, WaitingLine
from coordinator.pages.duties import is_free, seat_words
from coordinator.pages.forms import Form, Typed
from coordinator.pages.reader import Reader

HAND_ON, SKIP = "hand-on-research", "skip-research"  # the addresses of its forms, after the rota's
# a fault's field → the field of the page that it stands beside
OF_HAND_ON = {"alias": "researcher", "until": "researcher_until"}


def raw_hand_on(form: Form) -> Form:
    """The form as the service reads it."""
    given = {field: text_of(form, shown) for field, shown in OF_HAND_ON.items()}
    return {**given, "until": latin_digits(given["until"])}


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the section leads, and where its two forms go; those are empty for whoever may not."""

    balance: str
    hand_on: str = ""
    skip: str = ""


def research_part(
    seats: Sequence[Seat], waiting: Sequence[Waiting], reader: Reader, ways: Ways, *, usual_until: str, handing: Typed, skipping: Typed
) -> ResearchPart:
    """The section: who holds it, the order of turns, and the forms."""
    seat = next(each for each in seats if each.duty is Duty.RESEARCHER)
    following = waiting[0].alias if waiting else ""
    return ResearchPart(
        balance_path=ways.balance,
        holder=seat_words(seat, reader),
        free=is_free(seat, reader),
        waiting=tuple(_line(each, reader) for each in waiting),
        following=following,
        hand_on_path=ways.hand_on,
        researcher=handing.value("researcher", following),
        until=handing.value("researcher_until", usual_until),
        handing=handing,
        skip_path=ways.skip if waiting else "",
        reason=skipping.value("reason"),
        skipping=skipping,
    )


def _line(waiting: Waiting, reader: Reader) -> WaitingLine:
    on = date_words(to_wall_time(waiting.had_at, reader.zone_id).date(), reader.language, reader.numerals)
    if waiting.skipped:
        sentence = reader.language.gettext("let a turn pass on %(date)s: %(reason)s")
        return WaitingLine(waiting.alias, reader.fill(sentence, date=on, reason=set_city(waiting.skipped, Setting.HTML)))
    return WaitingLine(waiting.alias, reader.fill(reader.language.gettext("last turn until %(date)s"), date=on))
