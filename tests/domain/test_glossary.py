"""The words that a network does not leave to an engine."""

from __future__ import annotations

import pytest

from coordinator.domain.glossary import Term, read_term, same_term, terms_for
from coordinator.domain.routes import Pair
from coordinator.errors import Invalid, Problem

LANGUAGES = ("en", "es", "pt-BR", "ar", "zh-Hans")


def problems_of(**raw: object) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_term(raw, LANGUAGES)
    return [(p.field, p.code) for p in refused.value.problems]


def test_term_with_a_rendering_is_read() -> None:
    raw = {"term": " apoyo mutuo ", "source": "es", "target": "pt_br", "rendering": "apoio mútuo"}

    assert read_term(raw, LANGUAGES) == Term("apoyo mutuo", "es", "pt-BR", "apoio mútuo")


@pytest.mark.parametrize("nothing", [{}, {"target": "", "rendering": ""}, {"target": None, "rendering": "  "}])
def test_term_without_rendering_and_target_is_kept_in_every_language(nothing: dict[str, object]) -> None:
    assert read_term({"term": "Ubuntu", "source": "en", **nothing}, LANGUAGES) == Term("Ubuntu", "en", None, None)


def test_term_may_be_kept_in_one_language_only() -> None:
    assert read_term({"term": "Ubuntu", "source": "en", "target": "ar"}, LANGUAGES) == Term("Ubuntu", "en", "ar", None)


def test_term_says_every_fault_at_once() -> None:
    assert problems_of(term="a\u202eb", source="xx", target="tlh", rendering="y" * 81) == [
        ("term", "bidi_characters"),
        ("source", "language_unknown"),
        ("target", "language_unknown"),
        ("rendering", "too_long"),
    ]


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ({"source": "en"}, [("term", "missing")]),
        ({"term": "x"}, [("source", "missing")]),
        ({"term": "x" * 81, "source": "en"}, [("term", "too_long")]),
        ({"term": "a\x07b", "source": "en"}, [("term", "control_characters")]),
        ({"term": "…, 50", "source": "en"}, [("term", "term_without_letter")]),
        ({"term": "x", "source": "en", "rendering": "y"}, [("target", "rendering_without_language")]),
        ({"term": "x", "source": "en", "target": "en", "rendering": "y"}, [("target", "language_onto_itself")]),
        ({"term": "x", "source": "en", "target": "es", "rendering": "—"}, [("rendering", "term_without_letter")]),
    ],
)
def test_term_at_fault_names_the_field(raw: dict[str, object], faults: list[tuple[str, str]]) -> None:
    assert problems_of(**raw) == faults


def test_term_in_an_unknown_language_hears_the_languages() -> None:
    with pytest.raises(Invalid) as refused:
        read_term({"term": "x", "source": "tlh"}, LANGUAGES)

    assert refused.value.problems == (Problem("source", "language_unknown", "tlh", tuple(sorted(LANGUAGES))),)


def test_terms_for_a_pair_are_those_of_its_languages_longest_first() -> None:
    kept, general, foreign = Term("Lima", "es"), Term("Lima Norte", "es", "pt-BR"), Term("mirror", "en", "pt-BR", "espelho")
    elsewhere = Term("espejo", "es", "en", "mirror")

    assert terms_for([kept, general, foreign, elsewhere], Pair("es", "pt-BR")) == (general, kept)


def test_terms_for_a_pair_prefer_the_very_target_over_every_language() -> None:
    everywhere, here = Term("Espejo", "es"), Term("espejo", "es", "pt-BR", "espelho")

    assert terms_for([here, everywhere], Pair("es", "pt-BR")) == (here,)
    assert terms_for([everywhere, here], Pair("es", "pt")) == (here,)
    assert terms_for([everywhere, here], Pair("es", "en")) == (everywhere,)


def test_same_term_knows_the_first_letter_in_either_case() -> None:
    assert same_term("Apoyo  mutuo") == same_term("apoyo mutuo")
    assert same_term("ONU") != same_term("Onu")
