"""Which stage runs when. DBOS lives in this one module.

The store says what is due: a report that stands in `queued` or `proposing` is work. The dispatcher turns each into
one durable workflow whose id names report and round, so that asking twice starts nothing twice; DBOS keeps the queue,
its limits and what was interrupted. Stages stay plain async functions of ids.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID
from sqlmodel import col, delete, select

from agents import decide, interpreter
from agents.intake import listen
from agents.lock import EngineLock, EngineRuns
from agents.models import FeedEntry, Report, Run, Signal, SignalState, Status, now
from agents.polling import poll_due, polled_sources
from agents.refusal import Refused
from agents.repository import GitError
from agents.sandbox import SandboxError
from agents.services import Services
from agents.snoozing import wake_due
from agents.store.transitions import MOVES, move

log = logging.getLogger("loop.engine")

_APP_VERSION = "loop-1"  # pinned: DBOS's own hash of the code would strand queued work after every upgrade
_FEED_KEPT = 100_000
_SNOOZES = 10.0  # seconds between two looks for snoozes whose time has come
_SETTLE = 0.02  # seconds between two looks, however much is written
_STAGE_OF = {
    Status.QUEUED: "investigate",
    Status.INVESTIGATING: "investigate",
    Status.PROPOSING: "propose",
}
_WORKING = frozenset(_STAGE_OF)
_STAGES = frozenset(_STAGE_OF.values())
_GOING = ("PENDING", "ENQUEUED", "DELAYED")


Stage = Callable[[Services, int, int], Coroutine[Any, Any, None]]


class _Going(NamedTuple):
    """A stage under way."""

    task: asyncio.Task[None]
    stage: str
    round: int


_engine: Engine | None = None  # DBOS is one per process, and so is the engine it calls


@DBOS.workflow(name="loop.stage")
async def _stage(stage: str, report_id: int, round: int) -> None:
    await _run_stage(stage, report_id, round)


@DBOS.step(name="loop.run")
async def _run_stage(stage: str, report_id: int, round: int) -> None:
    assert _engine is not None
    await _engine.run_stage(stage, report_id, round)


@DBOS.workflow(name="loop.tick")
async def _tick(scheduled: Any, job: Any) -> None:
    await _run_tick(str(job))


@DBOS.step(name="loop.tick.run")
async def _run_tick(job: str) -> None:
    if _engine is not None:
        await _engine.tick(job)


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
        self.notice = ""
        self._lock = EngineLock(services.settings)
        self._tasks: list[asyncio.Task[None]] = []
        self._stages: dict[int, _Going] = {}  # report → what runs on it here
        self._woken = float("-inf")  # when snoozes were looked at last
        self._asked: set[str] = set()  # workflow ids already handed to DBOS by this process
        self._awaited: set[tuple[str, int]] = set()  # stage and report of those that have not ended yet
        self._wake = asyncio.Event()  # something was written here: look at once what is due
        self._server: Any = None
        self._pollers = polled_sources(services)

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
        global _engine
        if self.services.settings.store_url.startswith("sqlite") and (why := interpreter.trouble()):
            raise Refused(why)
        await self._take_lock()
        try:
            await self._mend()
            _engine = self
            await self._launch()
            if ingest and self.services.settings.ingest.enabled:
                await self._listen()
        except BaseException:
            await self.stop()
            raise
        self.running = True
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
            sandboxes = await self.services.sandboxes()
            self.sandbox = sandboxes.kind
            await sandboxes.reap()
        except SandboxError as error:
            self.notice = str(error)
        async with self.services.store.write() as session:
            for run in (await session.exec(select(Run).where(Run.status == "running"))).all():
                run.status, run.ended_at, run.error = "stopped", now(), "the engine was interrupted"
                session.add(run)

    async def _launch(self) -> None:
        logger = logging.getLogger("dbos")
        state = self.services.settings.ensure_state()
        if not logger.handlers:  # without a handler of ours DBOS writes on the terminal
            handler = logging.FileHandler(state / "engine.log")
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
            for name in ("dbos", "loop"):
                logging.getLogger(name).addHandler(handler)
                logging.getLogger(name).propagate = False
            logging.getLogger("loop").setLevel(logging.INFO)
        config: DBOSConfig = {
            "name": "loop",
            "system_database_url": self._system_database(state),
            "application_version": _APP_VERSION,
            "executor_id": "local",
            "enable_otlp": False,
            "log_level": "WARNING",
            "console_log_level": "CRITICAL",
            "serializer": DBOSPortableJSONSerializer(),
            "notification_listener_polling_interval_sec": 0.2,
            "scheduler_polling_interval_sec": 1.0,
        }
        DBOS(config=config)
        await asyncio.to_thread(_configure_sqlite, state / "engine.db")
        DBOS.launch()
        settings = self.services.settings
        await DBOS.register_queue_async(
            "investigate", worker_concurrency=settings.engine.investigations, polling_interval_sec=0.1
        )
        # One partition a repository, one build at a time in each: two builds would race for the same base.
        await DBOS.register_queue_async("build", partition_concurrency=1, polling_interval_sec=0.1)
        crons = {
            "measure": _cron(settings.measure.interval),
            "poll": _cron(settings.health.interval),
            "tidy": "17 * * * *",
        }
        await DBOS.apply_schedules_async(
            [{"schedule_name": n, "workflow_fn": _tick, "schedule": c, "context": n} for n, c in crons.items()]
        )

    def _system_database(self, state: Path) -> str:
        url = self.services.settings.store_url
        return f"sqlite:///{state / 'engine.db'}" if url.startswith("sqlite") else url

    async def _listen(self) -> None:
        try:
            self._server = await listen(self.services)
        except Refused as error:
            # The loop is worth running without its endpoint; the person sees why it is missing.
            self.notice = str(error)

    async def stop(self) -> None:
        """Stop working; what was under way goes on at the next start."""
        global _engine
        self.running = False
        self.services.store.on_commit = None
        tasks = [*self._tasks, *(going.task for going in self._stages.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        if self._server is not None:
            await self._server.stop()
            self._server = None
        if _engine is self:
            await _destroy()
            _engine = None
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
        name = f"{stage}-{report_id}-{tag or round}"
        if name in self._asked:
            return
        self._asked.add(name)
        self._awaited.add((stage, report_id))
        queue = "investigate" if stage == "investigate" else "build"
        options: dict[str, Any] = {"priority": 1 + (priority if priority is not None else 4)}
        if queue == "build":
            options = {"queue_partition_key": self.services.settings.repo.name or "repository"}
        with SetWorkflowID(await self._free(name)), SetEnqueueOptions(**options):
            await DBOS.enqueue_workflow_async(queue, _stage, stage, report_id, round)

    async def _free(self, name: str) -> str:
        """`name`, or with a count where a workflow of that name ended without finishing the work (a cut-off stop)."""
        tried, count = name, 1
        while (found := await DBOS.get_workflow_status_async(tried)) is not None and found.status not in _GOING:
            count += 1
            tried = f"{name}+{count}"
        return tried

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
            await self._tidy()

    async def _tidy(self) -> None:
        async with self.services.store.write() as session:
            newest = (await session.exec(select(FeedEntry.seq).order_by(col(FeedEntry.seq).desc()).limit(1))).first()
            if newest and newest > _FEED_KEPT:
                await session.exec(delete(FeedEntry).where(col(FeedEntry.seq) <= newest - _FEED_KEPT))

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
        return any(f"refresh-{rid}-{tip}" not in self._asked for rid, tip in await self._stale())


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


def _cron(seconds: float) -> str:
    """A six-field cron line that fires about every `seconds` (1 s … 1 day)."""
    whole = max(1, int(seconds))
    if whole < 60:
        return f"*/{whole} * * * * *"
    minutes = whole // 60
    return f"*/{minutes} * * * *" if minutes < 60 else f"0 */{min(minutes // 60, 23)} * * *"


async def _destroy() -> None:
    # DBOS puts its own executor behind asyncio.to_thread and shuts it down here: give the loop a fresh one.
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="loop"))
    await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)


def _configure_sqlite(path: Path) -> None:
    # DBOS opens the file in rollback mode; WAL lets a screen read while it writes, and is several times faster.
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
