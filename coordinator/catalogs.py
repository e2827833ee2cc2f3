"""What does a gettext catalog say? Reads one `.po` file into plain mappings.

Babel's reader takes about 60 ms for a thousand sentences, this one a few; `tests/contracts/test_catalogs.py` holds the two
against each other on every catalog we ship. Writing and merging stay with Babel (`scripts/messages.py`).
Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT_GLUE = "\x04"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
ESCAPED = re.compile(r"\\(.)")
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s*"(.*)"\s*$')
MESSAGE_BEGINS = ("#", "msgctxt", "msgid")


@dataclass(slots=True)
class Entry:
    """One message as it stands in the file; untranslated forms are empty strings."""

    context: str | None = None
    msgid: str = ""
    plural: str | None = None
    forms: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """How catalogs name a message: its msgid, behind the context when it has one."""
        return self.msgid if self.context is None else f"{self.context}{CONTEXT_GLUE}{self.msgid}"

    @property
    def usable(self) -> bool:
        """Whether every form is translated and nobody doubts it."""
        return not self.fuzzy and bool(self.forms) and all(self.forms)


def read_entries(path: Path) -> list[Entry]:
    """Every live message of the file in its order, without the header and without obsolete (`#~`) ones.

    Raises ValueError with file and line for anything that is not PO.
    """
    entries = [read_entry(path, block) for block in blocks(path)]
    return [entry for entry in entries if entry is not None and (entry.msgid or entry.context is not None)]


Line = tuple[int, str]


def blocks(path: Path) -> Iterator[list[Line]]:
    """The file's lines with their numbers, one list for each message; a message ends at an empty line or where the next begins."""
    block: list[Line] = []
    has_translation = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if block and (not line or (has_translation and line.startswith(MESSAGE_BEGINS) and not line.startswith("msgid_plural"))):
            yield block
            block, has_translation = [], False
        if line:
            block.append((number, line))
            has_translation = has_translation or line.startswith("msgstr")
    if block:
        yield block


def read_entry(path: Path, block: list[Line]) -> Entry | None:
    """The message of one block; None when the block holds comments or obsolete messages only."""
    entry = Entry()
    parts: dict[str, str] = {}
    keyword = ""
    for number, line in block:
        first = line[0]
        if first == "m" and (match := KEYWORD.match(line)):
            keyword = match[1]
            parts[keyword] = match[2]
        elif first == '"' and keyword and line[-1] == '"':
            parts[keyword] += line[1:-1]
        elif first == "#":
            read_comment(entry, line)
        elif line.strip():
            raise ValueError(f"{path.name}, line {number}: not a line of a PO file: {line[:80]}")
    if "msgid" not in parts:
        return None
    texts = {keyword: unescape(text) for keyword, text in parts.items()}
    entry.context, entry.msgid, entry.plural = texts.get("msgctxt"), texts["msgid"], texts.get("msgid_plural")
    entry.forms = [texts[keyword] for keyword in sorted(texts) if keyword.startswith("msgstr")]
    return entry


def read_comment(entry: Entry, line: str) -> None:
    """Notes what a `#:` or `#,` line says of its message."""
    if line.startswith("#:"):
        entry.files.extend(reference.rpartition(":")[0] or reference for reference in line[2:].split())
    elif line.startswith("#,"):
        entry.fuzzy = entry.fuzzy or "fuzzy" in line


def unescape(text: str) -> str:
    """PO's backslash escapes undone."""
    if "\\" not in text:
        return text
    return ESCAPED.sub(lambda match: ESCAPES.get(match[1], match[1]), text)
