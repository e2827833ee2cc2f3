from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.api.world import API, HIDDEN, PROPOSAL, World

PUBLIC_CACHE = "public, max-age=5"
PRIVATE_CACHE = "private, no-store"


async def test_network_says_its_zone_quarter_and_languages(world: World) -> None:
    told = (await world.get("/network")).json()

    languages = told.pop("languages")
    assert told.pop("rules_version").startswith("20")
    assert told == {
        "name": "Chorus",
        "zone": "UTC",
        "default_language": "en",
        "numerals": {},
        "threshold_percent": 67,
        "tolerance_ms": 100,
        "quarter": "2027-Q1",
    }
    assert {"tag": "ar", "name": "العربية", "direction": "rtl", "complete": True} in languages


async def test_quarter_tells_its_bounds_and_neighbours(world: World) -> None:
    told = (await world.get("/quarters/2027-q1")).json()

    assert told == {
        "quarter": "2027-Q1",
        "zone": "UTC",
        "starts_at": "2027-01-01T00:00:00Z",
        "ends_at": "2027-04-01T00:00:00Z",
        "current": True,
        "previous": "2026-Q4",
        "next": "2027-Q2",
        "actions": [],
    }


@pytest.mark.parametrize(("quarter", "previous", "following"), [("1970-Q1", None, "1970-Q2"), ("2037-Q4", "2037-Q3", None)])
async def test_quarter_at_the_edge_of_the_rules_has_one_neighbour(
    world: World, quarter: str, previous: str | None, following: str | None
) -> None:
    told = (await world.get(f"/quarters/{quarter}")).json()

    assert (told["previous"], told["next"]) == (previous, following)


@pytest.mark.parametrize(
    ("query", "language", "found"),
    [
        ("kath", "", ("Asia/Kathmandu", "Kathmandu", 345)),
        ("Calcutta", "ar", ("Asia/Kolkata", "كالكتا", 330)),
        ("La Paz", "es", ("America/La_Paz", "La Paz", -240)),
    ],
)
async def test_zones_are_found_by_city_and_old_name_in_the_readers_language(
    world: World, query: str, language: str, found: tuple[str, str, int]
) -> None:
    answer = await world.get("/zones", params={"q": query, "language": language})

    first = answer.json()["zones"][0]
    assert (first["zone"], first["city"], first["utc_offset_minutes"]) == found


async def test_zones_of_an_unknown_language_are_refused(world: World) -> None:
    answer = await world.get("/zones", params={"q": "kath", "language": "xx"})

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "language_unknown")


async def test_actions_of_a_quarter_are_listed_by_their_moments(world: World) -> None:
    late, early = await world.confirm("2027-03-10T18:00:00Z"), await world.propose("2027-02-01T18:00:00Z")
    await world.draft()

    told = (await world.get("/actions")).json()
    other = (await world.get("/actions", params={"quarter": "2027-Q2"})).json()

    assert told["quarter"] == "2027-Q1"
    assert [action["slug"] for action in told["actions"]] == [early, late]
    assert other == {"quarter": "2027-Q2", "actions": []}
    assert told["actions"] == (await world.get("/quarters/2027-Q1")).json()["actions"]


async def test_action_shows_the_public_only_what_is_listed(world: World) -> None:
    slug = await world.confirm()

    answer = await world.get(f"/actions/{slug}")

    told = answer.json()
    assert (told["title"], told["state"], told["stage"]) == (PROPOSAL["title"], "confirmed", "ahead")
    assert [(row["group"]["name"], row["response"], row["burden"], row["agreed"]) for row in told["groups"]] == [
        ("Minga del Agua", None, None, None)
    ]
    assert (told["others"], told["continents"], told["agreed_tally"]["consents"]) == (2, 2, 3)
    assert answer.headers["cache-control"] == PUBLIC_CACHE
    assert answer.headers["vary"].startswith("Authorization, Cookie")


