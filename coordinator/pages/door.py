"""Who may come to a group's own pages, and in whose clock do these speak?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from coordinator.domain.access import Caller, Right
from coordinator.domain.group import Group
from coordinator.edge import identify, runtime
from coordinator.errors import NotFound, NotSignedIn
from coordinator.i18n import Language
from coordinator.pages.context import Frame, Notice
from coordinator.pages.frame import group_path, make_frame, not_spoken_notice
from coordinator.pages.reader import Reader, group_reader
from coordinator.services.groups import load_group
from coordinator.services.network import Network, load_network


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a group's pages: who, where, and by whose clock they read."""

    caller: Caller
    group: Group
    network: Network
    reader: Reader

    @property
    def language(self) -> Language:
        return self.reader.language

    def path(self, rest: str = "") -> str:
        """The address of one of the group's pages: `path("propose")` → /en/g/7f3k/propose."""
        return group_path(self.language, self.group.id, rest)

    def may(self, right: Right) -> bool:
        """Whether the visitor may do this for the group."""
        return self.caller.may(right, self.group.id)


async def admit(request: Request, conn: AsyncConnection, language: Language, right: Right = Right.READ_DESK) -> Visit:
    """The visit to the pages of the group in the path.

    Raises NotSignedIn for whoever shows no link at all; NotFound for an unknown group and for one that this session's links do not
    open: nobody can tell the two apart.
    """
    caller, group_id = await identify(request), request.path_params["group"]
    if not caller.grants:
        raise NotSignedIn
    if not caller.may(right, group_id):
        raise NotFound("group")
    group = await load_group(conn, group_id)
    now = runtime(request).clock.now()
    return Visit(caller, group, await load_network(conn), group_reader(group, language, now))


async def group_of(request: Request, right: Right) -> str:
    """The group that a form is sent for, if this session may do `right` there; else the same answers as `admit`, or Forbidden."""
    caller, group_id = await identify(request), str(request.path_params["group"])
    if not caller.grants:
        raise NotSignedIn
    if not caller.may(Right.READ_DESK, group_id):
        raise NotFound("group")
    caller.require(right, group_id)
    return group_id


def visit_frame(
    request: Request, visit: Visit, title: str, *, path: str | None = None, notices: tuple[Notice, ...] = (), greet: bool = False
) -> Frame:
    """The frame of a group's own page; `path` names the page (after the group) when a form is shown again.

    With `greet`, a group whose language is not complete is told in which one it reads.
    """
    own = runtime(request).languages.get(visit.group.language)
    said = () if not greet or own is None or own.complete else (not_spoken_notice(own, visit.language),)
    return make_frame(
        request,
        visit.network,
        visit.language,
        title,
        here="group",
        path=None if path is None else f"/g/{visit.group.id}/{path}",
        group_id=visit.group.id,
        notices=(*said, *notices),
        numerals=visit.reader.numerals,
    )
