"""A wall shows sixty words at a time, all of them, in order, cut where a sentence ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.translation import Origin, Piece, Rendering, Section, Source, Translated
from coordinator.domain.wall import WORDS_A_PAGE, count_pages, count_words, make_pages
from tests.factories import NOON

SENTENCE = "The port wants eleven hectares of mangrove. "  # seven words


def pieces(*texts: str, language: str = "en") -> list[Piece]:
    return [Piece(f"body.{n}", text, language) for n, text in enumerate(texts, start=1)]


def shape(*texts: str) -> list[list[tuple[str, int]]]:
    return [[(piece.key, count_words(piece.words)) for piece in page] for page in make_pages(pieces(*texts))]


def test_short_paragraphs_share_a_page_and_long_ones_are_cut_at_sentences() -> None:
    assert shape(SENTENCE * 3, SENTENCE * 5, SENTENCE * 20, SENTENCE) == [
        [("body.1", 21), ("body.2", 35)],
        [("body.3", 56)],
        [("body.3", 56)],
        [("body.3", 28), ("body.4", 7)],
    ]


def test_every_page_of_sentences_ends_with_one() -> None:
    pages = make_pages(pieces((SENTENCE + "Do you hear? “We do!” ") * 20))

    assert [page[-1].words[-1] in ".?”" for page in pages] == [True] * len(pages)


def test_arabic_sentences_end_with_their_own_signs() -> None:
    pages = make_pages(pieces("هل تسمعون البحر اليوم في الليل؟ " * 12, language="ar"))

    assert [page[-1].words.endswith("؟") for page in pages] == [True] * 2


def test_sentence_that_is_too_long_is_cut_between_words() -> None:
    assert shape("word " * 130) == [[("body.1", 60)], [("body.1", 60)], [("body.1", 10)]]


def test_script_without_spaces_is_counted_by_characters() -> None:
    assert count_words("海は私たちのもの。") == 5  # eight characters and a full stop
    assert [len(page[0].words) for page in make_pages(pieces("海" * 300))] == [120, 120, 60]


def test_row_of_signs_takes_the_room_it_needs() -> None:
    assert len(make_pages(pieces("😀" * 2500))) == 2
    assert make_pages(pieces("", "  ")) == ()


def test_pages_are_those_of_the_longest_language() -> None:
    source = Source("t", "en", (Section("title", "Tide"), Section("body.1", SENTENCE * 8)))
    longer = Translated("body.1", source.sections[1].hash, "كلمة واحدة فقط هنا الآن معا نحن. " * 20)
    made = Rendering("r", "t", "ar", Origin.MACHINE, source.hash, (longer,), NOON)

    assert (count_pages(source, [], "body."), count_pages(source, [made], "body.")) == (1, 3)


TEXT = st.lists(st.text(st.sampled_from("ab .!?؟。海ไ\n😀”"), max_size=400), max_size=4)


@given(TEXT)
def test_no_word_is_lost_or_doubled_and_no_page_is_too_full(texts: list[str]) -> None:
    pages = make_pages(pieces(*texts))

    assert "".join("".join(p.words for page in pages for p in page).split()) == "".join("".join(texts).split())
    assert all(0 < sum(count_words(p.words) for p in page) <= WORDS_A_PAGE for page in pages)
