"""What does the public mirror hold? Standing spotlights of public groups, the echoes of public groups, and the groups whose lines are drawn.

Nothing here counts what the public may not see, not even as a number: an echo of a group that hides, or of a spotlight told to partners
only, leaves every public byte as it was. A number that rises when a hidden group acts would tell of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY
from coordinator.domain.group import card
from coordinator.domain.listing import Audience, Seen, see
from coordinator.domain.quarters import Quarter, parse_quarter
from coordinator.errors import NotFound
from coordinator.services.actions import ActionView, load_views
from coordinator.services.groups import load_groups
from coordinator.services.hearing import VoiceView, load_told_voices
from coordinator.services.mirror import EchoView, Reading, SpotlightView, load_echoes, load_standing
from coordinator.store.actions import with_ids
from coordinator.store.spotlights import answering, with_slug


@dataclass(frozen=True, slots=True)
class Told:
    """A spotlight that stands in public, the public echoes that answer it, the newest first, and the voices for everybody."""

    spotlight: SpotlightView
    echoes: tuple[EchoView, ...]
    voices: tuple[VoiceView, ...]


@dataclass(frozen=True, slots=True)
class PublicMirror:
    """Everything, the latest told first. `actions` are those that echoes name and the public may know of, by id."""

    told: tuple[Told, ...]
    actions: Mapping[str, ActionView]

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """The quarters in which anything echoed, the latest first."""
        found = {parse_quarter(echo.quarter) for each in self.told for echo in each.echoes}
        return tuple(sorted(found, reverse=True))

    def echoes_in(self, quarter: Quarter) -> tuple[tuple[SpotlightView, EchoView], ...]:
        """What echoed what in that quarter, in the order of time."""
        pairs = [(each.spotlight, echo) for each in self.told for echo in each.echoes if echo.quarter == str(quarter)]
        return tuple(sorted(pairs, key=lambda pair: (pair[1].published_at, pair[1].id)))


async def load_public_mirror(conn: AsyncConnection, language: str, now: datetime, *where: sa.ColumnElement[bool]) -> PublicMirror:
    """All that stands in public (under these conditions), in the best words there are for this language."""
    reading = Reading(NOBODY, language, now)
    standing = await load_standing(conn, reading, *where)
    found = await load_echoes(conn, reading, answering({each.id for each in standing}))
    echoes = [echo for echo in found if echo.answerer is not None and echo.answerer.name]
    actions = await load_views(conn, NOBODY, now, with_ids({echo.action_id for echo in echoes if echo.action_id}))
    voices = await load_told_voices(conn, reading, {each.id for each in standing})
    told = tuple(
        Told(each, _echoes_of(each, echoes), _voices_of(each, voices)) for each in standing if each.teller is not None and each.teller.name
    )
    return PublicMirror(told, {view.action_id: view for view in actions})


async def load_public_spotlight(conn: AsyncConnection, language: str, slug: str, now: datetime) -> PublicMirror:
    """The one of this address. NotFound for one that is unknown, and alike for one that the public may not know of."""
    mirror = await load_public_mirror(conn, language, now, with_slug(slug))
    if not mirror.told:
        raise NotFound("spotlight")
    return mirror


async def load_public_groups(conn: AsyncConnection) -> tuple[Seen, ...]:
    """The groups that show themselves to everybody, as the public sees them."""
    seen = (see(card(group), Audience.PUBLIC) for group in await load_groups(conn))
    return tuple(one for one in seen if one is not None)


def _voices_of(spotlight: SpotlightView, voices: Sequence[VoiceView]) -> tuple[VoiceView, ...]:
    return tuple(voice for voice in voices if voice.spotlight_id == spotlight.id)


def _echoes_of(spotlight: SpotlightView, echoes: Sequence[EchoView]) -> tuple[EchoView, ...]:
    return tuple(echo for echo in echoes if echo.spotlight_id == spotlight.id)
