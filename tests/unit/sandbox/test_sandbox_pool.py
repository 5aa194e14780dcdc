"""Sandboxes started ahead: each is used once, by one, and none is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agents.sandbox import Source
from agents.sandbox.owner import project_key
from agents.sandbox.provider import Provider

Make = Callable[..., Provider]

DOCKER = pytest.param("docker", marks=pytest.mark.docker)
pytestmark = pytest.mark.parametrize("kind", ["none", "bubblewrap", DOCKER])


@pytest.fixture
async def warm(make: Make) -> AsyncIterator[Provider]:
    """A provider with one sandbox ready."""
    provider = make(warm=1)
    provider.warm()
    await provider.pool.settled()
    yield provider
    await provider.cool()


async def test_the_one_that_is_ready_is_used_and_another_started(warm: Provider, tree: Path) -> None:
    (ready,) = warm.pool._ready
    async with await warm.open(Source(tree, label="a test", env={"MINE": "1"})) as sandbox:
        assert sandbox is ready
        assert (await sandbox.run(["sh", "-c", "echo $MINE; cat run.sh | head -1"])).stdout == "1\n#!/bin/sh\n"
        await warm.pool.settled()
        (after,) = warm.pool._ready
        async with await sandbox.fork() as fork:
            assert fork is after
            assert (await fork.run(["sh", "-c", "echo $MINE"])).stdout == "1\n"
    async with await warm.open(Source(tree)) as other:
        assert (await other.run(["sh", "-c", "echo $MINE"])).stdout == "\n"


async def test_what_ran_in_one_is_not_in_the_next(warm: Provider, kind: str, tree: Path) -> None:
    leave = "echo hunter2 | tee left.txt /tmp/left.txt /dev/shm/left.txt; setsid sleep 4713 & sleep 0.1"
    look = "cat left.txt /tmp/left.txt /dev/shm/left.txt; grep -l '[4]713' /proc/[0-9]*/cmdline"
    if kind == "none":  # what a copy and process groups can promise
        leave, look = "echo hunter2 | tee left.txt $TMPDIR/left.txt", "cat left.txt $TMPDIR/left.txt"
    before = await warm.open(Source(tree, label="report-1"))
    await before.run(["sh", "-c", leave])
    async with await warm.open(Source(tree, label="report-2")) as beside:
        assert "hunter2" not in (await beside.run(["sh", "-c", look])).stdout
    await before.close()
    async with await warm.open(Source(tree, label="report-3")) as after:
        assert (await after.run(["sh", "-c", look])).stdout == ""
        assert sorted((await after.run(["ls", "-A"])).stdout.split()) == ["link", "run.sh", "shop", "test_cart.py"]


async def test_one_in_which_something_was_done_is_never_handed_out(warm: Provider, tree: Path) -> None:
    (ready,) = warm.pool._ready
    await ready.run(["true"])
    async with await warm.open(Source(tree)) as sandbox:
        assert sandbox is not ready


async def test_one_that_died_is_never_handed_out(warm: Provider, tree: Path) -> None:
    (ready,) = warm.pool._ready
    await ready.close()
    async with await warm.open(Source(tree)) as sandbox:
        assert (await sandbox.run(["true"])).ok


async def test_one_that_nobody_takes_ends(make: Make, tree: Path) -> None:
    provider = make(warm=2, warm_seconds=0.2)
    provider.warm()
    await provider.pool.settled()
    first, second = provider.pool._ready
    for _ in range(100):
        if not provider.pool._ready and not provider.pool._ending:
            break
        await asyncio.sleep(0.05)
    assert not first.pristine
    assert not second.pristine
    async with await provider.open(Source(tree)) as sandbox:
        assert (await sandbox.run(["true"])).ok
    await provider.cool()


async def test_cooling_leaves_none_and_starts_none(warm: Provider, tree: Path) -> None:
    (ready,) = warm.pool._ready
    await warm.cool()
    assert not ready.pristine
    async with await warm.open(Source(tree)):
        await warm.pool.settled()
        assert not warm.pool._ready


async def test_none_are_started_ahead_where_settings_say_so(make: Make) -> None:
    provider = make(warm=0)
    provider.warm()
    await provider.pool.settled()
    assert not provider.pool._ready


async def test_none_are_left_when_the_owner_is_killed(make: Make, kind: str, project: Path) -> None:
    if kind == "docker":
        pytest.skip("tests/docker looks for its containers")
    assert make
    code = (
        "import asyncio\nfrom pathlib import Path\nfrom agents.config import SandboxSettings\n"
        "from agents.sandbox.choose import provider\n"
        "async def main():\n"
        f"    chosen = provider({kind!r}, SandboxSettings(warm=2), Path({str(project)!r}))\n"
        "    chosen.warm()\n    await chosen.pool.settled()\n"
        "    print('ready', flush=True)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    below = _below(child.pid)
    assert len(below) >= 2
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    left: list[object] = []
    for _ in range(100):
        left = [*Path(tempfile.gettempdir()).glob(f"loop-{project_key(project)}-*")]
        left += [pid for pid in below if Path(f"/proc/{pid}").exists()]
        if not left:
            break
        await asyncio.sleep(0.05)
    assert not left


def _below(pid: int) -> set[int]:
    """The descendants of a process."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text(errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found
