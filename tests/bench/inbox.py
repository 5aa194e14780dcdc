"""What the inbox costs at a real pseudo-terminal, beside baselines in the same run.

Run by hand: `python tests/bench/inbox.py [REPORTS]` (100,000 unless said). The baselines are a bare Textual
application, and `OptionList` and `DataTable` with the same rows. Loop is compiled to byte code first, as Textual is and
as an installer does it; the runs of an application and of its baseline take turns, so that both meet the same noise.
"""

from __future__ import annotations

import asyncio
import compileall
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import insert

import agents
import loop_tui
from agents.inbox import Inbox
from agents.models import Report, Run, Status, now
from tests.conftest import git
from tests.terminal import Terminal

SIZE = (120, 40)
TITLE = "Checkout fails when a cart has no coupon"
BASELINE = """
import sys
from textual.app import App
from textual.widgets import DataTable, OptionList, Static

class Bare(App):
    def compose(self):
        kind, count = sys.argv[1], int(sys.argv[2])
        rows = [f"Report {{n}} {title}" for n in range(count)]
        if kind == "bare":
            yield Static("\\n".join(rows[:40]))
        elif kind == "options":
            yield OptionList(*rows)
        else:
            yield DataTable(cursor_type="row")
    def on_mount(self):
        if sys.argv[1] == "table":
            table = self.query_one(DataTable)
            table.add_columns("number", "title", "users")
            table.add_rows([(str(n), f"Report {{n}} {title}", str(n % 500)) for n in range(int(sys.argv[2]))])
            table.focus()

Bare().run()
""".format(title=TITLE)  # noqa: UP032


async def fill(repo: Path, count: int) -> None:
    """A store with so many reports."""
    random.seed(7)
    states = [Status.REVIEW] * 5 + [Status.FAILED, Status.NEEDS_INPUT, Status.SHIPPED, Status.GATHERING]
    base, at = Report(title="x").model_dump(exclude={"id"}), now()
    async with await Inbox.open(repo, who="you@here") as inbox:
        for start in range(0, count, 5_000):
            rows = [
                {
                    **base, "title": f"Report {n} {TITLE}", "status": random.choice(states), "priority": n % 5,
                    "user_count": random.randrange(500), "signal_count": random.randrange(900), "summary": TITLE * 3,
                    "last_seen": at - timedelta(seconds=n), "first_seen": at - timedelta(days=20),
                    "trend": [random.randrange(9) for _ in range(12)],
                }
                for n in range(start, min(count, start + 5_000))
            ]  # fmt: skip
            async with (await inbox.services()).store.write() as session:
                await session.exec(insert(Report), params=rows)


def loop_command(repo: Path) -> list[str]:
    """What `loop` runs, without the engine, so that only the screen is measured."""
    code = (
        "import sys; from pathlib import Path; from loop_tui.start import inbox; "
        "inbox(Path(sys.argv[1]), engine=False, who='you@here')"
    )
    return [sys.executable, "-c", code, str(repo)]


def baseline(kind: str, count: int) -> list[str]:
    """A Textual application of the plainest kind."""
    return [sys.executable, "-c", BASELINE, kind, str(count)]


def first_paint(*commands: list[str], times: int = 9) -> list[tuple[float, float]]:
    """Median seconds until the first row is sent, and until it rests, of each command; they take turns."""
    found: list[list[tuple[float, float]]] = [[] for _ in commands]
    for _ in range(times):
        for command, runs in zip(commands, found, strict=True):
            screen = Terminal(command, size=SIZE, draw=False)
            paint = screen.bytes_until(TITLE[:8].encode())
            runs.append((paint, screen.quiet(0.4) - screen.started))
            screen.close()
    median = statistics.median
    return [(median(paint for paint, _ in runs), median(rest for _, rest in runs)) for runs in found]


def keys(screen: Terminal, key: str, times: int, rest: float = 0.35) -> tuple[list[float], list[int]]:
    """Seconds from a key until the first answer, and the bytes until it rests, for each press."""
    waits, counts = [], []
    for _ in range(times):
        before, start = screen.sent, time.perf_counter()
        screen.press(key)
        while screen.sent == before and time.perf_counter() - start < 2:
            time.sleep(0.0005)
        waits.append(screen.last - start)
        screen.quiet(rest)
        counts.append(screen.sent - before)
    return waits, counts


def held(screen: Terminal, key: str, times: int = 40, gap: float = 0.033) -> float:
    """Bytes for each press of a key that is held down."""
    before = screen.sent
    for _ in range(times):
        screen.press(key)
        time.sleep(gap)
    sent = screen.sent - before
    screen.quiet(0.5)
    return sent / times


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return sorted(values)[max(0, int(len(values) * 0.95) - 1)]


def say(what: str, value: str, goal: str = "") -> None:
    """One line."""
    sys.stdout.write(f"{what:<58} {value:>24}   {goal}\n")
    sys.stdout.flush()


def moving(name: str, command: list[str]) -> None:
    """Cursor moves and pages."""
    screen = Terminal(command, size=SIZE, draw=False)
    screen.bytes_until(TITLE[:8].encode())
    screen.quiet(1.0)
    waits, _ = keys(screen, "down", 30, 0.15)
    each = held(screen, "down")
    _, pages = keys(screen, "pgdn", 8)
    say(f"{name}: key to answer, p95", f"{p95(waits) * 1000:.1f} ms", "goal 20 ms")
    say(f"{name}: bytes a cursor move, key held down", f"{each:,.0f}", "goal 1,024")
    say(f"{name}: bytes a page", f"{statistics.median(pages):,.0f}", "goal 15,360")
    before = screen.sent
    time.sleep(5)
    say(f"{name}: bytes in 5 s idle", f"{screen.sent - before}", "goal 0")
    say(f"{name}: memory", f"{screen.memory():.0f} MiB", "goal 150")
    screen.close()


