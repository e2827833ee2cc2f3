"""How does a template become a response?

Every template is told what it may use by a frozen dataclass (`pages/context.py`); a name it does not know raises. There is one
Jinja environment per language, so that `_()` needs nothing passed along, not even in macros; compiled code is shared.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from starlette.responses import HTMLResponse, Response

from coordinator.edge import has_these_bytes
from coordinator.formats.bands import burden_glyph
from coordinator.i18n import Language, Languages
from coordinator.keys import IDEMPOTENCY_FIELD
from coordinator.pages.context_news import BLANK
from coordinator.pages.static import StaticTree

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone={microphone}, payment=()"
RECORDING_PAGE = "voices.html"  # the only one that may ask for the microphone, and plays what it has recorded before it is sent
MEDIA_OF_PAGES: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("spotlight.html", "spotlight_public.html", "segment.html", "room.html", "report_voice.html", "steward_reports.html"), "'self'"
    )
    | {RECORDING_PAGE: "'self' blob:"}
)
SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Referrer-Policy": "same-origin",  # with no-referrer a plain form would send Origin: null
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS_POLICY.format(microphone="()"),
    }
)
PUBLIC_CACHE = "public, max-age=5"
PRIVATE_CACHE = "private, no-store"
KEY_BYTES = 18


class Renderer:
    """Renders the templates of one `web/` folder. One per process; safe to share between requests."""

    def __init__(self, web: Path, languages: Languages) -> None:
        """`web` holds `templates/` and `static/`; static files are read and hashed now, templates when first used.

        The sentences that scripts say lie beside the scripts, at `/static/<hash>/i18n/<tag>.json`.
        """
        self.static = StaticTree(web / "static", {f"i18n/{each.tag}.json": languages.js_catalog(each.tag) for each in languages.complete})
        self._templates = web / "templates"
        self._bytecode = SharedBytecode()
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, context: Any, language: Language, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """The page as a response that only its reader may keep; `context` is a dataclass instance of `pages/context.py`."""
        response = HTMLResponse(self.text(name, context, language), status, dict(SECURITY_HEADERS))
        if media := MEDIA_OF_PAGES.get(name):  # no other page plays anything
            response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; media-src {media}"
        if name == RECORDING_PAGE:
            response.headers["Permissions-Policy"] = PERMISSIONS_POLICY.format(microphone="(self)")
        response.headers["Content-Language"] = language.tag
        response.headers["Cache-Control"] = PRIVATE_CACHE
        response.headers.update(headers or {})
        return response

    def render_public(self, name: str, context: Any, language: Language, if_none_match: str | None) -> Response:
        """A page that is the same bytes for everyone: for five seconds in any cache, 304 for whoever has it."""
        response = self.render(name, context, language)
        return cached_publicly(response, if_none_match)

    def text(self, name: str, context: Any, language: Language) -> str:
        """The rendered template. Raises jinja2.UndefinedError for a name that the context does not hold."""
        values = {field.name: getattr(context, field.name) for field in dataclasses.fields(context)}
        return self.environment(language).get_template(name).render(values)

    def environment(self, language: Language) -> Environment:
        """The environment that speaks `language`."""
        if language.tag not in self._environments:
            self._environments[language.tag] = self._make_environment(language)
        return self._environments[language.tag]

    def _make_environment(self, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(self._templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=self._bytecode,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.filters["field_id"] = field_id
        install_gettext(environment, language)
        environment.globals.update(
            language=language,
            asset=self.static.url,
            burden_glyph=burden_glyph,
            new_idempotency_key=new_idempotency_key,
            IDEMPOTENCY_FIELD=IDEMPOTENCY_FIELD,
            BLANK=BLANK,
        )
        return environment


def install_gettext(environment: Environment, language: Language) -> None:
    """Lets templates speak `language` in Jinja's newstyle: values are escaped, translations are not."""
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # added to the environment by the extension
    install(language.gettext, language.ngettext, newstyle=True, pgettext=language.pgettext, npgettext=language.npgettext)


def cached_publicly(response: Response, if_none_match: str | None) -> Response:
    """The same response for everybody's caches, or a 304 with the same headers when the reader has these bytes (RFC 9110 §13.1.2)."""
    etag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
    response.headers["Cache-Control"] = PUBLIC_CACHE
    response.headers["ETag"] = etag
    if has_these_bytes(if_none_match, etag):
        kept = {key: value for key, value in response.headers.items() if key not in ("content-length", "content-type")}
        return Response(status_code=304, headers=kept)
    return response


def new_idempotency_key() -> str:
    """A fresh key for a form, so that a retried tap sends once."""
    return secrets.token_urlsafe(KEY_BYTES)


def field_id(name: str) -> str:
    """The id of a form's field: its name without the brackets and dots of a path (`windows[2].from` → `windows-2--from`)."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)


class SharedBytecode(BytecodeCache):
    """Compiled templates in memory, shared by the environments of all languages."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills the bucket when another language has compiled this template."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what was just compiled."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()
