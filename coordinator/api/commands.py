"""What can be done? Each function performs one POST of the table in its transaction, and answers with what has become of the thing."""

from __future__ import annotations

from coordinator.api import shapes
from coordinator.api.describe import show_action, show_group, show_network, show_new_link, show_seat
from coordinator.api.operation import Commanding
from coordinator.domain.action import Command, next_state
from coordinator.domain.listing import Listing
from coordinator.domain.text import read_choice, text_of
from coordinator.edge import base_url
from coordinator.errors import Faults
from coordinator.services import callers, groups, health, imports, leaving, links, network, proposals, responses, rota, zone_law
from coordinator.services.actions import load_action
from coordinator.services.issue import MadeLink

# --- sessions -------------------------------------------------------------------------------------------------------------


async def leave(commanding: Commanding) -> None:
    """Lets go of one link or of all."""
    await callers.leave(commanding.work, commanding.caller, text_of(commanding.raw, "link") or None)


# --- actions --------------------------------------------------------------------------------------------------------------


async def draft(commanding: Commanding) -> shapes.ActionShown:
    """Stores a draft."""
    slug = await proposals.draft_action(commanding.work, commanding.caller, commanding.path("group"), commanding.raw, commanding.tags)
    return await _show(commanding, slug)


async def edit(commanding: Commanding) -> shapes.ActionShown:
    """Changes a draft."""
    await proposals.edit_draft(commanding.work, commanding.caller, commanding.path("slug"), commanding.raw, commanding.tags)
    return await _show(commanding, commanding.path("slug"))


async def put_forward(commanding: Commanding) -> shapes.ActionShown:
    """Puts a draft's moment forward."""
    return await _offer(commanding, Command.PUT_FORWARD)


async def move(commanding: Commanding) -> shapes.ActionShown:
    """Puts another moment of a confirmed action forward; the old one stands until it is agreed to."""
    return await _offer(commanding, Command.MOVE)


async def _offer(commanding: Commanding, command: Command) -> shapes.ActionShown:
    """The service does the one or the other by the action's state; whoever asks for one must not get the other."""
    slug = commanding.path("slug")
    view = await load_action(commanding.work.conn, commanding.caller, slug, commanding.work.now)
    if view.proposer_id is not None and view.proposer_id in commanding.caller.group_ids():
        next_state(view.state, command, moving=view.moving, practice=view.practice)
    await proposals.put_forward(commanding.work, commanding.caller, slug, commanding.raw)
    return await _show(commanding, slug)


async def withdraw(commanding: Commanding) -> shapes.ActionShown:
    """Takes a draft, a proposal or a move back."""
    await proposals.withdraw(commanding.work, commanding.caller, commanding.path("slug"))
    return await _show(commanding, commanding.path("slug"))


async def cancel(commanding: Commanding) -> shapes.ActionShown:
    """Cancels a confirmed action."""
    await proposals.cancel(commanding.work, commanding.caller, commanding.path("slug"), commanding.raw)
    return await _show(commanding, commanding.path("slug"))


async def practise(commanding: Commanding) -> shapes.ActionShown:
    """Starts a practice."""
    await proposals.practise(commanding.work, commanding.caller, commanding.path("slug"), commanding.raw)
    return await _show(commanding, commanding.path("slug"))


async def respond(commanding: Commanding) -> shapes.Answered:
    """Gives a group's answer."""
    slug, group_id = commanding.path("slug"), text_of(commanding.raw, "group")
    outcome = await responses.respond(commanding.work, commanding.caller, group_id, slug, commanding.raw)
    return shapes.Answered(outcome, await _show(commanding, slug))


async def keep_instant(commanding: Commanding) -> shapes.ActionShown:
    """Keeps the instant of a moment that zone law has parted from its sentence."""
    slug, group_id = commanding.path("slug"), text_of(commanding.raw, "group")
    await zone_law.keep_instant(commanding.work, commanding.caller, group_id, slug)
    return await _show(commanding, slug)


async def ask_for_move(commanding: Commanding) -> shapes.ActionShown:
    """Asks whoever proposed the action for another moment."""
    slug, group_id = commanding.path("slug"), text_of(commanding.raw, "group")
    await zone_law.ask_for_move(commanding.work, commanding.caller, group_id, slug)
    return await _show(commanding, slug)


async def _show(commanding: Commanding, slug: str) -> shapes.ActionShown:
    return show_action(await load_action(commanding.work.conn, commanding.caller, slug, commanding.work.now))