_WRITER = """
import asyncio, random, sys, time
from pathlib import Path
from agents.inbox import Inbox
from agents.models import Report, now

async def go():
    async with await Inbox.open(Path(sys.argv[1]), who="writer") as inbox:
        store = (await inbox.services()).store
        end = time.monotonic() + float(sys.argv[2])
        count, due = 0, time.monotonic()
        while time.monotonic() < end:
            async with store.write() as session:
                for _ in range(10):
                    report = await session.get(Report, random.randrange(1, 5000))
                    report.user_count += 1
                    report.last_seen = now()
                    session.add(report)
                    count += 1
            due += 0.05
            await asyncio.sleep(max(0, due - time.monotonic()))
        print(count)

asyncio.run(go())
"""
_LAG = """
import asyncio, json, sys, time
from pathlib import Path
import loop_tui.app
from loop_tui.app import LoopApp

class Timed(LoopApp):
    CSS_PATH = [Path(loop_tui.app.__file__).parent / name for name in LoopApp.CSS_PATH]
    async def on_mount(self):  # Textual calls that of `LoopApp` as well
        self.lags = []
        self._task = asyncio.create_task(self.watch_lag())
    async def watch_lag(self):
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.01)
            self.lags.append(time.perf_counter() - start - 0.01)
            if len(self.lags) % 200 == 0:
                Path(sys.argv[2]).write_text(json.dumps(self.lags))

Timed(Path(sys.argv[1]), engine=sys.argv[3] == "engine", who="you@here").run()
"""


def busy(repo: Path, folder: Path, seconds: float = 12.0) -> None:
    """How long the screen's loop is held up while the engine runs and another process writes 200 changes a second."""
    out = folder / "lags.json"
    program = folder / "timed.py"  # Textual wants to read the source of an application's class
    program.write_text(_LAG)
    command = [sys.executable, str(program), str(repo), str(out), "engine"]
    screen = Terminal(command, size=SIZE, draw=False, env={"PYTHONPATH": str(Path(__file__).parents[2])})
    screen.bytes_until(TITLE[:8].encode())
    time.sleep(4)
    out.unlink(missing_ok=True)
    skip = 400
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(repo), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    written, _ = writer.communicate()
    time.sleep(2.5)
    lags = json.loads(out.read_text())[skip:]
    say("event loop held up while 200 changes a second come, p95", f"{p95(lags) * 1000:.1f} ms", "goal 50 ms")
    say("  changes written a second", f"{int(written) / seconds:.0f}", "")
    screen.close()


async def _running(repo: Path, count: int) -> None:
    async with await Inbox.open(repo, who="you@here") as inbox:
        store = (await inbox.services()).store
        async with store.write() as session:
            for number in range(1, count + 1):
                report = await session.get(Report, number)
                assert report is not None
                report.status = Status.PROPOSING
                session.add_all([report, Run(report_id=number, stage="propose", progress="candidate 1/240")])


async def _progress(repo: Path, count: int, seconds: float) -> None:
    async with await Inbox.open(repo, who="you@here") as inbox:
        store = (await inbox.services()).store
        end, step = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            step += 1
            async with store.write() as session:
                for number in range(1, count + 1):
                    run = await session.get(Run, number)
                    assert run is not None
                    run.progress = f"candidate {step}/240"
                    session.add(run)
            await asyncio.sleep(1.0)


def runs(repo: Path) -> None:
    """Bytes a second while ten runs tell their progress each second."""
    asyncio.run(_running(repo, 10))
    screen = Terminal(loop_command(repo), size=SIZE, draw=False)
    screen.bytes_until(TITLE[:8].encode())
    screen.quiet(1.0)
    thread = threading.Thread(target=lambda: asyncio.run(_progress(repo, 10, 8)))
    before = screen.sent
    thread.start()
    thread.join()
    say("bytes a second with ten runs", f"{(screen.sent - before) / 8:.0f}", "goal 300")
    screen.close()


def main() -> None:
    """Print all of it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repo = folder / "shop"
        repo.mkdir()
        git(repo, "init", "-q", "-b", "main")
        git(repo, "commit", "-q", "--allow-empty", "-m", "Start")
        asyncio.run(fill(repo, count))
        for package in (agents, loop_tui):
            compileall.compile_dir(package.__path__[0], quiet=1)
        (bare, _), (paint, rest) = first_paint(baseline("bare", 40), loop_command(repo))
        say("first paint: bare Textual application", f"{bare * 1000:.0f} ms")
        say(f"first paint: inbox with {count:,} reports", f"{paint * 1000:.0f} ms, {paint / bare:.2f}×",
            "goal 400 ms and 1.3×")  # fmt: skip
        say("  until it rests", f"{rest * 1000:.0f} ms")
        for kind in ("options", "table"):
            [(other, _)] = first_paint(baseline(kind, count), times=1)
            say(f"first paint: {kind} with {count:,} rows", f"{other * 1000:.0f} ms, {other / bare:.2f}×")
        moving("inbox", loop_command(repo))
        moving("options, 10,000 rows", baseline("options", 10_000))
        moving("table, 10,000 rows", baseline("table", 10_000))
        busy(repo, folder)
        runs(repo)


if __name__ == "__main__":
    main()
