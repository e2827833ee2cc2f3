"""Which languages does Chorus speak, and how does each say a sentence?

`Languages` is read once at start from `locales/languages.toml` and the catalogs beside it; a `Language` translates.
English sentences in the source are the keys, so a missing translation shows English. Words for times are in `formats/times.py`.
"""

from __future__ import annotations

import gettext
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from coordinator.assets import asset_root
from coordinator.catalogs import CONTEXT_GLUE, Entry, read_entries

SOURCE_TAG = "en"  # its catalog repeats its keys (for translators' tools) and need not be read
ACCEPT_LANGUAGE_CHARS = 400
LIKELY_SUBTAGS: Mapping[str, str] = get_global("likely_subtags")

Forms = tuple[str, ...]


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools and translators know
    """Marks a sentence of a table for extraction; it is translated where it is used."""
    return message


@dataclass(frozen=True, slots=True)
class Plurals:
    """How one language counts: the number of forms, the form of a count, the form of a CLDR category."""

    forms: int
    index_of: Callable[[int], int]
    by_category: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language: what it is called, where it begins a line and a week, and how it says each sentence.

    Compared and hashed by identity: there is one object per tag. `months` and the two patterns (weekday to year, weekday to month, in CLDR
    letters) are empty where CLDR's own serve. `week_start` is the code of the weekday that stands first ("MO").
    `messages` maps a catalog key to its forms, translated ones only; `in_scripts` are the keys that JavaScript uses.
    """

    tag: str
    name: str
    direction: str
    complete: bool
    numbering: str
    native_digits: str
    months: Forms
    date_pattern: str
    day_pattern: str
    week_start: str
    locale: Locale
    plurals: Plurals
    messages: Mapping[str, Forms] = field(repr=False)
    in_scripts: frozenset[str] = field(repr=False)

    def gettext(self, message: str, **values: object) -> str:
        """The sentence in this language; `values` fill its %(named)s places."""
        return filled(self._singular(message, message), values)

    def pgettext(self, context: str, message: str, **values: object) -> str:
        """The sentence as meant in `context`."""
        return filled(self._singular(f"{context}{CONTEXT_GLUE}{message}", message), values)

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The form of the sentence for `count`; how the count is written is up to `values`."""
        return filled(self._plural(singular, singular, plural, count), values)

    def npgettext(self, context: str, singular: str, plural: str, count: int, **values: object) -> str:
        """The form for `count` of the sentence as meant in `context`."""
        return filled(self._plural(f"{context}{CONTEXT_GLUE}{singular}", singular, plural, count), values)

    def _singular(self, key: str, message: str) -> str:
        forms = self.messages.get(key)
        return forms[0] if forms else message

    def _plural(self, key: str, singular: str, plural: str, count: int) -> str:
        forms = self.messages.get(key)
        if not forms or len(forms) != self.plurals.forms:
            return singular if count == 1 else plural
        return forms[self.plurals.index_of(abs(count))]


def filled(sentence: str, values: Mapping[str, object]) -> str:
    """`sentence` with its places filled; left as it is when there are no values, as the standard library's gettext does."""
    return sentence % values if values else sentence


@dataclass(frozen=True, slots=True)
class Choice:
    """The language a page is shown in, and the one that was wished for when that is another (for the notice)."""

    language: Language
    wished: Language | None = None


