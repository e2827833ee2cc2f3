"""Bad input: a problem that names field, value and remedy, all faults at once; nothing written, nothing broken."""

from __future__ import annotations

from typing import Any

import pytest

from coordinator.api.bodies import AvailabilityBody, GroupBody, LinkBody, ProposalBody, ResponseBody
from coordinator.api.reading import check_types
from coordinator.errors import Invalid, problem
from coordinator.formats.sentences import say
from tests.api.test_commands import GROUP
from tests.api.world import PROPOSAL, World
from tests.factories import count_rows

BAD_BODIES = {
    "bad UTF-8": (b'{"title": "\xff\xfe"}', "bad_encoding"),
    "half a character": (b'{"title": "\\ud800"}', "json_malformed"),
    "not JSON": (b"title=Hello", "json_malformed"),
    "a byte order mark": (b'\xef\xbb\xbf{"title": "x"}', "json_malformed"),
    "NaN": (b'{"duration_minutes": NaN}', "json_malformed"),
    "infinity": (b'{"duration_minutes": 1e999}', "json_malformed"),
    "a number of 5000 digits": (b'{"duration_minutes": ' + b"9" * 5000 + b"}", "json_malformed"),
    "deep nesting": (b"[" * 100_000, "json_malformed"),
    "deep nesting in a field": (b'{"invited":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_malformed"),
    "a list": (b"[]", "json_object"),
    "null": (b"null", "json_object"),
    "nothing": (b"", "missing"),
}


@pytest.mark.parametrize(("body", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_body_that_is_no_json_object_is_the_senders_fault(world: World, body: bytes, code: str) -> None:
    answer = await world.post(f"/groups/{world.group}/actions", body, "custodian")

    assert answer.status_code == 422
    assert code in {problem["code"] for problem in answer.json()["problems"]}


async def test_body_over_its_limit_is_refused(world: World) -> None:
    answer = await world.post(f"/groups/{world.group}/actions", b'{"story": "' + b"x" * 300_000 + b'"}', "custodian")

    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_every_fault_of_a_proposal_is_told_at_once_and_nothing_written(world: World) -> None:
    async with world.database.read() as conn:
        before = await count_rows(conn)
    wrong = {
        "title": "x" * 10_000,
        "kind": "shouting",
        "story": "Meet at \u202e00:01\u202c",
        "duration_minutes": 1441,
        "quarter": "2026-Q4",
        "language": "tlh",
        "shape": "circle",
        "invited": ["nosuchid"],
    }

    answer = await world.post(f"/groups/{world.group}/actions", wrong, "custodian")

    problems = {problem["field"]: problem for problem in answer.json()["problems"]}
    assert {field: problem["code"] for field, problem in problems.items()} == {
        "title": "too_long",
        "kind": "choice_unknown",
        "story": "bidi_characters",
        "duration_minutes": "duration_too_long",
        "quarter": "quarter_past",
        "language": "language_unknown",
        "shape": "choice_unknown",
        "invited": "group_unknown",
    }
    assert len(problems["title"]["value"]) <= 80
    assert problems["kind"]["remedy"] == ["silence", "noise", "teach-in", "data-off", "other"]
    assert all(problem["sentence"] for problem in problems.values())
    async with world.database.read() as conn:
        assert await count_rows(conn) == before


@pytest.mark.parametrize("title", ["a\x07b", "a\x1b[31mb", "a\ud83d\ude00\x7f", "a\x85b", "a\x00b"])
async def test_title_with_unseen_characters_is_refused(world: World, title: str) -> None:
    body = b'{"title": "' + "".join(f"\\u{ord(c):04x}" for c in title).encode() + b'"}'

    answer = await world.post(f"/groups/{world.group}/actions", body, "custodian")

    assert ("title", "control_characters") in {(p["field"], p["code"]) for p in answer.json()["problems"]}


async def test_zone_misspelt_is_answered_with_the_likely_one_and_an_old_one_taken(world: World) -> None:
    wrong = await world.post("/groups", GROUP | {"zone": "Africa/Nairoby"}, "steward")
    old = await world.post("/groups", GROUP | {"zone": "Asia/Calcutta"}, "steward")

    (problem,) = wrong.json()["problems"]
    assert (problem["code"], problem["value"], problem["remedy"][0]) == ("zone_unknown", "Africa/Nairoby", "Africa/Nairobi")
    assert old.json()["zone"] == "Asia/Calcutta"


@pytest.mark.parametrize(("wished", "told"), [("es-BO,es;q=0.9", "es"), ("ar", "ar"), ("tlh", "en"), (";;;", "en")])
async def test_faults_are_told_in_the_language_asked_for(world: World, wished: str, told: str) -> None:
    answer = await world.post("/groups", {**GROUP, "name": ""}, "steward", headers={"Accept-Language": wished})

    (found,) = answer.json()["problems"]
    language = world.app.state.runtime.languages[told]
    assert answer.headers["content-language"] == told
    assert found["sentence"] == say(problem("name", "missing"), language)


async def test_names_that_are_not_known_are_faults(world: World) -> None:
    answer = await world.post(f"/groups/{world.group}", {"lisitng": "hidden"}, "custodian")

    (problem,) = answer.json()["problems"]
    assert (problem["field"], problem["code"]) == ("lisitng", "key_unknown")
    assert "listing" in problem["remedy"]


@pytest.mark.parametrize(
    ("body", "sent", "found"),
    [
        (ProposalBody, PROPOSAL, []),
        (ProposalBody, {"title": 5, "practice": "yes", "duration_minutes": "30"}, [
            ("title", "type_wrong", ("text",)), ("duration_minutes", "type_wrong", ("number",)), ("practice", "type_wrong", ("true, false",)),
        ]),
        (ProposalBody, {"duration_minutes": 10**12}, [("duration_minutes", "type_wrong", ("number",))]),
        (ProposalBody, {"duration_minutes": True}, [("duration_minutes", "type_wrong", ("number",))]),
        (ProposalBody, {"invited": ["a", 7]}, [("invited[1]", "type_wrong", ("text",))]),
        (ResponseBody, {"group": None}, [("group", "type_wrong", ("text",))]),
        (ResponseBody, {"group": "a\0b"}, [("group", "control_characters", ())]),
        (LinkBody, {"role": {"$ne": ""}}, [("role", "type_wrong", ("text",))]),
        (AvailabilityBody, {"windows": [{"from": "17:30"}]}, []),
        (AvailabilityBody, {"windows": [{"form": "17:30"}]}, [("windows[0]", "key_unknown", ())]),
        (AvailabilityBody, {"windows": {}}, [("windows", "type_wrong", ("list",))]),
        (GroupBody, {"windows": [{"days": ["MO"], "from": 17, "to": "18:00"}]}, [("windows[0].from", "type_wrong", ("text",))]),
    ],
)  # fmt: skip
def test_types_are_checked_field_by_field_and_rules_left_to_the_readers(body: Any, sent: dict[str, Any], found: list[Any]) -> None:
    try:
        check_types(sent, body)
        faults = []
    except Invalid as fault:
        faults = [(p.field, p.code, p.remedy) for p in fault.problems]

    assert faults == found


CSV_FAULTS = {
    "semicolons": (b"name;city;zone;language;availability;quiet;blocked\n", "line[1]", "csv_semicolons"),
    "a missing column": (b"name,city,zone,language,availability,quiet\nA,B,UTC,en,,\n", "line[1]", "csv_column_missing"),
    "bad UTF-8": (b"name,city,zone,language,availability,quiet,blocked\n\xff,B,UTC,en,,,\n", "line[2]", "bad_encoding"),
    "nothing": (b"", "line[1]", "csv_column_missing"),
}


@pytest.mark.parametrize(("data", "field", "code"), CSV_FAULTS.values(), ids=CSV_FAULTS)
async def test_import_of_a_broken_file_names_the_line(world: World, data: bytes, field: str, code: str) -> None:
    answer = await world.post("/groups/import", data, "steward")

    assert answer.status_code == 422
    assert (answer.json()["problems"][0]["field"], answer.json()["problems"][0]["code"]) == (field, code)


async def test_import_with_a_byte_order_mark_is_taken(world: World) -> None:
    data = b"\xef\xbb\xbfname,city,zone,language,availability,quiet,blocked\nJirani,Nairobi,Africa/Nairobi,en,,,\n"

    assert (await world.post("/groups/import", data, "steward")).status_code == 201


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer \xff", "Bearer " + "x" * 5000])
async def test_credentials_that_are_none_make_a_stranger(world: World, value: str) -> None:
    headers = {"Authorization": value.encode("latin-1")}

    assert (await world.client.get("/api/v1/health", headers=headers)).status_code == 401
