"""Running cases: a throw-away project each, the real way in, the real stages, then the hidden tests."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import col, select

from agents.config import Settings, load
from agents.engine import Engine
from agents.evaluate.cases import Case
from agents.evaluate.score import Score, Seen, judge
from agents.harness import harness
from agents.inbox import create_history
from agents.intake import import_paths
from agents.models import Change, Finding, Report, Run, Status
from agents.refusal import Refused
from agents.repository import Repository
from agents.sandbox import SandboxError, Source
from agents.services import Services
from agents.setup import write_config
from agents.store import Store

_BORN = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)  # before the events
_AUTHOR = ("Product", "product@example.com")
_HIDDEN = "hidden_checks"  # a folder no case has
_SECONDS = 120.0  # for the hidden tests
_STAGES = {Status.QUEUED: "investigate", Status.PROPOSING: "propose"}


async def evaluate(
    cases: Sequence[Case], harnesses: Sequence[str], *, jobs: int = 1, sandbox: str | None = None
) -> list[Score]:
    """Run every harness on every case; rows come in that order.

    Args:
        cases: what to run.
        harnesses: names, as in `loop.toml`.
        jobs: cases under way at once.
        sandbox: the kind of sandbox; None: what the environment says.

    Raises:
        Refused: there is no such harness, no sandbox works here, or a case's events make no report of its title.
    """
    for name in harnesses:
        try:
            harness([name], Settings())
        except ValueError as error:
            raise Refused(str(error)) from error
    places, opening = asyncio.Semaphore(jobs), asyncio.Lock()

    async def run(name: str, case: Case) -> Score:
        async with places:
            return await _run_case(case, name, sandbox, opening)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(name, case)) for name in harnesses for case in cases]
    except ExceptionGroup as failed:  # the first stopped the others; it alone is told
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _run_case(case: Case, name: str, sandbox: str | None, opening: asyncio.Lock) -> Score:
    """One harness on one case, in a project of its own that is removed afterwards."""
    async with _project(case, name, sandbox, opening) as services:
        try:
            await services.sandboxes()
        except SandboxError as error:
            raise Refused(str(error)) from error
        await import_paths(services, [case.events], "auto")
        await _work(services)
        return judge(name, case.name, case.truth, await _seen(services, case))


@asynccontextmanager
async def _project(case: Case, name: str, sandbox: str | None, opening: asyncio.Lock) -> AsyncIterator[Services]:
    folder = Path(tempfile.mkdtemp(prefix="loop-eval-"))
    try:
        repo = folder / case.name
        await asyncio.to_thread(shutil.copytree, case.repo, repo, ignore=shutil.ignore_patterns("__pycache__"))
        await create_history(repo, "main", _AUTHOR, [(_BORN, "Start", (".",))])
        await write_config(repo)
        settings = load(repo, sandbox_kind=sandbox)
        settings.store = ""  # a case never meets a store that the environment names
        for stage in ("investigate", "propose", "review"):
            setattr(settings.harness, stage, name)
        async with opening:  # Alembic keeps what it works on in its module: one migration at a time
            store = await Store.open(settings.store_url)
        try:
            yield Services(settings, store, Repository(repo))
        finally:
            await store.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _work(services: Services) -> None:
    """Every stage that is due, one after the other, until only people or time are awaited.

    The engine's own way of running a stage, without its queue: what a stage cannot do becomes the report's state.
    """
    engine = Engine(services)
    while True:
        async with services.store.read() as session:
            due = select(Report).where(col(Report.status).in_(list(_STAGES))).order_by(col(Report.id))
            report = (await session.exec(due)).first()
        if report is None:
            return
        await engine.run_stage(_STAGES[report.status], report.id or 0, report.round)


async def _seen(services: Services, case: Case) -> Seen:
    async with services.store.read() as session:
        reports = (await session.exec(select(Report).order_by(col(Report.signal_count).desc()))).all()
        offered = {
            change.report_id: change
            for change in (await session.exec(select(Change).where(Change.state == "open"))).all()
        }
        report = next((each for each in reports if each.title.startswith(case.truth.report)), None)
        if report is None:
            titles = "; ".join(each.title for each in reports) or "none"
            raise Refused(
                f"{case.folder}: no report begins with {case.truth.report!r}; mend truth.toml (has: {titles})."
            )
        found = (
            await session.exec(select(Finding).where(Finding.report_id == report.id, col(Finding.is_cause).is_(True)))
        ).all()
        runs = (await session.exec(select(Run).where(Run.report_id == report.id))).all()
    change = offered.pop(report.id or 0, None)
    return Seen(
        status=report.status,
        reason=report.status_reason,
        verdict=report.verdict,
        priority=report.priority,
        causes=tuple((each.file or "", each.function or "") for each in found),
        offered=change is not None,
        proved=change is not None and bool(change.proof.get("proved")),
        holds=await _holds(services, case, change.head_sha) if change is not None and case.hidden else None,
        strays=len(offered),
        seconds=sum((run.ended_at - run.started_at).total_seconds() for run in runs if run.ended_at),
        usd=sum(run.usd for run in runs),
    )


async def _holds(services: Services, case: Case, head: str) -> bool:
    """Whether a change's head passes the hidden tests, in a sandbox of its own."""
    folder = services.scratch("hidden")
    try:
        tree = await services.repository.export(head, folder / "tree")
        async with await (await services.sandboxes()).open(Source(tree, label="hidden")) as box:
            await box.write({f"{_HIDDEN}/{path.name}": path.read_bytes() for path in case.hidden})
            command = [box.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", _HIDDEN]
            return (await box.run(command, timeout=_SECONDS)).ok
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
