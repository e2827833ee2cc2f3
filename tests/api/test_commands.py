"""Every command once with its effect, by somebody who may, and refused to those who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.world import PROPOSAL, SPOTLIGHT, World
from tests.factories import NOON, count_rows, load_events

GROUP = {
    "name": "Jirani",
    "place": "Nairobi",
    "zone": "Africa/Nairobi",
    "language": "en",
    "windows": [{"days": ["MO", "SA"], "from": "17:00", "to": "21:00"}],
}
CSV = "name,city,zone,language,availability,quiet,blocked\nJirani,Nairobi,Africa/Nairobi,sw,MO-FR 17:00-21:00,,\nMahalla,Cairo,Africa/Cairo,ar,SA 10:00-14:00,,\n"


async def test_draft_is_made_edited_and_withdrawn(world: World) -> None:
    slug = await world.draft("member")

    edited = await world.post(f"/actions/{slug}", PROPOSAL | {"title": "Open the taps", "required": [world.other]}, "member")
    refused = await world.post(f"/actions/{slug}/withdraw", None, "member")
    withdrawn = await world.post(f"/actions/{slug}/withdraw", None, "custodian")

    assert (edited.json()["title"], edited.json()["state"], edited.json()["revision"]) == ("Open the taps", "draft", 2)
    assert [row["group"]["name"] for row in edited.json()["groups"] if row["required"]] == ["Casseroles"]
    assert refused.status_code == 403
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")


async def test_draft_that_was_withdrawn_stays_unknown_to_everybody_else(world: World) -> None:
    slug = await world.draft()

    await world.post(f"/actions/{slug}/withdraw", None, "custodian")

    assert [(await world.get(f"/actions/{slug}", role)).status_code for role in ("", "other", "member")] == [404, 404, 200]
    async with world.database.read() as conn:
        assert {stream for stream, _, _ in await load_events(conn)} == {f"group:{world.group}"}


async def test_proposal_that_was_withdrawn_is_still_known(world: World) -> None:
    slug = await world.propose()

    await world.post(f"/actions/{slug}/withdraw", None, "custodian")

    assert (await world.get(f"/actions/{slug}")).json()["state"] == "withdrawn"


async def test_put_forward_opens_the_question_with_the_proposers_consent(world: World) -> None:
    slug = await world.draft()

    body = {"start": "2027-02-10T19:00:00+01:00", "deadline": "2027-01-20T12:00:00Z"}
    told = (await world.post(f"/actions/{slug}/put-forward", body, "custodian")).json()

    assert (told["state"], told["deadline_at"]) == ("proposed", "2027-01-20T12:00:00Z")
    assert told["legs"] == [{"leg": 1, "starts_at": None, "offered_at": "2027-02-10T18:00:00Z", "utc_offset_minutes": None}]
    assert told["tally"] == {"invited": 3, "consents": 1, "stand_asides": 0, "objections": 0}


async def test_put_forward_by_wall_time_in_a_gap_is_asked_about(world: World) -> None:
    answer = await world.post(f"/groups/{world.other}/actions", PROPOSAL, "other")
    slug = answer.json()["slug"]

    gap = await world.post(f"/actions/{slug}/put-forward", {"start": "other", "wall_time": "2027-03-28 02:30"}, "other")

    assert gap.status_code == 422
    assert [(p["field"], p["code"], p["remedy"]) for p in gap.json()["problems"]] == [("wall_time", "wall_time_gap", ["01:30", "03:30"])]


async def test_responses_confirm_when_everybody_has_answered(world: World) -> None:
    slug = await world.propose()

    first = await world.post(f"/actions/{slug}/response", {"group": world.other, "response": "stand_aside"}, "other")
    again = await world.post(f"/actions/{slug}/response", {"group": world.other, "response": "consent"}, "other")
    last = await world.post(f"/actions/{slug}/response", {"group": world.hidden, "response": "consent"}, "hidden")

    assert [(a.json()["outcome"], a.json()["action"]["state"]) for a in (first, again, last)] == [
        ("open", "proposed"), ("open", "proposed"), ("confirmed", "confirmed"),
    ]  # fmt: skip
    assert last.json()["action"]["legs"][0]["starts_at"] == "2027-02-10T18:00:00Z"


async def test_response_of_another_group_is_refused(world: World) -> None:
    slug = await world.propose()

    answer = await world.post(f"/actions/{slug}/response", {"group": world.hidden, "response": "object", "reason": "No."}, "other")

    assert answer.status_code == 403


async def test_response_to_a_foreign_draft_answers_as_unknown(world: World) -> None:
    slug = await world.draft()
    body = {"group": world.other, "response": "consent"}

    foreign, unknown = [await world.post(f"/actions/{name}/response", body, "other") for name in (slug, "nosuch")]

    assert (foreign.status_code, foreign.content) == (404, unknown.content)


async def test_response_after_the_deadline_is_a_conflict_and_changes_nothing(world: World) -> None:
    slug = await world.propose()
    world.clock.advance(timedelta(days=14))

    answer = await world.post(f"/actions/{slug}/response", {"group": world.other, "response": "consent"}, "other")

    assert (answer.status_code, answer.json()["code"]) == (409, "deadline_passed")
    assert (await world.get(f"/actions/{slug}", "other")).json()["tally"]["consents"] == 1


async def test_move_leaves_the_old_moment_until_it_is_agreed_to(world: World) -> None:
    slug = await world.confirm("2027-02-10T18:00:00Z")

    moving = (await world.post(f"/actions/{slug}/move", {"start": "2027-02-17T18:00:00Z"}, "custodian")).json()
    stayed = (await world.post(f"/actions/{slug}/withdraw", {}, "custodian")).json()

    assert (moving["moving"], moving["legs"][0]["starts_at"], moving["legs"][0]["offered_at"]) == (
        True, "2027-02-10T18:00:00Z", "2027-02-17T18:00:00Z",
    )  # fmt: skip
    assert (stayed["state"], stayed["moving"], stayed["legs"][0]["offered_at"]) == ("confirmed", False, None)


@pytest.mark.parametrize(("path", "state"), [("put-forward", "confirmed"), ("move", "draft")])
async def test_put_forward_and_move_are_not_each_other(world: World, path: str, state: str) -> None:
    slug = await (world.confirm() if state == "confirmed" else world.draft())

    answer = await world.post(f"/actions/{slug}/{path}", {"start": "2027-02-17T18:00:00Z"}, "custodian")

    assert (answer.status_code, answer.json()["code"]) == (409, "action_state")
    assert (await world.get(f"/actions/{slug}", "custodian")).json()["moving"] is False


async def test_cancel_needs_a_reason_and_says_it_to_everybody(world: World) -> None:
    slug = await world.confirm()

    silent = await world.post(f"/actions/{slug}/cancel", None, "custodian")
    told = await world.post(f"/actions/{slug}/cancel", {"reason": "The hall burnt down."}, "custodian")

    assert (silent.status_code, silent.json()["problems"][0]["code"]) == (422, "reason_missing")
    assert (told.status_code, told.json()["sequence"]) == (200, 1)
    public = (await world.get(f"/actions/{slug}")).json()
    assert (public["state"], public["cancel_reason"]) == ("cancelled", "The hall burnt down.")


async def test_practice_starts_by_one_press_for_its_own_group_only(world: World) -> None:
    slug = await world.draft(practice=True, title="A rehearsal")

    told = (await world.post(f"/actions/{slug}/practise", {"in_minutes": 3}, "custodian")).json()

    assert (told["state"], told["legs"][0]["starts_at"]) == ("confirmed", "2027-01-04T12:03:00Z")
    assert (await world.get(f"/actions/{slug}", "room")).status_code == 200
    assert [(await world.get(f"/actions/{slug}", role)).status_code for role in ("", "other")] == [404, 404]


@pytest.mark.parametrize("path", ["", "/put-forward", "/move", "/withdraw", "/cancel", "/practise"])
async def test_action_commands_on_a_foreign_draft_answer_as_unknown(world: World, path: str) -> None:
    slug, body = await world.draft(), PROPOSAL if path == "" else {}

    foreign = await world.post(f"/actions/{slug}{path}", body, "other")
    unknown = await world.post(f"/actions/nosuch{path}", body, "other")

    assert (foreign.status_code, foreign.content) == (404, unknown.content)


async def test_group_is_created_edited_and_archived(world: World) -> None:
    created = await world.post("/groups", GROUP, "steward")
    group_id = created.json()["group"]

    edited = await world.post(f"/groups/{group_id}", {"place": "Kibera", "revision": 1}, "steward")
    stale = await world.post(f"/groups/{group_id}", {"place": "Nairobi", "revision": 1}, "steward")
    gone = await world.post(f"/groups/{group_id}/archive", None, "steward")

    assert created.status_code == 201
    assert (created.json()["listing"], created.json()["availability"]["reach"]) == ("partners", "waking")
    assert (edited.json()["place"], edited.json()["revision"], edited.json()["name"]) == ("Kibera", 2, "Jirani")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await world.get(f"/groups/{group_id}", "steward")).status_code == 404


async def test_listing_hides_a_group_at_once(world: World) -> None:
    answer = await world.post(f"/groups/{world.group}/listing", {"listing": "hidden"}, "custodian")

    assert answer.json()["listing"] == "hidden"
    assert (await world.get("/groups")).json() == {"groups": [], "others": 3}


async def test_availability_is_replaced_as_a_whole(world: World) -> None:
    body = {"windows": [{"days": ["SA"], "from": "20:00", "to": "02:00", "level": "possible"}], "blocked": ["2027-02-14"]}

    told = (await world.post(f"/groups/{world.group}/availability", body, "member")).json()["availability"]
    refused = await world.post(f"/groups/{world.group}/availability", body | {"reach": "any"}, "member")

    assert told == {**body, "quiet": [], "reach": "waking"}
    assert refused.status_code == 403


async def test_import_takes_all_groups_or_none(world: World) -> None:
    taken = await world.post("/groups/import?listing=public", CSV.encode(), "steward", headers={"Content-Type": "text/csv"})
    broken = CSV.replace("Africa/Cairo", "Africa/Kairo").replace("Jirani", "Majirani").replace("Mahalla", "Hayy").encode()
    refused = await world.post("/groups/import", broken, "steward")
    listing = await world.post("/groups/import?listing=secret", broken, "steward")

    assert [(g["name"], g["listing"]) for g in taken.json()["groups"]] == [("Jirani", "public"), ("Mahalla", "public")]
    assert [(p["field"], p["code"]) for p in refused.json()["problems"]] == [("line[3].zone", "zone_unknown")]
    assert [p["field"] for p in listing.json()["problems"]] == ["listing", "line[3].zone"]
    assert "Majirani" not in (await world.get("/groups", "steward")).text


async def test_link_is_made_used_and_revoked_at_once(world: World) -> None:
    made = (await world.post(f"/groups/{world.group}/links", {"role": "member", "label": "Tuesday circle"}, "custodian")).json()
    entered = (await world.post("/session", {"secret": made["url"]})).json()
    world.tokens["new"] = entered["token"]

    before = await world.get(f"/groups/{world.group}", "new")
    revoked = await world.post(f"/links/{made['link']}/revoke", None, "custodian")
    after = await world.get(f"/groups/{world.group}", "new")
    entered_again = await world.post("/session", {"secret": made["secret"]})

    assert made["url"] == f"http://127.0.0.1/enter#{made['secret']}"
    assert (before.status_code, revoked.status_code, after.status_code, entered_again.status_code) == (200, 204, 401, 404)
    unknown = await world.post("/session", {"secret": "x" * 43})
    assert entered_again.content == unknown.content


async def test_link_of_another_group_cannot_be_revoked_nor_told_from_an_unknown_one(world: World) -> None:
    foreign = await world.post(f"/links/{world.links['hidden'].id}/revoke", None, "custodian")
    unknown = await world.post("/links/nosuchlink/revoke", None, "custodian")

    assert (foreign.status_code, foreign.content) == (404, unknown.content)


async def test_links_of_stewards_are_made_by_stewards(world: World) -> None:
    made = await world.post("/links", {"role": "steward"}, "steward")
    refused = await world.post("/links", {"role": "steward"}, "custodian")
    last = [await world.post(f"/links/{link}/revoke", None, "steward") for link in (made.json()["link"], world.links["steward"].id)]

    assert (made.status_code, made.json()["role"], refused.status_code) == (201, "steward", 403)
    assert [answer.status_code for answer in last] == [204, 409]
    assert last[1].json()["code"] == "last_steward_link"


async def test_rota_is_taken_and_given_back(world: World) -> None:
    path = f"/groups/{world.group}/rota"
    taken = await world.post(f"{path}/take", {"duty": "spokesperson", "seat": 2, "alias": "kestrel", "until": "2027-02-01"}, "member")
    twice = await world.post(f"{path}/take", {"duty": "spokesperson", "seat": 2, "alias": "wren"}, "member")
    back = await world.post(f"{path}/give-back", {"duty": "spokesperson", "seat": 2}, "member")

    assert [s["holder"]["alias"] for s in taken.json()["seats"] if s["duty"] == "spokesperson" and s["holder"]] == ["kestrel"]
    assert (twice.status_code, twice.json()["code"]) == (409, "duty_taken")
    assert [s["holder"] for s in back.json()["seats"] if s["duty"] == "spokesperson"] == [None, None]


async def test_custody_passes_when_the_successor_opens_the_link(world: World) -> None:
    made = (await world.post(f"/groups/{world.other}/rota/hand-over", {"alias": "wren"}, "other")).json()
    still = await world.get(f"/groups/{world.other}/links", "other")

    world.tokens["successor"] = (await world.post("/session", {"secret": made["secret"]})).json()["token"]

    assert still.status_code == 200
    assert (await world.get(f"/groups/{world.other}/links", "other")).status_code == 401
    seats = (await world.get(f"/groups/{world.other}/rota", "successor")).json()["seats"]
    assert seats[0]["holder"]["alias"] == "wren"


async def test_network_settings_change_what_is_sent_only(world: World) -> None:
    changed = await world.post("/network", {"threshold_percent": 75, "numerals": {"ar": "arab"}}, "steward")
    refused = await world.post("/network", {"threshold_percent": 20, "zone": "Nowhere"}, "steward")

    assert (changed.json()["threshold_percent"], changed.json()["numerals"], changed.json()["name"]) == (75, {"ar": "arab"}, "Chorus")
    assert {p["field"] for p in refused.json()["problems"]} == {"threshold_percent", "zone"}


async def test_job_that_was_given_up_is_revived(world: World) -> None:
    import sqlalchemy as sa  # one row

    from coordinator.store import tables  # as above

    await world.propose()
    async with world.database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.job).values(state="dead", done_at=NOON, attempt=8))
    (job,) = (await world.get("/jobs", "steward")).json()["jobs"]

    revived = await world.post(f"/jobs/{job['job']}/revive", None, "steward")
    again = await world.post(f"/jobs/{job['job']}/revive", None, "steward")

    assert (job["state"], revived.status_code, again.status_code) == ("dead", 204, 404)
    assert [row["state"] for row in (await world.get("/jobs", "steward")).json()["jobs"]] == ["waiting"]


COMMANDS: list[tuple[str, Any]] = [
    ("/leave", {}),
    ("/groups/{group}/actions", PROPOSAL),
    ("/actions/{slug}", PROPOSAL),
    ("/actions/{slug}/put-forward", {"start": "2027-02-10T18:00:00Z"}),
    ("/actions/{slug}/move", {"start": "2027-02-10T18:00:00Z"}),
    ("/actions/{slug}/withdraw", {}),
    ("/actions/{slug}/cancel", {"reason": "Rain."}),
    ("/actions/{slug}/practise", {"in_minutes": 3}),
    ("/actions/{slug}/keep-instant", {"group": "{group}"}),
    ("/actions/{slug}/ask-for-move", {"group": "{group}"}),
    ("/actions/{slug}/response", {"group": "{group}", "response": "consent"}),
    ("/groups", GROUP),
    ("/groups/import", CSV.encode()),
    ("/groups/{group}", {"place": "El Alto"}),
    ("/groups/{group}/listing", {"listing": "hidden"}),
    ("/groups/{group}/availability", {"windows": []}),
    ("/groups/{group}/no-go", {"from": "2027-02-14"}),
    ("/groups/{group}/no-go/{no_go}/remove", {}),
    ("/groups/{group}/busy", {"calendar_url": "https://calendar.example.org/a.ics"}),
    ("/groups/{group}/busy/file", b"BEGIN:VCALENDAR"),
    ("/groups/{group}/busy/read", {}),
    ("/groups/{group}/busy/remove", {}),
    ("/groups/{group}/archive", {}),
    ("/groups/{group}/links", {"role": "member"}),
    ("/groups/{group}/uploads", {"size": 360_000, "sha256": "ab" * 32}),
    ("/groups/{group}/rota/take", {"duty": "facilitator", "alias": "wren"}),
    ("/groups/{group}/rota/give-back", {"duty": "facilitator"}),
    ("/groups/{group}/rota/hand-over", {"alias": "wren"}),
    ("/groups/{group}/spotlights", SPOTLIGHT),
    ("/spotlights/{spotlight}", SPOTLIGHT),
    ("/spotlights/{spotlight}/publish", {}),
    ("/spotlights/{spotlight}/retire", {}),
    ("/spotlights/{spotlight}/delete", {}),
    ("/spotlights/{spotlight}/translations", {"group": "{group}", "language": "es", "sections": {"title": "La marea"}}),
    ("/translations/{translation}/sign", {"group": "{group}"}),
    ("/translations/{translation}/delete", {"group": "{group}"}),
    ("/groups/{group}/meetings", {"spotlight": "nosuch"}),
    ("/meetings/{meeting}/step", {"command": "start", "revision": 1}),
    ("/meetings/{meeting}/echo", {"reply": "We stand with you."}),
    ("/meetings/{meeting}/researcher", {"researcher": "heron"}),
    ("/network", {"name": "Choir"}),
    ("/links", {"role": "steward"}),
    ("/links/{link}/revoke", {}),
    ("/jobs/{job}/revive", {}),
]


@pytest.mark.parametrize(("path", "body"), COMMANDS, ids=[path for path, _ in COMMANDS])
async def test_command_without_a_link_or_with_a_cookie_from_elsewhere_changes_nothing(world: World, path: str, body: Any) -> None:
    slug = await world.propose()
    told = await world.tell()
    made = await world.translate(told)
    known = {"group": world.group, "slug": slug, "spotlight": told, "translation": made, "link": world.links["member"].id}
    aimed = path.format(**known, meeting=await world.set_up(told), job="nosuchjob", no_go="nosuch")
    async with world.database.read() as conn:
        before, events = await count_rows(conn), len(await load_events(conn))

    stranger = await world.post(aimed, body, headers={"Origin": "http://127.0.0.1"})
    unknown_token = await world.post(aimed, body, headers={"Authorization": "Bearer " + "x" * 43})
    cookie = {"Cookie": f"chorus_session={world.tokens['custodian']}"}
    ridden = [
        await world.post(aimed, body, headers=cookie | origin)
        for origin in ({}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"})
    ]

    assert (stranger.status_code, unknown_token.status_code) == (401, 401)
    assert [answer.status_code for answer in ridden] == [403, 403, 403]
    async with world.database.read() as conn:
        assert (await count_rows(conn), len(await load_events(conn))) == (before, events)


async def test_command_with_a_cookie_from_our_own_page_is_done(world: World) -> None:
    headers = {"Cookie": f"chorus_session={world.tokens['custodian']}", "Origin": "http://127.0.0.1"}

    answer = await world.post(f"/groups/{world.group}", {"place": "El Alto"}, headers=headers)

    assert (answer.status_code, answer.json()["place"]) == (200, "El Alto")


def test_commands_listed_here_are_all_there_are() -> None:
    from coordinator.api.operations import OPERATIONS  # only here

    assert {path for path, _ in COMMANDS} == {operation.path for operation in OPERATIONS if operation.command is not None}


async def test_wave_is_put_forward_by_its_wall_time_and_shows_its_reader_its_legs(world: World) -> None:
    slug = await world.draft(shape="wave")

    answer = await world.post(f"/actions/{slug}/put-forward", {"start": "2027-02-10T18:00"}, "custodian")

    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["shape"], told["state"]) == ("wave", "proposed")
    assert [(leg["leg"], leg["offered_at"], leg["utc_offset_minutes"]) for leg in told["legs"]] == [
        (1000, "2027-02-10T17:00:00Z", 60),
        (1, "2027-02-10T22:00:00Z", -240),
    ]
    legs = {group["group"]["name"]: (group["leg"], group["offered_leg"]) for group in told["groups"]}
    assert sorted(legs.values(), key=str) == [(1, 1), (1000, 1000), (None, None)]


async def test_relay_is_put_forward_by_a_list_of_instants_whatever_the_draft_says(world: World) -> None:
    slug = await world.draft()

    answer = await world.post(
        f"/actions/{slug}/put-forward", {"shape": "relay", "start": ["2027-02-10T23:00:00Z", "2027-02-10T18:00:00+01:00"]}, "custodian"
    )

    told = answer.json()
    assert (answer.status_code, told["shape"]) == (200, "relay")
    assert [leg["offered_at"] for leg in told["legs"]] == ["2027-02-10T17:00:00Z", "2027-02-10T23:00:00Z"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"shape": "wave", "start": "2027-02-10T18:00:00Z"}, [("wall_time", "wall_time_malformed")]),
        ({"shape": "wave", "start": ["2027-02-10T18:00"]}, [("wall_time", "wall_time_malformed")]),
        ({"shape": "relay", "start": ["2027-02-10T18:00"]}, [("start", "instant_malformed")]),
        ({"shape": "relay", "start": []}, [("wall_time", "missing")]),
        ({"shape": "relay", "start": [7]}, [("start[0]", "type_wrong")]),
        ({"shape": "circle", "start": "2027-02-10T18:00:00Z"}, [("shape", "choice_unknown")]),
        ({"shape": "instant", "start": ["2027-02-10T18:00:00Z"]}, [("start", "instant_malformed")]),
    ],
)
async def test_start_that_does_not_fit_its_shape_is_named(world: World, body: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    slug = await world.draft()

    answer = await world.post(f"/actions/{slug}/put-forward", body, "custodian")

    assert answer.status_code == 422
    assert [(p["field"], p["code"]) for p in answer.json()["problems"]] == faults
    assert (await world.get(f"/actions/{slug}", "custodian")).json()["legs"] == []
