"""How does what a service found become what the API answers? Field by field; what listing hides is hidden before it comes here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from coordinator.api import shapes
from coordinator.domain import zones
from coordinator.domain.access import Caller, Right
from coordinator.domain.availability import Availability
from coordinator.domain.group import Group
from coordinator.domain.link import Link
from coordinator.domain.listing import Seen
from coordinator.domain.moment import Sentence
from coordinator.domain.quarters import quarter_of
from coordinator.domain.response import Tally
from coordinator.domain.rota import Lease, Seat, nag
from coordinator.i18n import Languages
from coordinator.services.actions import ActionView, GroupRow
from coordinator.services.announce import describe_legs
from coordinator.services.health import Health
from coordinator.services.issue import MadeLink
from coordinator.services.network import Network
from coordinator.store.health import JobRow


def show_action(view: ActionView) -> shapes.ActionShown:
    """An action as its view shows it."""
    return shapes.ActionShown(
        slug=view.slug,
        title=view.title,
        kind=view.kind,
        story=view.story,
        language=view.language,
        shape=view.shape,
        duration_minutes=_minutes(view.duration),
        quarter=view.quarter,
        state=view.state,
        stage=view.stage,
        practice=view.practice,
        moving=view.moving,
        revision=view.revision,
        sequence=view.sequence,
        proposer=None if view.proposer is None else show_seen(view.proposer),
        deadline_at=view.deadline_at,
        cancel_reason=view.cancel_reason,
        moved_from_at=view.moved_from_at,
        changed_at=view.changed_at,
        legs=[shapes.LegShown(part.leg, part.starts_at, part.offered_at, part.utc_offset_minutes) for part in view.legs],
        groups=[_show_invited(row) for row in view.rows],
        others=view.others,
        continents=view.continents,
        tally=_show_tally(view.tally),
        agreed_tally=_show_tally(view.agreed_tally),
    )


def show_moment(view: ActionView) -> shapes.Moment:
    """The legs that the reader may see, or the one in the view."""
    legs = [shapes.MomentLeg(**part) for part in describe_legs(view.legs)]
    return shapes.Moment(view.slug, view.revision, view.state, view.shape, legs)


def show_seen(seen: Seen) -> shapes.SeenGroup:
    """A group as listing shows it."""
    return shapes.SeenGroup(seen.group_id, seen.name, seen.place, seen.zone_id, seen.own)


def show_group(group: Group, caller: Caller) -> shapes.GroupShown:
    """A group for those at its desk. Its guests do not see when it can."""
    profile, at_home = group.profile, caller.may(Right.EDIT_AVAILABILITY, group.id)
    return shapes.GroupShown(
        group=group.id,
        name=profile.name,
        place=profile.place,
        zone=profile.zone_id,
        language=profile.language,
        alias_name=profile.alias_name,
        alias_place=profile.alias_place,
        numerals=profile.numerals,
        listing=profile.listing,
        revision=group.revision,
        created_at=group.created_at,
        availability=_show_availability(group.availability) if at_home else None,
    )


def show_link(link: Link, now: datetime) -> shapes.LinkShown:
    """A link without its secret."""
    return shapes.LinkShown(
        link=link.id,
        role=link.role,
        state=link.state(now),
        label=link.label,
        holder=link.holder,
        language=link.language,
        created_at=link.created_at,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
        last_used_on=link.last_used_on,
    )


def show_new_link(made: MadeLink, base_url: str) -> shapes.NewLink:
    """A link with its secret, this once."""
    return shapes.NewLink(made.id, made.role, made.group_id, made.secret, made.code, f"{base_url}{made.path}", made.expires_at)


def show_seat(seat: Seat, now: datetime) -> shapes.SeatShown:
    """A seat with who holds it."""
    return shapes.SeatShown(seat.duty, seat.seat, _show_lease(seat.holder, now), _show_lease(seat.successor, now), nag(seat, now))


def show_grants(caller: Caller) -> list[shapes.GrantShown]:
    """What a session holds."""
    return [shapes.GrantShown(grant.link_id, grant.role, grant.group_id) for grant in caller.grants]


def show_network(network: Network, languages: Languages, now: datetime) -> shapes.NetworkShown:
    """The network with the languages it speaks."""
    return shapes.NetworkShown(
        name=network.name,
        zone=network.zone_id,
        default_language=network.default_language,
        numerals=dict(network.numerals),
        threshold_percent=network.threshold_percent,
        tolerance_ms=network.tolerance_ms,
        quarter=str(quarter_of(now, network.zone_id)),
        rules_version=zones.rules_version(),
        languages=[shapes.LanguageShown(each.tag, each.name, each.direction, each.complete) for each in languages],
    )


def show_job(row: JobRow) -> shapes.JobShown:
    """A job row."""
    return shapes.JobShown(row.id, row.kind, row.state, row.due_at, row.attempt, row.done_at, row.last_error)


def show_health(found: Health) -> shapes.HealthShown:
    """A reading of health, with its figures."""
    return shapes.HealthShown(
        level=found.level,
        checks={str(check): level for check, level in found.levels.items()},
        at=found.at,
        canary_age_s=found.canary_age_s,
        revision=found.revision,
        rules_version=found.rules_version,
        tzdata_version=found.tzdata_version,
        oldest_due_s=found.oldest_due_s,
        dead_lately=found.dead_lately,
        beats=[shapes.Beat(beat.process, beat.at) for beat in found.beats],
        jobs=[shapes.JobCount(count.kind, count.state, count.jobs) for count in found.jobs],
    )


def _show_invited(row: GroupRow) -> shapes.Invited:
    return shapes.Invited(
        group=show_seen(row.seen),
        leg=row.leg,
        offered_leg=row.offered_leg,
        required=row.required,
        response=row.response,
        reason=row.reason,
        burden=row.burden,
        offered_burden=row.offered_burden,
        agreed=None if row.sentence is None else shapes.Agreed(**_show_sentence(row.sentence)),
        drift=None if row.choice is None else shapes.DriftShown(**_show_sentence(row.choice.now)),
        asks_move=row.asks_move,
    )


def _show_sentence(sentence: Sentence) -> dict[str, Any]:
    return {
        "wall_time": sentence.wall_time.isoformat(timespec="seconds"),
        "zone": sentence.zone_id,
        "utc_offset_minutes": _minutes(sentence.utc_offset),
        "tzdata": sentence.tzdata,
    }


def _show_tally(tally: Tally) -> shapes.TallyShown:
    return shapes.TallyShown(tally.invited, tally.consents, tally.stand_asides, tally.objections)


def _show_availability(availability: Availability) -> shapes.AvailabilityShown:
    stored = availability.to_json()
    return shapes.AvailabilityShown(
        windows=[
            shapes.WindowShown(row["days"], row["from"], row["to"], window.level)
            for row, window in zip(stored["windows"], availability.windows, strict=True)
        ],
        quiet=[shapes.QuietShown(row["from"], row["to"]) for row in stored["quiet"]],
        blocked=list(availability.blocked),
        reach=availability.reach,
    )


def _show_lease(lease: Lease | None, now: datetime) -> shapes.LeaseShown | None:
    if lease is None:
        return None
    return shapes.LeaseShown(lease.alias, lease.since_at, lease.until_at, lease.accepted_at is not None, lease.is_live(now))


def _minutes(span: timedelta) -> int:
    return int(span / timedelta(minutes=1))
