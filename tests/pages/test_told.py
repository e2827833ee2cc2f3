"""How told words come to a page: what is said beside them, in which direction they run, where their parts stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from coordinator.domain.translation import Label, Origin, Piece, Rendering, Section, Shown, Source
from coordinator.i18n import Language, Languages, read_languages
from coordinator.pages.context_told import Part, TextLabel
from coordinator.pages.told import LABELS, direction_of, language_name, make_label, make_part, view_text

NOON = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
WORDS = {
    "title": "A maré",
    "body.1": "Eles vêm.",
    "body.2": "Ficamos.",
    "ask": "Escrevam.",
    "face": "Um porto.",
    "share": "Uma costa.",
    "answer": "Silêncio.",
    "consent": "Nomes.",
}
SOURCE = Source("t", "pt-BR", tuple(Section(key, words) for key, words in WORDS.items()))


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


def language(languages: Languages, tag: str = "en") -> Language:
    found = languages.match(tag)
    assert found is not None
    return found


def shown(label: Label, **changes: Any) -> Shown:
    origin = Origin.MACHINE if label is Label.MACHINE else Origin.HUMAN
    rendering = None if label is Label.ORIGINAL else Rendering("r", "t", "en", origin, "", (), NOON, **changes)
    return Shown(label, "en", (), rendering)


# --- labels -------------------------------------------------------------------------------------------------------------------


def test_labels_say_each_thing_that_a_text_can_be() -> None:
    assert set(LABELS) == set(Label)
    assert len(set(LABELS.values())) == len(Label)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (shown(Label.ORIGINAL), TextLabel("original", "Original", "", False)),
        (shown(Label.READ), TextLabel("read", "Read by a speaker", "from Portuguese", True)),
        (shown(Label.PERSON), TextLabel("person", "By a person", "from Portuguese", False)),
        (shown(Label.MACHINE), TextLabel("machine", "Machine draft", "from Portuguese", False)),
        (shown(Label.MACHINE, via="es"), TextLabel("machine", "Machine draft, via Spanish", "from Portuguese", False)),
        (shown(Label.OUT_OF_DATE, via="es"), TextLabel("out_of_date", "Out of date", "from Portuguese", False)),
    ],
)
def test_label_says_what_it_is_and_from_which_language(told: Shown, expected: TextLabel, languages: Languages) -> None:
    label = make_label(SOURCE, told, language(languages))

    assert (label.kind, label.words, label.is_read) == (expected.kind, expected.words, expected.is_read)
    assert label.source.startswith(expected.source)  # CLDR may say "Portuguese (Brazil)"


# --- parts --------------------------------------------------------------------------------------------------------------------


def test_text_is_laid_out_by_what_its_parts_are(languages: Languages) -> None:
    pieces = tuple(
        Piece(key, f"en: {words}", "en") if key != "body.2" else Piece(key, words, "pt-BR", True) for key, words in WORDS.items()
    )

    view = view_text(SOURCE, Shown(Label.PERSON, "en", pieces, shown(Label.PERSON).rendering), language(languages), languages)

    assert (view.title, view.ask, view.consent, view.is_translated) == (
        Part("title", "en: A maré", "en", "ltr", False),
        Part("ask", "en: Escrevam.", "en", "ltr", False),
        Part("consent", "en: Nomes.", "en", "ltr", False),
        True,
    )
    assert view.body == (Part("body.1", "en: Eles vêm.", "en", "ltr", False), Part("body.2", "Ficamos.", "pt-BR", "ltr", True))
    assert [(heading, part.words) for heading, part in view.echo] == [
        ("They face", "en: Um porto."),
        ("We share", "en: Uma costa."),
        ("Our next action answers", "en: Silêncio."),
    ]


def test_text_without_some_parts_leaves_their_places_empty(languages: Languages) -> None:
    bare = Source("t", "ar", (Section("answer", "صمت"),))

    view = view_text(bare, Shown(Label.ORIGINAL, "ar", (Piece("answer", "صمت", "ar"),)), language(languages), languages)

    assert (view.title, view.body, view.ask, view.consent, view.is_translated) == (None, (), None, None, False)
    assert view.echo == (("Our next action answers", Part("answer", "صمت", "ar", "rtl", False)),)


def test_hostile_words_stay_words(languages: Languages) -> None:
    words = "{{ 7*7 }} %(x)s <script> {0}"

    assert make_part(Piece("title", words, "en"), languages).words == words


@pytest.mark.parametrize(
    ("tag", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("ckb", "rtl"), ("ur-PK", "rtl"), ("az-Arab", "rtl"), ("zh-Hans", "ltr"), ("qu", "ltr"),
     ("xx", "ltr"), ("", "ltr"), ("not a tag", "ltr"), ("../../etc", "ltr")],
)  # fmt: skip
def test_direction_of_any_tag(tag: str, direction: str, languages: Languages) -> None:
    assert direction_of(tag, languages) == direction


@pytest.mark.parametrize(
    ("tag", "reader", "name"),
    [("es", "en", "Spanish"), ("es", "es", "español"), ("ar", "ar", "العربية"), ("xx", "en", "xx"), ("not a tag", "en", "not a tag")],
)
def test_language_is_called_by_its_name_in_the_readers_own(tag: str, reader: str, name: str, languages: Languages) -> None:
    assert language_name(tag, language(languages, reader)) == name
