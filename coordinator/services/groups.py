"""Partner groups: join, change what they say of themselves, list and hide themselves (`leaving.py` lets them leave).

Every change raises the group's `revision` and is told to whoever could see the group before or after it: hiding takes effect at once,
as every page, feed and socket asks `domain/listing` anew. Events carry id and revision only, never a name, a place or a zone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.availability import Availability
from coordinator.domain.availability_form import read_any_availability
from coordinator.domain.group import Group, GroupDraft, read_group, read_profile, same_name
from coordinator.domain.listing import Card, Listing
from coordinator.domain.text import text_of
from coordinator.errors import Conflict, Faults, NotFound
from coordinator.store import groups as store
from coordinator.store.database import Work
from coordinator.store.ids import new_group_id
from coordinator.store.network import lock_network

PROFILE_FIELDS = ("name", "place", "zone", "language", "alias_name", "alias_place", "numerals", "listing")
NOTHING: Mapping[str, object] = MappingProxyType({})
LISTING_FIELDS = ("listing", "alias_name", "alias_place")


async def load_groups(conn: AsyncConnection) -> list[Group]:
    """Every group that has not left the network, by name. For rules and the steward: pages show them through `domain/listing`."""
    return await store.find_groups(conn, store.still_here())


async def load_group(conn: AsyncConnection, group_id: str) -> Group:
    """The group of this id; NotFound when there is none or it has left."""
    found = await store.find_group(conn, group_id)
    if found is None or found.archived_at is not None:
        raise NotFound("group")
    return found


async def load_cards(conn: AsyncConnection, group_ids: Iterable[str]) -> dict[str, Card]:
    """Group id → its card, also of groups that have left (their past actions stand)."""
    return {card.group_id: card for card in await store.find_cards(conn, store.among(group_ids))}


async def create_group(work: Work, caller: Caller, raw: Mapping[str, object], languages: Collection[str]) -> Group:
    """Takes a group into the network. Raises Invalid with every fault, `name_taken` among them."""
    caller.require(Right.STEER)
    faults = Faults()
    draft = faults.read("", read_group, raw, languages)
    await _note_taken_name(work, caller, text_of(raw, "name"), faults)
    faults.check()
    (created,) = await add_groups(work, [draft])
    return created


async def add_groups(work: Work, drafts: Iterable[GroupDraft]) -> list[Group]:
    """Stores groups that have been checked, and tells of them."""
    created = [Group(new_group_id(), draft.profile, draft.availability, 1, work.now, None) for draft in drafts]
    await store.insert_groups(work.conn, [_columns(group) for group in created])
    for group in created:
        announce_group(work, group.id, group.revision, group.listing)
    return created


async def edit_group(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], languages: Collection[str]) -> Group:
    """Changes name, place, zone, language, aliases, numerals, listing and reach: those that `raw` holds. Raises Invalid with every fault.

    A `revision` in `raw` that is not the stored one raises Conflict `changed_meanwhile`.
    """
    caller.require(Right.EDIT_GROUP, group_id)
    group = await load_group_for_change(work, group_id, raw)
    faults = Faults()
    profile = faults.read("", read_profile, _only(raw, PROFILE_FIELDS), languages, group.profile)
    availability = faults.read("", _with_reach, group, raw)
    if same_name(text_of(raw, "name") or group.name) != same_name(group.name):
        await _note_taken_name(work, caller, text_of(raw, "name"), faults)
    faults.check()
    return await _store(work, group, replace(group, profile=profile, availability=availability))


async def edit_listing(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], languages: Collection[str]) -> Group:
    """Changes only who sees the group, and under which name and place."""
    return await edit_group(work, caller, group_id, _only(raw, (*LISTING_FIELDS, "revision")), languages)


async def edit_availability(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> Group:
    """Replaces windows, quiet hours and blocked dates, in any form that `read_any_availability` knows. Raises Invalid with every fault.

    Reach says how far the group lets itself be reached: changing it needs the right to edit the group.
    """
    caller.require(Right.EDIT_AVAILABILITY, group_id)
    group = await load_group_for_change(work, group_id, raw)
    availability = read_any_availability(raw, default_reach=group.reach)
    if availability.reach is not group.reach:
        caller.require(Right.EDIT_GROUP, group_id)
    return await _store(work, group, replace(group, availability=availability))


def announce_group(work: Work, group_id: str, revision: int, *listings: Listing) -> None:
    """Tells of a change to the group itself and to whoever could see it under one of `listings` (before, after)."""
    told = {"group": group_id, "revision": revision}
    work.emit(keys.group_stream(group_id), "group.changed", told)
    if any(listing is not Listing.HIDDEN for listing in listings):
        work.emit(keys.PARTNERS, "group.changed", told)
    if Listing.PUBLIC in listings:
        work.emit(keys.PUBLIC, "group.changed", told)


async def find_taken_names(work: Work, caller: Caller) -> dict[str, str]:
    """Key of `same_name` → name, of the groups whose names this caller may know: a refusal must not tell of a hidden one.

    Holds the network until the commit, so that no name is given twice at once.
    """
    await lock_network(work.conn)
    known = [g for g in await load_groups(work.conn) if g.listing is not Listing.HIDDEN or caller.may(Right.READ_DESK, g.id)]
    return {same_name(group.name): group.name for group in known}


def _with_reach(group: Group, raw: Mapping[str, object]) -> Availability:
    hours = group.availability.to_json()
    hours.pop("reach")
    return read_any_availability({"availability": hours, "reach": raw["reach"]}) if "reach" in raw else group.availability


async def _note_taken_name(work: Work, caller: Caller, name: str, faults: Faults) -> None:
    taken = (await find_taken_names(work, caller)).get(same_name(name))
    if taken is not None:
        faults.add("name", "name_taken", taken)


async def load_group_for_change(work: Work, group_id: str, raw: Mapping[str, object] = NOTHING) -> Group:
    """The group, locked until the commit. NotFound when it is not here (any more); Conflict when `raw` holds another `revision`."""
    group = await store.find_group(work.conn, group_id, lock=True)
    if group is None or group.archived_at is not None:
        raise NotFound("group")
    if text_of(raw, "revision") not in {"", str(group.revision)}:
        raise Conflict("changed_meanwhile")
    return group


async def _store(work: Work, before: Group, after: Group) -> Group:
    columns = store.profile_columns(after.profile) | store.availability_columns(after.availability)
    revision = await store.change_group(work.conn, after.id, **columns)
    announce_group(work, after.id, revision, before.listing, after.listing)
    return replace(after, revision=revision)


def _columns(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "revision": group.revision,
        "created_at": group.created_at,
        **store.profile_columns(group.profile),
        **store.availability_columns(group.availability),
    }


def _only(raw: Mapping[str, object], fields: Collection[str]) -> dict[str, object]:
    return {name: raw[name] for name in fields if name in raw}
