"""How long the loop takes: event received → change ready by stage, orchestration overhead, cold commands.

Run by hand: `python tests/bench/loop.py`. Baselines run beside what they are compared with.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.engine import Engine, Stage
from agents.inbox import Inbox
from agents.models import Report, Status
from agents.services import Services
from agents.store.transitions import move
from tests.conftest import git
from tests.e2e.product import FILES, events


def _repo(folder: Path) -> Path:
    repo = folder / "quotes"
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    git(repo, "init", "-q", "-b", "main")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Start")
    return repo


async def ready(folder: Path) -> None:
    """Event received → change ready, split by stage."""
    repo = _repo(folder)
    path = events(repo, folder / "events.jsonl")
    async with await Inbox.open(repo) as inbox:
        await inbox.start_engine(ingest=False)
        await asyncio.sleep(2)  # an engine that is up: DBOS looks for new queues once a second
        began = time.perf_counter()
        await inbox.import_paths([path])
        imported = time.perf_counter()
        assert await inbox.until_idle(300)
        total = time.perf_counter() - began
        report = await inbox.report(1)
        sandbox = (await inbox.activity())["sandbox"]
    print(f"event received → change ready: {total:6.2f} s   ({report['status']}, sandbox {sandbox})")
    print(f"  collect and group            {imported - began:6.2f} s")
    working = imported - began
    for run in report["runs"]:
        took = (datetime.fromisoformat(run["ended_at"]) - datetime.fromisoformat(run["started_at"])).total_seconds()
        working += took
        print(f"  {run['stage']:<28} {took:6.2f} s")
    print(f"  orchestration, the rest      {total - working:6.2f} s   goal < 1 s")


def _instant(name: str) -> Stage:
    async def run(services: Services, report_id: int, round: int) -> None:
        async with services.store.write() as session:
            report = await session.get(Report, report_id)
            assert report is not None
            if name == "investigate":
                await move(session, report, Status.INVESTIGATING, who="loop", why="")
                await move(session, report, Status.PROPOSING, who="loop", why="")
            else:
                await move(session, report, Status.REVIEW, who="loop", why="")

    return run


async def overhead(folder: Path, reports: int = 50) -> None:
    """What orchestration costs when the stages do nothing."""
    repo = _repo(folder)
    async with await Inbox.open(repo) as inbox:
        services = await inbox.services()
        engine = Engine(services, stage=_instant)
        await engine.start(ingest=False)
        await asyncio.sleep(2)
        for count in (1, reports):
            began = time.perf_counter()
            async with services.store.write() as session:
                for _ in range(count):
                    report = Report(title="x")
                    session.add(report)
                    await session.flush()
                    await move(session, report, Status.QUEUED, who="loop", why="")
            assert await engine.until_idle(120)
            took = time.perf_counter() - began
            print(f"orchestration of {count:>3} empty reports: {took:6.2f} s, {took / count:.3f} s each")
        await engine.stop()


def cold(repo: Path, runs: int = 9) -> None:
    """`loop reports --json` from a cold process, beside an interpreter that does nothing."""

    def once(*command: str) -> float:
        began = time.perf_counter()
        subprocess.run(command, cwd=repo, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    bare, ours = [], []
    for _ in range(runs):
        bare.append(once(sys.executable, "-c", "pass"))
        ours.append(once(sys.executable, "-m", "loop_tui.cli", "reports", "--json"))
    a, b = statistics.median(bare), statistics.median(ours)
    print(f"loop reports --json, cold: {b:.3f} s, {b / a:.1f}× a bare interpreter ({a:.3f} s)   goal < 0.4 s")


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(ready(folder / "ready"))
        asyncio.run(overhead(folder / "overhead"))
        cold(folder / "ready" / "quotes")


if __name__ == "__main__":
    main()