async def test_action_shows_a_partner_answers_and_burdens_and_its_own_sentence_only(world: World) -> None:
    slug = await world.confirm()

    answer = await world.get(f"/actions/{slug}", "member")

    rows = {row["group"]["name"]: row for row in answer.json()["groups"]}
    assert set(rows) == {"Minga del Agua", "Casseroles", ""}
    assert {row["response"] for row in rows.values()} == {"consent"}
    assert rows["Minga del Agua"]["agreed"] == {
        "wall_time": "2027-02-10T14:00:00",
        "zone": "America/La_Paz",
        "utc_offset_minutes": -240,
        "tzdata": (await world.get("/network")).json()["rules_version"],
    }
    assert rows["Casseroles"]["agreed"] is None
    assert rows[""]["group"] == {"group": None, "name": "", "place": None, "zone": None, "own": False}
    assert answer.headers["cache-control"] == PRIVATE_CACHE
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", ["", "/moment.json", "/candidates", "/shapes"])
async def test_draft_and_practice_are_unknown_to_everybody_else(world: World, path: str) -> None:
    for slug in (await world.draft(), await world.draft(practice=True)):
        answers = [await world.get(f"/actions/{name}{path}", role) for name in (slug, "no-such-action") for role in ("other", "hidden")]
        public = await world.get(f"/actions/{slug}{path}")

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert public.status_code == (401 if path in {"/candidates", "/shapes"} else 404)


async def test_moment_is_exactly_what_the_contract_says(world: World) -> None:
    slug = await world.confirm("2027-02-10T18:00:00Z")

    answer = await world.get(f"/actions/{slug}/moment.json")

    revision = (await world.get(f"/actions/{slug}")).json()["revision"]
    expected = f'{{"slug":"{slug}","revision":{revision},"state":"confirmed","shape":"instant","legs":[{{"leg":1,"at_ms":1802282400000,"utc_offset":null}}]}}'
    assert answer.text == expected
    assert answer.headers["cache-control"] == PUBLIC_CACHE
    assert answer.headers["content-type"] == "application/json"


async def test_moment_asked_again_is_304_until_it_changes(world: World) -> None:
    slug = await world.confirm()
    tag = (await world.get(f"/actions/{slug}/moment.json")).headers["etag"]

    unchanged = await world.get(f"/actions/{slug}/moment.json", headers={"If-None-Match": f'"other", {tag}'})
    await world.post(f"/actions/{slug}/cancel", {"reason": "The hall burnt down."}, "custodian")
    changed = await world.get(f"/actions/{slug}/moment.json", headers={"If-None-Match": tag})

    assert (unchanged.status_code, unchanged.headers["etag"]) == (304, tag)
    assert (changed.status_code, changed.json()["state"]) == (200, "cancelled")


async def test_moment_of_groups_that_nobody_sees_is_unknown_to_the_public(world: World) -> None:
    answer = await world.post(f"/groups/{world.other}/actions", PROPOSAL | {"invited": [world.other, world.hidden]}, "other")
    slug = answer.json()["slug"]
    await world.post(f"/actions/{slug}/put-forward", {"start": "2027-02-10T18:00:00Z"}, "other")

    assert (await world.get(f"/actions/{slug}/moment.json")).status_code == 404
    assert (await world.get(f"/actions/{slug}/moment.json", "member")).json()["legs"] == [{"leg": 1, "at_ms": None, "utc_offset": None}]


async def test_groups_are_listed_as_each_reader_may_see_them(world: World) -> None:
    async def listed(role: str) -> tuple[list[str], int]:
        told = (await world.get("/groups", role)).json()
        return [group["name"] for group in told["groups"]], told["others"]

    assert await listed("") == (["Minga del Agua"], 2)
    assert await listed("remote") == (["Minga del Agua"], 2)
    assert await listed("member") == (["Casseroles", "Minga del Agua", ""], 0)
    assert await listed("hidden") == (["Casseroles", HIDDEN["name"], "Minga del Agua"], 0)
    assert await listed("steward") == (["Casseroles", HIDDEN["name"], "Minga del Agua"], 0)


@pytest.mark.parametrize("role", ["steward", "custodian", "lapsed", "member"])
async def test_group_shows_its_desk_everything(world: World, role: str) -> None:
    told = (await world.get(f"/groups/{world.group}", role)).json()

    assert (told["group"], told["zone"], told["listing"], told["revision"]) == (world.group, "America/La_Paz", "public", 1)
    assert told["availability"] == {
        "windows": [{"days": ["MO", "TU", "WE", "TH", "FR"], "from": "17:30", "to": "21:30", "level": "preferred"}],
        "quiet": [{"from": "22:30", "to": "07:00"}],
        "blocked": [],
        "reach": "waking",
    }


async def test_group_hides_its_no_go_times_from_a_guest(world: World) -> None:
    told = (await world.get(f"/groups/{world.group}", "witness")).json()

    assert (told["name"], told["availability"]) == ("Minga del Agua", None)


@pytest.mark.parametrize("path", ["", "/links", "/rota"])
async def test_group_foreign_and_unknown_are_one_answer(world: World, path: str) -> None:
    foreign = await world.get(f"/groups/{world.hidden}{path}", "custodian")
    unknown = await world.get(f"/groups/nosuchid{path}", "custodian")
    stranger = await world.get(f"/groups/{world.hidden}{path}")

    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.status_code == 403
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")


