"""Cut for an engine, and whole again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.cutting import Line, cut_clauses, cut_lines, cut_long, cut_sentences, cut_smaller, cut_words

TEXTS = st.text(st.sampled_from(list("aB é.!?…。,;: \n\t“”)0x؟।—\u00a0\u2028😀")) | st.characters(), max_size=200)


def test_lines_keep_blank_ones_and_white_space_apart() -> None:
    assert cut_lines("Uno\n\n  dos \r\n\u00a0\ntres") == [
        Line("", "Uno", "\n"),
        Line("\n", "", ""),
        Line("  ", "dos", " \r\n"),
        Line("\u00a0\n", "", ""),
        Line("", "tres", ""),
    ]
    assert cut_lines("") == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Ven. Trae agua!  ¿Sí? Sí…", ["Ven. ", "Trae agua!  ", "¿Sí? ", "Sí…"]),
        ("«Ven.» Dijo.", ["«Ven.» ", "Dijo."]),
        ("Ven a las Xq0x.Xq1x", ["Ven a las Xq0x.Xq1x"]),
        ("我们来了。大家好！再见", ["我们来了。", "大家好！", "再见"]),
        ("هل تأتي؟ نعم.", ["هل تأتي؟ ", "نعم."]),
        ("नमस्ते। आइए।", ["नमस्ते। ", "आइए।"]),
        ("", []),
    ],
)
def test_sentences_end_where_their_script_ends_them(text: str, sentences: list[str]) -> None:
    assert cut_sentences(text) == sentences


def test_smaller_pieces_of_one_sentence_are_its_clauses() -> None:
    assert cut_smaller("Uno. Dos, tres.") == ["Uno. ", "Dos, tres."]
    assert cut_smaller("Uno, dos; tres — cuatro.") == ["Uno, ", "dos; ", "tres — ", "cuatro."]
    assert cut_smaller("Uno") == ["Uno"]


def test_long_text_is_cut_at_sentences_then_clauses_then_words() -> None:
    assert cut_long("aa. bb. cc.", 100) == ["aa. bb. cc."]
    assert cut_long("aa. bb. cc.", 8) == ["aa. bb. ", "cc."]
    assert cut_long("aa. bb, cc, dd.", 8) == ["aa. ", "bb, cc, ", "dd."]
    assert cut_long("one two three four", 9) == ["one two ", "three ", "four"]
    assert cut_long("x" * 50, 9) == ["x" * 50]


@given(TEXTS)
def test_cut_text_put_together_is_the_text(text: str) -> None:
    assert "".join(line.before + line.words + line.after for line in cut_lines(text)) == text
    for cut in (cut_sentences, cut_clauses, cut_words, cut_smaller, lambda t: cut_long(t, 20)):
        assert "".join(cut(text)) == text
        assert "" not in cut(text)[1:]


@given(st.text(st.sampled_from("ab. ,"), max_size=300))
def test_long_text_fits_but_for_words_that_do_not(text: str) -> None:
    assert all(len(piece) <= 20 or len(piece.split()) <= 1 for piece in cut_long(text, 20))


@pytest.mark.parametrize("unit", [".", ". ", "?!", ",", "—", " ", "a—", "。", ".”"])
def test_cutting_hostile_text_ends(unit: str) -> None:
    """A pattern that backtracks would take minutes here, and the run's timeout would say so."""
    text = unit * 50_000

    assert "".join(cut_long(text, 500)) == text
    assert "".join(line.before + line.words + line.after for line in cut_lines(text)) == text
