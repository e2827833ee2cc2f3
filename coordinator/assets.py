"""Where are the files that are not Python: pages and scripts, catalogs, the demo network?

In a checkout they lie beside the package (`web/`, `locales/`, `demo/`); the wheel carries the same three under `coordinator/_assets/`.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
MARK = Path("locales") / "languages.toml"


def asset_root() -> Path:
    """The folder that holds `web/`, `locales/` and `demo/`.

    Raises FileNotFoundError naming both places when neither has them (a broken installation).
    """
    places = (PACKAGE / "_assets", PACKAGE.parent)
    for place in places:
        if (place / MARK).is_file():
            return place
    raise FileNotFoundError(f"no {MARK} in {' or '.join(str(place) for place in places)}: Chorus is not installed completely")
