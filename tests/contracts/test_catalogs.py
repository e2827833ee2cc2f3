"""Catalogs keep their promises: up to date with the sources, complete where they say so, no place or tag lost, plurals as CLDR counts."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from coordinator.assets import asset_root
from coordinator.catalogs import Entry, read_entries
from coordinator.domain.availability import DAYS
from coordinator.i18n import LIKELY_SUBTAGS, Language, read_languages

ROOT = asset_root()
LOCALES = ROOT / "locales"
ROWS: list[dict[str, Any]] = tomllib.loads((LOCALES / "languages.toml").read_text(encoding="utf-8"))["language"]
WITH_CATALOG = [row for row in ROWS if row["folder"]]
COMPLETE = [row for row in ROWS if row["complete"]]
LANGUAGES = read_languages()

PLACE = re.compile(r"%\((\w+)\)(\w)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
COUNTS = [*range(2500), 10_000, 99_999, 100_000, 999_999, 1_000_000, 1_000_001, 2_000_000, 10_000_003]
SHOWN = 8


def by_tag(row: dict[str, Any]) -> str:
    return str(row["tag"])


def entries_of(row: dict[str, Any]) -> list[Entry]:
    return read_entries(path_of(row))


def path_of(row: dict[str, Any]) -> Path:
    return LOCALES / row["folder"] / "LC_MESSAGES" / "messages.po"


@pytest.fixture(scope="module")
def messages_script() -> ModuleType:
    """scripts/messages.py as a module: the extraction that `make messages` does."""
    spec = importlib.util.spec_from_file_location("messages_script", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def extracted(messages_script: ModuleType) -> Catalog:
    catalog: Catalog = messages_script.extract()
    return catalog


def keys_of(catalog: Catalog) -> dict[tuple[str | None, str], str | None]:
    """(context, msgid) → plural msgid of every message."""
    return {
        (message.context, message.id[0] if message.pluralizable else message.id): message.id[1] if message.pluralizable else None
        for message in catalog
        if message.id
    }


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in ROWS if row["tag"] != "en"], ids=by_tag)  # English is read the world over, from Monday
def test_listed_language_begins_its_week_as_where_most_of_its_readers_live(row: dict[str, Any]) -> None:
    likely = Locale.parse(LIKELY_SUBTAGS[row["tag"].split("-")[0]])

    assert row.get("week_start", "MO") == DAYS[likely.first_week_day]


@pytest.mark.parametrize("row", ROWS, ids=by_tag)
def test_listed_language_has_a_babel_locale_and_its_own_name(row: dict[str, Any]) -> None:
    locale = Locale.parse(row["tag"], sep="-")

    assert locale.text_direction == row["direction"]
    assert row["name"]
    assert set(row["plural_index"]) == {*locale.plural_form.tags, "other"}


def test_languages_are_listed_once() -> None:
    assert [tag for tag, count in Counter(row["tag"].lower() for row in ROWS).items() if count > 1] == []
    assert {"en", "es", "ar"} <= {row["tag"] for row in COMPLETE}


@pytest.mark.parametrize("row", COMPLETE, ids=by_tag)
def test_complete_language_has_a_catalog(row: dict[str, Any]) -> None:
    assert path_of(row).is_file()


@pytest.mark.parametrize("row", COMPLETE, ids=by_tag)
def test_complete_language_carries_no_old_english_that_somebody_has_looked_at(row: dict[str, Any]) -> None:
    left = [line for line in path_of(row).read_text(encoding="utf-8").splitlines() if line.startswith(("# |", "#|"))]

    assert left == [], "make messages takes it off"


@pytest.mark.parametrize("language", LANGUAGES.all, ids=lambda language: language.tag)
def test_plural_rule_and_category_map_agree_with_cldr_for_every_count(language: Language) -> None:
    wrong = {
        count: (language.plurals.index_of(count), category)
        for count in COUNTS
        if language.plurals.by_category[category := language.locale.plural_form(count)] != language.plurals.index_of(count)
    }

    assert wrong == {}
    assert set(language.plurals.by_category.values()) == set(range(language.plurals.forms))


# --- the sources ------------------------------------------------------------------------------------------------------


def test_template_holds_exactly_what_the_sources_say(extracted: Catalog) -> None:
    with (LOCALES / "messages.pot").open("rb") as file:
        template = keys_of(read_po(file))

    # run `make messages`
    assert list(keys_of(extracted).items() - template.items())[:SHOWN] == []
    assert list(template.items() - keys_of(extracted).items())[:SHOWN] == []


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_catalog_holds_exactly_what_the_sources_say(row: dict[str, Any], extracted: Catalog) -> None:
    catalog = {(entry.context, entry.msgid): entry.plural for entry in entries_of(row)}

    # run `make messages`
    assert list(keys_of(extracted).items() - catalog.items())[:SHOWN] == []
    assert list(catalog.items() - keys_of(extracted).items())[:SHOWN] == []


def test_sentences_name_their_places_and_hold_no_bare_percent_sign(extracted: Catalog) -> None:
    ids = [text for (_, msgid), plural in keys_of(extracted).items() for text in (msgid, plural) if text]

    # "100 %" would be read as a place by some callers and not by others: pass the sign in with the value
    assert [text for text in ids if "%" in PLACE.sub("", text)][:SHOWN] == []
    assert [text for text in ids if any(kind != "s" for _, kind in PLACE.findall(text))][:SHOWN] == []


def test_sentences_have_no_space_around_them(extracted: Catalog) -> None:
    # a separator between parts that are set in different sizes (", " and "، ") is no sentence, and says so in its context
    assert [
        msgid for context, msgid in keys_of(extracted) if msgid != msgid.strip() and (context is None or any(map(str.isalpha, msgid)))
    ] == []


def test_sentences_do_not_shout(extracted: Catalog) -> None:
    assert [msgid for _, msgid in keys_of(extracted) if "!" in msgid][:SHOWN] == []


# --- the translations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_our_reader_and_babels_agree(row: dict[str, Any]) -> None:
    with path_of(row).open("rb") as file:
        theirs = {
            (message.context, message.id[0] if message.pluralizable else message.id): (
                list(message.string) if message.pluralizable else [message.string],
                message.fuzzy,
                sorted(name for name, _ in message.locations),
            )
            for message in read_po(file)
            if message.id
        }

    ours = {(entry.context, entry.msgid): (entry.forms, entry.fuzzy, sorted(entry.files)) for entry in entries_of(row)}
    assert ours == theirs


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_header_holds_the_pinned_plural_rule(row: dict[str, Any]) -> None:
    header = path_of(row).read_text(encoding="utf-8").split("\n\n", 1)[0]

    assert f'"Plural-Forms: {row["plural_forms"]}\\n"' in header
    assert "fuzzy" not in header


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_no_translation_is_fuzzy(row: dict[str, Any]) -> None:
    assert [entry.msgid for entry in entries_of(row) if entry.fuzzy] == []


@pytest.mark.parametrize("row", COMPLETE, ids=by_tag)
def test_complete_language_has_every_sentence(row: dict[str, Any]) -> None:
    missing = [entry.msgid for entry in entries_of(row) if not all(entry.forms)]

    assert (len(missing), missing[:SHOWN]) == (0, [])


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_plurals_have_every_form(row: dict[str, Any]) -> None:
    forms = LANGUAGES[row["tag"]].plurals.forms

    assert [entry.msgid for entry in entries_of(row) if len(entry.forms) != (1 if entry.plural is None else forms)] == []


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_translations_keep_every_place(row: dict[str, Any]) -> None:
    wrong = [
        (entry.msgid, text) for entry in entries_of(row) for i, text in enumerate(entry.forms) if text and not keeps_places(entry, i, row)
    ]

    assert wrong[:SHOWN] == []


def keeps_places(entry: Entry, index: int, row: dict[str, Any]) -> bool:
    """The same named places as the English; a form that stands for one number only may leave its count out ("one", "two")."""
    wanted = Counter(PLACE.findall(entry.msgid)) | Counter(PLACE.findall(entry.plural or ""))
    missing = wanted - Counter(PLACE.findall(entry.forms[index]))
    added = Counter(PLACE.findall(entry.forms[index])) - wanted
    stray_percent = "%" in PLACE.sub("", entry.forms[index])
    may_miss = {("n", "s"), ("num", "s"), ("count", "s")} if entry.plural is not None and stands_for_one_number(index, row) else set()
    return not added and not stray_percent and set(missing) <= may_miss


def stands_for_one_number(index: int, row: dict[str, Any]) -> bool:
    """Whether this plural form is used for a single number, such as Arabic's zero, one and two."""
    index_of = LANGUAGES[row["tag"]].plurals.index_of
    return sum(index_of(count) == index for count in COUNTS) == 1


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_translations_keep_every_tag(row: dict[str, Any]) -> None:
    wrong = [
        (entry.msgid, text)
        for entry in entries_of(row)
        for text in entry.forms
        if text and Counter(TAG.findall(text)) not in (Counter(TAG.findall(entry.msgid)), Counter(TAG.findall(entry.plural or entry.msgid)))
    ]

    assert wrong[:SHOWN] == []


