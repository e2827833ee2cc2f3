"""How does a part of a page come again as JSON, and in which words: the page's language, or the original's?"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from coordinator.pages.door import Visit
from coordinator.pages.render import PRIVATE_CACHE
from coordinator.pages.spotlight_rows import ORIGINAL

NO_LANGUAGE = ""  # nothing is translated into it, so every text is shown in its own words


def answer_news(news: Any) -> Response:
    """A dataclass of `context_news` as JSON for its reader alone."""
    body = json.dumps(dataclasses.asdict(news), ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type="application/json", headers={"Cache-Control": PRIVATE_CACHE})


def shows_original(request: Request) -> bool:
    """Whether the reader asked for the original words."""
    return request.query_params.get(ORIGINAL) == "1"


def words_in(request: Request, visit: Visit) -> str:
    """The language in which told words are shown."""
    return NO_LANGUAGE if shows_original(request) else visit.language.tag