# --- groups ---------------------------------------------------------------------------------------------------------------


async def create_group(commanding: Commanding) -> shapes.GroupShown:
    """Takes a group into the network."""
    made = await groups.create_group(commanding.work, commanding.caller, commanding.raw, commanding.tags)
    return show_group(made, commanding.caller)


async def import_groups(commanding: Commanding) -> shapes.Imported:
    """Takes all groups of a file into the network, or none."""
    faults = Faults()
    listing = faults.read("listing", read_choice, text_of(commanding.raw, "?listing") or Listing.PARTNERS.value, tuple(Listing))
    rows = faults.read("", imports.read_csv, commanding.raw[""], commanding.tags)
    faults.check()
    made = await imports.import_groups(commanding.work, commanding.caller, rows, Listing(listing))
    return shapes.Imported([show_group(group, commanding.caller) for group in made])


async def edit_group(commanding: Commanding) -> shapes.GroupShown:
    """Changes what a group says of itself."""
    changed = await groups.edit_group(commanding.work, commanding.caller, commanding.path("group"), commanding.raw, commanding.tags)
    return show_group(changed, commanding.caller)


async def edit_listing(commanding: Commanding) -> shapes.GroupShown:
    """Changes who sees a group."""
    changed = await groups.edit_listing(commanding.work, commanding.caller, commanding.path("group"), commanding.raw, commanding.tags)
    return show_group(changed, commanding.caller)


async def edit_availability(commanding: Commanding) -> shapes.GroupShown:
    """Replaces a group's availability."""
    changed = await groups.edit_availability(commanding.work, commanding.caller, commanding.path("group"), commanding.raw)
    return show_group(changed, commanding.caller)


async def archive_group(commanding: Commanding) -> None:
    """Lets a group leave."""
    await leaving.archive_group(commanding.work, commanding.caller, commanding.path("group"))


# --- links and rota -------------------------------------------------------------------------------------------------------


async def make_group_link(commanding: Commanding) -> shapes.NewLink:
    """Makes a link of a group."""
    return await _make_link(commanding, commanding.path("group"))


async def make_steward_link(commanding: Commanding) -> shapes.NewLink:
    """Makes one more steward's link."""
    return await _make_link(commanding, None)


async def _make_link(commanding: Commanding, group_id: str | None) -> shapes.NewLink:
    made = await links.make_link(
        commanding.work,
        commanding.caller,
        commanding.raw,
        group_id=group_id,
        languages=commanding.tags,
        secret_key=commanding.runtime.secret_key,
    )
    return _show_made(commanding, made)


def _show_made(commanding: Commanding, made: MadeLink) -> shapes.NewLink:
    return show_new_link(made, base_url(commanding.request))


async def revoke_link(commanding: Commanding) -> None:
    """Revokes a link for good."""
    await links.revoke_link(commanding.work, commanding.caller, commanding.path("link"))


async def take_duty(commanding: Commanding) -> shapes.Rota:
    """Takes a seat."""
    await rota.take_duty(commanding.work, commanding.caller, commanding.path("group"), commanding.raw)
    return await _show_rota(commanding)


async def give_back(commanding: Commanding) -> shapes.Rota:
    """Gives a seat back."""
    await rota.give_back(commanding.work, commanding.caller, commanding.path("group"), commanding.raw)
    return await _show_rota(commanding)


async def _show_rota(commanding: Commanding) -> shapes.Rota:
    now = commanding.work.now
    return shapes.Rota([show_seat(seat, now) for seat in await rota.load_rota(commanding.work.conn, commanding.path("group"), now)])


async def hand_over(commanding: Commanding) -> shapes.NewLink:
    """Offers the custodianship to a successor."""
    return _show_made(commanding, await rota.hand_over(commanding.work, commanding.caller, commanding.path("group"), commanding.raw))


# --- the network ----------------------------------------------------------------------------------------------------------


async def edit_network(commanding: Commanding) -> shapes.NetworkShown:
    """Changes the network's settings."""
    languages = commanding.runtime.languages
    changed = await network.edit_network(
        commanding.work,
        commanding.caller,
        commanding.raw,
        complete_languages=[language.tag for language in languages.complete],
        native_digits={language.tag: language.native_digits for language in languages},
    )
    return show_network(changed, languages, commanding.work.now)


async def revive_job(commanding: Commanding) -> None:
    """Gives a job its attempts anew."""
    await health.revive_job(commanding.work, commanding.caller, commanding.path("job"))
