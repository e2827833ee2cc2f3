"""House rules of stylesheets and scripts that no linter knows, and their weight."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
STYLES = sorted((WEB / "static/css").rglob("*.css"))
SCRIPTS = sorted((WEB / "static/js").rglob("*.js"))

FIRST_VIEW_BYTES = 60 * 1024
SCRIPTS_BYTES = 30 * 1024
ROOM_SCRIPTS = (
    "room-start",
    "room",
    "room-view",
    "room-words",
    "band",
    "fill",
    "countdown",
    "live-client",
    "local-time",
    "messages",
    "server-clock",
    "clock-probes",
)
ROOM_STYLES = (
    "tokens",
    "base",
    "components/band",
    "components/controls",
    "components/room",
    "components/room-count",
    "components/told",
    "components/wall-told",
)
MIRROR_SCRIPTS = (
    "segment-start",
    "segment",
    "segment-follower",
    "segment-parts",
    "segment-tap",
    "room-words",
    "band",
    "countdown",
    "live-client",
    "messages",
    "server-clock",
    "clock-probes",
)

RECORDER_SCRIPTS = (
    "page",
    "local-time",
    "once",
    "recorder-start",
    "elements/voice-recorder",
    "elements/voice-player",
    "voice-start",
    "voice-list",
    "voice-news",
    "fill",
    "kept-recordings",
    "live-client",
    "microphone",
    "minutes",
    "upload",
)

PAINTER_SCRIPTS = (
    "page",
    "local-time",
    "once",
    "painter-start",
    "elements/week-painter",
    "hours-rows",
    "messages",
    "week-grid",
    "week-model",
    "week-picture",
    "week-words",
)

PHYSICAL = re.compile(
    r"(?:^|[;{\s])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|width|height|min-width|max-width|min-height|max-height"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:",
)
SIDES = re.compile(r"(?:text-align|float|clear)\s*:\s*(?:left|right)\b")
UNEQUAL = re.compile(r"\b(?:margin|padding|inset|border-width)\s*:\s*([^;}]+)[;}]")


def declarations(path: Path) -> str:
    """The sheet without comments and without the conditions of its media queries."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"@media[^{]*\{", "{", text)


def sides(value: str) -> list[str]:
    """The values of a shorthand; what stands in brackets is one."""
    return re.sub(r"\([^()]*\)", "()", re.sub(r"\([^()]*\)", "()", value)).split()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_stylesheet_has_logical_properties_only(path: Path) -> None:
    text = declarations(path)

    assert PHYSICAL.findall(text) + SIDES.findall(text) == []
    assert [value for value in UNEQUAL.findall(text) if len(sides(value)) == 4] == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_stylesheet_is_flat_and_insists_on_nothing(path: Path) -> None:
    text = declarations(path)

    assert [
        word
        for word in ("!important", "gradient(", "box-shadow", "text-shadow", "@import", "url(", "subgrid", ":has(", ":is(", "aspect-ratio:")
        if word in text
    ] == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_stylesheet_takes_its_colours_from_the_tokens(path: Path) -> None:
    colours = re.findall(r"#[0-9a-f]{3,8}\b", declarations(path))

    assert path.name == "tokens.css" or set(colours) <= {"#fff", "#c9cad6"}  # print; soft text on ink


def test_scripts_build_no_markup_and_bring_no_stranger() -> None:
    found = {
        path.name: word
        for path in SCRIPTS
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://")
        if word in path.read_text().replace("http://www.w3.org/2000/svg", "")
    }

    assert found == {}


def test_scripts_use_no_syntax_younger_than_the_baseline() -> None:
    # Chrome 87 and Safari 14.1: no top-level await, private methods, static blocks, .at(), Object.hasOwn, structuredClone, replaceAll is fine
    young = re.compile(
        r"^await |^\s+#\w+\(|static \{|\.at\(-?\d|Object\.hasOwn|structuredClone|replaceChildren|AbortSignal\.timeout|\.findLast\(|Array\.fromAsync",
        re.MULTILINE,
    )

    assert {path.name: young.findall(path.read_text()) for path in SCRIPTS if young.search(path.read_text())} == {}


def test_weight_of_a_rooms_first_view_is_within_its_budget() -> None:
    scripts = sum(packed(WEB / f"static/js/{name}.js") for name in ROOM_SCRIPTS)
    styles = sum(packed(WEB / f"static/css/{name}.css") for name in ROOM_STYLES)

    assert scripts <= SCRIPTS_BYTES
    assert scripts + styles <= FIRST_VIEW_BYTES - 20 * 1024  # what is left is for the page itself


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_weight_of_a_mirror_walls_first_view_is_within_its_budget() -> None:
    scripts = sum(packed(WEB / f"static/js/{name}.js") for name in MIRROR_SCRIPTS)
    styles = sum(packed(WEB / f"static/css/{name}.css") for name in (*ROOM_STYLES, "components/told", "components/segment"))

    assert scripts <= SCRIPTS_BYTES
    assert scripts + styles <= FIRST_VIEW_BYTES - 20 * 1024  # what is left is for the page itself


def test_weight_of_the_recorders_page_is_within_its_budget() -> None:
    assert sum(packed(WEB / f"static/js/{name}.js") for name in RECORDER_SCRIPTS) <= SCRIPTS_BYTES


def test_weight_of_the_painters_page_is_within_its_budget() -> None:
    assert sum(packed(WEB / f"static/js/{name}.js") for name in PAINTER_SCRIPTS) <= SCRIPTS_BYTES
