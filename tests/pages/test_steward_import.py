"""A file of groups through the steward's page: chosen or pasted, all of it or nothing, every fault with its line."""

from __future__ import annotations

import httpx
import pytest

from coordinator.domain.listing import Listing
from coordinator.keys import IDEMPOTENCY_FIELD, SESSION_COOKIE
from coordinator.services.groups import load_groups
from tests.api.world import BASE
from tests.factories import count_rows
from tests.pages.world import Pages, text_of_page

PATH = "/en/steward/import"
HEADER = "name,city,zone,language,availability,quiet,blocked\n"
MANGUE = "Rede Mangue,Recife,America/Recife,pt-BR,TU-FR 18:00-22:00; SA 09:00-13:00,23:00-06:30,2027-02-09\n"
NILE = "Nile Listeners,القاهرة,Africa/Cairo,ar,SU-TH 18:00-21:00,23:00-07:00,\n"
GOOD = HEADER + MANGUE + NILE


async def upload(pages: Pages, data: bytes, *, listing: str = "partners", text: str = "", key: str = "one-tap-000") -> httpx.Response:
    """The form as a browser sends it with a chosen file."""
    return await pages.client.post(
        PATH,
        files={"file": ("groups.csv", data, "text/csv")},
        data={"listing": listing, "text": text, IDEMPOTENCY_FIELD: key},
        headers={"Origin": BASE, "Cookie": f"{SESSION_COOKIE}={pages.world.tokens['steward']}"},
    )


async def names(pages: Pages) -> dict[str, Listing]:
    async with pages.world.database.read() as conn:
        return {group.name: group.listing for group in await load_groups(conn)}


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
async def test_import_of_a_file_takes_all_groups_in_with_or_without_bom(pages: Pages, begin: bytes) -> None:
    answer = await upload(pages, begin + GOOD.encode(), listing="public")

    assert (answer.status_code, answer.headers["location"]) == (303, "/en/steward/groups?said=groups_imported")
    known = await names(pages)
    assert (known["Rede Mangue"], known["Nile Listeners"], len(known)) == (Listing.PUBLIC, Listing.PUBLIC, 5)
    assert "All groups of the file are in the network." in text_of_page(await pages.get(answer.headers["location"], "steward"))


async def test_import_of_pasted_lines_takes_them_in(pages: Pages) -> None:
    answer = await pages.send(PATH, {"text": GOOD.replace("\n", "\r\n"), "listing": "hidden"}, "steward")

    assert answer.status_code == 303
    assert (await names(pages))["Nile Listeners"] is Listing.HIDDEN


async def test_import_sent_twice_takes_groups_in_once(pages: Pages) -> None:
    answers = [await upload(pages, GOOD.encode(), key="tapped-twice") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(await names(pages)) == 5


async def test_import_with_faults_names_every_line_and_takes_nothing_in(pages: Pages) -> None:
    async with pages.world.database.read() as conn:
        before = await count_rows(conn)
    lines = [
        MANGUE,
        "Rede mangue,Recife,America/Recife,pt-BR,TU 18:00-22:00,,\n",
        "Cedar,Beirut,Asia/Beiruth,ar,XX 18:00-20:00,,\n",
        "Minga del Agua,La Paz,America/La_Paz,es,WE 17:00-20:00,,2040-01-01\n",
        "Too,few,cells\n",
        ",Lima,America/Lima,qya,MO 18:00-20:00,,\n",
    ]
    answer = await pages.send(PATH, {"text": HEADER + "".join(lines)}, "steward")
    text = text_of_page(answer)

    assert answer.status_code == 422
    assert "No group was taken in." in text
    for words in (
        "Line 3, Name: “Rede mangue” stands in line 2 already.",
        "Line 4, Time zone: no time zone is called “Asia/Beiruth”. Did you mean Asia/Beirut",
        "Line 4, Hours",
        "Line 5, Blocked dates",
        "Line 5, Name: another group is called “Minga del Agua”.",
        "Line 6: this line has 3 cells. It needs 7",
        "Line 7, Name: this is needed.",
        "Line 7, Language: “qya” is not a language",
    ):
        assert words in text, words
    assert "Cedar,Beirut" in answer.text  # what was pasted is still there
    async with pages.world.database.read() as conn:
        assert await count_rows(conn) == before


async def test_import_of_a_name_that_is_taken_says_so(pages: Pages) -> None:
    answer = await pages.send(PATH, {"text": HEADER + MANGUE + MANGUE.replace("Rede Mangue", "casseroles")}, "steward")

    assert answer.status_code == 422
    assert "Line 3, Name: another group is called “casseroles”." in text_of_page(answer)
    assert "Rede Mangue" not in await names(pages)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD.replace(",", ";").encode(), "Line 1: the cells are parted by semicolons"),
        (GOOD.replace(",zone,", ",").encode(), "Line 1: the column “zone” is missing."),
        (GOOD.replace("city,zone", "city,Zeitzone").encode(), "“zeitzone” is not a column of this file."),
        (GOOD.encode("utf-8").replace(b"Rede", b"R\xe9de"), "Line 2: this is not text in UTF-8."),
        (GOOD.encode("utf-16"), "this is not text in UTF-8"),
        (HEADER.encode(), "this file names no group"),
        (b"", "The file: this is needed."),
        ((HEADER + 'a,"b\n').encode(), "Line 2: this line cannot be read."),
    ],
)
async def test_import_of_a_file_that_is_none_is_answered_clearly(pages: Pages, data: bytes, words: str) -> None:
    before = await names(pages)
    answer = await upload(pages, data)

    assert answer.status_code == 422
    assert words in text_of_page(answer)
    assert await names(pages) == before


async def test_import_of_pasted_bytes_that_are_no_utf8_is_answered_clearly(pages: Pages) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": BASE,
        "Cookie": f"{SESSION_COOKIE}={pages.world.tokens['steward']}",
    }
    answer = await pages.client.post(PATH, content=b"text=name%2Ccity%FF", headers=headers)

    assert answer.status_code == 422
    assert "this is not text in UTF-8" in text_of_page(answer)


async def test_import_under_an_unknown_listing_is_refused_with_the_faults_of_the_file(pages: Pages) -> None:
    answer = await upload(
        pages, (HEADER + MANGUE.replace("Recife,", "Recieve,", 1).replace("America/Recife", "Nowhere")).encode(), listing="friends"
    )
    text = text_of_page(answer)

    assert answer.status_code == 422
    assert "“friends” is not among the choices" in text
    assert "Line 2, Time zone" in text


async def test_import_of_a_large_file_is_refused_by_its_size(pages: Pages) -> None:
    answer = await upload(pages, (HEADER + "#" * 4_000_000).encode())

    assert answer.status_code == 413
    assert len(await names(pages)) == 3


async def test_import_takes_a_file_larger_than_other_forms_may_be(pages: Pages) -> None:
    rows = "".join(MANGUE.replace("Rede Mangue", f"Rede Mangue da Rua Número {n}") for n in range(1_500))
    answer = await pages.send(PATH, {"text": HEADER + rows}, "steward")

    assert answer.status_code == 303
    assert len(await names(pages)) == 1_503
