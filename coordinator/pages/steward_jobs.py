"""Planned work as the steward sees it: how much there is, what is late, what was given up and can be given its attempts anew."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator import keys
from coordinator.domain.access import Caller
from coordinator.edge import look, runtime
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_steward import JobCounts, JobLine, Jobs
from coordinator.pages.forms import Form, Returned, command_page, fault_notice
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.reader import Reader
from coordinator.pages.steward_door import StewardVisit, admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.services.health import JOBS_LATE_AFTER, load_jobs, revive_job
from coordinator.store.database import Work
from coordinator.store.health import JobCount, JobRow
from coordinator.store.jobs import MAX_ATTEMPTS

HERE = "jobs"
WAITING, DONE, DEAD = "waiting", "done", "dead"
KINDS = {
    keys.JOB_DECIDE: N_("Deciding at a deadline"),
    keys.JOB_REMIND: N_("Reminding of a moment"),
    keys.JOB_QUARTER: N_("Saying that a quarter has no action yet"),
    keys.JOB_SWEEP_TEXTS: N_("Forgetting words whose time has passed"),
}


async def show_jobs(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/jobs`."""
    return await _show(request, language, None)


async def take_revive(request: Request, language: Language) -> Response:
    """POST `…/jobs/{job}/revive`: gives a job that was given up its attempts anew."""
    await require_steward(request)
    job_id = request.path_params["job"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await revive_job(work, caller, job_id)
        return f"{steward_path(language, HERE)}?said=job_revived"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        health = await look(request, conn)
        rows = await load_jobs(conn, visit.caller)
    waiting = [row for row in rows if row.state == WAITING]
    notices = () if returned is None else (fault_notice(returned, language),)
    page = Jobs(
        frame=steward_frame(request, visit, language.gettext("Work behind the pages"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        counts=_count(health.jobs, visit.reader),
        late=tuple(_line(row, visit) for row in waiting if visit.reader.now - row.due_at > JOBS_LATE_AFTER),
        dead=tuple(_line(row, visit) for row in rows if row.state == DEAD),
        next_due=next((_next_words(row, visit.reader) for row in waiting if row.due_at > visit.reader.now), ""),
    )
    return renderer(request).render("steward_jobs.html", page, language, returned.status if returned else 200)


def kind_words(kind: str, language: Language) -> str:
    """What a job does; an unknown kind is called by its own name."""
    return language.gettext(KINDS[kind]) if kind in KINDS else kind


def _count(counts: Sequence[JobCount], reader: Reader) -> tuple[JobCounts, ...]:
    by_kind: dict[str, dict[str, int]] = {}
    for count in counts:
        by_kind.setdefault(count.kind, {})[count.state] = count.jobs
    return tuple(
        JobCounts(
            kind_words(kind, reader.language), *(count_words(of.get(s, 0), reader.language, reader.numerals) for s in (WAITING, DONE, DEAD))
        )
        for kind, of in by_kind.items()
    )


def _line(row: JobRow, visit: StewardVisit) -> JobLine:
    language, numerals = visit.language, visit.reader.numerals
    n, of = count_words(row.attempt, language, numerals), count_words(MAX_ATTEMPTS, language, numerals)
    return JobLine(
        kind=kind_words(row.kind, language),
        due=visit.reader.say(row.due_at),
        attempts=language.ngettext("%(n)s attempt of %(of)s", "%(n)s attempts of %(of)s", row.attempt, n=n, of=of),
        error=row.last_error,
        revive_path=visit.path(f"jobs/{row.id}/revive") if row.state == DEAD else "",
    )


def _next_words(row: JobRow, reader: Reader) -> str:
    sentence = reader.language.gettext("Next: %(kind)s, %(moment)s.")
    return reader.fill(sentence, kind=kind_words(row.kind, reader.language), moment=reader.say(row.due_at))


ROUTES = [
    Route("/{lang}/steward/jobs", in_language(show_jobs), methods=["GET"]),
    Route("/{lang}/steward/jobs/{job}/revive", in_language(take_revive), methods=["POST"]),
]