@pytest.mark.parametrize("row", WITH_CATALOG, ids=by_tag)
def test_translations_keep_line_breaks_and_edges(row: dict[str, Any]) -> None:
    translated = [(entry, text) for entry in entries_of(row) for text in entry.forms if text]

    assert [text for entry, text in translated if text.count("\n") != entry.msgid.count("\n")][:SHOWN] == []
    assert [text for entry, text in translated if (text != text.strip()) != (entry.msgid != entry.msgid.strip())][:SHOWN] == []
    assert [text for _, text in translated if any("\u202a" <= char <= "\u202e" for char in text)] == []


@pytest.mark.parametrize("row", [row for row in COMPLETE if row["direction"] == "rtl"], ids=by_tag)
def test_right_to_left_translations_are_written_in_their_script(row: dict[str, Any]) -> None:
    latin = [entry.msgid for entry in entries_of(row) if any(entry.forms) and not re.search(r"[\u0590-\u08ff]", "".join(entry.forms))]
    words = [msgid for msgid in latin if re.search(r"[a-z]{4}", PLACE.sub("", TAG.sub("", msgid)))]

    # left in English by oversight; what is Latin everywhere ("UTC%(offset)s", "JSON") has no four small letters of its own
    assert words[:SHOWN] == []


@pytest.mark.parametrize("row", [row for row in COMPLETE if row["tag"] == "en"], ids=by_tag)
def test_english_repeats_the_source(row: dict[str, Any]) -> None:
    differing = [entry.msgid for entry in entries_of(row) if entry.forms != [entry.msgid, *([entry.plural] if entry.plural else [])]]

    assert differing[:SHOWN] == []
