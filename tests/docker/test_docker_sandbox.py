"""How containers are hardened, built and removed; what they promise as sandboxes is in tests/unit/sandbox."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agents.config import SandboxSettings
from agents.sandbox import SandboxError, Source
from agents.sandbox.docker import DockerProvider
from agents.sandbox.owner import host, project_key

pytestmark = pytest.mark.docker


def settings(**values: object) -> SandboxSettings:
    base = os.environ.get("LOOP_SANDBOX__BASE", SandboxSettings().base)
    return SandboxSettings.model_validate({"base": base, **values})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    return root


def mine(client: Any, project: Path) -> list[Any]:
    found = client.api.containers(all=True, filters={"label": f"loop.project={project_key(project)}"})
    return [row for row in found if row["State"] != "removing"]


async def test_a_container_is_hardened(client: Any, tmp_path: Path, tree: Path) -> None:
    provider = DockerProvider(settings(memory_mb=300, cpus=1.5, pids=77, disk_mb=64), tmp_path)
    async with await provider.open(Source(tree, label="report-12 propose")):
        (row,) = mine(client, tmp_path)
        found = client.api.inspect_container(row["Id"])
    held = found["HostConfig"]
    assert held["NetworkMode"] == "none"
    assert held["CapDrop"] == ["ALL"]
    assert held["CapAdd"] is None
    assert held["SecurityOpt"] == ["no-new-privileges:true"]
    assert held["ReadonlyRootfs"] is True
    assert held["Privileged"] is False
    assert held["PidsLimit"] == 77
    assert held["Memory"] == held["MemorySwap"] == 300 << 20
    assert held["NanoCpus"] == 1_500_000_000
    assert held["IpcMode"] == "private"
    assert not held["Binds"]
    assert found["Mounts"] == []
    assert set(held["Tmpfs"]) == {"/work", "/tmp", "/run"}
    assert held["LogConfig"]["Type"] == "none"
    assert found["Config"]["User"] == "10001:10001"
    assert found["Name"].startswith("/loop-report-12-propose-")
    assert found["Config"]["Labels"]["loop.label"] == "report-12 propose"
    assert not any(entry.split("=")[0] in ("HTTP_PROXY", "DOCKER_HOST") for entry in found["Config"]["Env"])


async def test_closing_leaves_no_container(client: Any, tmp_path: Path, tree: Path) -> None:
    provider = DockerProvider(settings(), tmp_path)
    sandbox = await provider.open(Source(tree))
    other = await sandbox.fork()
    assert len(mine(client, tmp_path)) == 2
    await sandbox.close()
    await other.close()
    assert mine(client, tmp_path) == []


async def test_a_container_that_was_started_ahead_is_named_by_what_it_is_for(
    client: Any, tmp_path: Path, tree: Path
) -> None:
    provider = DockerProvider(settings(), tmp_path)
    provider.warm()
    await provider.pool.settled()
    (row,) = mine(client, tmp_path)
    assert row["Names"][0].startswith("/loop-warm-")
    async with await provider.open(Source(tree, label="report-3-check")):
        names = {found["Id"]: found["Names"][0] for found in mine(client, tmp_path)}
        assert names[row["Id"]].startswith("/loop-report-3-check-")
    await provider.cool()
    assert mine(client, tmp_path) == []


async def test_a_cancelled_opening_leaves_no_container(client: Any, tmp_path: Path, tree: Path) -> None:
    provider = DockerProvider(settings(), tmp_path)
    await provider.check()
    for delay in (0.005, 0.03, 0.06, 0.1):
        task = asyncio.create_task(provider.open(Source(tree)))
        await asyncio.sleep(delay)
        task.cancel()
        found = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(found[0], BaseException):
            await found[0].close()
    deadline = time.monotonic() + 10
    while mine(client, tmp_path) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    assert mine(client, tmp_path) == []


async def test_the_reaper_takes_what_the_dead_left_and_nothing_else(client: Any, tmp_path: Path, tree: Path) -> None:
    provider = DockerProvider(settings(), tmp_path)
    assert (await provider.check()).ok
    labels = {"loop.project": project_key(tmp_path), "loop.owner": "99999999-1", "loop.host": host()}
    for name, value in ((None, None), ("loop.host", "another machine"), ("loop.project", "another project")):
        marks = {**labels, **({name: value} if name and value else {})}
        client.api.create_container(provider._image.name, command=["sleep", "60"], labels=marks)
    try:
        async with await provider.open(Source(tree)) as sandbox:
            assert await provider.reap() == 1
            assert (await sandbox.run(["true"])).ok
    finally:
        for row in client.api.containers(all=True, filters={"label": "loop.owner=99999999-1"}):
            client.api.remove_container(row["Id"], force=True)


async def test_nothing_is_left_when_the_owner_is_killed(client: Any, tmp_path: Path, tree: Path) -> None:
    code = (
        "import asyncio\nfrom pathlib import Path\nfrom agents.config import SandboxSettings\n"
        "from agents.sandbox import Source\nfrom agents.sandbox.docker import DockerProvider\n"
        "async def main():\n"
        f"    provider = DockerProvider(SandboxSettings(base={settings().base!r}), Path({str(tmp_path)!r}))\n"
        f"    box = await provider.open(Source(Path({str(tree)!r})))\n"
        "    provider.warm()\n    await provider.pool.settled()\n"
        "    print('ready', flush=True)\n    await box.run(['sleep', '300'])\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    assert len(mine(client, tmp_path)) == 2
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    deadline = time.monotonic() + 10
    while mine(client, tmp_path) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    assert mine(client, tmp_path) == []


async def test_setup_runs_once_in_the_build_of_the_image(client: Any, tmp_path: Path, tree: Path) -> None:
    (tmp_path / "requirements.txt").write_text("word\n")
    chosen = settings(setup=["cp requirements.txt /opt/setup-was-here", "id -u >/opt/setup-user"])
    try:
        for _ in range(2):
            provider = DockerProvider(chosen, tmp_path)
            async with await provider.open(Source(tree)) as sandbox:
                assert (await sandbox.run(["cat", "/opt/setup-was-here", "/opt/setup-user"])).stdout == "word\n0\n"
                assert (await sandbox.run(["id", "-u"])).stdout == "10001\n"
    finally:
        client.images.remove(provider._image.name, force=True)


async def test_a_build_step_that_fails_is_told_with_its_last_words(client: Any, tmp_path: Path, tree: Path) -> None:
    provider = DockerProvider(settings(setup=["echo no such package; exit 9"]), tmp_path)
    with pytest.raises(SandboxError, match=r"no such package.*Mend `setup`"):
        await provider.open(Source(tree))


async def test_a_base_that_is_not_there_and_cannot_be_pulled_is_told(client: Any, tmp_path: Path) -> None:
    found = await DockerProvider(settings(base="127.0.0.1:1/no/such:image"), tmp_path).check()
    assert not found.ok
    assert "cannot be pulled" in found.detail
    assert "LOOP_SANDBOX__BASE" in found.detail
