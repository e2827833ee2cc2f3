"""Templates become responses: what they may use, what is escaped, what caches may keep."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import jinja2
import pytest
from jinja2 import meta, nodes
from starlette.applications import Starlette
from starlette.routing import Route

from coordinator.i18n import Languages, read_languages
from coordinator.pages import context
from coordinator.pages.render import MEDIA_OF_PAGES, SECURITY_HEADERS, Renderer, cached_publicly, field_id
from coordinator.pages.static import KEPT_FOR_EVER, StaticTree

WEB = Path(__file__).parents[2] / "web"
MADE_LATER = {"caller", "varargs", "kwargs"}


@dataclass(frozen=True)
class Note:
    words: str


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


@pytest.fixture(scope="module")
def renderer(languages: Languages) -> Renderer:
    return Renderer(WEB, languages)


@pytest.fixture
def small(tmp_path: Path, languages: Languages) -> Renderer:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.css").write_text("a{}")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "note.html").write_text(
        '<p>{{ words }}</p>{{ _("Moments") }} {{ _("%(title)s is cancelled.", title=words) }}'
    )
    (tmp_path / "templates" / "wrong.html").write_text("{{ wrods }}")
    return Renderer(tmp_path, languages)


# --- rendering --------------------------------------------------------------------------------------------------------


def test_render_escapes_what_people_wrote_also_inside_sentences(small: Renderer, languages: Languages) -> None:
    html = small.text("note.html", Note("<b>"), languages["en"])

    assert html == "<p>&lt;b&gt;</p>Moments &lt;b&gt; is cancelled."


def test_render_speaks_the_language_it_is_given(small: Renderer, languages: Languages) -> None:
    spoken = {tag: small.text("note.html", Note("x"), languages[tag]) for tag in ("en", "es", "en")}

    assert spoken["es"] == spoken["en"].replace("Moments", languages["es"].gettext("Moments")).replace(
        "x is cancelled.", languages["es"].gettext("%(title)s is cancelled.", title="x")
    )


def test_render_of_an_unknown_name_raises(small: Renderer, languages: Languages) -> None:
    with pytest.raises(jinja2.UndefinedError):
        small.text("wrong.html", Note("x"), languages["en"])


def test_render_answers_with_security_headers_and_for_its_reader_alone(small: Renderer, languages: Languages) -> None:
    response = small.render("note.html", Note("x"), languages["ar"], 422)

    assert response.status_code == 422
    assert response.headers["content-language"] == "ar"
    assert response.headers["cache-control"] == "private, no-store"
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)


def test_policy_allows_no_inline_code_and_no_stranger() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http:" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


def test_render_public_is_the_same_for_everyone_and_answers_304_to_who_has_it(small: Renderer, languages: Languages) -> None:
    first = small.render_public("note.html", Note("x"), languages["en"], None)
    again = small.render_public("note.html", Note("x"), languages["en"], f'"else", W/{first.headers["etag"]}')
    other = small.render_public("note.html", Note("y"), languages["en"], first.headers["etag"])

    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert first.headers["cache-control"] == again.headers["cache-control"] == "public, max-age=5"
    assert again.headers["etag"] == first.headers["etag"]
    assert again.body == b""


def test_cached_publicly_takes_a_star_for_anything(small: Renderer, languages: Languages) -> None:
    assert cached_publicly(small.render("note.html", Note("x"), languages["en"]), "*").status_code == 304


def test_field_id_of_a_path_is_an_id() -> None:
    assert field_id("windows[2].from") == "windows-2--from"


# --- templates and what they may use ----------------------------------------------------------------------------------


def contexts() -> Iterator[tuple[str, type]]:
    """Every template with its dataclass, as the context modules name them."""
    package = Path(context.__file__).parent
    for path in sorted(package.glob("context*.py")):
        module = __import__(f"coordinator.pages.{path.stem}", fromlist=["_"])
        for name in (each for each in dir(module) if each.startswith("CONTEXTS")):
            yield from getattr(module, name).items()


@pytest.mark.parametrize(("template", "told"), sorted(contexts(), key=lambda pair: pair[0]))
def test_template_uses_only_what_its_dataclass_holds(template: str, told: type, renderer: Renderer, languages: Languages) -> None:
    environment = renderer.environment(languages["en"])
    trees = [environment.parse(source_of(environment, each)) for each in family(environment, template)]
    used = set().union(*(meta.find_undeclared_variables(tree) for tree in trees))
    named = set().union(*(names_given(tree) for tree in trees))

    assert used - named - set(environment.globals) - MADE_LATER <= {field.name for field in dataclasses.fields(told)}


def test_template_with_a_player_may_play(renderer: Renderer, languages: Languages) -> None:
    environment = renderer.environment(languages["en"])
    playing = {name for name, _ in contexts() if '"_voice.html"' in source_of(environment, name)}

    assert {"spotlight.html", "steward_reports.html"} <= playing <= set(MEDIA_OF_PAGES)


def names_given(tree: nodes.Template) -> set[str]:
    """What a template names itself: imports, macros, loops and `set`, which its parts may use as well."""
    imported = {node.target for node in tree.find_all(nodes.Import)} | {macro.name for macro in tree.find_all(nodes.Macro)}
    imported |= {name if isinstance(name, str) else name[1] for node in tree.find_all(nodes.FromImport) for name in node.names}
    return imported | {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}


def source_of(environment: jinja2.Environment, template: str) -> str:
    source, _, _ = environment.loader.get_source(environment, template)
    return source


def family(environment: jinja2.Environment, template: str) -> set[str]:
    """The template, what it extends and what it includes."""
    found, todo = set(), [template]
    while todo:
        name = todo.pop()
        if name not in found and not name.startswith("_macros"):
            found.add(name)
            todo += [other for other in meta.find_referenced_templates(environment.parse(source_of(environment, name))) if other]
    return found


@pytest.mark.parametrize("tag", ["en", "es", "ar"])
def test_every_template_compiles_in_every_language(tag: str, renderer: Renderer, languages: Languages) -> None:
    environment = renderer.environment(languages[tag])

    assert [environment.get_template(name).name for name in environment.list_templates()]


def test_templates_hold_no_inline_style_or_script() -> None:
    sources = {path.name: path.read_text() for path in WEB.glob("templates/**/*.html")}

    assert [name for name, source in sources.items() if " style=" in source or "<style" in source or " onclick=" in source] == []
    assert [
        name
        for name, source in sources.items()
        for line in source.splitlines()
        if "<script" in line and "src=" not in line and "application/json" not in line
    ] == []


# --- static files -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def client(renderer: Renderer) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/static/{release}/{path:path}", renderer.static.endpoint)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


async def test_static_file_of_this_release_is_kept_for_ever(client: httpx.AsyncClient, renderer: Renderer) -> None:
    answer = await client.get(renderer.static.url("css/base.css"), headers={"accept-encoding": "gzip"})

    assert answer.headers["cache-control"] == KEPT_FOR_EVER
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == (WEB / "static/css/base.css").read_text()


async def test_static_file_without_compression_is_the_same(client: httpx.AsyncClient, renderer: Renderer) -> None:
    answer = await client.get(renderer.static.url("js/room.js"), headers={"accept-encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text == (WEB / "static/js/room.js").read_text()


async def test_static_file_of_another_release_is_served_but_not_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/0123456789ab/css/base.css")

    assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("path", ["css/none.css", "../templates/base.html", "%2e%2e/templates/base.html"])
async def test_static_file_that_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/static/x/{path}")).status_code == 404


def test_static_url_of_an_unknown_file_raises(renderer: Renderer) -> None:
    with pytest.raises(KeyError):
        renderer.static.url("css/none.css")


def test_static_tree_changes_every_address_when_one_file_changes(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    before = StaticTree(tmp_path, {"i18n/en.json": b"{}"}).url("a.js")
    after = StaticTree(tmp_path, {"i18n/en.json": b"{ }"}).url("a.js")

    assert before != after


def test_static_tree_carries_the_sentences_of_scripts(renderer: Renderer, languages: Languages) -> None:
    found = renderer.static.get("i18n/ar.json")

    assert found is not None
    assert found.body == languages.js_catalog("ar")
