"""A hidden group's name, city and zone stand in no byte that the public, or a partner, can get from the API."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from coordinator.api.openapi import NAMES_IN_PATH
from coordinator.api.operations import OPERATIONS
from tests.api.test_commands import COMMANDS
from tests.api.world import HIDDEN, HIDDEN_WORDS, World

# The hidden group's own links, and the steward's, see it; nobody else does.
STRANGERS = ("", "custodian", "lapsed", "member", "witness", "room", "remote", "other")


def _gets(known: dict[str, str]) -> Iterator[str]:
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.path != "/zones":
            yield NAMES_IN_PATH.sub(lambda found: known[found[1]], operation.path)


async def test_hidden_group_is_in_no_answer(world: World) -> None:
    slugs = [await world.confirm(), await world.propose(), await world.draft()]
    await world.post(f"/groups/{world.hidden}/rota/take", {"duty": "facilitator", "alias": "Quetzaltenango"}, "hidden")
    begun = await world.post(f"/groups/{world.hidden}/uploads", {"size": 1, "sha256": "ab" * 32}, "hidden")
    told_by_hidden, told = await world.tell(world.hidden, "hidden"), await world.tell()
    await world.translate(told_by_hidden)
    await world.translate(told, world.hidden, "hidden")
    met = await world.set_up(told_by_hidden)
    statuses = set()
    for role, slug in itertools.product(STRANGERS, slugs):
        group = world.group if role in {"custodian", "member"} else world.hidden
        known = {
            "slug": slug,
            "spotlight": told_by_hidden if slug == slugs[0] else told,
            "group": group,
            "meeting": met,
            "quarter": "2027-Q1",
            "upload": begun.json()["upload"],
        }
        for path in _gets(known | {"start": "2027-02-10T18:00:00Z", "shape": "wave?start=2027-02-10T18:00"}):
            answer = await world.get(path, role)

            said = answer.text + str(answer.headers)
            assert not [word for word in HIDDEN_WORDS if word in said], (role, path)
            statuses.add((path.rpartition("/")[2], answer.status_code))

    assert {("candidates", 200), ("moment.json", 200), ("groups", 200), (world.group, 200), (world.hidden, 403)} <= statuses
    assert {
        ("spotlights", 200),
        ("spotlights", 403),
        ("translations", 200),
        (told, 200),
        (told_by_hidden, 200),
        (told_by_hidden, 404),
    } <= statuses


async def test_hidden_group_is_in_no_answer_to_a_command(world: World) -> None:
    slug, told = await world.propose(), await world.tell(world.hidden, "hidden")
    made, met = await world.translate(told), await world.set_up(told)
    for path, body in COMMANDS:
        if path in {"/leave", "/groups/import"}:
            continue
        known = {"group": world.hidden, "slug": slug, "spotlight": told, "translation": made, "link": world.links["hidden"].id}
        aimed = path.format(**known, meeting=met, job="nosuchjob", no_go="nosuch")

        answer = await world.post(aimed, body, "custodian")

        assert not [word for word in HIDDEN_WORDS if word in answer.text], path


async def test_hidden_name_taken_by_another_group_is_not_refused(world: World) -> None:
    """A refusal would tell that a group of this name is there."""
    taken = await world.post(f"/groups/{world.group}", {"name": HIDDEN["name"]}, "custodian")
    seen = await world.post(f"/groups/{world.group}", {"name": "casseroles "}, "custodian")

    assert taken.status_code == 200
    assert [p["code"] for p in seen.json()["problems"]] == ["name_taken"]


async def test_groups_order_does_not_tell_where_a_hidden_name_stands(world: World) -> None:
    orders = []
    for name in ("AAA", "zzz"):
        await world.post(f"/groups/{world.hidden}", {"name": name}, "hidden")
        orders.append((await world.get("/groups", "member")).content)

    assert orders[0] == orders[1]
