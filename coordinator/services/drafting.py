"""When does a machine draft a text? After it was published, edited, or when the glossary changed: one job a text, for all languages at once."""

from __future__ import annotations

from coordinator import keys
from coordinator.store.database import Work
from coordinator.store.network import load_glossary_revision
from coordinator.store.texts import find_text


async def plan_drafts(work: Work, text_id: str) -> None:
    """Asks for a machine's drafts of a text as it stands now. Twice is harmless: the job looks at what is missing."""
    text = await find_text(work.conn, text_id)
    if text is None:
        return
    glossary_revision = await load_glossary_revision(work.conn)
    await work.plan(keys.JOB_TRANSLATE, f"{text_id}:{text.revision}:{glossary_revision}", {"text": text_id}, work.now)
