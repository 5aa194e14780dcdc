"""`loop demo`: the sample shop through the entire loop, with a screen or without."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from agents.inbox import Inbox, Refused
from loop_tui.commands.shared import echo
from loop_tui.demo.history import create
from loop_tui.demo.traffic import Sent, drive

_WAIT = 600.0


class Unexpected(Exception):
    """Something of the demo did not happen as it should."""


class _Table:
    """Prints a row a step, as they end."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        echo(f"{'step':<12} {'seconds':>8}  what was seen")

    def row(self, step: str, seen: str) -> None:
        """Print a step with the seconds since the one before."""
        now = time.monotonic()
        echo(f"{step:<12} {now - self._began:>8.1f}  {seen}")
        self._began = now


def _expect(truth: bool, what: str) -> None:
    if not truth:
        raise Unexpected(what)


async def prepare(folder: Path | None) -> Path:
    """The shop's repository, in `folder` or a temporary one.

    Raises:
        Refused: the folder holds something already.
    """
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty; give a folder that is new.")
    return await create(folder or Path(tempfile.mkdtemp(prefix="loop-demo-")) / "corner-shop")


async def sandbox_kind(repo: Path, kind: str | None) -> str | None:
    """The kind asked for; where nothing isolates and nothing was asked for, none: the demo's code is its own."""
    if kind not in (None, "auto"):
        return kind
    if await Inbox.isolates(repo):
        return kind
    echo("NO ISOLATION: neither Docker nor bubblewrap works here. The demo runs its own code without a sandbox.")
    return "none"


async def headless(folder: Path | None, kind: str | None) -> int:
    """Run the demo without a screen; 0 only when every expected thing happened."""
    repo = await prepare(folder)
    kind = await sandbox_kind(repo, kind)
    try:
        async with await Inbox.open(repo, who="demo", sandbox_kind=kind) as inbox:
            await _play(inbox, repo)
    except Unexpected as error:
        echo(f"loop: the demo went wrong: {error}. Its repository is {repo}; see `loop show` there.", err=True)
        return 1
    if folder is None:
        shutil.rmtree(repo.parent, ignore_errors=True)
    echo("Everything happened as it should.")
    return 0


async def _by_title(inbox: Inbox, word: str) -> dict[str, Any]:
    found = [report for report in await inbox.reports() if word in report["title"]]
    _expect(len(found) == 1, f"one report about {word} was expected, {len(found)} are there")
    return found[0]


async def _play(inbox: Inbox, repo: Path) -> None:
    table = _Table()
    await inbox.start_engine()
    _expect(inbox.engine_here, (await inbox.activity())["notice"])
    table.row("start", f"engine in this process, sandbox {(await inbox.activity())['sandbox']}")
    sent = await asyncio.to_thread(drive, repo, inbox.dsn, seed=7)
    _expect(await inbox.until_idle(_WAIT), "the loop did not come to rest")
    fixed, asked = await _collected(inbox, table, sent)
    await _decided(inbox, table, repo, fixed, asked)
    again = await asyncio.to_thread(drive, repo, inbox.dsn, seed=8)
    _expect(await inbox.until_idle(_WAIT), "the loop did not come to rest after the merge")
    failed = again.answers[500]
    table.row("traffic", f"{again.requests} requests to the merged shop, {failed} failed ({again.payments} payments)")
    _expect(failed == again.payments, "something but payments failed after the merge")
    await _measured(inbox, table, [fixed, asked])


