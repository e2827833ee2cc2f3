"""Private no-go times from outside: listed, added and removed by the group's own people, and by nobody else."""

from __future__ import annotations

import pytest

from tests.api.world import World
from tests.factories import count_rows

COURT = {"from": "2027-02-14 18:30", "to": "2027-02-14 21:00", "why": "the court sits"}


async def test_no_go_is_added_listed_in_wall_time_and_instants_and_removed(world: World) -> None:
    path = f"/groups/{world.group}/no-go"
    made = await world.post(path, COURT, "member", key="one-and-the-same")
    again = await world.post(path, COURT, "member", key="one-and-the-same")
    day = await world.post(path, {"from": "2027-02-01"}, "custodian")
    listed = (await world.get(path, "lapsed")).json()
    removed = await world.post(f"{path}/{made.json()['no_go']}/remove", None, "custodian")
    left = (await world.get(path, "member")).json()

    assert (made.status_code, again.status_code, removed.status_code) == (201, 201, 204)
    assert again.json() == made.json() == {"no_go": made.json()["no_go"]}
    assert listed == {
        "zone": "America/La_Paz",
        "times": [
            {
                "no_go": day.json()["no_go"],
                "from": "2027-02-01T00:00",
                "to": "2027-02-02T00:00",
                "why": "",
                "starts_at": "2027-02-01T04:00:00Z",
                "ends_at": "2027-02-02T04:00:00Z",
            },
            {
                "no_go": made.json()["no_go"],
                "from": "2027-02-14T18:30",
                "to": "2027-02-14T21:00",
                "why": "the court sits",
                "starts_at": "2027-02-14T22:30:00Z",
                "ends_at": "2027-02-15T01:00:00Z",
            },
        ],
    }
    assert [one["from"] for one in left["times"]] == ["2027-02-01T00:00"]


@pytest.mark.parametrize(
    ("role", "status"), [("", 401), ("room", 403), ("remote", 403), ("witness", 403), ("steward", 403), ("other", 403)]
)
async def test_no_go_answers_nobody_else_and_writes_nothing_for_them(world: World, role: str, status: int) -> None:
    path = f"/groups/{world.group}/no-go"
    made = (await world.post(path, COURT, "member")).json()["no_go"]
    async with world.database.read() as conn:
        before = await count_rows(conn)

    answers = [
        await world.get(path, role),
        await world.post(path, {"from": "2027-02-02"}, role),
        await world.post(f"{path}/{made}/remove", None, role),
    ]

    assert [answer.status_code for answer in answers] == [status, 403, 403]
    assert not any("court" in answer.text for answer in answers)
    async with world.database.read() as conn:
        assert await count_rows(conn) == before


async def test_no_go_that_cannot_be_is_a_problem_with_every_fault(world: World) -> None:
    answer = await world.post(f"/groups/{world.group}/no-go", {"from": "soon", "to": "2038-01-01"}, "member")

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["problems"]] == [("from", "no_go_malformed"), ("to", "date_too_late")]
