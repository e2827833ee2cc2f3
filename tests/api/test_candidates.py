"""What a draft could be, from outside: candidates, shapes and typed starts, each as far as its groups are listed."""

from __future__ import annotations

import pytest

from coordinator.domain.burden import BURDEN_NOT_BORNE
from tests.api.world import HIDDEN, World


async def test_candidates_weigh_each_group_as_far_as_it_is_listed(world: World) -> None:
    slug = await world.draft()

    board = (await world.get(f"/actions/{slug}/candidates", "custodian")).json()
    own = (await world.get(f"/actions/{slug}/candidates/{board['candidates'][0]['starts_at']}", "custodian")).json()

    assert board["invited"] == 3
    assert own == board["candidates"][0]
    assert {row["group"]["zone"] for row in own["groups"]} == {"America/La_Paz", "Europe/Paris", None}
    assert HIDDEN["zone_id"] not in (await world.get(f"/actions/{slug}/candidates", "custodian")).text


async def test_candidates_say_why_and_what_would_help_and_of_others_no_more_than_their_burden(world: World) -> None:
    slug = await world.draft(invited=[world.group, world.other])
    starts = "2027-01-07T04:00:00Z"  # midnight in La Paz, in whose quiet hours it lies

    weighed = (await world.get(f"/actions/{slug}/candidates/{starts}", "custodian")).json()
    help_of = {role: (await world.get(f"/actions/{slug}/candidates", role)).json()["help"] for role in ("custodian", "witness")}

    assert {row["group"]["zone"]: row["reason"] for row in weighed["groups"]} == {
        "America/La_Paz": {"why": "quiet", "quiet": {"from": "22:30", "to": "07:00"}, "blocked_on": None},
        "Europe/Paris": {"why": "cannot", "quiet": None, "blocked_on": None},  # in its quiet hours, which are its own affair
    }
    assert {group["name"] for group in help_of["custodian"]["conflict"]} == {"Casseroles", "Minga del Agua"}
    assert (help_of["custodian"]["fullest_at"], help_of["custodian"]["asked"]["own"]) == ("2027-01-06T16:30:00Z", True)
    assert help_of["custodian"]["own"] == {
        "kind": "window",
        "move": "earlier",
        "from": "MO,TU,WE,TH,FR 17:30-21:30",
        "to": "MO,TU,WE,TH,FR 16:00-21:30",
        "minutes": 90,
        "opens_at": "2027-01-06T20:00:00Z",
    }
    assert help_of["witness"] == help_of["custodian"] | {"own": None}


async def test_shapes_are_compared_weighed_and_put_forward_and_keep_a_hidden_groups_clock(world: World) -> None:
    slug = await world.draft()

    compared = await world.get(f"/actions/{slug}/shapes", "custodian")
    found = {shape["shape"]: shape for shape in compared.json()["shapes"]}
    again = [
        (await world.get(f"/actions/{slug}/shapes/{name}", "custodian", params={"start": shape["start"]})).json()
        for name, shape in found.items()
    ]
    wave = found["wave"]
    offered = await world.post(f"/actions/{slug}/put-forward", {"shape": "wave", "start": wave["start"]}, "custodian")

    assert list(found) == ["instant", "wave", "relay"]
    assert again == [shape | {"least": None} for shape in found.values()]
    assert HIDDEN["zone_id"] not in compared.text
    for shape in found.values():
        assert [row["group"]["zone"] is None for row in shape["groups"]] == [row["leg_at"] is None for row in shape["groups"]]
        assert sorted({row["leg_at"] for row in shape["groups"]} - {None}) == shape["legs"]
        assert shape["covered"] == sum(row["burden"] < BURDEN_NOT_BORNE for row in shape["groups"])
        assert shape["could_stand"] is (3 * shape["covered"] >= 2 * 3)
    assert (offered.status_code, offered.json()["shape"]) == (200, "wave")


@pytest.mark.parametrize(
    ("path", "status", "faults"),
    [
        ("spiral?start=2027-02-10T18:00:00Z", 404, []),
        ("wave", 422, [("start", "missing")]),
        ("instant?start=2027-02-10T18:00", 422, [("start", "instant_malformed")]),
        ("wave?start=soon", 422, [("wall_time", "wall_time_malformed")]),
        ("relay?start=2027-02-10T18:00:00Z,soon", 422, [("start", "instant_malformed")]),
        ("relay?start=2038-02-10T18:00:00Z", 422, [("start", "date_too_late")]),
    ],
)
async def test_start_of_a_shape_that_cannot_be_weighed_is_a_problem(
    world: World, path: str, status: int, faults: list[tuple[str, str]]
) -> None:
    answer = await world.get(f"/actions/{await world.draft()}/shapes/{path}", "custodian")

    assert answer.status_code == status
    assert [(each["field"], each["code"]) for each in answer.json().get("problems", [])] == faults
