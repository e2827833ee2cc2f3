"""Languages are matched, catalogs read, and sentences said with the right plural."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babel.core import get_global

from coordinator import i18n
from coordinator.assets import asset_root
from coordinator.catalogs import read_entries
from coordinator.i18n import Languages, read_languages

LIST = """
[[language]]
tag = "en"
name = "English"
direction = "ltr"
folder = "en"
complete = true
numbering = "latn"
native_digits = "latn"
plural_forms = "nplurals=2; plural=(n != 1);"
plural_index = { one = 0, other = 1 }

[[language]]
tag = "uk"
name = "українська"
direction = "ltr"
folder = "uk"
complete = true
numbering = "latn"
native_digits = "latn"
plural_forms = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
plural_index = { one = 0, few = 1, many = 2, other = 2 }
"""

CATALOG = r"""
# A comment.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"

#. For the door.
#: coordinator/pages/home.py:12 web/static/js/room.js
msgid "Ask %(group)s."
msgstr ""
"Запитайте "
"%(group)s."

#: web/static/js/room.js
msgid "%(n)s group"
msgid_plural "%(n)s groups"
msgstr[0] "%(n)s група"
msgstr[1] "%(n)s групи"
msgstr[2] "%(n)s груп"
#: coordinator/pages/home.py
msgctxt "verb"
msgid "Open"
msgstr "Відкрити"

#, fuzzy, python-format
#| msgid "Old"
msgid "Doubtful"
msgstr "Сумнівне"

msgid "A \"quoted\"\nline with \\n"
msgstr "«цитата»\nрядок з \\n\t"

msgid "Not yet"
msgstr ""