async def _collected(inbox: Inbox, table: _Table, sent: Sent) -> tuple[int, int]:
    """Check what the traffic became; returns the fixed report and the one that asks."""
    crash, choice = await _by_title(inbox, "NoneType"), await _by_title(inbox, "KeyError")
    outage, noise = await _by_title(inbox, "URLError"), await _by_title(inbox, "Stock feed")
    numbers = [(crash, sent.guests), (choice, sent.abroad), (outage, sent.payments), (noise, sent.late_stock)]
    for report, count in numbers:
        _expect(report["signal_count"] == count, f"{report['title']}: {count} sent, {report['signal_count']} counted")
    _expect(crash["user_count"] == len(sent.guest_users), "distinct users of the crash were miscounted")
    _expect(choice["user_count"] == len(sent.abroad_users), "distinct users of the missing rate were miscounted")
    table.row(
        "collect", f"{sent.requests} requests, {sum(n for _, n in numbers)} events in 4 reports; none lost, none twice"
    )
    _expect(crash["status"] == "review", f"the crash is {crash['status']}, not in review")
    _expect(crash["change"]["proof"]["proved"], "the change is not proved")
    _expect(all(check["status"] == "passed" for check in crash["change"]["checks"]), "a check failed")
    table.row("fix", f"{crash['priority']} {crash['change']['title']}: red → green, CI passed")
    _expect(choice["status"] == "needs_input", f"the missing rate is {choice['status']}, not a question")
    choices = choice["question"]["choices"]
    _expect(len(choices) >= 2, "the question has no choices")
    table.row("question", "  |  ".join(f"{item['number']} {item['label']}" for item in choices))
    _expect(outage["status"] == "not_actionable", f"the outage is {outage['status']}")
    table.row("outage", f"not actionable: {outage['verdict_reason'][:80]}")
    _expect(noise["status"] in ("gathering", "not_actionable") and noise["change"] is None, "the warning became work")
    table.row("warning", f"{noise['status'].replace('_', ' ')}: {noise['signal_count']} handled warnings")
    return crash["id"], choice["id"]


async def _decided(inbox: Inbox, table: _Table, repo: Path, fixed: int, asked: int) -> None:
    await inbox.answer(asked, choice=1)
    _expect(await inbox.until_idle(_WAIT), "the answer's work did not end")
    report = await inbox.report(asked)
    _expect(report["status"] == "review", f"the answered report is {report['status']}: {report['status_reason']}")
    table.row("answer", f"choice 1 → {report['change']['title']}")
    for number in (fixed, asked):
        report = await inbox.report(number)
        await inbox.merge(number, report["change"]["head"])
        # The other change was proved on the base before this merge: it is proved again on the new one.
        _expect(await inbox.until_idle(_WAIT), "a change was not brought onto the new base")
    merges, dirty = await asyncio.to_thread(_repository_state, repo)
    _expect(merges == 2, f"two merges were expected on main, {merges} are there")
    _expect(not dirty, "the working tree is not clean")
    table.row("merge", "2 changes merged into main, working tree clean")


def _repository_state(repo: Path) -> tuple[int, bool]:
    """How many merges main has, and whether the working tree is dirty."""

    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=repo, check=True, capture_output=True, text=True).stdout

    return len(git("log", "--merges", "--format=%h", "main").splitlines()), bool(git("status", "--porcelain").strip())


async def _measured(inbox: Inbox, table: _Table, reports: list[int]) -> None:
    for number in reports:
        await inbox.measure(number)
        report = await inbox.report(number)
        outcome = report["outcome"]
        _expect(outcome is not None, f"report {number} has no outcome")
        _expect(outcome["verdict"] == "improved", f"report {number}: {outcome['verdict']}, {outcome['reason']}")
        table.row("measure", f"improved: {outcome['reason']}")
    lines = await inbox.ledger()
    _expect({line["report"] for line in lines} == set(reports), "the ledger lacks an outcome")
    table.row("ledger", f"{len(lines)} merged, {len(lines)} improved")


def interactive(folder: Path | None, kind: str | None) -> None:
    """Open the inbox on the demo, with the stages running before the user's eyes."""
    from loop_tui.commands.shared import open_inbox

    async def ready() -> tuple[Path, str | None]:
        repo = await prepare(folder)
        return repo, await sandbox_kind(repo, kind)

    repo, chosen = asyncio.run(ready())
    echo(f"The sample shop is in {repo}.")

    async def traffic(inbox: Inbox) -> None:
        await keep_driving(inbox, repo)

    open_inbox(repo, on_ready=traffic, sandbox_kind=chosen)


async def keep_driving(inbox: Inbox, repo: Path) -> None:
    """Traffic now, and fresh traffic whenever something was merged."""
    served = ""
    seed = 7
    while True:
        head = (await inbox.activity())["base"]
        if head != served and inbox.dsn:
            served = head
            await asyncio.to_thread(drive, repo, inbox.dsn, seed=seed)
            seed += 1
        await asyncio.sleep(2)
