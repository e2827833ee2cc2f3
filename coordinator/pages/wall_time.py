"""Which instant does a typed wall time mean when clocks jump over it, or pass it twice? The person is asked, with both answers in full."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from markupsafe import Markup

from coordinator.domain import zones
from coordinator.errors import Invalid
from coordinator.formats.isolation import Setting, set_city
from coordinator.pages.context_desk import Which
from coordinator.pages.forms import Form, Returned
from coordinator.pages.reader import Reader

INSTEAD = "_instead"  # the field that answers a gap: `wall_time_instead` holds another wall time
FOLDS: Mapping[str, str] = {"wall_time": "fold", "deadline_wall_time": "deadline_fold"}
ASKED_ABOUT = ("wall_time_gap", "wall_time_fold")
EXAMPLE_AHEAD = timedelta(days=14)
WRITTEN = "%Y-%m-%d %H:%M"


def write_wall_time(instant: datetime, zone_id: str) -> str:
    """An instant as a form's field takes it: "2027-01-23 19:15"."""
    return zones.to_wall_time(instant, zone_id).strftime(WRITTEN)


def typed_example(reader: Reader) -> Markup:
    """A wall time as it is to be typed, left to right in every language."""
    return Markup('<bdi dir="ltr" class="nowrap">{}</bdi>').format(write_wall_time(reader.now + EXAMPLE_AHEAD, reader.zone_id))


def wall_time_hint(reader: Reader) -> str:
    """How a wall time is typed, and on whose clock it is read."""
    return reader.fill(
        reader.language.gettext("By the clock of %(city)s: year, month, day, hours and minutes, as in %(example)s."),
        city=set_city(reader.city, Setting.HTML),
        example=typed_example(reader),
    )


def settle_answers(form: Form) -> Form:
    """The form with the answers to gaps put in place of the wall times they were asked about."""
    instead = {name: form[f"{name}{INSTEAD}"] for name in FOLDS if form.get(f"{name}{INSTEAD}")}
    return {**form, **instead}


def ask_which(returned: Returned | None, field: str, problem_field: str, reader: Reader) -> Which | None:
    """The question about a wall time that came back because it does not occur once; None when that is not what is wrong."""
    if returned is None or not isinstance(returned.fault, Invalid):
        return None
    if not any(p.field == problem_field and p.code in ASKED_ABOUT for p in returned.fault.problems):
        return None
    typed = str(settle_answers(returned.form).get(field, ""))
    try:
        found = zones.resolve_wall_time(datetime.fromisoformat(typed.strip().replace(" ", "T", 1)), reader.zone_id)
    except ValueError:
        return None
    match found:
        case zones.Gap(earlier, later):
            question = reader.language.gettext("Clocks jump over this time, so it does not happen. Which one is meant?")
            return Which(
                question, tuple((f"{field}{INSTEAD}", write_wall_time(at, reader.zone_id), reader.say(at)) for at in (earlier, later))
            )
        case zones.Fold(first, second):
            question = reader.language.gettext("Clocks are set back, so this time happens twice. Which one is meant?")
            return Which(question, tuple((FOLDS[field], value, reader.say(at)) for value, at in (("first", first), ("second", second))))
        case _:
            return None
