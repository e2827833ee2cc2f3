"""The stewards keep a glossary: each change of it asks the machines for new drafts of whatever is shown, and leaves people's work alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.glossary import Term, read_term, same_term
from coordinator.errors import Invalid, NotFound, problem
from coordinator.services.drafting import plan_drafts
from coordinator.store import glossary as store
from coordinator.store.database import Work
from coordinator.store.glossary import KeptTerm
from coordinator.store.ids import new_row_id
from coordinator.store.network import lock_network, raise_glossary_revision
from coordinator.store.spotlights import answering, find_echoes, find_spotlights, standing

TERMS_MOST = 500  # each is looked for in every sentence that a machine drafts
TERM_AGE = timedelta(days=3 * 366)


async def load_terms(conn: AsyncConnection) -> list[Term]:
    """Every term of the network, in the order of its words: what an engine is given."""
    return [kept.term for kept in await store.find_terms(conn)]


async def list_terms(conn: AsyncConnection, caller: Caller) -> list[KeptTerm]:
    """The same with ids and ends, for the stewards."""
    caller.require(Right.STEER)
    return await store.find_terms(conn)


async def add_term(work: Work, caller: Caller, raw: Mapping[str, object], languages: Collection[str]) -> str:
    """Takes a term in; returns its id. Raises Invalid with every fault: see `read_term`, and `duplicate`, `too_many`."""
    caller.require(Right.STEER)
    term = read_term(raw, languages)
    await lock_network(work.conn)  # two who add the same at once take turns
    known = await load_terms(work.conn)
    if _key(term) in {_key(one) for one in known}:
        raise Invalid(problem("term", "duplicate", term.term))
    if len(known) >= TERMS_MOST:
        raise Invalid(problem("term", "too_many", len(known) + 1, TERMS_MOST))
    term_id = new_row_id()
    await store.insert_term(work.conn, term_id, term, work.now, work.now + TERM_AGE)
    await _draft_anew(work)
    return term_id


async def remove_term(work: Work, caller: Caller, term_id: str) -> None:
    """Takes a term out. NotFound for an unknown one."""
    caller.require(Right.STEER)
    await lock_network(work.conn)
    if not await store.delete_term(work.conn, term_id):
        raise NotFound("term")
    await _draft_anew(work)


def _key(term: Term) -> tuple[str, str, str | None]:
    return same_term(term.term), term.source, term.target


async def _draft_anew(work: Work) -> None:
    """Raises the glossary's revision, and plans drafts of every text that is shown."""
    await raise_glossary_revision(work.conn)
    told = await find_spotlights(work.conn, standing(work.now))
    echoes = await find_echoes(work.conn, answering([row.id for row in told]))
    for text_id in [*(row.text_id for row in told), *(echo.text_id for echo in echoes)]:
        await plan_drafts(work, text_id)
