"""What code in an isolating sandbox cannot do."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.sandbox import Sandbox, Source
from tests.unit.sandbox.conftest import Make

Open = Callable[..., Awaitable[Sandbox]]

pytestmark = pytest.mark.parametrize("kind", ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])


async def test_files_of_the_host_are_out_of_sight(sandbox: Sandbox, tmp_path: Path) -> None:
    places = [tmp_path, Path.home(), Path(tempfile.gettempdir())]
    secrets = [place / f"loop-secret-{os.getpid()}" for place in places]
    try:
        for secret in secrets:
            secret.write_text("hunter2")
        found = await sandbox.run(["cat", *map(str, secrets), "/etc/shadow"])
        assert not found.ok
        assert "hunter2" not in found.stdout
        assert found.stdout == ""
    finally:
        for secret in secrets:
            secret.unlink(missing_ok=True)


async def test_a_folder_that_is_shown_cannot_be_written(make: Make, tree: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "file").write_text("here\n")
    source = Source(tree, folders={"/run/agent/files": shown}, memory_mb=2000, reserving=True)
    async with await make(memory_mb=500).open(source) as sandbox:
        found = await sandbox.run(["sh", "-c", "cat /run/agent/files/file; echo x > /run/agent/files/new"])
        assert found.stdout == "here\n"
        assert "Read-only" in found.stderr
        hold = "import time; kept = bytearray(800 << 20); kept[::4096] = b'x' * len(kept[::4096]); time.sleep(0.3)"
        assert (await sandbox.run([sandbox.python, "-c", hold])).ok
        reserve = "import mmap; mmap.mmap(-1, 6 << 30)"
        assert (await sandbox.run([sandbox.python, "-c", reserve])).ok
    assert [path.name for path in shown.iterdir()] == ["file"]


async def test_there_is_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        assert "refused" in (await sandbox.run([sandbox.python, "-c", code])).stderr.lower()
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    assert "unreachable" in (await sandbox.run([sandbox.python, "-c", code])).stderr.lower()


async def test_its_own_loopback_works(sandbox: Sandbox) -> None:
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    assert (await sandbox.run([sandbox.python, "-c", code])).ok


async def test_the_system_and_the_interpreter_cannot_be_written(sandbox: Sandbox) -> None:
    code = (
        "import os, sys\n"
        "for place in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), '/usr/bin', '/etc', '/', '/opt'):\n"
        "    try: open(place + '/planted', 'w'); print('wrote', place)\n"
        "    except OSError: pass\n"
    )
    found = await sandbox.run([sandbox.python, "-c", code])
    assert (found.exit, found.stdout) == (0, "")


async def test_there_is_no_capability_and_no_way_to_one(sandbox: Sandbox) -> None:
    status = (await sandbox.run(["cat", "/proc/self/status"])).stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert not (await sandbox.run(["unshare", "--user", "--map-root-user", "true"])).ok
    assert not (await sandbox.run(["mount", "-t", "tmpfs", "none", "/tmp"])).ok


async def test_processes_of_the_host_are_out_of_sight(sandbox: Sandbox) -> None:
    found = await sandbox.run(["sh", "-c", "ls -d /proc/[0-9]* | wc -l"])
    assert int(found.stdout) < 10
    assert not (await sandbox.run(["kill", "-0", str(os.getpid())])).ok


async def test_the_pipes_of_the_process_inside_are_out_of_reach(sandbox: Sandbox) -> None:
    code = (
        "import glob, os\n"
        "for kind in ('fd/*', 'mem', 'environ', 'cwd', 'root'):\n"
        "    for path in glob.glob('/proc/[0-9]*/' + kind):\n"
        "        if path.split('/')[2] == str(os.getpid()): continue\n"
        "        try: open(path, 'rb'); print('reached', path)\n"
        "        except OSError: pass\n"
        "print(open('/proc/1/cmdline').read().count('inside.main'))\n"
    )
    found = await sandbox.run([sandbox.python, "-c", code])
    assert (found.exit, found.stdout) == (0, "1\n"), found.log


async def test_killing_everything_inside_leaves_the_sandbox_well(sandbox: Sandbox) -> None:
    found = await sandbox.run([sandbox.python, "-c", "import os; os.kill(1, 9); os.kill(0, 9)"])
    assert found.exit == 137
    for number in (2, 15):
        await sandbox.run(["kill", f"-{number}", "1"])
    assert (await sandbox.run(["echo", "well"])).ok


async def test_orphans_are_collected(sandbox: Sandbox) -> None:
    for _ in range(5):
        await sandbox.run(["sh", "-c", "(sleep 60 &) ; (sleep 60 &)"])
    await asyncio.sleep(0.1)
    await sandbox.run(["true"])
    found = await sandbox.run(["sh", "-c", "ls -d /proc/[0-9]* | wc -l"])
    assert int(found.stdout) < 6


async def test_all_files_together_are_bounded(opened: Open) -> None:
    sandbox = await opened(disk_mb=8)
    found = await sandbox.run(
        ["sh", "-c", "for n in 1 2 3 4 5 6 7 8; do head -c 3000000 /dev/zero >f$n || exit 1; done"]
    )
    assert not found.ok
    assert len(await sandbox.export()) < 10_000_000
