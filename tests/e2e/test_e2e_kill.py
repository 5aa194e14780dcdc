"""`kill -9` at any point and a restart: nothing is lost, and nothing is done twice that the outside can see."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import git
from tests.e2e.product import FILES, command, environment, events, loop, loop_json

pytestmark = pytest.mark.e2e
LATER = (datetime.now(UTC) + timedelta(days=8)).isoformat()

# Runs a `loop` command that dies, by its own hand and without a last word, before or after a function's first call.
_DYING = """
import importlib, os, signal, sys
place, when = sys.argv[1:3]
module, _, path = place.partition(":")
owner = importlib.import_module(module)
*outer, name = path.split(".")
for part in outer:
    owner = getattr(owner, part)
original = getattr(owner, name)

async def dying(*args, **named):
    if when == "after":
        await original(*args, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, dying)
from loop_tui.cli import main
sys.argv = ["loop", *sys.argv[3:]]
main()
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def repo(
    request: pytest.FixtureRequest, make_repo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    if request.param == "postgres":
        monkeypatch.setenv("LOOP_STORE", request.getfixturevalue("postgres_url"))
    made = make_repo(FILES, "quotes")
    events(made, tmp_path / "events.jsonl", 40)
    return made


def _query(repo: Path, sql: str) -> list[tuple[Any, ...]]:
    if url := os.environ.get("LOOP_STORE"):
        with psycopg.connect(url) as server:
            return server.execute(sql).fetchall()
    with closing(sqlite3.connect(repo / ".loop/loop.db", timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def _until_idle(repo: Path) -> None:
    loop("run", "--until-idle", "--timeout", "240", repo=repo)


def _dies(repo: Path, place: str, when: str, *args: str) -> None:
    line = [sys.executable, "-c", _DYING, place, when, *args, "--repo", str(repo)]
    done = subprocess.run(line, check=False, timeout=240, capture_output=True, text=True, env=environment())
    assert done.returncode == -signal.SIGKILL, done.stderr


def _end_state(repo: Path) -> dict[str, Any]:
    (report,) = loop_json("reports", repo=repo)
    change = report["change"]
    # A number that a rolled back row has used is no harm.
    number = re.compile(rf"(?<=loop/){report['id']}(?=-)|(?<=_){report['id']}(?=\.py)")
    return {
        "report": {name: report[name] for name in ("status", "signal_count", "user_count", "verdict", "priority")},
        "proved": change["proof"]["proved"],
        "files": [file | {"path": number.sub("N", file["path"])} for file in change["files"]],
        "checks": [(check["name"], check["status"]) for check in change["checks"]],
        "branches": number.sub("N", git(repo, "branch", "--list", "loop/*")).split(),
        **{
            table: _query(repo, f"SELECT count(*) FROM {table}")[0][0]
            for table in ("signal", "report", "report_key", "report_user", "change", "question", "finding")
        },
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What 40 events of one crash come to when nobody kills anything (on SQLite)."""
    folder = tmp_path_factory.mktemp("undisturbed")
    repo = folder / "quotes"
    for path, text in FILES.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    git(repo, "init", "-q", "-b", "main")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Start")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOOP_STORE", raising=False)
        loop("import", str(events(repo, folder / "events.jsonl", 40)), repo=repo)
        _until_idle(repo)
        return _end_state(repo)


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("agents.collect.record:record", "before"),
        ("agents.collect.record:record", "after"),
        ("agents.group.stage:_Placing.write", "before"),
        ("agents.group.stage:_Placing.write", "after"),
        ("agents.group.stage:group_new", "after"),
    ],
)
def test_killed_while_collecting_and_grouping(
    undisturbed: dict[str, Any], repo: Path, tmp_path: Path, place: str, when: str
) -> None:
    path = str(tmp_path / "events.jsonl")
    _dies(repo, place, when, "import", path)
    taken = loop_json("import", path, repo=repo)
    assert taken["signals"] + taken["duplicates"] == 40
    _until_idle(repo)
    assert _end_state(repo) == undisturbed


def test_what_was_stored_before_a_kill_is_grouped_by_the_next_run(
    undisturbed: dict[str, Any], repo: Path, tmp_path: Path
) -> None:
    _dies(repo, "agents.group.stage:group_new", "before", "import", str(tmp_path / "events.jsonl"))
    _until_idle(repo)
    assert _end_state(repo) == undisturbed


@contextmanager
def _engine(repo: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command("run", "--until-idle", repo=repo), start_new_session=True, env=environment())
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("after", [0.0, 0.4, 1.5])
@pytest.mark.parametrize("stage", ["investigate", "propose"])
def test_killed_in_a_stage(undisturbed: dict[str, Any], repo: Path, tmp_path: Path, stage: str, after: float) -> None:
    loop("import", str(tmp_path / "events.jsonl"), repo=repo)
    with _engine(repo) as process:
        end = time.monotonic() + 120
        running = f"SELECT count(*) FROM run WHERE stage = '{stage}' AND status = 'running'"
        while not _query(repo, running)[0][0] and process.poll() is None:
            assert time.monotonic() < end, "the engine never came to that stage"
            time.sleep(0.02)
        time.sleep(after)
    _until_idle(repo)
    assert _end_state(repo) == undisturbed


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("agents.ship.local:LocalForge.publish", "before"),
        ("agents.ship.local:LocalForge.publish", "after"),
        ("agents.store.transitions:move", "before"),
    ],
)
def test_killed_at_a_hand_over(undisturbed: dict[str, Any], repo: Path, tmp_path: Path, place: str, when: str) -> None:
    loop("import", str(tmp_path / "events.jsonl"), repo=repo)
    _dies(repo, place, when, "run", "--until-idle", "--timeout", "240")
    _until_idle(repo)
    assert _end_state(repo) == undisturbed


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("agents.ship.local:LocalForge.merge", "before"),
        ("agents.repository:Repository.update_ref", "after"),
        ("agents.ship.local:LocalForge.merge", "after"),
    ],
)
def test_killed_in_a_merge(repo: Path, tmp_path: Path, place: str, when: str) -> None:
    loop("import", str(tmp_path / "events.jsonl"), repo=repo)
    _until_idle(repo)
    base = git(repo, "rev-parse", "main")
    _dies(repo, place, when, "merge", "1")
    _until_idle(repo)
    (report,) = loop_json("reports", repo=repo)
    assert report["status"] == "shipped"
    assert git(repo, "rev-list", "--count", "--merges", f"{base}..main") == "1"
    assert git(repo, "branch", "--list", "loop/*") == ""
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_measuring(repo: Path, tmp_path: Path, when: str) -> None:
    loop("import", str(tmp_path / "events.jsonl"), repo=repo)
    _until_idle(repo)
    loop("merge", "1", repo=repo)
    # It did not help: the same crash goes on for days after the merge.
    later = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    for number, event in enumerate(later):
        event["event_id"] = uuid.uuid4().hex
        event["timestamp"] = (datetime.now(UTC) + timedelta(hours=4 * number)).isoformat()
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(event) + "\n" for event in later))
    loop("import", str(tmp_path / "more.jsonl"), repo=repo)

    _dies(repo, "agents.measure.stage:_keep", when, "measure", "1", "--as-of", LATER)
    first = loop_json("measure", "1", "--as-of", LATER, repo=repo)
    assert loop_json("measure", "1", "--as-of", LATER, repo=repo) == first
    assert _query(repo, "SELECT count(*) FROM outcome") == [(1,)]
    assert len(loop_json("ledger", repo=repo)) == 1
    fed_back = len(_query(repo, "SELECT id FROM signal WHERE source = 'measure'"))
    assert fed_back == (first[0]["outcome"]["verdict"] in ("no_change", "worse"))


def test_what_the_endpoint_acknowledged_survives_a_kill(repo: Path) -> None:
    """Envelopes are sent from four threads while the endpoint is killed; an answer of 200 is a promise."""
    ids = [uuid.uuid4().hex for _ in range(200)]
    acknowledged: list[str] = []

    @contextmanager
    def listening() -> Iterator[tuple[subprocess.Popen[str], str]]:
        line = command("listen", "--port", "0", "--json", repo=repo)
        server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment())
        try:
            assert server.stdout is not None
            head = ""
            while not head.rstrip().endswith("}"):
                head += server.stdout.readline()
            yield server, json.loads(head)["dsn"]
        finally:
            server.kill()
            server.wait()

    def send(dsn: str, mine: list[str]) -> None:
        url = httpx.URL(dsn)
        target = f"http://{url.host}:{url.port}/api{url.path}/envelope/?sentry_key={url.username}"
        with httpx.Client() as client:
            for name in mine:
                event = {"event_id": name, "message": "Stock is late", "level": "error", "user": {"id": name[:2]}}
                body = f'{{"event_id":"{name}"}}\n{{"type":"event"}}\n{json.dumps(event)}\n'
                try:
                    answer = client.post(target, content=body.encode())
                except httpx.HTTPError:
                    return
                assert answer.status_code == 200
                acknowledged.append(name)

    def send_all(dsn: str, names: list[str]) -> list[threading.Thread]:
        threads = [threading.Thread(target=send, args=(dsn, names[start::4])) for start in range(4)]
        for thread in threads:
            thread.start()
        return threads

    with listening() as (server, dsn):
        threads = send_all(dsn, ids)
        while len(acknowledged) < 60:
            time.sleep(0.005)
        server.kill()
        for thread in threads:
            thread.join()
    before = set(acknowledged)
    assert 60 <= len(before) < 200
    stored = {row[0] for row in _query(repo, "SELECT external_id FROM signal")}
    assert before <= stored

    with listening() as (_, dsn):  # a client that got no answer sends again; some of it had been stored
        for thread in send_all(dsn, ids):
            thread.join()
    (report,) = loop_json("reports", repo=repo)
    assert sorted(row[0] for row in _query(repo, "SELECT external_id FROM signal")) == sorted(ids)
    assert report["signal_count"] == 200
    assert report["user_count"] == len({name[:2] for name in ids})