#~ msgid "Gone"
#~ msgstr "Зникло"
"""


@pytest.fixture
def ukrainian(tmp_path: Path) -> Languages:
    (tmp_path / "languages.toml").write_text(LIST, encoding="utf-8")
    catalog = tmp_path / "uk" / "LC_MESSAGES" / "messages.po"
    catalog.parent.mkdir(parents=True)
    catalog.write_text(CATALOG, encoding="utf-8")
    return read_languages(tmp_path)


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


def test_gettext_translated_fills_places(ukrainian: Languages) -> None:
    assert ukrainian["uk"].gettext("Ask %(group)s.", group="Хор") == "Запитайте Хор."


def test_gettext_missing_or_fuzzy_falls_back_to_english(ukrainian: Languages) -> None:
    uk = ukrainian["uk"]

    assert [uk.gettext(message) for message in ("Not yet", "Doubtful", "Unheard of", "Gone")] == [
        "Not yet",
        "Doubtful",
        "Unheard of",
        "Gone",
    ]


def test_gettext_escapes_are_undone(ukrainian: Languages) -> None:
    assert ukrainian["uk"].gettext('A "quoted"\nline with \\n') == "«цитата»\nрядок з \\n\t"


def test_pgettext_keeps_contexts_apart(ukrainian: Languages) -> None:
    assert ukrainian["uk"].pgettext("verb", "Open") == "Відкрити"
    assert ukrainian["uk"].pgettext("adjective", "Open") == "Open"
    assert ukrainian["uk"].gettext("Open") == "Open"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 груп"), (1, "1 група"), (3, "3 групи"), (11, "11 груп"), (21, "21 група"), (-1, "-1 група")]
)
def test_ngettext_counts_as_the_language_does(ukrainian: Languages, count: int, said: str) -> None:
    assert ukrainian["uk"].ngettext("%(n)s group", "%(n)s groups", count, n=count) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 groups"), (1, "1 group"), (2, "2 groups")])
def test_ngettext_untranslated_counts_in_english(ukrainian: Languages, count: int, said: str) -> None:
    assert ukrainian["en"].ngettext("%(n)s group", "%(n)s groups", count, n=count) == said
    assert ukrainian["uk"].npgettext("x", "%(n)s group", "%(n)s groups", count, n=count) == said


def test_js_catalog_holds_only_what_scripts_say(ukrainian: Languages) -> None:
    assert json.loads(ukrainian.js_catalog("uk")) == {
        "language": "uk",
        "direction": "ltr",
        "plural": {"one": 0, "few": 1, "many": 2, "other": 2},
        "messages": {"Ask %(group)s.": "Запитайте %(group)s.", "%(n)s group": ["%(n)s група", "%(n)s групи", "%(n)s груп"]},
    }
    assert ukrainian.js_catalog("uk") == ukrainian.js_catalog("uk")


def test_catalog_with_garbage_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "messages.po"
    path.write_text('msgid "a"\nmsgstr "b"\nnonsense\n', encoding="utf-8")

    with pytest.raises(ValueError, match=r"messages\.po, line 3: not a line of a PO file: nonsense"):
        read_entries(path)


@pytest.mark.parametrize(
    ("header", "group", "default", "shown", "wished"),
    [
        ("", None, "es", "es", None),
        ("ar-EG, en;q=0.8", None, "en", "ar", None),
        ("en;q=0.5, es-419;q=0.9", None, "en", "es", None),
        ("de-AT, ar;q=0.1", None, "en", "ar", "de"),
        ("zh-CN", None, "en", "en", "zh-Hans"),
        ("pt-PT", None, "es", "es", "pt-BR"),
        ("zh-TW, tlh, *", None, "en", "en", None),
        ("", "es", "en", "es", None),
        ("", "sw", "ar", "ar", "sw"),
        ("fr", "es", "en", "es", "fr"),
        ("es;q=0, ar;q=0.1", None, "en", "ar", None),
        ("es;q=x, ;;, \u202e, ar" + ",x" * 9000, None, "en", "ar", None),
    ],
)
def test_negotiate_shows_a_complete_language_and_names_the_wished_one(
    languages: Languages, header: str, group: str | None, default: str, shown: str, wished: str | None
) -> None:
    choice = languages.negotiate(header, group, default)

    assert (choice.language.tag, choice.wished.tag if choice.wished else None) == (shown, wished)


@pytest.mark.parametrize(
    ("tag", "matched"), [("zh-SG", "zh-Hans"), ("zh-Hant", None), ("PT-br", "pt-BR"), ("sr", None), ("fa-AF", "fa"), ("", None)]
)
def test_match_is_by_language_and_script(languages: Languages, tag: str, matched: str | None) -> None:
    match = languages.match(tag)

    assert (match.tag if match else None) == matched


def test_shown_in_complete_language_has_no_notice(languages: Languages) -> None:
    assert languages.shown_in("ar", "en").wished is None
    assert languages.shown_in("hi", "en").language is languages["en"]
    assert languages.shown_in("hi", "en").wished is languages["hi"]


def test_unlisted_tag_is_none_or_an_error(languages: Languages) -> None:
    assert languages.get("tlh") is None
    with pytest.raises(KeyError):
        languages["tlh"]


def test_every_demo_group_has_a_listed_language(languages: Languages) -> None:
    rows = (asset_root() / "demo" / "groups.csv").read_text(encoding="utf-8").splitlines()[1:]

    assert {row.split(",")[3] for row in rows} - {language.tag for language in languages} == set()


def test_every_language_has_the_direction_and_digits_that_cldr_gives_it(languages: Languages) -> None:
    likely = get_global("likely_subtags")

    for language in languages:
        assert language.direction == language.locale.text_direction, language.tag
        assert language.native_digits in (
            "latn",
            language.locale.default_numbering_system,
            *language.locale.other_numbering_systems.values(),
        )
        assert language.tag.split("-")[0] in likely


def test_reading_all_languages_parses_each_catalog_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(i18n, "read_entries", lambda path: read.append(path) or read_entries(path))

    languages = read_languages()

    assert len(read) == len(set(read)) <= len(list(languages))
