"""What every kind of sandbox promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.sandbox import Sandbox, SandboxError
from agents.sandbox.overlay import overlay

Open = Callable[..., Awaitable[Sandbox]]

pytestmark = pytest.mark.parametrize("kind", ["none", "bubblewrap", pytest.param("docker", marks=pytest.mark.docker)])


async def gone(sandbox: Sandbox, pid: str) -> bool:
    """Whether a process of the sandbox is dead (or a zombie that waits for its parent)."""
    code = (
        "import sys\n"
        "try: print(open(f'/proc/{sys.argv[1]}/stat').read().rpartition(')')[2].split()[0])\n"
        "except OSError: print('X')\n"
    )
    for _ in range(40):
        found = await sandbox.run([sandbox.python, "-c", code, pid.strip()])
        if found.stdout.strip() in ("X", "Z"):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_command_reports_its_exit_code_and_both_outputs(sandbox: Sandbox) -> None:
    found = await sandbox.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (found.exit, found.stdout, found.stderr) == (3, "out\n", "err\n")
    assert not found.ok
    assert not found.truncated
    assert found.log == "out\nerr"


async def test_a_signal_is_128_and_its_number(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["sh", "-c", "kill -TERM $$"])).exit == 143


async def test_a_command_that_is_not_there_ends_like_in_a_shell(sandbox: Sandbox) -> None:
    found = await sandbox.run(["no-such-command"])
    assert found.exit == 127
    assert "no-such-command" in found.stderr
    assert (await sandbox.run(["./shop"])).exit == 126


async def test_input_reaches_the_command_whole(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["wc", "-c"], stdin=b"x" * 3_000_000)).stdout.strip() == "3000000"


async def test_a_command_may_leave_its_input_unread(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["true"], stdin=b"x" * 3_000_000)).ok


async def test_without_input_reading_ends_at_once(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["cat"], timeout=5)).ok


async def test_output_that_is_not_text_is_shown_with_replacements(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["printf", r"a\377b"])).stdout == "a�b"


async def test_gigabytes_of_output_keep_their_two_ends(opened: Open) -> None:
    sandbox = await opened(output_kb=16)
    found = await sandbox.run(["sh", "-c", "echo first; yes | head -c 300000000; echo last"])
    assert found.ok
    assert found.truncated
    assert len(found.stdout) < 17_000
    assert found.stdout.startswith("first\n")
    assert found.stdout.endswith("last\n")
    assert "bytes left out" in found.stdout


async def test_the_host_environment_stays_outside(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    sandbox = await opened(env={"FROM_SOURCE": "1"})
    found = await sandbox.run(["env"], env={"FROM_RUN": "2"})
    env = dict(line.split("=", 1) for line in found.stdout.splitlines())
    assert "hunter2" not in found.stdout
    assert {
        "FROM_SOURCE": "1",
        "FROM_RUN": "2",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }.items() <= env.items()
    assert set(env) <= {
        "FROM_SOURCE", "FROM_RUN", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "LANG", "HOME", "TMPDIR", "PATH", "PWD",
            "PYTEST_ADDOPTS",
    }  # fmt: skip


async def test_the_tree_is_a_copy_without_git(sandbox: Sandbox, tree: Path) -> None:
    assert (await sandbox.run(["./run.sh"])).stdout == "ran\n"
    assert (await sandbox.run(["./link"])).stdout == "ran\n"
    assert not (await sandbox.run(["ls", ".git"])).ok
    await sandbox.run(["sh", "-c", "rm -rf *; touch new"])
    assert (tree / "shop/cart.py").exists()
    assert not (tree / "new").exists()


async def test_pytest_runs_the_projects_tests(sandbox: Sandbox) -> None:
    found = await sandbox.run([sandbox.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cart.py"])
    assert found.ok, found.log
    assert "1 passed" in found.stdout


async def test_a_src_folder_is_importable(opened: Open, tree: Path) -> None:
    (tree / "src/pkg").mkdir(parents=True)
    (tree / "src/pkg/__init__.py").write_text("value = 42\n")
    sandbox = await opened()
    forked = await sandbox.fork()
    for each in (sandbox, forked):
        found = await each.run([each.python, "-c", "import pkg; print(pkg.value)"], cwd="shop")
        assert found.stdout == "42\n", found.log
    await forked.close()


async def test_a_command_runs_in_a_folder_of_the_tree(sandbox: Sandbox) -> None:
    assert (await sandbox.run(["ls"], cwd="shop")).stdout == "cart.py\n"
    with pytest.raises(SandboxError, match="leaves the tree"):
        await sandbox.run(["ls"], cwd="../..")
    with pytest.raises(SandboxError, match="no folder"):
        await sandbox.run(["ls"], cwd="nowhere")


async def test_files_are_written_read_and_removed(sandbox: Sandbox) -> None:
    await sandbox.write(
        {"a/b/c.py": b"x = 1\n", "run.sh": b"#!/bin/sh\necho changed\n", "test_cart.py": None, "nope": None}
    )
    assert await sandbox.read("a/b/c.py") == b"x = 1\n"
    assert await sandbox.read("a/b/c.py", limit=3) == b"x ="
    assert (await sandbox.run(["./run.sh"])).stdout == "changed\n"  # it kept its mode
    assert not (await sandbox.run(["ls", "test_cart.py"])).ok


@pytest.mark.parametrize("path", ["/etc/x", "../x", "shop/../../x", "", "shop//x", "./x"])
async def test_paths_out_of_the_tree_are_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(SandboxError):
        await sandbox.write({path: b"x"})
    with pytest.raises(SandboxError):
        await sandbox.read(path)


async def test_no_link_is_followed_out_of_the_tree(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "file").write_text("secret")
    await sandbox.run(["ln", "-s", str(secret), "away"])
    await sandbox.run(["ln", "-s", str(secret / "file"), "file"])
    with pytest.raises(SandboxError):
        await sandbox.write({"away/file": b"overwritten"})
    with pytest.raises(SandboxError, match="no regular file"):
        await sandbox.read("file")
    await sandbox.write({"file": b"replaces the link"})
    assert (secret / "file").read_text() == "secret"


async def test_reading_what_is_no_file_is_an_error_not_a_wait(sandbox: Sandbox) -> None:
    await sandbox.run(["mkfifo", "pipe"])
    for path in ("pipe", "shop", "missing"):
        with pytest.raises(SandboxError, match="no regular file"):
            await sandbox.read(path)


async def test_a_command_that_takes_too_long_is_killed(sandbox: Sandbox) -> None:
    started = time.monotonic()
    found = await sandbox.run(["sh", "-c", "echo before; sleep 60 & sleep 60"], timeout=0.3)
    assert time.monotonic() - started < 3
    assert (found.exit, found.timed_out, found.stdout) == (124, True, "before\n")
    assert (await sandbox.run(["echo", "well"])).ok


async def test_cancelling_kills_the_whole_process_group(sandbox: Sandbox) -> None:
    task = asyncio.create_task(sandbox.run(["sh", "-c", "sleep 300 & echo $! >pid; wait"]))
    pid = ""
    while not pid:
        await asyncio.sleep(0.02)
        try:
            pid = (await sandbox.read("pid")).decode()
        except SandboxError:
            continue
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(sandbox, pid)


async def test_no_process_outlives_its_command(sandbox: Sandbox) -> None:
    daemon = "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n"
    daemon += "open('pid', 'w').write(str(os.getpid()))\ntime.sleep(300)"
    started = time.monotonic()
    found = await sandbox.run(
        ["sh", "-c", f'{sandbox.python} -c "$0"; while ! [ -s pid ]; do sleep 0.02; done', daemon]
    )
    assert found.ok, found.log
    assert time.monotonic() - started < 10
    assert await gone(sandbox, (await sandbox.read("pid")).decode())


async def test_commands_run_side_by_side(sandbox: Sandbox) -> None:
    started = time.monotonic()
    found = await asyncio.gather(*(sandbox.run(["sh", "-c", f"sleep 0.4; echo {n}"]) for n in range(5)))
    assert [each.stdout for each in found] == [f"{n}\n" for n in range(5)]
    assert time.monotonic() - started < 1.8


async def test_a_fork_goes_its_own_way(sandbox: Sandbox) -> None:
    await sandbox.write({"before": b"1"})
    async with await sandbox.fork() as other:
        assert await other.read("before") == b"1"
        assert (await other.run(["./link"])).stdout == "ran\n"
        await other.write({"before": b"2"})
        assert await sandbox.read("before") == b"1"
    assert (await sandbox.run(["true"])).ok


async def test_what_changed_comes_out_through_the_overlay(sandbox: Sandbox, tree: Path) -> None:
    await sandbox.run(
        ["sh", "-c", "echo 'total = 2' >shop/cart.py; rm run.sh link; mkdir .git; echo x >.git/config; ln -s / out"]
    )
    found = overlay(await sandbox.export(), tree)
    assert found.files == {"run.sh": None, "shop/cart.py": b"total = 2\n"}
    assert {entry.path for entry in found.dropped} == {".git", ".git/config", "out"}


async def test_memory_is_bounded_and_the_sandbox_survives(opened: Open) -> None:
    sandbox = await opened(memory_mb=128)
    found = await sandbox.run([sandbox.python, "-c", "x = bytearray(400_000_000); print(len(x))"], timeout=20)
    assert not found.ok
    assert (await sandbox.run(["echo", "well"])).ok


async def test_a_fork_bomb_is_stopped_and_the_sandbox_survives(opened: Open) -> None:
    sandbox = await opened(pids=40)
    bomb = "import os, time\nfor n in range(300):\n    if os.fork() == 0: time.sleep(60); os._exit(0)\ntime.sleep(60)"
    started = time.monotonic()
    found = await sandbox.run([sandbox.python, "-c", bomb], timeout=20)
    assert not found.ok
    assert time.monotonic() - started < 10
    assert (await sandbox.run(["echo", "well"])).ok


async def test_a_file_larger_than_the_disk_is_not_written(opened: Open) -> None:
    sandbox = await opened(disk_mb=8)
    found = await sandbox.run(["sh", "-c", "head -c 50000000 /dev/zero >big"])
    assert not found.ok
    assert len(await sandbox.export()) < 20_000_000


async def test_a_tree_larger_than_the_disk_is_refused_in_words(opened: Open, tree: Path) -> None:
    (tree / "big").write_bytes(b"\0" * 9_000_000)
    with pytest.raises(SandboxError, match="raise `disk_mb`"):
        await opened(disk_mb=8)


async def test_a_closed_sandbox_says_so(sandbox: Sandbox) -> None:
    running = asyncio.create_task(sandbox.run(["sleep", "60"]))
    await asyncio.sleep(0.05)
    await sandbox.close()
    await sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        await running
    with pytest.raises(SandboxError, match="closed"):
        await sandbox.run(["true"])
