"""What an engine may not touch comes through it, or is missed."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.glossary import Term
from coordinator.domain.masking import TOKEN, Masked, TokensLost, compare_tokens, count_tokens, has_words, mask, unmask

GLOSSARY = (
    Term("apoyo mutuo", "es", "pt-BR", "ajuda mútua"),
    Term("Huerta Común de Lima", "es"),
    Term("Lima", "es"),
    Term("espejo", "es", "pt-BR", "espelho"),
    Term("Día 4", "es"),
)
NASTY = [
    "<script>alert(1)</script>", "<b class='x'>", "</b>", "<!-- x -->", "&amp;", "&#39;", "{{ a }}", "{% if x %}", "{# y #}", "{", "}", "{0}", "${x}",
    "%(x)s", "%s", "%d", "%", "%%", "100 %", "17:30", "9.30 am", "19:15 UTC+5:45", "UTC−3", "2027-01-04", "3/5/27", "1.234,56", "١٧:٣٠", "३", "٪٢٥", "½", "²",
    "https://a.example/x?y=1#z", "www.b.org", "mailto:a@b.org", "a@b.org", "@maria", "@m@masto.social", "#clima", "c.example.org/x", "tel:+51", "://", "@", "#",
    "Xq0x", "xq12X", "Xq", "XqXq1xx", "x", "X", "⟦0⟧", "مرحبا", "שלום", "ह", "ि", "你好", "😀", "👩🏽‍🚀", "\u200f", "\u200d", "\u202e", "\x00", "\x1b[31m", "\ud800",
    "apoyo mutuo", "Apoyo", "mutuo", "Huerta Común de Lima", "Lima", "Limas", "Día 4", "COVID-19", "A4", "3rd", "5ª", "10°C", ".", ",", " ", " ", "\n", "\t", "\u00a0",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=25).map("".join)


def kept(text: str, *terms: Term) -> tuple[str, ...]:
    return mask(text, terms).kept


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ven a las 17:30 a https://a.example/x.", Masked("Ven a las Xq0x a Xq1x.", ("17:30", "https://a.example/x"))),
        ("(mira www.b.org/y, o c.example.org:8000/es?x=1)", Masked("(mira Xq0x, o Xq1x)", ("www.b.org/y", "c.example.org:8000/es?x=1"))),
        (
            "a@b.org, @maria, @m@masto.social #ClimaYa",
            Masked("Xq0x, Xq1x, Xq2x Xq3x", ("a@b.org", "@maria", "@m@masto.social", "#ClimaYa")),
        ),
        (
            "{place} %(time)s %s {{ a }} {% if x %}",
            Masked("Xq0x Xq1x Xq2x Xq3x Xq4x", ("{place}", "%(time)s", "%s", "{{ a }}", "{% if x %}")),
        ),
        ("<b class='x'> hola </b> &amp;", Masked("Xq0x hola Xq1x Xq2x", ("<b class='x'>", "</b>", "&amp;"))),
        ("9.30 am, 7 p.m. y 17h30", Masked("Xq0x, Xq1x y Xq2x", ("9.30 am", "7 p.m.", "17h30"))),
        ("19:15 UTC+5:45 o UTC−3", Masked("Xq0x o Xq1x", ("19:15 UTC+5:45", "UTC−3"))),
        ("el 3/5/2027 y el 2027-01-04", Masked("el Xq0x y el Xq1x", ("3/5/2027", "2027-01-04"))),
        ("25 % de 1.234,56 € y 12 500 más", Masked("Xq0x de Xq1x € y Xq2x más", ("25 %", "1.234,56", "12 500"))),
        ("COVID-19, A4, 3rd, 5ª, 10°C", Masked("Xq0x, Xq1x, Xq2x, Xq3x, Xq4x", ("COVID-19", "A4", "3rd", "5ª", "10°C"))),
        ("الساعة ١٧:٣٠ و ٢٥٪", Masked("الساعة Xq0x و Xq1x", ("١٧:٣٠", "٢٥٪"))),
        ("2027年1月4日在内罗毕", Masked("Xq0x年Xq1x月Xq2x日在内罗毕", ("2027", "1", "4"))),
        ("el 3 de mayo", Masked("el Xq0x de mayo", ("3",))),
        ("5 a 7", Masked("Xq0x a Xq1x", ("5", "7"))),
        ("ni EE.UU. ni p. ej. ni etc.", Masked("ni EE.UU. ni p. ej. ni etc.", ())),
        ("", Masked("", ())),
    ],
)
def test_mask_leaves_words_and_takes_the_rest(text: str, masked: Masked) -> None:
    assert mask(text) == masked


def test_mask_text_that_looks_like_a_token_is_masked_too() -> None:
    masked = mask("Xq0x y xq7X, Xq 5x y XqXq1xx")

    assert masked == Masked("Xq0x y Xq1x, Xq Xq2x y XqXq3xx", ("Xq0x", "xq7X", "5x", "Xq1x"))
    assert unmask(masked.text, masked) == "Xq0x y xq7X, Xq 5x y XqXq1xx"


# --- terms ------------------------------------------------------------------------------------------------------------


def test_term_with_a_rendering_comes_back_as_the_rendering() -> None:
    masked = mask("El apoyo mutuo y el espejo.", GLOSSARY)

    assert unmask("O Xq0x e o Xq1x.", masked) == "O ajuda mútua e o espelho."


def test_term_that_begins_a_sentence_gives_its_capital_to_the_rendering() -> None:
    assert kept("Apoyo mutuo. APOYO mutuo.", *GLOSSARY) == ("Ajuda mútua",)
    assert kept("lima", *GLOSSARY) == ("lima",)
    assert kept("espejo", Term("Espejo", "es", "pt-BR", "Espelho")) == ("Espelho",)


def test_term_to_keep_comes_back_as_it_was_written() -> None:
    assert kept("huerta  Común\nde Lima", *GLOSSARY) == ("huerta  Común\nde Lima",)


def test_term_longest_wins_and_others_follow() -> None:
    assert kept("La Huerta Común de Lima, en Lima.", *GLOSSARY) == ("Huerta Común de Lima", "Lima")


@pytest.mark.parametrize("text", ["limar", "Limas", "prelima", "LIMA", "Lima\u0301"])
def test_term_inside_another_word_is_none(text: str) -> None:
    assert kept(text, *GLOSSARY) == ()


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("काम कामा", "काम", ("काम",)),  # the vowel sign belongs to the word
        ("我们互助吧", "互助", ("互助",)),  # no white space between words
        ("التضامن والتضامن", "التضامن", ("التضامن",)),
        ("ÉCHO écho", "écho", ("écho",)),
        ("Écho", "écho", ("Écho",)),
        ("¿Lima?", "Lima", ("Lima",)),
        ("C++ y C", "C++", ("C++",)),
    ],
)
def test_term_is_a_whole_word_in_every_script(text: str, term: str, found: tuple[str, ...]) -> None:
    assert kept(text, Term(term, "xx")) == found


def test_term_inside_a_link_is_part_of_the_link() -> None:
    text = "https://lima.org/lima lima@b.org @lima #Lima {lima} Lima"

    assert kept(text, *GLOSSARY) == ("https://lima.org/lima", "lima@b.org", "@lima", "#Lima", "{lima}", "Lima")


def test_term_that_ends_in_a_number_is_not_the_beginning_of_another() -> None:
    assert mask("El Día 4 y el día 4.500", GLOSSARY).text == "El Xq0x y el día Xq1x"


# --- coming back ------------------------------------------------------------------------------------------------------


def test_unmask_takes_tokens_in_any_order_and_case() -> None:
    masked = mask("de 7 a 9")

    assert unmask("até XQ1X desde xq0x", masked) == "até 9 desde 7"


@pytest.mark.parametrize(
    ("answer", "lost", "added"),
    [
        ("de Xq0x", 1, 0),
        ("", 2, 0),
        ("de Xq0x a Xq1x e Xq1x", 0, 1),
        ("de Xq0x a Xq2x", 1, 1),
        ("de Xq 0x a Xq1x", 1, 0),
        ("de 7 a 9", 2, 0),
    ],
)
def test_unmask_answer_with_other_tokens_is_refused_by_numbers_alone(answer: str, lost: int, added: int) -> None:
    with pytest.raises(TokensLost) as refused:
        unmask(answer, mask("de 7 a 9"))

    assert (refused.value.lost, refused.value.added) == (lost, added)
    assert str(refused.value) == f"{lost} lost, {added} added"


def test_unmask_never_reads_what_comes_back() -> None:
    masked = mask("Xq1x {0} %s")

    assert unmask("Xq2x Xq1x Xq0x", masked) == "%s {0} Xq1x"


def test_compare_tokens_asks_for_each_as_often() -> None:
    compare_tokens("Xq0x Xq3x", "Xq3x Xq0x")
    with pytest.raises(TokensLost):
        compare_tokens("Xq0x Xq3x", "Xq3x Xq3x")


@pytest.mark.parametrize(
    ("text", "words"),
    [("17:30 https://a.example", False), ("😀 … 25 %", False), ("", False), ("a las 17:30", True), ("你好", True), ("{x}", False)],
)
def test_has_words_asks_for_a_letter_outside_tokens(text: str, words: bool) -> None:
    assert has_words(mask(text).text) is words


# --- any text ---------------------------------------------------------------------------------------------------------


@given(TEXTS)
def test_mask_any_text_comes_back_as_it_was(text: str) -> None:
    keep = [Term(term.term, "es") for term in GLOSSARY]

    for masked in (mask(text), mask(text, keep)):
        assert unmask(masked.text, masked) == text


@given(TEXTS)
def test_mask_any_text_leaves_no_digit_and_each_token_once(text: str) -> None:
    masked = mask(text, GLOSSARY)

    assert count_tokens(masked.text) == dict.fromkeys(range(len(masked.kept)), 1)
    assert not re.search(r"\d", TOKEN.sub(" ", masked.text))


@given(TEXTS, st.randoms())
def test_unmask_any_order_of_tokens_holds_each_kept_part(text: str, draw: random.Random) -> None:
    masked = mask(text, GLOSSARY)
    tokens = [token[0] for token in TOKEN.finditer(masked.text)]
    draw.shuffle(tokens)

    assert unmask(" ".join(tokens), masked) == " ".join(masked.kept[int(TOKEN.fullmatch(t)[1])] for t in tokens)  # type: ignore[index]  # all match


@pytest.mark.parametrize(
    "unit", ["😀", "👩🏽‍🚀 ", "a", "1", "1 ", "1,", "a.b", "a@", "{", "{{a", "<a", "%(", "&", "http://", "www.", "@#", "A1", "aA1-", " ", ".a", "12:30 ", "مرحبا hola "]
)  # fmt: skip
def test_mask_ten_kilobytes_of_anything_ends_and_comes_back(unit: str) -> None:
    text = unit * (10_240 // len(unit.encode()) + 1)

    masked = mask(text, GLOSSARY)

    assert unmask(masked.text, masked) == text
