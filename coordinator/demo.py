"""What does `make demo` show? 42 partner groups, an agreed moment, an open question, a mirror, and a practice three minutes away.

Everything goes through the services that the pages use: import, draft, the resolver's candidates, put forward, one real answer a group.
A second start goes on where the first was: groups and actions stay, a fresh practice and fresh links are made, earlier links stay valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coordinator.assets import asset_root
from coordinator.demo_mirror import fill_mirror
from coordinator.domain.access import Caller, Grant, Role
from coordinator.domain.action import State
from coordinator.domain.burden import BURDEN_NOT_BORNE
from coordinator.domain.group import Group
from coordinator.domain.listing import Listing
from coordinator.domain.quarters import next_quarter
from coordinator.i18n import Languages
from coordinator.services.callers import OPERATOR
from coordinator.services.candidates import find_board
from coordinator.services.groups import load_groups
from coordinator.services.imports import import_groups, read_csv
from coordinator.services.network import edit_network, load_network
from coordinator.services.proposals import draft_action, practise, put_forward
from coordinator.services.questions import load_search
from coordinator.services.responses import respond
from coordinator.services.searches import Searches
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
    groups = {group.name: group for group in await load_groups(work.conn)}
    host, asking = groups[HOST_GROUP], groups[ASKING_GROUP]
    agreed_slug = await _standing_action(work, host) or await _agree(work, host, groups, complete)
    if not await find_records(work.conn, in_states(State.PROPOSED), not_practice()):
        await _ask(work, asking, [groups[name] for name in ASKED_GROUPS], complete)
    await fill_mirror(work, groups, complete | {group.language for group in groups.values()})
    return DemoLinks(host, agreed_slug, await _practise(work, host, complete))


async def _standing_action(work: Work, host: Group) -> str | None:
    standing = await find_records(work.conn, in_states(State.CONFIRMED), not_practice(), proposed_by(host.id))
    ahead = [record.action.slug for record in standing if min(record.starts) > work.now]
    return ahead[0] if ahead else None


async def _agree(work: Work, host: Group, groups: Mapping[str, Group], languages: frozenset[str]) -> str:
    """Proposes, puts the resolver's best candidate forward and lets every group answer: those who do not bear it stand aside."""
    slug, burdens = await _put_forward(work, host, AGREED, languages)
    for group in groups.values():
        answer = "stand_aside" if burdens[group.id] == BURDEN_NOT_BORNE else "consent"
        await respond(work, _custodian(group), group.id, slug, {"response": answer})
    return slug


async def _ask(work: Work, asking: Group, asked: Sequence[Group], languages: frozenset[str]) -> None:
    """Puts a second action forward and answers for all but the last ones asked, so that their desks have a question."""
    slug, burdens = await _put_forward(work, asking, {**OPEN, "invited": [group.id for group in asked]}, languages)
    for group in asked[:-WAITING]:
        answer = "stand_aside" if burdens[group.id] == BURDEN_NOT_BORNE else "consent"
        await respond(work, _custodian(group), group.id, slug, {"response": answer})


async def _put_forward(work: Work, proposer: Group, words: Mapping[str, object], languages: frozenset[str]) -> tuple[str, dict[str, int]]:
    quarter = next_quarter(work.now, (await load_network(work.conn)).zone_id)
    slug = await draft_action(work, _custodian(proposer), proposer.id, {**words, "quarter": str(quarter)}, languages)
    board = await find_board(await load_search(work.conn, OPERATOR, slug, work.now), Searches())
    best = board.candidates[0]
    await put_forward(work, _custodian(proposer), slug, {"start": best.starts_at.isoformat()})
    return slug, {row.seen.group_id: row.burden for row in best.rows if row.seen is not None and row.seen.group_id is not None}


async def _practise(work: Work, host: Group, languages: frozenset[str]) -> str:
    slug = await draft_action(work, _custodian(host), host.id, PRACTICE, languages)
    await practise(work, _custodian(host), slug, {"start": _in_three_minutes(work.now).isoformat()})
    return slug


def _in_three_minutes(now: datetime) -> datetime:
    return (now + PRACTICE_IN).replace(microsecond=0)


def _custodian(group: Group) -> Caller:
    return Caller((Grant(Role.CUSTODIAN, group.id, "demo"),), "demo")
