"""Brings the catalogs up to date with the sources: `make messages`.

Writes `locales/messages.pot` and every `locales/<folder>/LC_MESSAGES/messages.po` of languages.toml, then says per language what is
missing or doubtful. A sentence that changed keeps its old translation, marked fuzzy with the old English beside it; Chorus shows English
until somebody has looked. Files whose sentences did not change are not written. The English catalog repeats its keys.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locales"
KEYWORDS = {**DEFAULT_KEYWORDS, "t": None, "tn": (1, 2)}
"""`t` and `tn` are the names in JavaScript; `tn` must say where its plural stands (https://github.com/python-babel/babel/issues/907)."""

COMMENT_TAGS = ("Translators:",)
SOURCE_TAG = "en"
WIDTH = 140


def main() -> None:
    """Extracts, merges, writes and reports."""
    template = extract()
    write_if_changed(LOCALES / "messages.pot", template)
    for row in languages_with_folder():
        catalog = merge(template, row)
        write_if_changed(catalog_path(row["folder"]), catalog)
        print(report(row["tag"], catalog))


def extract() -> Catalog:
    """Every sentence of the sources, with the files it stands in (no line numbers: they would change each catalog with each edit)."""
    catalog = new_catalog()
    with (LOCALES / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")
    found = extract_from_dir(
        str(ROOT), methods, options, keywords=KEYWORDS, comment_tags=COMMENT_TAGS, strip_comment_tags=True, directory_filter=is_source
    )
    for filename, _, message, comments, context in found:
        catalog.add(message, locations=[(Path(filename).as_posix(), None)], auto_comments=comments, context=context)
    return catalog


def is_source(directory: str | Path) -> bool:
    """Whether to look into this folder at all."""
    name = Path(directory).name
    return not name.startswith((".", "_")) and name not in ("node_modules", "dist", "build", "tests")


def languages_with_folder() -> Iterator[dict[str, Any]]:
    """The rows of languages.toml that have a catalog."""
    rows: list[dict[str, Any]] = tomllib.loads((LOCALES / "languages.toml").read_text(encoding="utf-8"))["language"]
    return (row for row in rows if row["folder"])


def catalog_path(folder: str) -> Path:
    """Where a language's catalog lies."""
    return LOCALES / folder / "LC_MESSAGES" / "messages.po"


def merge(template: Catalog, row: dict[str, Any]) -> Catalog:
    """The language's catalog with exactly the template's sentences, its translations kept and our pinned plural rule in its header."""
    catalog = read_catalog(row)
    drop_untranslated(catalog)
    drop_settled_questions(catalog)
    catalog.update(deepcopy(template), update_creation_date=False)  # Babel puts the template's own messages into the catalog
    catalog.obsolete.clear()
    catalog.mime_headers = [("Plural-Forms", row["plural_forms"])]
    if row["tag"] == SOURCE_TAG:
        repeat_source(catalog)
    return catalog


def read_catalog(row: dict[str, Any]) -> Catalog:
    """What the language has so far."""
    path = catalog_path(row["folder"])
    locale = row["folder"].replace("-", "_")
    if not path.is_file():
        return new_catalog(locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale, charset="utf-8")


def drop_untranslated(catalog: Catalog) -> None:
    """Takes out what nobody has translated: Babel would offer it, empty and fuzzy, for sentences like it."""
    for message in [message for message in catalog if message.id and not any(forms_of(message))]:
        catalog.delete(message.id, message.context)


def drop_settled_questions(catalog: Catalog) -> None:
    """Takes the old English off what somebody has looked at since: Babel reads it as a translator's comment and would keep it for ever."""
    for message in catalog:
        if not message.fuzzy:
            message.user_comments = [comment for comment in message.user_comments if not comment.startswith("|")]


def new_catalog(locale: str | None = None) -> Catalog:
    """An empty catalog with our header."""
    comment = "How to translate: see locales/README.md" if locale else "Written by `make messages`: see locales/README.md"
    catalog = Catalog(
        locale=locale, project="Chorus", header_comment=f"# Chorus, AGPL-3.0-or-later. {comment}\n#", charset="utf-8", fuzzy=False
    )
    catalog.mime_headers = [("Project-Id-Version", "Chorus"), ("Report-Msgid-Bugs-To", ""), ("Last-Translator", ""), ("Language-Team", "")]
    return catalog


def repeat_source(catalog: Catalog) -> None:
    """Fills the English catalog: the sentence in the source is the English one, whatever it said before."""
    for message in catalog:
        if message.id:
            message.string = message.id
            message.flags.discard("fuzzy")
            message.previous_id = ()


def write_if_changed(path: Path, catalog: Catalog) -> None:
    """Writes the catalog unless only dates in its header would differ."""
    content = rendered(catalog)
    if path.is_file() and without_dates(path.read_bytes()) == without_dates(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def rendered(catalog: Catalog) -> bytes:
    """The catalog as a file: in the order of its source files, without line numbers, with the old English of doubtful ones."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=WIDTH, sort_by_file=True, include_lineno=False, include_previous=True, ignore_obsolete=True)
    return buffer.getvalue()


def without_dates(content: bytes) -> list[bytes]:
    """The lines that matter."""
    return [line for line in content.splitlines() if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date'))]


def report(tag: str, catalog: Catalog) -> str:
    """One line on how complete the catalog is."""
    messages = [message for message in catalog if message.id]
    missing = sum(not is_translated(message) for message in messages)
    fuzzy = sum(message.fuzzy for message in messages)
    return f"{tag}: {len(messages)} sentences, {missing} missing, {fuzzy} fuzzy"


def is_translated(message: Message) -> bool:
    """Whether every form of the message is there."""
    return all(forms_of(message))


def forms_of(message: Message) -> tuple[str, ...]:
    """The translation, one string for each plural form."""
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string,)


if __name__ == "__main__":
    main()
