"""Which stage runs when.

The store says what is due: a report that stands in `queued` or `proposing` is work. The dispatcher asks the durable
queue for each, once a round. Stages stay plain async functions of ids.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from sqlmodel import col, select

from agents import decide, interpreter
from agents.intake import listen
from agents.lock import EngineLock, EngineRuns
from agents.models import Report, Run, Signal, SignalState, Status, now
from agents.polling import poll_due, polled_sources
from agents.queue import Queue
from agents.refusal import Refused
from agents.repository import GitError
from agents.sandbox import SandboxError, SandboxProvider
from agents.services import Services
from agents.snoozing import wake_due
from agents.store.transitions import MOVES, move

log = logging.getLogger("loop.engine")

_SNOOZES = 10.0  # seconds between two looks for snoozes whose time has come
_SETTLE = 0.02  # seconds between two looks, however much is written
_STAGE_OF = {
    Status.QUEUED: "investigate",
    Status.INVESTIGATING: "investigate",
    Status.PROPOSING: "propose",
}
_WORKING = frozenset(_STAGE_OF)
_STAGES = frozenset(_STAGE_OF.values())


Stage = Callable[[Services, int, int], Coroutine[Any, Any, None]]


class _Going(NamedTuple):
    """A stage under way."""

    task: asyncio.Task[None]
    stage: str
    round: int


class Engine:
    """The loop in the background of this process.

    Args:
        services: the project.
        stage: gives the function of a stage by its name: investigate, propose, refresh.
    """

    def __init__(self, services: Services, stage: Callable[[str], Stage] | None = None) -> None:
        self.services = services
        self._stage = stage or _stage_function
        self.running = False
        self.sandbox = ""
        self._sandboxes: SandboxProvider | None = None
        self.notice = ""
        self._lock = EngineLock(services.settings)
        self._pollers = polled_sources(services)
        self._queue = Queue(services.settings, self, min((s.interval for s in self._pollers), default=60.0))
        self._tasks: list[asyncio.Task[None]] = []
        self._stages: dict[int, _Going] = {}  # report → what runs on it here
        self._woken = float("-inf")  # when snoozes were looked at last
        self._awaited: set[tuple[str, int]] = set()  # stage and report of those that have not ended yet
        self._wake = asyncio.Event()  # something was written here: look at once what is due
        self._server: Any = None

    @property
    def dsn(self) -> str:
        """Where SDKs send to; "" when the endpoint is off."""
        return str(self._server.dsn) if self._server is not None else ""

    # Starting and stopping -----------------------------------------------------------------------------------

    async def start(self, *, ingest: bool = True) -> None:
        """Take the lock, mend what a killed process left, and start working.

        Raises:
            EngineRuns: another process runs the engine of this store.
            Refused: this Python cannot keep the queue.
        """
        if self.services.settings.store_url.startswith("sqlite") and (why := interpreter.trouble()):
            raise Refused(why)
        await self._take_lock()
        try:
            await self._mend()
            await self._queue.launch()
            if ingest and self.services.settings.ingest.enabled:
                await self._listen()
        except BaseException:
            await self.stop()
            raise
        self.running = True
        if self._sandboxes is not None:
            self._sandboxes.warm()
        self.services.store.on_commit = self._wake.set
        self._tasks.append(asyncio.create_task(self._dispatch(), name="loop-dispatch"))

    async def _take_lock(self) -> None:
        for attempt in range(4):
            try:
                self._lock.take()
                return
            except EngineRuns:  # somebody may only be looking whether the lock is free
                if attempt == 3:
                    raise
                await asyncio.sleep(0.05)

    async def _mend(self) -> None:
        await decide.settle(self.services)
        try:
            self._sandboxes = await self.services.sandboxes()
            self.sandbox = self._sandboxes.kind
            await self._sandboxes.reap()
        except SandboxError as error:
            self.notice = str(error)
        async with self.services.store.write() as session:
            for run in (await session.exec(select(Run).where(Run.status == "running"))).all():
                run.status, run.ended_at, run.error = "stopped", now(), "the engine was interrupted"
                session.add(run)

    async def _listen(self) -> None:
        try:
            self._server = await listen(self.services)
        except Refused as error:
            # The loop is worth running without its endpoint; the person sees why it is missing.
            self.notice = str(error)

    async def stop(self) -> None:
        """Stop working; what was under way goes on at the next start."""
        self.running = False
        self.services.store.on_commit = None
        tasks = [*self._tasks, *(going.task for going in self._stages.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        if self._sandboxes is not None:
            await self._sandboxes.cool()
        if self._server is not None:
            await self._server.stop()
            self._server = None
        await self._queue.destroy()
        self._lock.release()

    # Dispatching ---------------------------------------------------------------------------------------------

    async def _dispatch(self) -> None:
        from agents.group.stage import group_new

        await group_new(self.services)
        while True:
            self._wake.clear()
            try:
                await self._dispatch_once()
            except Exception:
                log.exception("dispatching failed; it is tried again")
            with contextlib.suppress(TimeoutError):  # what other processes write is seen by looking
                await asyncio.wait_for(self._wake.wait(), self.services.settings.engine.poll)
            await asyncio.sleep(_SETTLE)

    async def _dispatch_once(self) -> None:
        if time.monotonic() - self._woken > _SNOOZES:
            self._woken = time.monotonic()
            await wake_due(self.services.store)
            await self._released()
        async with self.services.store.read() as session:
            rows = (
                await session.exec(
                    select(Report.id, Report.status, Report.round, Report.priority).where(
                        col(Report.status).in_(_WORKING)
                    )
                )
            ).all()
            if self._stages:
                for report in (await session.exec(select(Report).where(col(Report.id).in_(self._stages)))).all():
                    going = self._stages.get(report.id or 0)
                    if going is not None and _taken_away(report, going.stage, going.round):
                        going.task.cancel()
        for due, status, round, priority in rows:
            await self._ask(_STAGE_OF[Status(status)], due or 0, round, priority)
        for stale_id, tip in await self._stale():
            await self._ask("refresh", stale_id, 0, None, tag=tip)

    async def _released(self) -> None:
        from agents.prior import release

        with contextlib.suppress(GitError):
            await release(self.services)

    async def _stale(self) -> list[tuple[int, str]]:
        from agents.propose.refresh import stale

        try:
            found = await stale(self.services)
            if not found:
                return []
            repository = self.services.repository
            tip = await repository.resolve(await repository.base_branch(self.services.settings.base)) or ""
        except GitError:
            return []
        return [(report_id, tip[:12]) for report_id in found]

    async def _ask(self, stage: str, report_id: int, round: int, priority: int | None, tag: str = "") -> None:
        if self._queue.asked(stage, report_id, tag or round):
            return
        self._awaited.add((stage, report_id))  # before it is asked for: it may end at once
        await self._queue.ask(stage, report_id, round, priority=priority, tag=tag)

    # Working -------------------------------------------------------------------------------------------------

    async def run_stage(self, stage: str, report_id: int, round: int) -> None:
        """Run one stage on one report; what it cannot do becomes the report's state, never a lost exception."""
        task = asyncio.create_task(self._stage(stage)(self.services, report_id, round), name=f"{stage}-{report_id}")
        self._stages[report_id] = _Going(task, stage, round)
        try:
            await task
        except asyncio.CancelledError:
            if not self.running:
                raise  # the process ends: DBOS starts the step again next time
            log.info("%s of report %s was stopped", stage, report_id)
        except Exception as error:
            log.exception("%s of report %s failed", stage, report_id)
            await self._fail(stage, report_id, error)
        finally:
            self._stages.pop(report_id, None)
            self._awaited.discard((stage, report_id))

    async def _fail(self, stage: str, report_id: int, error: Exception) -> None:
        known = isinstance(error, (SandboxError, GitError))
        why = str(error) if known else f"{stage} met an error of its own ({type(error).__name__}: {error})"
        log_file = self.services.settings.state / "engine.log"
        async with self.services.store.write() as session:
            report = await session.get(Report, report_id)
            if report is None or Status.FAILED not in MOVES[report.status]:
                return
            hint = "" if known else f"; see {log_file}, then retry"
            await move(session, report, Status.FAILED, who="loop", why=f"{why}{hint}", action=f"{stage} failed")
            for run in (
                await session.exec(select(Run).where(Run.report_id == report_id, Run.status == "running"))
            ).all():
                run.status, run.ended_at, run.error = "failed", now(), why
                session.add(run)

    async def tick(self, job: str) -> None:
        """Do what a schedule asks for: `measure`, `poll` or `tidy`."""
        if job == "measure":
            from agents.measure.stage import measure_due

            await measure_due(self.services, None)
        elif job == "poll":
            await poll_due(self.services, self._pollers)
        elif job == "tidy":
            from agents.tidying import tidy

            await tidy(self.services, now())

    # Waiting -------------------------------------------------------------------------------------------------

    async def until_idle(self, timeout: float) -> bool:
        """Wait until only people or time are awaited; False when `timeout` seconds passed before."""
        end = time.monotonic() + timeout
        while await self._busy():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_SETTLE)
        return True

    async def _busy(self) -> bool:
        if self._stages or self._awaited:
            return True
        async with self.services.store.read() as session:
            fresh = select(Signal.id).where(Signal.state == SignalState.NEW).limit(1)
            if (await session.exec(fresh)).first() is not None:
                from agents.group.stage import group_new

                await group_new(self.services)
                return True
            if (await session.exec(select(Report.id).where(col(Report.status).in_(_WORKING)).limit(1))).first():
                return True
        return not all(self._queue.asked("refresh", report_id, tip) for report_id, tip in await self._stale())


def _taken_away(report: Report, stage: str, round: int) -> bool:
    """Whether a person ended the work on a report; a stage that ended it by itself still has its run to close."""
    if report.status is Status.FAILED and report.status_reason.startswith("stopped by "):
        return True
    if report.status in (Status.DECLINED, Status.MERGED_INTO):
        return True
    # Taking back what started the work begins a new round. So does an investigation that goes on to a change.
    went_on = stage == "investigate" and report.status is Status.PROPOSING and report.round == round + 1
    return stage in _STAGES and report.round > round and not went_on


def _stage_function(stage: str) -> Stage:
    if stage == "investigate":
        from agents.investigate.stage import investigate

        return investigate
    if stage == "propose":
        from agents.propose.stage import propose

        return propose
    from agents.propose.refresh import refresh

    return refresh
