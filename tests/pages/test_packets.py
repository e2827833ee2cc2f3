"""Packets through their pages, as a browser without script sends them: a file out, a file in, what is said when it is not right."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import httpx
import pytest

from coordinator.formats.packet import PACKET_BYTES, fingerprint_of, public_key_of, unseal
from coordinator.keys import IDEMPOTENCY_FIELD, SESSION_COOKIE
from coordinator.services.packets import network_fingerprint, signing_seed
from coordinator.services.spotlights import draft_spotlight, publish_spotlight, retire_spotlight
from tests.api.world import BASE
from tests.factories import NOON, SECRET_KEY, caller_as, count_rows
from tests.packets import SEED, make_packet, sealed
from tests.pages.plain_form import read_form, read_forms
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page
from tests.services.test_spotlights import LANGUAGES, TELLING

FINGERPRINT = fingerprint_of(public_key_of(SEED))
OURS = network_fingerprint(SECRET_KEY)
PAGE = "packets"


async def tell(pages: Pages, group_id: str = "", **changes: Any) -> str:
    """A standing spotlight; its slug."""
    group_id = group_id or pages.world.group
    custodian = caller_as("custodian", group_id)
    async with pages.world.database.write(NOON) as work:
        slug = await draft_spotlight(work, custodian, group_id, TELLING | changes, LANGUAGES)
        await publish_spotlight(work, custodian, slug)
    return slug


async def bring(
    pages: Pages, data: bytes, fingerprint: str = FINGERPRINT, *, role: str = "custodian", lang: str = "en", key: str = ""
) -> httpx.Response:
    """The form as a browser sends it with a chosen file."""
    pages.keys += 1
    return await pages.client.post(
        pages.desk(PAGE, lang=lang),
        files={"file": ("packet.zip", data, "application/zip")},
        data={"fingerprint": fingerprint, IDEMPOTENCY_FIELD: key or f"packet-key-{pages.keys:06d}"},
        headers={"Origin": BASE, "Cookie": f"{SESSION_COOKIE}={pages.world.tokens[role]}"},
    )


async def rows(pages: Pages) -> dict[str, int]:
    async with pages.world.database.read() as conn:
        return {name: count for name, count in (await count_rows(conn)).items() if name != "idempotency"}


# --- going out --------------------------------------------------------------------------------------------------------


async def test_download_is_a_sealed_packet_that_nobody_keeps(pages: Pages) -> None:
    slug = await tell(pages)
    before = await rows(pages)
    answer = await pages.get(pages.desk(f"spotlights/{slug}/packet.zip"), "member")

    assert answer.status_code == 200
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/zip", "private, no-store")
    assert answer.headers["content-disposition"] == f'attachment; filename="{slug}.zip"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    found = unseal(answer.content)
    assert (found.fingerprint, found.manifest["slug"], found.manifest["teller"]["name"]) == (OURS, slug, "Minga del Agua")
    assert await rows(pages) == before


async def test_download_of_a_title_in_any_script_has_a_plain_name(pages: Pages) -> None:
    slug = await tell(pages, title='المدّ "لنا"; filename=x')
    answer = await pages.get(pages.desk(f"spotlights/{slug}/packet.zip", lang="ar"), "custodian")

    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.zip"', answer.headers["content-disposition"])


async def test_download_opens_in_the_language_of_its_address(pages: Pages) -> None:
    slug = await tell(pages, language="es")
    for lang in ("es", "ar"):
        answer = await pages.get(pages.desk(f"spotlights/{slug}/packet.zip", lang=lang), "custodian")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            page = archive.read("index.html").decode()
        assert '<html class="night" lang="es" dir="ltr">' in page  # words are in Spanish only


async def test_download_of_what_does_not_stand_or_without_a_link_is_refused(pages: Pages) -> None:
    slug = await tell(pages)
    path = pages.desk(f"spotlights/{slug}/packet.zip")
    answers = [(await pages.get(path, role)).status_code for role in ("custodian", "witness", "room", "other", "")]
    async with pages.world.database.write(NOON) as work:
        await retire_spotlight(work, caller_as("custodian", pages.world.group), slug)
    after = (await pages.get(path, "custodian")).status_code

    assert (answers, after) == ([200, 200, 404, 404, 401], 404)


async def test_download_of_a_hidden_groups_spotlight_tells_its_alias_only(pages: Pages) -> None:
    slug = await tell(pages, pages.world.hidden, audience="partners", until="2027-03-01")
    answer = await pages.get(pages.desk(f"spotlights/{slug}/packet.zip"), "custodian")

    assert answer.status_code == 200
    assert [word for word in (*HIDDEN_WORDS, "UTC−06:00", "UTC-06:00") if word.encode() in answer.content] == []


# --- coming in --------------------------------------------------------------------------------------------------------


async def test_packet_brought_in_is_listed_with_its_label_signer_and_end(pages: Pages) -> None:
    answer = await bring(pages, sealed(), role="member")
    page = await pages.get(answer.headers["location"], "member")
    text = text_of_page(page)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{pages.desk(PAGE)}?said=packet_brought")
    for words in ("The packet is here.", "The tide is ours", "Rede Mangue, Recife", "Read by a speaker", "from Portuguese", FINGERPRINT):
        assert words in text, words
    assert "Sunday 28 February 2027, 23:00 in La Paz" in text.replace(" ,", ",")
    assert [form.action for form in read_forms(page)] == [pages.desk(PAGE)]  # a member does not delete


async def test_packet_brought_in_is_seen_by_no_other_group(pages: Pages) -> None:
    await bring(pages, sealed())
    other = await pages.get(pages.desk(PAGE, pages.world.other), "other")
    foreign = await pages.get(pages.desk(PAGE), "other")

    assert "tide" not in text_of_page(other)
    assert foreign.status_code == 404


async def test_packet_sent_twice_by_one_tap_or_two_comes_in_once(pages: Pages) -> None:
    answers = [await bring(pages, sealed(), key=key) for key in ("one-tap-000", "one-tap-000", "another-tap")]

    assert {answer.status_code for answer in answers} == {303}
    assert (await rows(pages))["packet"] == 1


async def test_packet_deleted_through_its_form_is_gone(pages: Pages) -> None:
    before = await rows(pages)
    await bring(pages, sealed())
    page = await pages.get(pages.desk(PAGE), "custodian")
    (delete,) = [form for form in read_forms(page) if form.action.endswith("/delete")]
    answer = await pages.send(delete.action, delete.fields)
    again = await pages.send(delete.action, delete.fields)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{pages.desk(PAGE)}?said=packet_deleted")
    assert again.status_code == 404
    kept = {"event", "stream", "job"}
    assert {n: c for n, c in (await rows(pages)).items() if n not in kept} == {n: c for n, c in before.items() if n not in kept}
    assert (await pages.get(delete.action, "custodian")).headers["location"] == pages.desk(PAGE)


async def test_packet_of_an_unknown_network_shows_its_fingerprint_and_takes_nothing_in(pages: Pages) -> None:
    before = await rows(pages)
    missing = await bring(pages, sealed(), "")
    wrong = await bring(pages, sealed(), OURS)

    assert (missing.status_code, wrong.status_code) == (422, 422)
    assert f"Its fingerprint is {FINGERPRINT}. Ask that network for its own in another way" in text_of_page(missing)
    assert f"“{OURS}” is not the fingerprint of this packet, which is {FINGERPRINT}." in text_of_page(wrong)
    assert read_form(wrong, pages.desk(PAGE)).fields["fingerprint"] == OURS
    assert 'href="#fingerprint"' in wrong.text
    assert await rows(pages) == before


@pytest.mark.parametrize("lang", ["en", "es", "ar"])
async def test_packet_altered_by_one_byte_is_refused_with_one_sentence(pages: Pages, lang: str) -> None:
    data = bytearray(sealed())
    data[len(data) // 2] ^= 1
    before = await rows(pages)
    answer = await bring(pages, bytes(data), lang=lang)

    assert answer.status_code == 422
    assert answer.text.count('href="#file"') == 1
    assert await rows(pages) == before


async def test_packet_past_its_end_says_when_it_ended_by_the_groups_clock(pages: Pages) -> None:
    answer = await bring(pages, sealed(make_packet(made_at=NOON - timedelta(days=9), expires_at=NOON)))

    assert answer.status_code == 422
    assert "Its time ended on Monday 4 January 2027, 08:00 in La Paz, UTC−04:00; please delete the file." in text_of_page(answer)


async def test_packet_with_faults_inside_names_them_without_leading_anywhere(pages: Pages) -> None:
    answer = await bring(pages, sealed(audience="<b>everyone"))

    assert answer.status_code == 422
    assert "The file, Who may see it: “<b>everyone” is not among the choices." in text_of_page(answer)
    assert 'href="#file-audience"' not in answer.text
    assert "<b>everyone" not in answer.text


async def test_packet_of_this_network_leads_to_its_spotlight_or_says_that_it_was_taken_back(pages: Pages) -> None:
    slug = await tell(pages)
    data = (await pages.get(pages.desk(f"spotlights/{slug}/packet.zip"), "custodian")).content
    opened = await bring(pages, data, "")
    async with pages.world.database.write(NOON) as work:
        await retire_spotlight(work, caller_as("custodian", pages.world.group), slug)
    refused = await bring(pages, data, "")

    assert (opened.status_code, opened.headers["location"]) == (303, f"{pages.desk(f'spotlights/{slug}')}?said=packet_own")
    assert refused.status_code == 409
    assert "has been taken back since" in text_of_page(refused)
    assert (await rows(pages))["packet"] == 0


async def test_packet_too_large_is_refused_before_it_is_read(pages: Pages) -> None:
    assert (await bring(pages, b"\0" * (PACKET_BYTES + 1))).status_code == 422
    assert (await bring(pages, b"\0" * (PACKET_BYTES + 100_000))).status_code == 413


@pytest.mark.parametrize(("role", "status"), [("member", 303), ("lapsed", 403), ("witness", 403), ("other", 404), ("room", 404)])
async def test_packet_is_brought_in_by_those_who_tell(pages: Pages, role: str, status: int) -> None:
    assert (await bring(pages, sealed(), role=role)).status_code == status


async def test_packets_page_has_a_way_and_a_form_for_those_who_may(pages: Pages) -> None:
    member, witness = [await pages.get(pages.desk(PAGE), role) for role in ("member", "witness")]

    assert f'<a href="{pages.desk(PAGE)}" aria-current="page">' in member.text
    assert (len(read_forms(member)), len(read_forms(witness))) == (1, 0)
    assert f'href="{pages.desk(PAGE)}" aria-current' not in witness.text
    assert OURS in text_of_page(member)


async def test_hostile_words_are_inert_on_the_page_and_in_the_packet(pages: Pages) -> None:
    title = "<script>alert(1)</script> {{ 7*7 }} %(x)s"
    slug = await tell(pages, title=title, story="</style><img src=//x.example onerror=alert(1)>\n\n" + "\U0001f9e8" * 2_500)
    data = (await pages.get(pages.desk(f"spotlights/{slug}/packet.zip"), "custodian")).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("index.html").decode()

    assert page.count("<script>") == page.count("</style>") == 1
    assert "<img" not in page
    assert "{{ 7*7 }} %(x)s" in page
    assert signing_seed(SECRET_KEY).hex() not in page


async def test_status_page_names_the_fingerprint_of_this_network(pages: Pages) -> None:
    assert OURS in text_of_page(await pages.get("/en/status"))
