"""`kill -9` at any point and a restart: nothing is lost, and nothing is done twice that the outside can see."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import git
from tests.e2e.product import FILES, events, loop, loop_json

pytestmark = pytest.mark.e2e


@pytest.fixture
def repo(make_repo: Callable[..., Path], tmp_path: Path) -> Path:
    made = make_repo(FILES, "quotes")
    loop("import", str(events(made, tmp_path / "events.jsonl")), repo=made)
    return made


def _query(repo: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(repo / ".loop/loop.db", timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def _end_state(repo: Path) -> dict[str, Any]:
    (report,) = loop_json("reports", repo=repo)
    return {
        "status": report["status"],
        "proved": report["change"]["proof"]["proved"],
        "files": report["change"]["files"],
        "checks": [(check["name"], check["status"]) for check in report["change"]["checks"]],
        "branches": git(repo, "branch", "--list", "loop/*").split(),
        "changes": _query(repo, "SELECT count(*) FROM change")[0][0],
        "signals": _query(repo, "SELECT count(*) FROM signal")[0][0],
        "questions": _query(repo, "SELECT count(*) FROM question")[0][0],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    repo = folder / "quotes"
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    git(repo, "init", "-q", "-b", "main")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Start")
    loop("import", str(events(repo, folder / "events.jsonl")), repo=repo)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    return _end_state(repo)


def _kill_when(repo: Path, reached: Callable[[], bool], after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "loop_tui.cli", "run", "--until-idle", "--repo", str(repo)], start_new_session=True
    )
    end = time.monotonic() + 120
    while not reached() and process.poll() is None:
        assert time.monotonic() < end, "the engine never came to that stage"
        time.sleep(0.02)
    time.sleep(after)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("after", [0.0, 0.4, 1.5])
@pytest.mark.parametrize("stage", ["investigate", "propose"])
def test_killed_in_a_stage(repo: Path, undisturbed: dict[str, Any], stage: str, after: float) -> None:
    running = f"SELECT count(*) FROM run WHERE stage = '{stage}' AND status = 'running'"
    _kill_when(repo, lambda: _query(repo, running)[0][0] > 0, after)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    assert _end_state(repo) == undisturbed


_MERGE = """
import asyncio, os, signal, sys
from pathlib import Path
from agents.inbox import Inbox
from agents.repository import Repository
from agents.ship.local import LocalForge

point = sys.argv[2]

def die(*args, **named):
    os.kill(os.getpid(), signal.SIGKILL)

if point == "before":
    LocalForge.merge = die
elif point == "ref":
    update = Repository.update_ref
    async def update_then_die(self, *args, **named):
        await update(self, *args, **named)
        die()
    Repository.update_ref = update_then_die
elif point == "after":
    merge = LocalForge.merge
    async def merge_then_die(self, **named):
        await merge(self, **named)
        die()
    LocalForge.merge = merge_then_die

async def main():
    async with await Inbox.open(Path(sys.argv[1])) as inbox:
        await inbox.merge(1)

asyncio.run(main())
"""


@pytest.mark.parametrize("point", ["before", "ref", "after"])
def test_killed_in_a_merge(repo: Path, point: str) -> None:
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    base = git(repo, "rev-parse", "main")
    done = subprocess.run([sys.executable, "-c", _MERGE, str(repo), point], check=False)
    assert done.returncode == -signal.SIGKILL
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    (report,) = loop_json("reports", repo=repo)
    assert report["status"] == "shipped"
    assert git(repo, "rev-list", "--count", "--merges", f"{base}..main") == "1"
    assert git(repo, "branch", "--list", "loop/*") == ""
    assert git(repo, "status", "--porcelain") == ""


def test_measuring_twice_gives_one_outcome(repo: Path) -> None:
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    loop("merge", "1", repo=repo)
    later = (datetime.now(UTC) + timedelta(days=8)).isoformat()
    first = loop_json("measure", "1", "--as-of", later, repo=repo)
    assert loop_json("measure", "1", "--as-of", later, repo=repo) == first
    assert _query(repo, "SELECT count(*) FROM outcome") == [(1,)]
