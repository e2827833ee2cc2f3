"""What is said where no moment suits everybody: who stands in each other's way, who could be asked, what the own group could change?

Of another group only what its burden says is said (DESIGN §7); its windows, quiet hours and dates are its own matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from coordinator.domain.changes import BLOCKED, QUIET, WINDOW
from coordinator.domain.listing import Seen
from coordinator.domain.question import Concession, Move
from coordinator.formats.isolation import Setting, list_names, set_city
from coordinator.formats.places import seen_name
from coordinator.formats.times import count_words, date_words, duration_words
from coordinator.i18n import N_
from coordinator.pages.reader import Reader
from coordinator.services.candidates import Board, Help

# Translators: `time` is a length ("45 minutes"), `moment` a moment in a city, `n` and `of` are counts of groups.
OWN_CHANGES: dict[tuple[str, Move], str] = {
    (WINDOW, Move.EARLIER): N_("If hours of your group began %(time)s earlier, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (WINDOW, Move.LATER): N_("If hours of your group ended %(time)s later, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (WINDOW, Move.ADDED): N_("If your group had %(time)s more in its week, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (QUIET, Move.EARLIER): N_("If your quiet hours ended %(time)s earlier, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (QUIET, Move.LATER): N_("If your quiet hours began %(time)s later, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (QUIET, Move.REMOVED): N_("If your group gave up %(time)s of quiet hours, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
    (BLOCKED, Move.REMOVED): N_("If your group freed %(date)s, one moment would suit %(n)s of %(of)s groups: %(moment)s."),
}


def help_sentences(board: Board, reader: Reader) -> tuple[str, ...]:
    """Plain sentences as markup, from what stands in the way to what would help; none when some start suits everybody."""
    return () if board.help is None else tuple(_sentences(board, board.help, reader))


def _sentences(board: Board, found: Help, reader: Reader) -> Iterator[str]:
    yield reader.fill(reader.language.gettext("That moment is %(moment)s."), moment=reader.say(found.fullest_at))
    if found.conflict:
        yield _conflict_words(found.conflict, reader)
    more = {
        name: count_words(count, reader.language, reader.numerals) for name, count in (("n", board.max_cover + 1), ("of", board.invited))
    }
    if found.asked is not None:
        yield reader.fill(_asked_sentence(found.asked, reader), group=_name(found.asked, reader), **more)
    if found.own is not None:
        yield _own_words(found.own, reader, more)


def _conflict_words(conflict: Sequence[Seen], reader: Reader) -> str:
    language = reader.language
    in_order = sorted(conflict, key=lambda one: (one.zone_id is None, one.name))
    names = list_names((seen_name(one, language) for one in in_order), language)
    if len(conflict) == 1:
        return reader.fill(language.gettext("No start of this quarter lies in the hours of %(group)s."), group=names)
    return reader.fill(
        language.gettext("These groups have no start in common, though without any one of them the others do: %(groups)s."), groups=names
    )


def _asked_sentence(asked: Seen, reader: Reader) -> str:
    if asked.own:
        return reader.language.gettext("Your group bears that moment outside its hours: with it, %(n)s of %(of)s groups could take part.")
    return reader.language.gettext(
        "%(group)s bears that moment outside its hours, and could be asked: with it, %(n)s of %(of)s groups could take part."
    )


def _own_words(own: Concession, reader: Reader, more: dict[str, str]) -> str:
    language, numerals = reader.language, reader.numerals
    freed = date_words(date.fromisoformat(own.change_from), language, numerals) if own.kind == BLOCKED else ""
    return reader.fill(
        language.gettext(OWN_CHANGES[own.kind, own.move]),
        time=duration_words(timedelta(minutes=own.minutes), language, numerals),
        date=freed,
        moment=reader.say(own.opens_at),
        **more,
    )


def _name(seen: Seen, reader: Reader) -> str:
    return set_city(seen_name(seen, reader.language), Setting.HTML)
