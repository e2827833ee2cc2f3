"""The steward's pages: who may open them, what they tell, and that every form does its work once and keeps its secrets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from coordinator.domain.rota import LEASE_DEFAULT
from coordinator.services.callers import enter
from coordinator.services.groups import load_groups
from coordinator.services.network import load_network
from coordinator.store import tables
from coordinator.store.ids import new_row_id
from tests.factories import NOON, SECRET_KEY, count_rows
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page

PAGES = (
    "",
    "groups",
    "groups/new",
    "groups/{group}",
    "groups/{group}/archive",
    "import",
    "network",
    "links",
    "glossary",
    "reports",
    "jobs",
)
FORMS = (
    "groups/new",
    "groups/{group}/custodian",
    "groups/{group}/archive",
    "import",
    "network",
    "links",
    "links/nolink/revoke",
    "glossary",
    "glossary/noterm/remove",
    "reports/noreport/dismiss",
    "reports/voices/novoice/take-down",
    "jobs/nojob/revive",
)
NEW_GROUP = {
    "name": "Rede Mangue",
    "place": "Recife",
    "zone": "America/Recife",
    "language": "pt-BR",
    "listing": "partners",
    "reach": "waking",
    "availability": "TU-FR 18:00-22:00; SA 09:00-13:00",
    "quiet": "23:00-06:30",
    "blocked": "2027-02-09",
}


def steward(pages: Pages, rest: str = "", lang: str = "en") -> str:
    return f"/{lang}/steward/{rest.format(group=pages.world.group)}"


async def rows_of(pages: Pages, *chosen: sa.Table) -> dict[str, int]:
    async with pages.world.database.read() as conn:
        return await count_rows(conn, *chosen)


def reads(answer: httpx.Response) -> str:
    """What a reader reads, cities and offsets set into their sentences."""
    return text_of_page(answer).replace(" ,", ",").replace(" .", ".")


def made_secret(text: str) -> str:
    found = re.search(r"/enter#([A-Za-z0-9_-]{20,})", text)
    assert found is not None, "no link on the page"
    return found[1]


async def everything_stored(pages: Pages) -> str:
    """Every cell of every table, as text."""
    async with pages.world.database.read() as conn:
        return "\n".join([str(tuple(row)) for table in tables.metadata.sorted_tables for row in await conn.execute(sa.select(table))])


# --- who may come -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "es", "ar"])
async def test_every_page_opens_for_the_steward(pages: Pages, lang: str) -> None:
    answers = {page: await pages.get(steward(pages, page, lang), "steward") for page in PAGES}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(PAGES, 200)
    assert {answer.headers["cache-control"] for answer in answers.values()} == {"private, no-store"}
    assert [page for page, answer in answers.items() if f'<html lang="{lang}"' not in answer.text] == []


async def test_every_page_without_a_link_shows_the_way_in_and_nothing_else(pages: Pages) -> None:
    answers = {page: await pages.get(steward(pages, page)) for page in PAGES}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(PAGES, 401)
    assert [page for page, answer in answers.items() if 'href="/enter"' not in answer.text] == []
    assert [word for word in (*HIDDEN_WORDS, "Casseroles") for answer in answers.values() if word in answer.text] == []


@pytest.mark.parametrize("role", ["custodian", "lapsed", "member", "witness", "room", "remote"])
async def test_every_page_is_closed_to_whoever_is_no_steward(pages: Pages, role: str) -> None:
    answers = {page: await pages.get(steward(pages, page), role) for page in PAGES}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(PAGES, 403)
    assert [word for word in HIDDEN_WORDS for answer in answers.values() if word in answer.text] == []


@pytest.mark.parametrize(("role", "status"), [("", 401), ("custodian", 403), ("member", 403), ("room", 403)])
async def test_every_form_of_anybody_else_is_refused_and_writes_nothing(pages: Pages, role: str, status: int) -> None:
    before = await rows_of(pages)
    statuses = {page: (await pages.send(steward(pages, page), NEW_GROUP, role)).status_code for page in FORMS}

    assert statuses == dict.fromkeys(FORMS, status)
    assert await rows_of(pages) == before


async def test_every_form_from_another_origin_is_refused(pages: Pages) -> None:
    before = await rows_of(pages)
    statuses = {
        page: (await pages.send(steward(pages, page), NEW_GROUP, "steward", origin="https://elsewhere.example")).status_code
        for page in FORMS
    }

    assert statuses == dict.fromkeys(FORMS, 403)
    assert await rows_of(pages) == before


async def test_page_of_an_unknown_group_is_not_found(pages: Pages) -> None:
    assert [(await pages.get(steward(pages, f"groups/nowhere1{rest}"), "steward")).status_code for rest in ("", "/archive")] == [404, 404]


# --- overview -----------------------------------------------------------------------------------------------------------


async def test_overview_tells_counts_lacking_custodians_actions_and_the_ways(pages: Pages) -> None:
    slug = await pages.propose()
    async with pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(tables.rota).where(tables.rota.c.group_id == pages.world.other).values(until_at=NOON))
    answer = await pages.get(steward(pages), "steward")
    text = reads(answer)

    assert "In all 3 Everybody sees them 1 Partner groups see them 1 They hide themselves 1" in text
    assert "Without a custodian" in text
    assert [name in text for name in ("Casseroles", "Colectivo Quetzaltenango")] == [True, False]
    assert "The first quarter of 2027" in text
    assert "The second quarter of 2027" in text
    assert f"/en/g/{pages.world.group}/actions/{slug}" in answer.text
    assert [f'href="/en/steward/{rest}"' in answer.text for rest in ("groups", "import", "network", "links", "jobs")] == [True] * 5


async def test_overview_without_slash_leads_to_it(pages: Pages) -> None:
    answer = await pages.get("/en/steward", "steward")

    assert (answer.status_code, answer.headers["location"]) == (307, "/en/steward/")


# --- groups -------------------------------------------------------------------------------------------------------------


async def test_groups_list_names_each_with_its_custodian_and_its_pages(pages: Pages) -> None:
    answer = await pages.get(steward(pages, "groups"), "steward")
    text = reads(answer)

    assert "3 groups are in the network." in text
    assert "heron, until Sunday 4 April 2027" in text
    for rest in ("", "settings", "links"):
        assert f'href="/en/g/{pages.world.hidden}/{rest}"' in answer.text
    assert all(word in text for word in ("Colectivo Quetzaltenango", "Xelajú", "America/Guatemala", "It hides itself"))


async def test_new_group_is_taken_in_once_and_leads_to_its_page(pages: Pages) -> None:
    answers = [await pages.send(steward(pages, "groups/new"), NEW_GROUP, "steward", key="tapped-twice") for _ in range(2)]
    async with pages.world.database.read() as conn:
        created = [group for group in await load_groups(conn) if group.name == "Rede Mangue"]

    assert len(created) == 1
    assert [(a.status_code, a.headers["location"]) for a in answers] == [
        (303, f"/en/steward/groups/{created[0].id}?said=group_created")
    ] * 2
    assert created[0].availability.to_text() == {
        "availability": "TU-FR 18:00-22:00; SA 09:00-13:00",
        "quiet": "23:00-06:30",
        "blocked": "2027-02-09",
    }
    said = reads(await pages.get(answers[0].headers["location"], "steward"))
    assert "The group is in the network." in said
    assert "Custodian nobody yet" in said


async def test_new_group_with_many_faults_names_all_of_them_keeps_what_was_typed_and_writes_nothing(pages: Pages) -> None:
    before = await rows_of(pages)
    bad = NEW_GROUP | {
        "name": "Minga del Agua",
        "zone": "America/Recieve",
        "language": "tlh",
        "availability": "XX 18-22",
        "quiet": "at night",
    }
    answer = await pages.send(steward(pages, "groups/new"), bad, "steward")
    text = reads(answer)

    assert answer.status_code == 422
    assert await rows_of(pages) == before
    for words in (
        "another group is called “Minga del Agua”",
        "Did you mean America/Recife",
        "“tlh” is not a language",
        "“at night” cannot be read",
    ):
        assert words in text
    assert 'value="America/Recieve"' in answer.text
    for field in ("name", "zone", "language", "availability", "quiet"):
        assert f'href="#{field}"' in answer.text
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text), field


@pytest.mark.parametrize(
    ("name", "words"),
    [("x" * 10_000, "10000 characters"), ("Re\u202ede", "turn the direction"), ("Re\x07de", "cannot be seen"), ("  ", "this is needed")],
)
async def test_new_group_with_a_name_that_is_none_is_refused_in_words(pages: Pages, name: str, words: str) -> None:
    answer = await pages.send(steward(pages, "groups/new"), NEW_GROUP | {"name": name}, "steward")

    assert answer.status_code == 422
    assert words in reads(answer)


# --- custodians ---------------------------------------------------------------------------------------------------------


async def test_custodian_link_is_shown_once_kept_nowhere_and_begins_a_lease_when_opened(
    pages: Pages, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    path, form = steward(pages, "groups/{group}/custodian"), {"alias": "otter", "until": "2027-03-31", "label": "by Signal"}
    first = await pages.send(path, form, "steward", key="tapped-twice")
    secret = made_secret(first.text)
    links = await rows_of(pages, tables.link)
    second = await pages.send(path, form, "steward", key="tapped-twice")

    assert (first.status_code, second.status_code) == (200, 409)
    assert "location" not in first.headers
    assert secret not in second.text
    assert "/enter#" not in second.text
    assert "secrets are shown once only" in reads(second)
    assert await rows_of(pages, tables.link) == links
    assert secret not in await everything_stored(pages)
    assert secret not in caplog.text + "".join(capsys.readouterr())

    offered = reads(await pages.get(steward(pages, "groups/{group}"), "steward"))
    assert "offered to otter" in offered
    async with pages.world.database.write(NOON + timedelta(hours=1)) as work:
        await enter(work, secret, None, secret_key=SECRET_KEY)
    taken = reads(await pages.get(steward(pages, "groups/{group}"), "steward"))
    assert "Custodian otter, until Wednesday 31 March 2027" in taken


async def test_custodian_link_without_a_date_lasts_ninety_days(pages: Pages) -> None:
    await pages.send(steward(pages, "groups/{group}/custodian"), {"alias": "otter", "until": ""}, "steward")
    async with pages.world.database.read() as conn:
        until_at = (await conn.execute(sa.select(tables.rota.c.until_at).where(tables.rota.c.alias == "otter"))).scalar_one()

    assert until_at == NOON + LEASE_DEFAULT


async def test_custodian_form_with_faults_names_them_and_makes_no_link(pages: Pages) -> None:
    before = await rows_of(pages)
    answer = await pages.send(steward(pages, "groups/{group}/custodian"), {"alias": "", "until": "31.3.2027"}, "steward")
    text = reads(answer)

    assert answer.status_code == 422
    assert "Alias: this is needed." in text
    assert "“31.3.2027” is not a date" in text
    assert 'value="31.3.2027"' in answer.text
    assert await rows_of(pages) == before


async def test_one_more_link_hangs_on_the_present_lease(pages: Pages) -> None:
    answer = await pages.send(
        steward(pages, "groups/{group}/custodian").replace(pages.world.group, pages.world.other), {"same_holder": "1"}, "steward"
    )
    made_secret(answer.text)
    async with pages.world.database.read() as conn:
        chosen = sa.select(tables.link.c.rota_id).where(tables.link.c.group_id == pages.world.other)
        hung_on = set((await conn.execute(chosen)).scalars())

    assert answer.status_code == 200
    assert len(hung_on) == 1
    assert (await rows_of(pages, tables.rota))["rota"] == 4


# --- leaving ------------------------------------------------------------------------------------------------------------


async def test_archive_asks_first_and_then_lets_the_group_go(pages: Pages) -> None:
    path = steward(pages, "groups/{group}/archive")
    asked = await pages.get(path, "steward")
    still = await pages.get(pages.desk(), "custodian")
    done = await pages.send(path, {}, "steward")

    assert "Shall Minga del Agua leave the network?" in reads(asked)
    assert still.status_code == 200
    assert (done.status_code, done.headers["location"]) == (303, "/en/steward/groups?said=group_archived")
    assert "Minga del Agua" not in reads(await pages.get(done.headers["location"], "steward"))
    assert (await pages.get(pages.desk(), "custodian")).status_code == 401
    assert (await pages.send(path, {}, "steward")).status_code == 404


# --- network ------------------------------------------------------------------------------------------------------------

SETTINGS = {
    "name": "Coro del Agua",
    "zone": "Africa/Nairobi",
    "default_language": "es",
    "numerals.ar": "arab",
    "threshold_percent": "75",
    "tolerance_ms": "80",
}


async def test_network_settings_are_changed_and_shown(pages: Pages) -> None:
    done = await pages.send(steward(pages, "network"), SETTINGS, "steward")
    async with pages.world.database.read() as conn:
        network = await load_network(conn)
    page = await pages.get(done.headers["location"], "steward")

    assert (done.status_code, done.headers["location"]) == (303, "/en/steward/network?said=network_changed")
    assert (network.name, network.zone_id, network.default_language) == ("Coro del Agua", "Africa/Nairobi", "es")
    assert (network.threshold_percent, network.tolerance_ms, network.numerals) == (75, 80, {"ar": "arab"})
    assert "The network’s settings are kept." in reads(page)
    assert re.search(r'name="numerals.ar" value="arab" checked', page.text)


async def test_network_settings_with_faults_are_named_and_not_kept(pages: Pages) -> None:
    bad = {
        "name": "",
        "zone": "Nowhere",
        "default_language": "sw",
        "numerals.ar": "deva",
        "threshold_percent": "49",
        "tolerance_ms": "soon",
    }
    answer = await pages.send(steward(pages, "network"), bad, "steward")
    text = reads(answer)
    async with pages.world.database.read() as conn:
        network = await load_network(conn)

    assert answer.status_code == 422
    assert "6 things are not right yet." in text
    for words in (
        "Name: this is needed.",
        "“Nowhere”",
        "“sw”",
        "“deva”",
        "49 is out of bounds. Possible is 50 to 100.",
        "“soon” is not a whole number",
    ):
        assert words in text
    assert (network.name, network.zone_id) == ("Chorus", "UTC")
    assert 'value="soon"' in answer.text


# --- the stewards' own links --------------------------------------------------------------------------------------------


async def test_steward_link_is_shown_once_and_kept_nowhere(pages: Pages) -> None:
    first = await pages.send(steward(pages, "links"), {"label": "in the safe"}, "steward", key="tapped-twice")
    second = await pages.send(steward(pages, "links"), {"label": "in the safe"}, "steward", key="tapped-twice")
    secret = made_secret(first.text)
    listed = await pages.get(steward(pages, "links"), "steward")

    assert (first.status_code, second.status_code, "location" in first.headers) == (200, 409, False)
    assert secret not in second.text
    assert reads(listed).count("in the safe") == 2  # its own, and the hint of the form
    assert secret not in await everything_stored(pages) + listed.text


async def test_only_steward_link_cannot_be_revoked(pages: Pages) -> None:
    link_id = pages.world.links["steward"].id
    listed = await pages.get(steward(pages, "links"), "steward")
    answer = await pages.send(steward(pages, f"links/{link_id}/revoke"), {}, "steward")

    assert "/revoke" not in listed.text
    assert "The last good link stays" in reads(listed)
    assert answer.status_code == 409
    assert "This is the only steward’s link" in reads(answer).replace("'", "’")
    assert (await pages.get(steward(pages, "links"), "steward")).status_code == 200


async def test_steward_link_is_revoked_and_opens_nothing_any_more(pages: Pages) -> None:
    made = await pages.send(steward(pages, "links"), {"label": "spare"}, "steward")
    listed = await pages.get(steward(pages, "links"), "steward")
    own = pages.world.links["steward"].id
    spare = next(found for found in re.findall(r"/links/([^/]+)/revoke", listed.text) if found != own)
    done = await pages.send(steward(pages, f"links/{spare}/revoke"), {}, "steward")

    assert (done.status_code, done.headers["location"]) == (303, "/en/steward/links?said=link_revoked")
    assert "The link is revoked." in reads(await pages.get(done.headers["location"], "steward"))
    entered = await pages.send("/enter", {"secret": made_secret(made.text)}, "")
    assert entered.status_code == 404


async def test_revoking_an_unknown_link_is_not_found(pages: Pages) -> None:
    assert (await pages.send(steward(pages, "links/nolink/revoke"), {}, "steward")).status_code == 404


# --- jobs ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def worked(pages: Pages) -> AsyncIterator[Pages]:
    """One job given up, one late, one to come, one done."""
    rows = [
        {"id": "deadjob", "kind": "decide", "due_at": NOON - timedelta(hours=2), "attempt": 8, "state": "dead", "done_at": NOON},
        {"id": "latejob", "kind": "remind", "due_at": NOON - timedelta(minutes=5), "attempt": 1, "state": "waiting"},
        {"id": "nextjob", "kind": "quarter", "due_at": NOON + timedelta(days=1), "attempt": 0, "state": "waiting"},
        {"id": "donejob", "kind": "decide", "due_at": NOON - timedelta(days=1), "attempt": 1, "state": "done", "done_at": NOON},
    ]
    async with pages.world.database.write(NOON) as work:
        for row in rows:
            fault = "TimeoutError in decide" if row["state"] == "dead" else ""
            values = {"key": new_row_id(), "ref": {}, "fence": 0, "last_error": fault} | row
            await work.conn.execute(sa.insert(tables.job).values(values))
    return pages


async def test_jobs_tell_what_was_given_up_what_is_late_and_how_much_there_is(worked: Pages) -> None:
    answer = await worked.get(steward(worked, "jobs"), "steward")
    text = reads(answer)

    dead, late = text[text.index("Given up") : text.index("Late Work")], text[text.index("Late Work") : text.index("All of it")]
    assert "Deciding at a deadline Monday 4 January 2027, 10:00 in UTC, UTC+00:00 8 attempts of 8 TimeoutError in decide" in dead
    assert "Reminding of a moment Monday 4 January 2027, 11:55 in UTC, UTC+00:00 1 attempt of 8 none" in late
    assert "Deciding at a deadline 0 1 1" in text
    assert "Next: Saying that a quarter has no action yet, Tuesday 5 January 2027, 12:00 in UTC, UTC+00:00." in text
    assert re.findall(r"/jobs/(\w+)/revive", answer.text) == ["deadjob"]


async def test_job_that_was_given_up_is_revived_once(worked: Pages) -> None:
    done = await worked.send(steward(worked, "jobs/deadjob/revive"), {}, "steward")
    again = await worked.send(steward(worked, "jobs/deadjob/revive"), {}, "steward")
    waiting = await worked.send(steward(worked, "jobs/latejob/revive"), {}, "steward")

    assert (done.status_code, done.headers["location"]) == (303, "/en/steward/jobs?said=job_revived")
    assert (again.status_code, waiting.status_code) == (404, 404)
    text = reads(await worked.get(done.headers["location"], "steward"))
    assert "It will be tried again at once." in text
    assert "Nothing was given up." in text


async def test_pages_of_forms_without_a_page_of_their_own_lead_back(pages: Pages) -> None:
    answer = await pages.get(steward(pages, "groups/{group}/custodian"), "steward")

    assert (answer.status_code, answer.headers["location"]) == (303, steward(pages, "groups/{group}"))


async def test_every_form_carries_an_idempotency_key_and_no_script_is_needed(pages: Pages) -> None:
    for page in PAGES:
        html = (await pages.get(steward(pages, page), "steward")).text
        forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", html, flags=re.DOTALL)
        assert all('name="idempotency_key"' in form and 'type="submit"' in form for form in forms), page


async def test_every_way_on_the_page_of_a_group_opens_for_the_steward(pages: Pages) -> None:
    html = (await pages.get(steward(pages, "groups/{group}"), "steward")).text
    ways = sorted(set(re.findall(rf'href="(/en/g/{pages.world.group}/[^"]*)"', html)))
    statuses = {way: (await pages.get(way, "steward")).status_code for way in ways}

    assert [way.rpartition("/")[2] for way in ways] == ["", "availability", "links", "rota", "settings"]
    assert statuses == dict.fromkeys(ways, 200)
