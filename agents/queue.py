"""The durable queue of stages and schedules; the only module that imports DBOS.

Each piece of work is a workflow whose id names stage, report and round, so that asking twice starts nothing twice; DBOS
keeps the order, the limits and what was interrupted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from agents.config import Settings

_APP_VERSION = "loop-1"  # pinned: DBOS's own hash of the code would strand queued work after every upgrade
_GOING = ("PENDING", "ENQUEUED", "DELAYED")


class Worker(Protocol):
    """Who does what comes out of the queue."""

    async def run_stage(self, stage: str, report_id: int, round: int) -> None:
        """Run one stage on one report."""

    async def tick(self, job: str) -> None:
        """Do what a schedule asks for."""


_worker: Worker | None = None  # DBOS is one per process, and so is whom it calls


@DBOS.workflow(name="loop.stage")
async def _stage(stage: str, report_id: int, round: int) -> None:
    await _run_stage(stage, report_id, round)


@DBOS.step(name="loop.run")
async def _run_stage(stage: str, report_id: int, round: int) -> None:
    assert _worker is not None
    await _worker.run_stage(stage, report_id, round)


@DBOS.workflow(name="loop.tick")
async def _tick(scheduled: Any, job: Any) -> None:
    await _run_tick(str(job))


@DBOS.step(name="loop.tick.run")
async def _run_tick(job: str) -> None:
    if _worker is not None:
        await _worker.tick(job)


class Queue:
    """The queue of one store, in this process.

    Args:
        settings: the project.
        worker: is called for what is due.
        poll: seconds between two looks at which sources are to be polled.
    """

    def __init__(self, settings: Settings, worker: Worker, poll: float = 60.0) -> None:
        self._settings = settings
        self._worker = worker
        self._poll = poll
        self._asked: set[str] = set()  # names already handed to DBOS by this process

    async def launch(self) -> None:
        """Open the queue and take up what was interrupted."""
        global _worker
        _worker = self._worker
        state = self._settings.ensure_state()
        _log_to(state / "engine.log")
        config: DBOSConfig = {
            "name": "loop",
            "system_database_url": self._database(state),
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
        await DBOS.register_queue_async(
            "investigate", worker_concurrency=self._settings.engine.investigations, polling_interval_sec=0.1
        )
        # One partition a repository, one build at a time in each: two builds would race for the same base.
        await DBOS.register_queue_async("build", partition_concurrency=1, polling_interval_sec=0.1)
        crons = {
            "measure": _cron(self._settings.measure.interval),
            "poll": _cron(self._poll),
            "tidy": "17 * * * *",
        }
        await DBOS.apply_schedules_async(
            [{"schedule_name": n, "workflow_fn": _tick, "schedule": c, "context": n} for n, c in crons.items()]
        )

    def _database(self, state: Path) -> str:
        url = self._settings.store_url
        return f"sqlite:///{state / 'engine.db'}" if url.startswith("sqlite") else url

    async def destroy(self) -> None:
        """Stop taking work; what was under way is taken up by the next launch."""
        global _worker
        if _worker is not self._worker:
            return
        # DBOS puts its own executor behind asyncio.to_thread and shuts it down here: give the loop a fresh one.
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="loop"))
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)
        _worker = None

    def asked(self, stage: str, report_id: int, tag: int | str) -> bool:
        """Whether this process has asked for that work."""
        return _name(stage, report_id, tag) in self._asked

    async def ask(self, stage: str, report_id: int, round: int, *, priority: int | None, tag: str = "") -> None:
        """Ask for a stage on a report; the round (or the tag, where there is one) tells one asking from another."""
        name = _name(stage, report_id, tag or round)
        self._asked.add(name)
        queue = "investigate" if stage == "investigate" else "build"
        options: dict[str, Any] = {"priority": 1 + (priority if priority is not None else 4)}
        if queue == "build":
            options = {"queue_partition_key": self._settings.repo.name or "repository"}
        with SetWorkflowID(await _free(name)), SetEnqueueOptions(**options):
            await DBOS.enqueue_workflow_async(queue, _stage, stage, report_id, round)


def _name(stage: str, report_id: int, tag: int | str) -> str:
    return f"{stage}-{report_id}-{tag}"


async def _free(name: str) -> str:
    """`name`, or with a count where a workflow of that name ended without finishing the work (a cut-off stop)."""
    tried, count = name, 1
    while (found := await DBOS.get_workflow_status_async(tried)) is not None and found.status not in _GOING:
        count += 1
        tried = f"{name}+{count}"
    return tried


def _log_to(path: Path) -> None:
    if logging.getLogger("dbos").handlers:  # without a handler of ours DBOS writes on the terminal
        return
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for name in ("dbos", "loop"):
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).propagate = False
    logging.getLogger("loop").setLevel(logging.INFO)


def _cron(seconds: float) -> str:
    """A six-field cron line that fires about every `seconds` (1 s … 1 day)."""
    whole = max(1, int(seconds))
    if whole < 60:
        return f"*/{whole} * * * * *"
    minutes = whole // 60
    return f"*/{minutes} * * * *" if minutes < 60 else f"0 */{min(minutes // 60, 23)} * * *"


def _configure_sqlite(path: Path) -> None:
    # DBOS opens the file in rollback mode; WAL lets a screen read while it writes, and is several times faster.
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
