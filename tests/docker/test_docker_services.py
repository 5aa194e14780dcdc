"""Services beside a sandbox: reached by name, cut off from everything else, new for each, gone afterwards."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.config import SandboxSettings
from agents.sandbox import SandboxError, Source
from agents.sandbox.docker import DockerProvider
from agents.sandbox.owner import project_key

pytestmark = pytest.mark.docker

BASE = os.environ.get("LOOP_SANDBOX__BASE", SandboxSettings().base)
IMAGE = f"loop-test-counter:{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"  # each worker removes its own at the end

# A store that counts: `add` answers how often it was asked. It starts late, as databases do, and becomes another user.
SERVER = """
import os, socketserver, sys, time
os.makedirs("/data/own", exist_ok=True)
os.chown("/data/own", 999, 999)
os.setgid(999); os.setuid(999)
time.sleep(float(os.environ.get("LATE", "0.5")))
if os.environ.get("BROKEN"):
    sys.exit("no space for the heap")
class Counter(socketserver.StreamRequestHandler):
    count = 0
    def handle(self):
        if self.rfile.readline() == b"add\\n":
            Counter.count += 1
            open("/data/own/count", "w").write(str(Counter.count))
            self.wfile.write(f"{Counter.count} {os.environ['COLOUR']}\\n".encode())
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("0.0.0.0", int(sys.argv[1])), Counter).serve_forever()
"""
COMPOSE = f"""
services:
  store:
    image: {IMAGE}
    command: ["7001"]
    environment: {{COLOUR: "${{COLOUR:-red}}"}}
    ports: ["17001:7001"]
  checked:
    image: {IMAGE}
    command: ["7002"]
    environment: {{COLOUR: blue}}
    healthcheck: {{test: ["CMD-SHELL", "test -d /data/own && grep -q 1B5A /proc/net/tcp"]}}
  broken:
    image: {IMAGE}
    command: ["7003"]
    environment: {{BROKEN: "1", COLOUR: x}}
    expose: ["7003"]
"""
ASK = (
    "import socket, sys\n"
    "with socket.create_connection((sys.argv[1], int(sys.argv[2])), 3) as line:\n"
    "    line.sendall(b'add\\n'); print(line.recv(100).decode().strip())\n"
)


@pytest.fixture(scope="module")
def counter(client: Any) -> Iterator[None]:
    """The image of the services."""
    dockerfile = f'FROM {BASE}\nCOPY server.py /server.py\nVOLUME /data\nENTRYPOINT ["python3", "/server.py"]\n'
    files = {"Dockerfile": dockerfile, "server.py": SERVER}
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    sink.seek(0)
    client.images.build(fileobj=sink, custom_context=True, tag=IMAGE, rm=True)
    yield
    client.images.remove(IMAGE, force=True)


@pytest.fixture
def repo(make_repo: Callable[..., Path], counter: None) -> Path:
    return make_repo({"compose.yaml": COMPOSE, "app.py": "x = 1\n"})


def provider(repo: Path, *services: str) -> DockerProvider:
    return DockerProvider(SandboxSettings(base=BASE, services=list(services)), repo)


def mine(client: Any, repo: Path, *, running: bool = False) -> list[Any]:
    found = client.api.containers(all=not running, filters={"label": f"loop.project={project_key(repo)}"})
    return [row for row in found if row["State"] != "removing"]


async def left(client: Any, repo: Path, *, running: bool = False) -> list[Any]:
    """What is there when the engine has had its time."""
    deadline = time.monotonic() + 20
    while mine(client, repo, running=running) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return mine(client, repo, running=running)


async def test_services_are_well_before_the_first_command_and_are_reached_by_name(client: Any, repo: Path) -> None:
    async with await provider(repo, "store", "checked").open(Source(repo)) as sandbox:
        asked = [["store", "7001"], ["checked", "7002"], ["localhost", "7001"], ["127.0.0.1", "7002"]]
        said = [(await sandbox.run([sandbox.python, "-c", ASK, *place])) for place in asked]
        assert [found.stdout for found in said] == ["1 red\n", "1 blue\n", "2 red\n", "2 blue\n"], said
        assert len(mine(client, repo)) == 4
    assert mine(client, repo) == []


async def test_there_is_no_way_out_of_them(client: Any, repo: Path) -> None:
    async with await provider(repo, "store").open(Source(repo)) as sandbox:
        interfaces = (await sandbox.run(["cat", "/proc/net/dev"])).stdout.splitlines()[2:]
        assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
        code = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
        assert "unreachable" in (await sandbox.run([sandbox.python, "-c", code])).stderr.lower()
        assert (await sandbox.run(["sh", "-c", "grep -l server.py /proc/[0-9]*/cmdline"])).stdout.count("/") <= 3
        for row in mine(client, repo):
            found = client.api.inspect_container(row["Id"])
            held = found["HostConfig"]
            assert not held["Binds"]
            assert held["CapDrop"] == ["ALL"]
            assert held["SecurityOpt"] == ["no-new-privileges:true"]
            assert held["NetworkMode"].partition(":")[0] in ("none", "container")
            assert not any("DOCKER_HOST" in entry for entry in found["Config"]["Env"])


async def test_each_sandbox_has_services_of_its_own(client: Any, repo: Path) -> None:
    chosen = provider(repo, "store")
    chosen.warm()
    await chosen.pool.settled()
    ask = ["python3", "-c", ASK, "store", "7001"]
    async with await chosen.open(Source(repo)) as first, await first.fork() as fork:
        assert [(await box.run(ask)).stdout for box in (first, first, fork)] == ["1 red\n", "2 red\n", "1 red\n"]
    await chosen.cool()
    assert await left(client, repo) == []


async def test_a_service_that_ends_is_told_with_its_last_words(client: Any, repo: Path) -> None:
    with pytest.raises(SandboxError, match=r"'broken' ended with exit code 1: no space for the heap"):
        await provider(repo, "store", "broken").open(Source(repo))
    assert mine(client, repo) == []
    found = await provider(repo, "store").check()
    assert found.ok
    assert found.detail.endswith("beside it store")


async def test_a_cancelled_opening_leaves_nothing(client: Any, repo: Path) -> None:
    chosen = provider(repo, "store")
    task = asyncio.create_task(chosen.open(Source(repo)))
    await asyncio.sleep(0.6)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await left(client, repo) == []


async def test_nothing_runs_on_when_the_owner_is_killed_and_the_next_start_removes_the_rest(
    client: Any, repo: Path
) -> None:
    code = (
        "import asyncio\nfrom pathlib import Path\nfrom agents.config import SandboxSettings\n"
        "from agents.sandbox import Source\nfrom agents.sandbox.docker import DockerProvider\n"
        "async def main():\n"
        f"    chosen = DockerProvider(SandboxSettings(base={BASE!r}, services=['store']), Path({str(repo)!r}))\n"
        f"    box = await chosen.open(Source(Path({str(repo)!r})))\n"
        "    print('ready', flush=True)\n    await box.run(['sleep', '300'])\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    assert len(mine(client, repo, running=True)) == 3
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    assert await left(client, repo, running=True) == []
    await provider(repo).reap()
    assert mine(client, repo) == []
