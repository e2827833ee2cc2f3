"""What stands in a calendar, and what each entry says: the public feed and the file of one action, in one language.

Bytes depend on the data alone: DTSTAMP, LAST-MODIFIED and SEQUENCE come from the rows, so equal data give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain import zones
from coordinator.domain.access import NOBODY
from coordinator.domain.action import State
from coordinator.errors import NotFound
from coordinator.formats.icalendar import KEEP_PAST_FOR, CalendarEntry, City, Feed, Status, describe, is_kept, write_events, write_feed
from coordinator.i18n import Language
from coordinator.keys import PUBLIC
from coordinator.services.actions import ActionView, LegView, load_action, load_views
from coordinator.services.network import Network, load_network
from coordinator.store.actions import in_states, not_practice, starts_between
from coordinator.store.eventlog import load_last_at

AHEAD = timedelta(days=366 + 31)  # this quarter and the next four
STANDING = {State.CONFIRMED: Status.CONFIRMED, State.CANCELLED: Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar's bytes and when anything that could be in it last changed, listings of groups included."""

    body: bytes
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and in which language a file is written."""

    network: Network
    language: Language
    base_url: str


async def load_public_feed(conn: AsyncConnection, language: Language, base_url: str, now: datetime) -> CalendarFile:
    """Every public moment from 90 days back to a year ahead; cancelled ones stay for 30 days after their time."""
    setting = Setting(await load_network(conn), language, base_url)
    views = await load_views(
        conn, NOBODY, now, in_states(*STANDING), not_practice(), starts_between(now - KEEP_PAST_FOR - timedelta(days=1), now + AHEAD)
    )
    entries = [e for view in views for e in _entries(view, setting) if is_kept(e, now)]
    changed_at = max((entry.changed_at for entry in entries), default=setting.network.created_at)
    body = write_feed(_feed(setting, changed_at), entries, language)
    return CalendarFile(body, max(changed_at, await load_last_at(conn, PUBLIC) or changed_at))


async def load_action_file(
    conn: AsyncConnection, slug: str, language: Language, base_url: str, now: datetime, *, leg: int | None = None
) -> CalendarFile:
    """The public legs of one action, or one of them, to be saved once. NotFound for what the public may not know, or what has no moment yet."""
    setting = Setting(await load_network(conn), language, base_url)
    view = await load_action(conn, NOBODY, slug, now)
    view = view if leg is None else replace(view.of_leg(leg), left=())
    entries = _entries(view, setting) if view.state in STANDING else []
    if not entries:
        raise NotFound("action")
    changed_at = max(entries[0].changed_at, await load_last_at(conn, PUBLIC) or entries[0].changed_at)
    return CalendarFile(write_events(entries, language), changed_at)


def _feed(setting: Setting, changed_at: datetime) -> Feed:
    home = f"{setting.base_url}/{setting.language.tag}/"
    return Feed(
        uid=f"calendar@{setting.network.host}",
        name=setting.network.name,
        # Translators: what the calendar says of itself in a calendar app.
        description=setting.language.gettext("Moments at which partner groups act together. The truth stands at %(url)s.", url=home),
        url=home,
        source_url=f"{home}calendar.ics",
        changed_at=changed_at,
    )


def _entries(view: ActionView, setting: Setting) -> list[CalendarEntry]:
    """One for each leg; a leg that nobody follows any more stays, as cancelled, for whoever has it in a calendar."""
    stand, left = ([(part, part.starts_at) for part in parts if part.starts_at is not None] for parts in (view.legs, view.left))
    return [_entry(view, part, at, STANDING[view.state], setting) for part, at in stand] + [
        _entry(view, part, at, Status.CANCELLED, setting) for part, at in left
    ]


def _entry(view: ActionView, part: LegView, starts_at: datetime, status: Status, setting: Setting) -> CalendarEntry:
    language = setting.language
    return CalendarEntry(
        uid=f"{view.action_id}-{part.leg}@{setting.network.host}",
        sequence=view.sequence,
        stamped_at=view.stamped_at,
        changed_at=view.changed_at,
        starts_at=starts_at,
        ends_at=starts_at + view.duration,
        status=status,
        summary=view.title,
        description=describe(view.story, starts_at, _cities(view, part, starts_at), zones.rules_version(), language, others=view.others),
        url=f"{setting.base_url}/{language.tag}/actions/{view.slug}",
        language=view.language,
        cancelled_reason=view.cancel_reason,
    )


def _cities(view: ActionView, part: LegView, starts_at: datetime) -> list[City]:
    """The places of this leg that the reader may see, each once, from west to east by their clocks."""
    places = {
        (row.seen.place or zones.zone_city(row.seen.zone_id)): row.seen.zone_id
        for row in view.rows
        if row.leg == part.leg and row.seen.zone_id is not None
    }
    cities = (City(name, zone_id) for name, zone_id in places.items())
    return sorted(cities, key=lambda city: (zones.utc_offset(starts_at, city.zone_id), city.name))
