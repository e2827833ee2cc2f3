"""What is served under /static, and at which address does a page find it?

The whole tree is read once at start (a few hundred kilobytes) with a compressed twin of each text. One hash over all of it
stands in every address, `/static/<hash>/css/base.css`, so that everything may be kept for ever and the relative imports of
ES modules stay within one release.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

HASH_CHARS = 12
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
KEPT_SHORTLY = "public, max-age=60"  # the address of another release: what we have now, not for long
TEXT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file in memory. `packed` is its gzip form, empty when that would not be smaller."""

    media_type: str
    body: bytes
    packed: bytes


class StaticTree:
    """All static files of this release. Immutable; safe to share."""

    def __init__(self, root: Path, made: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Reads everything under `root`, and takes files `made` in memory (path → content) into the tree.

        Raises FileNotFoundError when there is nothing to read: the installation is broken.
        """
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        if not paths:
            raise FileNotFoundError(f"no static files in {root.name}: Chorus is not installed completely")
        contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths} | dict(made)
        self._files = {name: pack(name, body) for name, body in contents.items()}
        self.hash = tree_hash(self._files)

    def url(self, path: str) -> str:
        """The address of a file of the tree, `css/base.css`. Raises KeyError for a file that is not there."""
        if path not in self._files:
            raise KeyError(f"no static file {path!r}")
        return f"/static/{self.hash}/{path}"

    def get(self, path: str) -> StaticFile | None:
        """The file, or None."""
        return self._files.get(path)

    async def endpoint(self, request: Request) -> Response:
        """Answers GET and HEAD `/static/{release}/{path:path}`."""
        found = self._files.get(request.path_params["path"])
        if found is None:
            return Response(status_code=404)
        kept = KEPT_FOR_EVER if request.path_params["release"] == self.hash else KEPT_SHORTLY
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"})
        return Response(found.body, media_type=found.media_type, headers=headers)


def pack(name: str, body: bytes) -> StaticFile:
    """One file, compressed when it is a text."""
    text_type = TEXT_TYPES.get(PurePosixPath(name).suffix)
    packed = gzip.compress(body, compresslevel=9, mtime=0) if text_type else b""
    media_type = text_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StaticFile(media_type, body, packed if len(packed) < len(body) else b"")


def tree_hash(files: dict[str, StaticFile]) -> str:
    """One short hash over every name and content."""
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.body).digest())
    return digest.hexdigest()[:HASH_CHARS]
