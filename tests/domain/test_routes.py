"""From one language into another by the pairs there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain.routes import Pair, Route, find_route, is_same_language

APERTIUM = frozenset(
    Pair(source, target)
    for source, target in [("es", "pt"), ("es", "pt-BR"), ("pt", "es"), ("en", "es"), ("es", "en"), ("es", "en-US"), ("fr", "es"), ("es", "fr")]
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "route"),
    [
        ("es", "pt-BR", Route((Pair("es", "pt-BR"),))),
        ("es", "pt", Route((Pair("es", "pt"),))),
        ("es", "pt-PT", Route((Pair("es", "pt"),))),
        ("ES", "pt_br", Route((Pair("es", "pt-BR"),))),
        ("pt-BR", "es", Route((Pair("pt", "es"),))),
        ("es", "en", Route((Pair("es", "en"),))),
        ("es", "en-US", Route((Pair("es", "en-US"),))),
        ("fr", "pt-BR", Route((Pair("fr", "es"), Pair("es", "pt-BR")), "es")),
        ("en", "fr", Route((Pair("en", "es"), Pair("es", "fr")), "es")),
        ("pt-BR", "en", Route((Pair("pt", "es"), Pair("es", "en")), "es")),
        ("es", "ar", None),
        ("ar", "es", None),
        ("sw", "hi", None),
    ],
)
def test_route_is_direct_or_through_one_pivot(source: str, target: str, route: Route | None) -> None:
    assert find_route(APERTIUM, source, target) == route


@pytest.mark.parametrize(("source", "target"), [("es", "es"), ("pt", "pt-BR"), ("zh", "zh-Hans"), ("en-GB", "en-US")])
def test_route_of_a_language_onto_itself_is_none(source: str, target: str) -> None:
    assert find_route({Pair(source, target), Pair(source, "fr"), Pair("fr", target)}, source, target) is None


def test_route_takes_the_first_pivot_that_serves() -> None:
    pairs = {Pair("fr", "en"), Pair("en", "pt"), Pair("fr", "es"), Pair("es", "pt")}

    assert find_route(pairs, "fr", "pt") == Route((Pair("fr", "en"), Pair("en", "pt")), "en")
    assert find_route(pairs - {Pair("en", "pt")}, "fr", "pt") == Route((Pair("fr", "es"), Pair("es", "pt")), "es")


def test_route_takes_one_pivot_at_most() -> None:
    assert find_route({Pair("fr", "en"), Pair("en", "es"), Pair("es", "pt")}, "fr", "pt") is None


@pytest.mark.parametrize(
    ("served", "wanted", "same"),
    [
        ("zh", "zh-Hans", True),
        ("zh-CN", "zh-Hans", True),
        ("zh", "zh-Hant", False),
        ("zh-TW", "zh-Hant", True),
        ("zh-TW", "zh-Hans", False),
        ("sr", "sr-Latn", False),
        ("ar", "ar-Latn", False),
        ("pt", "pt-BR", True),
        ("nn", "nb", False),
    ],
)
def test_tag_stands_in_for_another_only_in_the_same_script(served: str, wanted: str, same: bool) -> None:
    assert is_same_language(served, wanted) is same
    assert (find_route({Pair("en", served)}, "en", wanted) is not None) is same


def test_route_between_two_scripts_of_a_language_wants_the_script_served() -> None:
    assert find_route({Pair("zh-Hans", "zh-Hant")}, "zh", "zh-TW") == Route((Pair("zh-Hans", "zh-Hant"),))


TAGS = st.sampled_from(["en", "es", "pt", "pt-BR", "fr", "zh", "zh-Hant", "ar"])


@given(pairs=st.sets(st.builds(Pair, TAGS, TAGS)), source=TAGS, target=TAGS)
def test_route_is_made_of_served_pairs_that_join(pairs: set[Pair], source: str, target: str) -> None:
    route = find_route(pairs, source, target)

    if route is None:
        assert is_same_language(source, target) or Pair(source, target) not in pairs
        return
    assert set(route.hops) <= pairs
    ends = [source, route.via, target] if route.via else [source, target]
    assert len(route.hops) == len(ends) - 1
    assert all(
        is_same_language(hop.source, start) and is_same_language(hop.target, end)
        for hop, start, end in zip(route.hops, ends, ends[1:], strict=False)
    )