class Languages:
    """All languages of languages.toml, in its order. Immutable after reading."""

    def __init__(self, languages: tuple[Language, ...]) -> None:
        self.all = languages
        self.complete = tuple(language for language in languages if language.complete)
        self._by_tag = {language.tag.lower(): language for language in languages}

    def __iter__(self) -> Iterator[Language]:
        return iter(self.all)

    def __getitem__(self, tag: str) -> Language:
        """The listed language of this tag, in any case of letters; KeyError for others."""
        return self._by_tag[tag.lower()]

    def get(self, tag: str) -> Language | None:
        """The listed language of this tag, or None."""
        return self._by_tag.get(tag.lower())

    def match(self, tag: str) -> Language | None:
        """The listed language that a reader of `tag` can read: the same one, else the same language in the same script (pt-PT → pt-BR)."""
        if exact := self.get(tag):
            return exact
        wanted = language_and_script(tag)
        return next((language for language in self.all if language_and_script(language.tag) == wanted), None)

    def shown_in(self, tag: str, default: str) -> Choice:
        """What somebody whose language is `tag` reads: that language when it is complete, else the network's default and a notice."""
        return self._choose([tag], default)

    def negotiate(self, accept_language: str, group_language: str | None, default: str) -> Choice:
        """What a visitor reads who did not say: by the browser's wishes, then the group's language, then the network's default."""
        wishes = list(accepted_tags(accept_language))
        return self._choose([*wishes, group_language] if group_language else wishes, default)

    def _choose(self, wishes: list[str], default: str) -> Choice:
        listed = [match for tag in wishes if (match := self.match(tag))]
        shown = next((language for language in listed if language.complete), None) or self[default]
        wished = listed[0] if listed and listed[0] is not shown else None
        return Choice(shown, wished)

    def js_catalog(self, tag: str) -> bytes:
        """JSON for `web/static/js/i18n.js`: only what scripts say, and how to count. The same bytes for the same catalog.

        `{"language", "direction", "plural": {category: index}, "messages": {key: text | [forms]}}`; a missing key means English.
        """
        language = self[tag]
        said = {key: language.messages[key] for key in sorted(language.in_scripts) if key in language.messages}
        content = {
            "language": language.tag,
            "direction": language.direction,
            "plural": dict(language.plurals.by_category),
            "messages": {key: forms[0] if len(forms) == 1 else list(forms) for key, forms in said.items()},
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def accepted_tags(accept_language: str) -> Iterator[str]:
    """The tags of an Accept-Language header, best first; garbage is passed over (RFC 9110 §12.5.4)."""
    weighted: list[tuple[float, str]] = []
    for part in accept_language[:ACCEPT_LANGUAGE_CHARS].split(","):
        tag, _, parameter = part.strip().partition(";")
        weight = read_weight(parameter)
        if weight > 0 and tag.strip().replace("-", "").isalnum():
            weighted.append((-weight, tag.strip()))
    return (tag for _, tag in sorted(weighted, key=lambda pair: pair[0]))


def read_weight(parameter: str) -> float:
    """The q of `q=0.8`; 1 when there is none, 0 when it cannot be read."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def language_and_script(tag: str) -> tuple[str, str]:
    """`zh-CN` → ("zh", "Hans"): the language and the script it is written in, the likely one unless the tag says (CLDR likely subtags)."""
    language, *rest = tag.replace("_", "-").split("-")
    script = next((part.title() for part in rest if len(part) == 4 and part.isalpha()), "")
    territory = next((part.upper() for part in rest if len(part) == 2), "")
    for key in (f"{language.lower()}_{territory}", language.lower()):
        if likely := LIKELY_SUBTAGS.get(key):
            return language.lower(), script or likely.split("_")[1]
    return language.lower(), script


def read_languages(folder: Path | None = None) -> Languages:
    """Reads the list and every catalog in it, from `folder` or from the installed `locales/`. Done once, at start."""
    folder = folder or asset_root() / "locales"
    rows = tomllib.loads((folder / "languages.toml").read_text(encoding="utf-8"))["language"]
    return Languages(tuple(read_language(folder, row) for row in rows))


def read_language(folder: Path, row: Mapping[str, Any]) -> Language:
    """One language of the list with what its catalog translates."""
    path = folder / row["folder"] / "LC_MESSAGES" / "messages.po"
    has_catalog = row["folder"] and row["tag"] != SOURCE_TAG and path.is_file()
    entries = read_entries(path) if has_catalog else []
    return Language(
        tag=row["tag"],
        name=row["name"],
        direction=row["direction"],
        complete=row["complete"],
        numbering=row["numbering"],
        native_digits=row["native_digits"],
        months=tuple(row.get("months", ())),
        date_pattern=row.get("date_pattern", ""),
        day_pattern=row.get("day_pattern", ""),
        week_start=row.get("week_start", "MO"),
        locale=Locale.parse(row["tag"], sep="-"),
        plurals=read_plurals(row["plural_forms"], row["plural_index"]),
        messages={entry.key: tuple(entry.forms) for entry in entries if entry.usable},
        in_scripts=frozenset(entry.key for entry in entries if is_in_scripts(entry)),
    )


def is_in_scripts(entry: Entry) -> bool:
    """Whether JavaScript says this message."""
    return any(file.endswith(".js") for file in entry.files)


def read_plurals(plural_forms: str, by_category: Mapping[str, int]) -> Plurals:
    """The value of a Plural-Forms header and our map of categories as `Plurals`."""
    fields = dict(part.strip().split("=", 1) for part in plural_forms.strip("; ").split(";"))
    return Plurals(int(fields["nplurals"]), gettext.c2py(fields["plural"]), dict(by_category))
