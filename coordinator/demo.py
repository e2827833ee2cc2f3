"""What does `make demo` show? 42 partner groups with a past, an agreed moment, an open question, a mirror, and a practice three minutes away.

Everything goes through the services that the pages use, as `demo_actions` has it for actions.
A second start goes on where the first was: groups and actions stay, a fresh practice and fresh links are made, earlier links stay valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coordinator.assets import asset_root
from coordinator.demo_actions import agree, answer, custodian_of, fill_past, put_best_forward
from coordinator.demo_mirror import fill_mirror
from coordinator.domain.action import State
from coordinator.domain.group import Group
from coordinator.domain.listing import Listing
from coordinator.i18n import Languages
from coordinator.services.callers import OPERATOR
from coordinator.services.groups import load_groups
from coordinator.services.imports import import_groups, read_csv
from coordinator.services.network import edit_network
from coordinator.services.proposals import draft_action, practise
from coordinator.store.actions import find_records, in_states, not_practice, proposed_by
from coordinator.store.database import Work

PRACTICE_IN = timedelta(minutes=3)

HOST_GROUP = "Kathmandu Commons"  # proposes the confirmed action, practises, and gets the links
ASKING_GROUP = "Collectif des Casseroles"  # proposes the action that is still open, to these, of whom the last three have not answered
ASKED_GROUPS = (
    "Huerta Común",
    "Minga del Agua",
    "Rede Mangue",
    "Liverpool Unity Hall",
    "Cape Flats Commons",
    "Kyiv Kitchen",
    "Mumbai Chawl Union",
    "Manila Bay Night School",
    "Nile Listeners",
    "Dar Water Forum",
    "Kathmandu Commons",
)
WAITING = 3

NETWORK = {"zone": "Africa/Nairobi", "numerals.ar": "arab"}
AGREED = {
    "title": "Keep the taps open",
    "kind": "silence",
    "story": (
        "Thirty minutes of silence at every tap, tank and river where households are being cut off from water. "
        "One instant, one demand: no one is disconnected."
    ),
    "duration_minutes": "30",
    "shape": "instant",
    "language": "en",
}
OPEN = {
    "title": "Pots at the window",
    "kind": "noise",
    "story": (
        "Twenty minutes of noise from every window on the day the rents go up. In 2026 nine cities did it on nine days, "
        "and nine papers called it local. One instant makes it one story."
    ),
    "duration_minutes": "20",
    "shape": "instant",
    "language": "en",
}
PRACTICE = {"title": "Practice: one minute of silence", "kind": "silence", "duration_minutes": "1", "language": "en", "practice": "1"}


@dataclass(frozen=True, slots=True)
class DemoLinks:
    """What the demo prints: where to look, and which group's links to make."""

    group: Group
    agreed_slug: str
    practice_slug: str


async def fill_network(work: Work, languages: Languages) -> DemoLinks:
    """Brings the demo network to the state described above, whatever of it is there already."""
    complete = frozenset(language.tag for language in languages.complete)
    if not await load_groups(work.conn):
        rows = read_csv((asset_root() / "demo" / "groups.csv").read_bytes(), [language.tag for language in languages])
        await import_groups(work, OPERATOR, rows, Listing.PUBLIC)
        digits = {language.tag: language.native_digits for language in languages}
        await edit_network(work, OPERATOR, NETWORK, complete_languages=complete, native_digits=digits)
        await fill_past(work, await load_groups(work.conn), complete)
    groups = {group.name: group for group in await load_groups(work.conn)}
    host, asking = groups[HOST_GROUP], groups[ASKING_GROUP]
    agreed_slug = await _standing_action(work, host) or await agree(work, host, groups.values(), AGREED, complete)
    if not await find_records(work.conn, in_states(State.PROPOSED), not_practice()):
        await _ask(work, asking, [groups[name] for name in ASKED_GROUPS], complete)
    await fill_mirror(work, groups, complete | {group.language for group in groups.values()})
    return DemoLinks(host, agreed_slug, await _practise(work, host, complete))


async def _standing_action(work: Work, host: Group) -> str | None:
    standing = await find_records(work.conn, in_states(State.CONFIRMED), not_practice(), proposed_by(host.id))
    ahead = [record.action.slug for record in standing if min(record.starts) > work.now]
    return ahead[0] if ahead else None


async def _ask(work: Work, asking: Group, asked: Sequence[Group], languages: frozenset[str]) -> None:
    """Puts a second action forward and answers for all but the last ones asked, so that their desks have a question."""
    offered = await put_best_forward(work, asking, {**OPEN, "invited": [group.id for group in asked]}, languages)
    await answer(work, asked[:-WAITING], offered)


async def _practise(work: Work, host: Group, languages: frozenset[str]) -> str:
    slug = await draft_action(work, custodian_of(host), host.id, PRACTICE, languages)
    await practise(work, custodian_of(host), slug, {"start": _in_three_minutes(work.now).isoformat()})
    return slug


def _in_three_minutes(now: datetime) -> datetime:
    return (now + PRACTICE_IN).replace(microsecond=0)
