"""Who keeps the glossary, what is refused, and what a change of it asks of the machines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.glossary import Term
from coordinator.errors import Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.services.glossary import TERM_AGE, TERMS_MOST, add_term, list_terms, load_terms, remove_term
from coordinator.services.spotlights import draft_spotlight, publish_spotlight, retire_spotlight
from coordinator.store.database import Work
from coordinator.store.glossary import KeptTerm, insert_term
from coordinator.store.network import load_glossary_revision
from coordinator.store.tables import job
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, open_database

LANGUAGES = ("en", "es", "ar", "pt-BR")
MINGA = {"term": "minga", "source": "es", "target": "en", "rendering": "work party"}
TELLING = {"title": "T", "story": "S", "consent": "C", "language": "en", "audience": "public"}


@pytest.fixture
async def work(sqlite_database_url: str) -> AsyncIterator[Work]:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as opened:
        await add_network(opened.conn)
        yield opened


async def asked(work: Work) -> list[str]:
    """The keys of the jobs that ask for drafts."""
    return sorted((await work.conn.execute(sa.select(job.c.key).where(job.c.kind == keys.JOB_TRANSLATE))).scalars())


async def test_term_is_taken_in_and_out_and_each_raises_the_revision(work: Work) -> None:
    term_id = await add_term(work, STEWARD, MINGA, LANGUAGES)
    there, first = await list_terms(work.conn, STEWARD), await load_glossary_revision(work.conn)
    terms = await load_terms(work.conn)
    await remove_term(work, STEWARD, term_id)

    assert (there, first) == ([KeptTerm(term_id, Term("minga", "es", "en", "work party"), NOON + TERM_AGE)], 1)
    assert terms == [Term("minga", "es", "en", "work party")]
    assert (await load_terms(work.conn), await load_glossary_revision(work.conn)) == ([], 2)


@pytest.mark.parametrize("again", [MINGA, MINGA | {"rendering": "bee"}, MINGA | {"term": " Minga "}, MINGA | {"rendering": ""}])
async def test_term_that_is_there_is_refused(work: Work, again: dict[str, str]) -> None:
    await add_term(work, STEWARD, MINGA, LANGUAGES)

    with pytest.raises(Invalid) as fault:
        await add_term(work, STEWARD, again, LANGUAGES)

    assert [(p.field, p.code) for p in fault.value.problems] == [("term", "duplicate")]
    assert await load_glossary_revision(work.conn) == 1


@pytest.mark.parametrize("other", [{"target": "ar"}, {"target": "", "rendering": ""}, {"source": "pt-BR"}, {"term": "MINGA"}])
async def test_term_for_another_pair_stands_beside_it(work: Work, other: dict[str, str]) -> None:
    await add_term(work, STEWARD, MINGA, LANGUAGES)
    await add_term(work, STEWARD, MINGA | other, LANGUAGES)

    assert len(await load_terms(work.conn)) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"term": ""}, ("term", "missing")),
        ({"term": "x" * 81}, ("term", "too_long")),
        ({"term": "..."}, ("term", "term_without_letter")),
        ({"term": "a\u202eb"}, ("term", "bidi_characters")),
        ({"source": "xx"}, ("source", "language_unknown")),
        ({"target": ""}, ("target", "rendering_without_language")),
        ({"target": "es"}, ("target", "language_onto_itself")),
    ],
)
async def test_term_that_cannot_be_taken_names_its_field(work: Work, changes: dict[str, str], expected: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as fault:
        await add_term(work, STEWARD, MINGA | changes, LANGUAGES)

    assert [(p.field, p.code) for p in fault.value.problems] == [expected]
    assert (await load_terms(work.conn), await load_glossary_revision(work.conn)) == ([], 0)


async def test_glossary_has_an_end(work: Work) -> None:
    for number in range(TERMS_MOST):
        await insert_term(work.conn, f"t{number}", Term(f"term {number}", "es"), NOON, NOON + timedelta(days=1))

    with pytest.raises(Invalid) as fault:
        await add_term(work, STEWARD, MINGA, LANGUAGES)

    assert [(p.code, p.value, p.remedy) for p in fault.value.problems] == [("too_many", str(TERMS_MOST + 1), (str(TERMS_MOST),))]


async def test_remove_of_an_unknown_term_finds_nothing(work: Work) -> None:
    with pytest.raises(NotFound):
        await remove_term(work, STEWARD, "nothing")

    assert await load_glossary_revision(work.conn) == 0


@pytest.mark.parametrize(
    ("caller", "fault"),
    [(NOBODY, NotSignedIn), *((caller_as(role, "g"), Forbidden) for role in ("custodian", "member", "witness", "room", "remote"))],
)
async def test_glossary_is_the_stewards(work: Work, caller: Caller, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        await list_terms(work.conn, caller)
    with pytest.raises(fault):
        await add_term(work, caller, MINGA, LANGUAGES)
    with pytest.raises(fault):
        await remove_term(work, caller, "nothing")


async def test_change_asks_for_drafts_of_what_is_shown_and_of_nothing_else(work: Work) -> None:
    group_id = await add_group(work.conn, listing="public")
    custodian = caller_as("custodian", group_id)
    shown, retired, _ = [await draft_spotlight(work, custodian, group_id, TELLING, LANGUAGES) for _ in range(3)]
    for slug in (shown, retired):
        await publish_spotlight(work, custodian, slug)
    await retire_spotlight(work, custodian, retired)
    before = await asked(work)

    term_id = await add_term(work, STEWARD, MINGA, LANGUAGES)
    added = set(await asked(work)) - set(before)
    await remove_term(work, STEWARD, term_id)
    removed = set(await asked(work)) - set(before) - added

    assert [key.split(":")[1:] for key in added] == [["1", "1"]]
    assert [key.split(":")[1:] for key in removed] == [["1", "2"]]
    assert {key.split(":")[0] for key in added} == {key.split(":")[0] for key in removed}
