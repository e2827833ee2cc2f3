"""What a group does about an action: answer, put a moment forward, take it back, cancel, practise. Each is a plain form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.response import Outcome
from coordinator.i18n import Language
from coordinator.pages.door import group_of
from coordinator.pages.forms import Form, Returned, command_page
from coordinator.pages.frame import group_path, in_language, lead_back
from coordinator.pages.proposal import show
from coordinator.pages.wall_time import settle_answers
from coordinator.services.proposals import cancel, practise, put_forward, withdraw
from coordinator.services.responses import respond
from coordinator.services.zone_law import ask_for_move, keep_instant
from coordinator.store.actions import find_record
from coordinator.store.database import Work

DESK = "desk"  # the value of `back` when the form stood on the desk


@dataclass(frozen=True, slots=True)
class Target:
    """The action that a form is about, and the group that sends it."""

    group_id: str
    slug: str

    def said(self, code: str) -> str:
        """The action's page, after the group, saying first what was done."""
        return f"actions/{self.slug}?said={code}"


Do = Callable[[Work, Caller, Target, Form], Awaitable[str]]  # returns where to go next, after the group


async def do_respond(work: Work, caller: Caller, target: Target, form: Form) -> str:
    """The group's answer; back to where the form stood."""
    outcome = await respond(work, caller, target.group_id, target.slug, form)
    code = "confirmed" if outcome is Outcome.CONFIRMED else form["response"]
    return f"?said={code}" if form.get("back") == DESK else target.said(code)


async def do_put_forward(work: Work, caller: Caller, target: Target, form: Form) -> str:
    """A moment is put forward, or a move."""
    await put_forward(work, caller, target.slug, form)
    return target.said("put_forward")


async def do_withdraw(work: Work, caller: Caller, target: Target, _form: Form) -> str:
    """A draft, a proposal or a move is taken back."""
    before = await find_record(work.conn, target.slug)
    await withdraw(work, caller, target.slug)
    return target.said("stayed" if before is not None and before.action.moving else "withdrawn")


async def do_cancel(work: Work, caller: Caller, target: Target, form: Form) -> str:
    """A confirmed action is cancelled, with a reason."""
    await cancel(work, caller, target.slug, form)
    return target.said("cancelled")


async def do_practise(work: Work, caller: Caller, target: Target, form: Form) -> str:
    """A practice gets its moment."""
    await practise(work, caller, target.slug, form)
    return target.said("practising")


async def do_keep_instant(work: Work, caller: Caller, target: Target, _form: Form) -> str:
    """The group keeps a moment that zone law has changed the hour of."""
    await keep_instant(work, caller, target.group_id, target.slug)
    return target.said("moment_kept")


async def do_ask_for_move(work: Work, caller: Caller, target: Target, _form: Form) -> str:
    """The group asks whoever proposed the action for another moment."""
    await ask_for_move(work, caller, target.group_id, target.slug)
    return target.said("move_asked")


def command_routes(word: str, right: Right, do: Do) -> list[Route]:
    """The routes of one command: POST does it; GET, of a page that was sent and then reloaded, leads back to the action."""

    async def take(request: Request, language: Language) -> Response:
        target = Target(await group_of(request, right), request.path_params["slug"])

        async def once(work: Work, caller: Caller, form: Form) -> str:
            return group_path(language, target.group_id, await do(work, caller, target, settle_answers(form)))

        async def again(returned: Returned) -> Response:
            return await show(request, language, returned, moving=do is do_put_forward)

        return await command_page(request, once, again)

    path = f"g/{{group}}/actions/{{slug}}/{word}"
    return [Route(f"/{{lang}}/{path}", in_language(take), methods=["POST"]), lead_back(path, "g/{group}/actions/{slug}")]


ROUTES = [
    *command_routes("respond", Right.RESPOND, do_respond),
    *command_routes("put-forward", Right.PUT_FORWARD, do_put_forward),
    *command_routes("withdraw", Right.PUT_FORWARD, do_withdraw),
    *command_routes("cancel", Right.PUT_FORWARD, do_cancel),
    *command_routes("practise", Right.PUT_FORWARD, do_practise),
    *command_routes("keep-instant", Right.RESPOND, do_keep_instant),
    *command_routes("ask-for-move", Right.RESPOND, do_ask_for_move),
]
