"""What does the demo's mirror hold up? Three struggles told by their groups, translated and read by others, and the echoes that answer.

Everything goes through the services that pages use, each step by a session of the group that takes it; the words are in demo/spotlights.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from coordinator.assets import asset_root
from coordinator.demo_actions import custodian_of
from coordinator.domain.access import Caller, Grant, Role
from coordinator.domain.group import Group
from coordinator.domain.quarters import quarter_of
from coordinator.domain.spotlight import read_echo, read_story
from coordinator.domain.translation import Source
from coordinator.services.callers import OPERATOR
from coordinator.services.glossary import add_term
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.network import load_network
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.services.translations import save_translation, section_fields, sign_translation
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.spotlights import find_spotlights, insert_echo, with_id
from coordinator.store.texts import insert_text

Told = Mapping[str, Any]


def read_file() -> Mapping[str, list[Told]]:
    """demo/spotlights.toml: what is told (`spotlight`), and the terms of the glossary (`term`)."""
    return tomllib.loads((asset_root() / "demo" / "spotlights.toml").read_text(encoding="utf-8"))


async def fill_mirror(work: Work, groups: Mapping[str, Group], languages: Collection[str]) -> None:
    """Lets the steward keep terms, and the groups tell, translate, read and answer, unless somebody has told anything already."""
    if await find_spotlights(work.conn):
        return
    file = read_file()
    for term in file["term"]:
        await add_term(work, OPERATOR, term, languages)
    for told in file["spotlight"]:
        teller = groups[told["group"]]
        slug = await draft_spotlight(work, custodian_of(teller), teller.id, {**told, "audience": "public"}, languages)
        await publish_spotlight(work, custodian_of(teller), slug)
        view = await load_spotlight(work.conn, Reading(custodian_of(teller), told["language"], work.now), slug)
        await _translate(work, groups, view.source, told["translations"], languages)
        for answer in told.get("echoes", ()):
            source = await _answer(work, groups[answer["group"]], view.id, answer)
            await _translate(work, groups, source, answer["translations"], languages)


async def _translate(work: Work, groups: Mapping[str, Group], source: Source, made: Mapping[str, Told], languages: Collection[str]) -> None:
    """A group's translation of every section, and another group's reader who signs it."""
    for language, words in made.items():
        translator = groups[words["by"]]
        raw = {"language": language, "source_hash": source.hash, **_sections(source, words)}
        saved = await save_translation(work, _member(translator), translator.id, text_id=source.text_id, raw=raw, languages=languages)
        if "read_by" in words:
            reader = groups[words["read_by"]]
            await sign_translation(work, _member(reader), reader.id, saved.rendering_id)


def _sections(source: Source, words: Told) -> dict[str, str]:
    """The fields of a translator's form: each section of the original with its words in the other language."""
    paragraphs = read_story(words["story"]).split("\n\n") if "story" in words else []
    said = {**words, **{f"body.{number}": paragraph for number, paragraph in enumerate(paragraphs, start=1)}}
    return {field: said[section.key] for field, section in zip(section_fields(source.sections), source.sections, strict=True)}


async def _answer(work: Work, group: Group, spotlight_id: str, said: Told) -> Source:
    """An echo, as it comes out of a meeting of which nothing else is kept."""
    source = Source(new_row_id(), said["language"], read_echo(said))
    (answered,) = await find_spotlights(work.conn, with_id(spotlight_id))
    owner = {"group_id": group.id, "kind": "echo"}
    await insert_text(work.conn, source, **owner, may_leave=False, now=work.now, expires_at=answered.expires_at)
    network = await load_network(work.conn)
    await insert_echo(
        work.conn,
        {
            "id": new_row_id(),
            "spotlight_id": spotlight_id,
            "group_id": group.id,
            "text_id": source.text_id,
            "quarter": str(quarter_of(work.now, network.zone_id)),
            "published_at": work.now,
            "revision": 1,
            "created_at": work.now,
            "expires_at": answered.expires_at,
        },
    )
    return source


def _member(group: Group) -> Caller:
    return Caller((Grant(Role.MEMBER, group.id, "demo"),), f"demo-{group.id}")
