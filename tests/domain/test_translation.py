"""Which words a reader gets, what is said of them, and what a machine is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.translation import (
    Label,
    Origin,
    Piece,
    Rendering,
    Section,
    Shown,
    Source,
    Translated,
    label_of,
    reusable,
    show,
    show_original,
    wants_draft,
)

NOON = datetime(2027, 1, 4, 12, 0, tzinfo=UTC)
SOURCE = Source("t", "en", (Section("title", "The tide"), Section("body.1", "They come."), Section("body.2", "We stay.")))


def edited(**words: str) -> Source:
    """SOURCE with other words in these sections, `body_1` for `body.1`."""
    changed = {key.replace("_", "."): said for key, said in words.items()}
    return replace(SOURCE, sections=tuple(Section(s.key, changed.get(s.key, s.words)) for s in SOURCE.sections))


def made(name: str, *, of: Source = SOURCE, keys: Sequence[str] = ("title", "body.1", "body.2"), **changes: object) -> Rendering:
    """A translation into Spanish by a person, of these sections; its id is its name, its words begin with it."""
    sections = tuple(Translated(s.key, s.hash, f"{name}: {s.words}") for s in of.sections if s.key in keys)
    plain = Rendering(name, of.text_id, "es", Origin.HUMAN, of.hash, sections, NOON, group_id="g", session_id="s")
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name fields of their own choice


def signed(name: str, *, of: Source = SOURCE) -> Rendering:
    return made(name, of=of, signed_by="g2", signed_at=NOON)


def machine(name: str, *, of: Source = SOURCE, **changes: object) -> Rendering:
    return made(name, of=of, origin=Origin.MACHINE, group_id=None, session_id=None, engine="apertium", **changes)


def told(shown: Shown) -> tuple[Label, str]:
    return shown.label, shown.rendering.id if shown.rendering else ""


# --- which one ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ar"])
def test_show_without_a_translation_is_the_original(language: str) -> None:
    shown = show(SOURCE, [made("a")], language)

    assert shown == show_original(SOURCE)
    assert (shown.label, shown.is_reviewed, shown.words("title"), shown.words("nothing")) == (Label.ORIGINAL, True, "The tide", "")


def test_show_of_another_texts_translation_is_the_original() -> None:
    assert show(SOURCE, [made("a", text_id="other")], "es") == show_original(SOURCE)


@pytest.mark.parametrize(
    ("renderings", "expected"),
    [
        ([machine("m")], (Label.MACHINE, "m")),
        ([machine("m"), made("a")], (Label.PERSON, "a")),
        ([made("a"), signed("r"), machine("m")], (Label.READ, "r")),
        ([made("a"), made("b", created_at=NOON + timedelta(hours=1))], (Label.PERSON, "b")),
        ([machine("m", signed_by="g", signed_at=NOON), made("a")], (Label.READ, "m")),
        ([signed("old", of=edited(title="Before")), machine("m")], (Label.MACHINE, "m")),
        ([made("half", keys=("title",)), made("whole", created_at=NOON - timedelta(hours=1))], (Label.PERSON, "whole")),
    ],
)
def test_show_takes_signed_then_a_person_then_a_machine_then_what_is_out_of_date(
    renderings: list[Rendering], expected: tuple[Label, str]
) -> None:
    assert told(show(SOURCE, renderings, "es")) == expected
    assert told(show(SOURCE, renderings[::-1], "es")) == expected


def test_show_prefers_what_still_holds_to_what_was_signed_and_holds_no_more() -> None:
    nothing_left = signed("read", of=edited(title="x", body_1="y", body_2="z"))

    assert told(show(SOURCE, [nothing_left, made("a", of=edited(title="x"))], "es")) == (Label.OUT_OF_DATE, "a")
    assert show(SOURCE, [nothing_left], "es") == show_original(SOURCE)


@pytest.mark.parametrize(("rendering", "label"), [(machine("m"), Label.ORIGINAL), (made("a"), Label.ORIGINAL), (signed("r"), Label.READ)])
def test_show_without_drafts_is_reviewed_words_only(rendering: Rendering, label: Label) -> None:
    shown = show(SOURCE, [rendering], "es", drafts=False)

    assert (shown.label, shown.is_reviewed) == (label, True)


def test_show_offers_what_others_saved_at_the_same_time() -> None:
    renderings = [made("a"), made("b", created_at=NOON + timedelta(hours=1)), made("old", of=edited(title="x")), machine("m")]

    assert [other.id for other in show(SOURCE, renderings, "es").others] == ["a"]


# --- section by section ---------------------------------------------------------------------------------------------------


def test_show_after_an_edit_puts_the_original_where_the_words_changed() -> None:
    shown = show(edited(body_1="They came."), [signed("r")], "es")

    assert (shown.label, shown.is_reviewed) == (Label.OUT_OF_DATE, False)
    assert shown.pieces == (
        Piece("title", "r: The tide", "es"),
        Piece("body.1", "They came.", "en", changed=True),
        Piece("body.2", "r: We stay.", "es"),
    )
    assert [piece.key for piece in shown.under("body.")] == ["body.1", "body.2"]


def test_show_a_paragraph_that_only_moved_keeps_its_translation() -> None:
    title, first, second = SOURCE.sections
    moved = replace(SOURCE, sections=(title, Section("body.1", second.words), Section("body.2", first.words)))

    assert [piece.words for piece in show(moved, [made("a")], "es").pieces] == ["a: The tide", "a: We stay.", "a: They come."]


def test_show_the_same_words_in_two_places_keep_two_translations() -> None:
    twice = Source("t", "en", (Section("title", "Rise"), Section("ask", "Rise")))
    one, other = (Translated(s.key, s.hash, words) for s, words in zip(twice.sections, ("Subida", "Levántense"), strict=True))
    rendering = made("a", of=twice, sections=(one, other))

    assert [piece.words for piece in show(twice, [rendering], "es").pieces] == ["Subida", "Levántense"]


def test_show_what_was_not_translated_stays_in_the_original_without_a_mark() -> None:
    shown = show(SOURCE, [made("a", keys=("title",))], "es")

    assert shown.pieces[1] == Piece("body.1", "They come.", "en", changed=False)


def test_show_an_edit_taken_back_makes_the_translation_current_again() -> None:
    there, back = show(edited(title="x"), [signed("r")], "es"), show(edited(), [signed("r")], "es")

    assert (there.label, back.label) == (Label.OUT_OF_DATE, Label.READ)


@given(st.data())
def test_show_never_says_a_changed_section_in_translation(data: st.DataObject) -> None:
    words = st.sampled_from(["a", "b", "c"])
    wordings = [
        Source("t", "en", tuple(Section(f"body.{n}", w) for n, w in enumerate(data.draw(st.lists(words, min_size=1, max_size=4)))))
        for _ in range(3)
    ]
    kinds = st.sampled_from([made, machine, signed])
    renderings = [data.draw(kinds)(f"r{n}", of=wording) for n, wording in enumerate(wordings)]

    shown = show(wordings[-1], renderings, "es", drafts=data.draw(st.booleans()))

    assert [piece.key for piece in shown.pieces] == [section.key for section in wordings[-1].sections]
    for piece, section in zip(shown.pieces, wordings[-1].sections, strict=True):
        assert piece.words in ({f"r{n}: {section.words}" for n in range(3)} if piece.language == "es" else {section.words})
    if shown.rendering is not None:
        assert shown.label is label_of(shown.rendering, wordings[-1])


def test_hashes_tell_language_order_and_borders_apart() -> None:
    several = [
        SOURCE,
        replace(SOURCE, language="es"),
        replace(SOURCE, sections=SOURCE.sections[::-1]),
        replace(SOURCE, sections=(Section("title", "The tideThey come."), SOURCE.sections[2])),
        edited(title="The tide "),
    ]

    assert len({source.hash for source in several}) == len(several)
    assert replace(SOURCE, text_id="other").hash == SOURCE.hash


# --- what a machine has to do -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("renderings", "wanted"),
    [
        ([], True),
        ([made("a")], False),
        ([signed("r")], False),
        ([machine("m", glossary_revision=3)], False),
        ([machine("m", glossary_revision=2)], True),
        ([machine("m", glossary_revision=2, signed_at=NOON, signed_by="g")], False),
        ([made("a", of=edited(title="x"))], True),
        ([made("a", language="ar")], True),
    ],
)
def test_draft_is_wanted_where_nobody_has_translated_this_wording(renderings: list[Rendering], wanted: bool) -> None:
    assert wants_draft(SOURCE, renderings, "es", 3) is wanted
    assert wants_draft(SOURCE, renderings, "en", 3) is False


def test_reusable_is_what_the_same_engine_with_the_same_glossary_said_last() -> None:
    def draft(name: str, version: str, revision: int, hours: int) -> Rendering:
        return machine(name, engine_version=version, glossary_revision=revision, created_at=NOON + timedelta(hours=hours))

    renderings = [draft("new", "1", 3, 2), draft("old", "1", 3, 1), draft("v2", "2", 3, 3), draft("g2", "1", 2, 4), made("a")]

    assert reusable(renderings, "es", "apertium", "1", 3) == {s.hash: f"new: {s.words}" for s in SOURCE.sections}
    assert reusable(renderings, "ar", "apertium", "1", 3) == {}


def test_via_is_said_of_a_draft_that_went_through_another_language() -> None:
    assert (show(SOURCE, [machine("m", via="es")], "es").via, show_original(SOURCE).via) == ("es", "")
