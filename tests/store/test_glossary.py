"""The glossary as rows, on both databases."""

from __future__ import annotations

from datetime import timedelta

from coordinator.domain.glossary import Term
from coordinator.store.database import Database
from coordinator.store.glossary import KeptTerm, delete_term, find_terms, insert_term
from tests.factories import NOON

END = NOON + timedelta(days=900)


async def test_terms_come_back_in_the_order_of_their_words(database: Database) -> None:
    terms = {
        "b": Term("minga", "es"),
        "c": Term("Rede Mangue", "pt-BR", "ar", "شبكة المانغروف"),
        "a": Term("Minga", "es", "en", "work party"),
    }
    async with database.write(NOON) as work:
        for term_id, term in terms.items():
            await insert_term(work.conn, term_id, term, NOON, END)
    async with database.read() as conn:
        assert await find_terms(conn) == [KeptTerm(term_id, terms[term_id], END) for term_id in ("a", "b", "c")]


async def test_delete_term_once(database: Database) -> None:
    async with database.write(NOON) as work:
        await insert_term(work.conn, "a", Term("minga", "es"), NOON, END)

        assert [await delete_term(work.conn, "a"), await delete_term(work.conn, "a"), await find_terms(work.conn)] == [1, 0, []]
