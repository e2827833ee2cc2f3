"""In what words is a group told why a start costs what it costs?

Each reason is one sentence that begins with the group's own time; a group that hides its zone has no time, and its sentences name no hours.
"""

from __future__ import annotations

from datetime import time

from coordinator.domain.availability import DAY_MINUTES, QuietSpan
from coordinator.domain.reasons import Reason, Why
from coordinator.formats.isolation import Setting, compose
from coordinator.formats.times import LATIN, date_words, say_hours
from coordinator.i18n import N_, Language

# Translators: `when` is a time in a city: "19:15 Kathmandu, Sat UTC+5:45". Of another group, except where it says "your".
AT_A_TIME: dict[Why, str] = {
    Why.PREFERRED: N_("%(when)s: hours that it prefers."),
    Why.POSSIBLE: N_("%(when)s: hours that are possible."),
    Why.AWAKE: N_("%(when)s: awake, but outside its hours."),
    Why.NIGHT: N_("%(when)s: it would pay with its night."),
    Why.QUIET: N_("%(when)s: your quiet hours, %(hours)s, are touched."),
    Why.BLOCKED: N_("%(when)s: you have blocked %(date)s."),
    Why.NO_GO: N_("%(when)s: one of your private no-go times, which nobody else is told of."),
    Why.OUT_OF_RANGE: N_("%(when)s: outside the dates that were asked for."),
    Why.NO_WINDOW: N_("%(when)s: none of your hours, and you bear no others."),
    Why.CANNOT: N_("%(when)s: it cannot take part then."),
}
AT_NO_TIME: dict[Why, str] = {
    Why.PREFERRED: N_("It can, in hours that it prefers."),
    Why.POSSIBLE: N_("It can, in hours that are possible."),
    Why.AWAKE: N_("It can, outside its hours."),
    Why.NIGHT: N_("It would pay with its night."),
    Why.CANNOT: N_("It cannot take part."),
}


def say_reason(reason: Reason, when: str, language: Language, numerals: str = LATIN) -> str:
    """The sentence as markup. `when` is markup too, or empty for a group whose local time the reader may not know."""
    if not when:
        return language.gettext(AT_NO_TIME.get(reason.why, AT_NO_TIME[Why.CANNOT]))
    date = "" if reason.blocked_on is None else date_words(reason.blocked_on, language, numerals)
    hours = "" if reason.quiet is None else _span_words(reason.quiet, language, numerals)
    return compose(language.gettext(AT_A_TIME[reason.why]), Setting.HTML, when=when, date=date, hours=hours)


def _span_words(span: QuietSpan, language: Language, numerals: str) -> str:
    start, end = (time(*divmod(minute % DAY_MINUTES, 60)) for minute in (span.start_minute, span.end_minute))
    return say_hours(start, end, language, numerals)