async def test_links_are_listed_without_any_secret(world: World) -> None:
    answer = await world.get(f"/groups/{world.group}/links", "custodian")
    stewards = await world.get("/links", "steward")

    listed = {link["link"]: link for link in answer.json()["links"]}
    assert listed[world.links["room"].id] | {"created_at": ""} == {
        "link": world.links["room"].id,
        "role": "room",
        "state": "live",
        "label": "",
        "holder": "",
        "language": None,
        "created_at": "",
        "expires_at": "2027-01-05T12:00:00Z",
        "revoked_at": None,
        "last_used_on": None,
    }
    assert [link["role"] for link in stewards.json()["links"]] == ["steward"]
    assert not any(link.secret in answer.text + stewards.text for link in world.links.values())


@pytest.mark.parametrize("role", ["member", "witness", "room", "remote", "lapsed"])
async def test_links_are_for_those_who_make_them(world: World, role: str) -> None:
    assert (await world.get(f"/groups/{world.group}/links", role)).status_code == 403


async def test_rota_shows_every_seat_and_what_to_nag_about(world: World) -> None:
    seats = (await world.get(f"/groups/{world.other}/rota", "other")).json()["seats"]

    assert [(seat["duty"], seat["seat"]) for seat in seats] == [
        ("custodian", 1), ("facilitator", 1), ("note_taker", 1), ("spokesperson", 1), ("spokesperson", 2), ("researcher", 1),
    ]  # fmt: skip
    assert seats[0]["holder"] == {
        "alias": "heron", "since_at": "2027-01-04T12:00:00Z", "until_at": "2027-04-04T12:00:00Z", "accepted": True, "live": True,
    }  # fmt: skip
    world.clock.advance(timedelta(days=80))
    assert (await world.get(f"/groups/{world.other}/rota", "other")).json()["seats"][0]["nag"] == "ending"


@pytest.mark.parametrize("path", ["/jobs", "/health", "/links"])
async def test_steering_is_for_stewards(world: World, path: str) -> None:
    assert (await world.get(path)).status_code == 401
    assert (await world.get(path, "custodian")).status_code == 403
    assert (await world.get(path, "steward")).status_code == 200


async def test_jobs_show_what_waits(world: World) -> None:
    await world.propose()

    jobs = (await world.get("/jobs", "steward")).json()["jobs"]

    assert [(job["kind"], job["state"], job["due_at"]) for job in jobs] == [("decide", "waiting", "2027-01-18T12:00:00Z")]


async def test_health_says_check_by_check_what_is_missing(world: World) -> None:
    told = (await world.get("/health", "steward")).json()

    assert told["level"] == "failing"
    assert told["checks"] == {
        "database": "ok", "schema": "failing", "canary": "failing", "workers": "degraded", "redis": "degraded", "jobs": "ok",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/network", "/zones?q=paz", "/quarters/2027-Q1", "/actions", "/groups", "/session", "/openapi.json"])
async def test_head_answers_as_get_does(world: World, path: str) -> None:
    told = await world.client.get(API + path)

    head = await world.client.head(API + path)

    assert head.status_code == told.status_code
    assert _without_vary(head) == _without_vary(told)


@pytest.mark.parametrize(("path", "allowed"), [("/groups", {"GET", "HEAD", "POST"}), ("/leave", {"POST"}), ("/time", {"GET", "HEAD"})])
async def test_wrong_method_is_told_the_right_ones(world: World, path: str, allowed: set[str]) -> None:
    answer = await world.client.put(API + path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/network", "/api/g/", "/api/calendar.ics", "/api/v1/groups/a/b/c"]
)
async def test_unknown_path_below_api_is_a_problem(world: World, path: str) -> None:
    answer = await world.client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_no_answer_invites_foreign_pages(world: World) -> None:
    answer = await world.get("/network", headers={"Origin": "https://elsewhere.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_path_with_unseen_characters_names_nothing(world: World) -> None:
    assert (await world.get("/actions/a%00b")).status_code == 404
    assert (await world.get("/groups/a%00b", "steward")).status_code == 404


async def test_time_is_this_servers_and_kept_by_nobody(world: World) -> None:
    answer = await world.get("/time")

    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"received", "sent"}
    assert answer.json()["received"] <= answer.json()["sent"]


def _without_vary(answer: httpx.Response) -> dict[str, str]:
    """A short answer is not compressed, and HEAD never is."""
    return {name: value for name, value in answer.headers.items() if name != "vary"}
