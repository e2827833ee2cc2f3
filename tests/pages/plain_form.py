"""What would a browser without script send? The fields of a form as the page holds them, to be changed and sent.

form = read_form(answer, "/en/g/…/settings")
form["name"] = "Minga"
await pages.send(form.action, form.fields, "custodian")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from coordinator.keys import IDEMPOTENCY_FIELD


@dataclass
class PlainForm:
    """One form. `fields` holds what would be sent: name → value, the last of each name; unmarked boxes are absent."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    key: str = ""

    def __setitem__(self, name: str, value: str) -> None:
        assert name in self.fields, f"the form has no field {name}"
        self.fields[name] = value


def read_forms(answer: httpx.Response) -> list[PlainForm]:
    """Every POST form of the page, in its order."""
    parser = _Forms()
    parser.feed(answer.text)
    return parser.found


def read_form(answer: httpx.Response, action: str) -> PlainForm:
    """The form that is sent to `action`."""
    (form,) = [form for form in read_forms(answer) if form.action == action]
    return form


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[PlainForm] = []
        self._select = ""
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        match tag:
            case "form" if given.get("method") == "post":
                self.found.append(PlainForm(given["action"]))
            case "input" if self.found and name == IDEMPOTENCY_FIELD:
                self.found[-1].key = given["value"]
            case "input" if self.found and name and (given["type"] not in ("checkbox", "radio") or "checked" in given):
                self.found[-1].fields[name] = given.get("value", "on")
            case "select" if self.found:
                self._select = name
            case "option" if self._select and ("selected" in given or self._select not in self.found[-1].fields):
                self.found[-1].fields[self._select] = given.get("value", "")
            case "textarea" if self.found and name:
                self._text = name
                self.found[-1].fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._text = None if tag == "textarea" else self._text

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.found[-1].fields[self._text] += data.removeprefix("\n")
