"""What can be done in the mirror? Each function performs one POST of the table in its transaction (as `commands.py`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from coordinator.api import shapes_mirror as shapes
from coordinator.api.describe_mirror import show_spotlight, show_translation
from coordinator.api.operation import Commanding
from coordinator.domain.access import Right
from coordinator.domain.text import text_of
from coordinator.domain.translation import Rendering, Section
from coordinator.edge import Raw
from coordinator.errors import Invalid, Problem, problem
from coordinator.services import spotlights, translations
from coordinator.services.mirror import Reading, load_readable, load_spotlight
from coordinator.services.whole_spotlights import load_translation, load_whole_one

ORIGINAL = ""  # a language that nothing is translated into
FIELD = re.compile(r"section\[(\d+)\]")

# --- spotlights -----------------------------------------------------------------------------------------------------------


async def draft(commanding: Commanding) -> shapes.SpotlightShown:
    """Stores a draft."""
    slug = await spotlights.draft_spotlight(commanding.work, commanding.caller, commanding.path("group"), commanding.raw, commanding.tags)
    return await _show(commanding, slug)


async def edit(commanding: Commanding) -> shapes.SpotlightShown:
    """Changes a draft, or what is published."""
    slug = commanding.path("spotlight")
    await spotlights.edit_spotlight(commanding.work, commanding.caller, slug, commanding.raw, commanding.tags)
    return await _show(commanding, slug)


async def publish(commanding: Commanding) -> shapes.SpotlightShown:
    """Shows a draft to its audience."""
    await spotlights.publish_spotlight(commanding.work, commanding.caller, commanding.path("spotlight"))
    return await _show(commanding, commanding.path("spotlight"))


async def retire(commanding: Commanding) -> shapes.SpotlightShown:
    """Takes a published spotlight back."""
    await spotlights.retire_spotlight(commanding.work, commanding.caller, commanding.path("spotlight"))
    return await _show(commanding, commanding.path("spotlight"))


async def delete(commanding: Commanding) -> None:
    """Deletes a spotlight with all that was made of its words."""
    await spotlights.delete_spotlight(commanding.work, commanding.caller, commanding.path("spotlight"))


async def _show(commanding: Commanding, slug: str) -> shapes.SpotlightShown:
    """As its teller wrote it."""
    return show_spotlight(await load_whole_one(commanding.work.conn, _reading(commanding), slug))


# --- translations ---------------------------------------------------------------------------------------------------------


async def translate(commanding: Commanding) -> shapes.SavedTranslation:
    """Keeps a translation by a person."""
    work, caller, group_id = commanding.work, commanding.caller, text_of(commanding.raw, "group")
    caller.require(Right.TRANSLATE, group_id)
    view = await load_spotlight(work.conn, _reading(commanding), commanding.path("spotlight"))
    wording = await translations.find_wording(work.conn, view.source, text_of(commanding.raw, "source_hash"))
    raw = _number_sections(commanding.raw, wording.sections)
    try:
        saved = await translations.save_translation(work, caller, group_id, text_id=view.text_id, raw=raw, languages=commanding.tags)
    except Invalid as fault:
        raise Invalid(*(_rename(p, wording.sections) for p in fault.problems)) from fault
    words = await load_readable(work.conn, caller, view.text_id, work.now)
    made = next(one for one in words.renderings if one.id == saved.rendering_id)
    return shapes.SavedTranslation(saved.beside, saved.outdated, await _show_translation(commanding, made))


async def sign(commanding: Commanding) -> shapes.TranslationShown:
    """Vouches for a translation as its second reader."""
    group_id = text_of(commanding.raw, "group")
    signed = await translations.sign_translation(commanding.work, commanding.caller, group_id, commanding.path("translation"))
    return await _show_translation(commanding, signed)


async def delete_translation(commanding: Commanding) -> None:
    """Takes a translation away."""
    group_id = text_of(commanding.raw, "group")
    await translations.delete_translation(commanding.work, commanding.caller, group_id, commanding.path("translation"))


async def _show_translation(commanding: Commanding, made: Rendering) -> shapes.TranslationShown:
    return show_translation(*await load_translation(commanding.work.conn, _reading(commanding), made))


def _reading(commanding: Commanding) -> Reading:
    return Reading(commanding.caller, ORIGINAL, commanding.work.now)


def _number_sections(raw: Raw, original: Sequence[Section]) -> dict[str, object]:
    """The body as the service takes it from forms: sections numbered in the order of their wording. Invalid `key_unknown`."""
    sections = raw.get("sections")
    given: Mapping[str, str] = sections if isinstance(sections, dict) else {}
    known = [section.key for section in original]
    unknown = [problem(f"sections.{key}", "key_unknown", key, *known) for key in given if key not in known]
    if unknown:
        raise Invalid(*unknown)
    numbered = zip(translations.section_fields(original), known, strict=True)
    return {**raw, "base": " ".join(raw.get("base") or ()), **{field: given[key] for field, key in numbered if key in given}}


def _rename(found: Problem, original: Sequence[Section]) -> Problem:
    """A fault of `section[2]` under the name that was sent."""
    numbered = FIELD.fullmatch(found.field)
    if numbered is None:
        return found
    return Problem(f"sections.{original[int(numbered[1])].key}", found.code, found.value, found.remedy)
