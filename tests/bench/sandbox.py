"""What a sandbox costs beside running bare: `python tests/bench/sandbox.py [--rounds N] [--seconds S]`.

For each kind that works here:

- median seconds to open (a tree of 300 small files) cold and with one started ahead, run `true`, write, fork, close;
- candidates per second: an edit and a run of the test file that covers it, each in a new sandbox, each in a new one
  that was started ahead, and all in one;
- how many times as long as bare a test run of some seconds takes, alone and with opening and closing, and its processor
  time, which tells more on a busy machine. Bare runs alternate with the others, with the same interpreter and with
  bytecode written already, as on a developer's machine.

All kinds use `--python` (Docker: its image's), so that they compare.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.config import load
from agents.sandbox import Sandbox, Source
from agents.sandbox.choose import provider
from agents.sandbox.environment import prepare
from agents.sandbox.provider import Provider

T = TypeVar("T")
STEPS = ("open cold", "open warm", "run true", "write", "fork", "close")
FILES = 300
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
TIMED = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
sys.exit(done.returncode)
"""

MODULE = '''"""Part {n} of a made-up project."""

from __future__ import annotations

import dataclasses
import json
import re

{functions}
'''
FUNCTION = '''
def price_{n}_{m}(items: list[dict], rate: float = 0.{m}1) -> float:
    """The price of a basket, with a rebate for many."""
    total = 0.0
    for item in items:
        if item.get("gift"):
            continue
        total += item["quantity"] * item["price"] * (1 - rate if item["quantity"] > 10 else 1)
    return round(total, 2)
'''
TESTS = '''"""A suite like many: imports, arithmetic, files, a database, processes."""

import hashlib
import importlib
import sqlite3
import subprocess
import sys

import pytest

BASKET = [{{"quantity": q, "price": 9.5, "gift": q % 7 == 0}} for q in range(300)]


@pytest.mark.parametrize("n", range({modules}))
def test_prices(n):
    module = importlib.import_module(f"shop.part{{n}}")
    for _ in range({loops}):
        assert getattr(module, f"price_{{n}}_1")(BASKET) > 0


@pytest.mark.parametrize("n", range(20))
def test_files(n, tmp_path):
    for number in range(100):
        (tmp_path / f"{{number}}.txt").write_text("line\\n" * 200)
    assert len(b"".join(path.read_bytes() for path in tmp_path.iterdir())) == 100_000


@pytest.mark.parametrize("n", range(20))
def test_database(n, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table line (id integer primary key, name text)")
        names = [(hashlib.sha256(bytes(i)).hexdigest(),) for i in range(2000)]
        connection.executemany("insert into line (name) values (?)", names)
        assert connection.execute("select count(*) from line where name > 'a'").fetchone()[0] > 0


@pytest.mark.parametrize("n", range(10))
def test_processes(n):
    assert subprocess.run([sys.executable, "-c", "import json; print(1)"], capture_output=True).stdout == b"1\\n"
'''
UNIT = "from shop.part1 import price_1_1\n\n\ndef test_price():\n    assert price_1_1([]) == 0\n"


def project(root: Path, modules: int, loops: int) -> Path:
    """Write a project of `modules` modules of 200 lines."""
    (root / "shop").mkdir(parents=True)
    (root / "shop/__init__.py").touch()
    for n in range(modules):
        functions = "\n".join(FUNCTION.format(n=n, m=m) for m in range(1, 20))
        (root / f"shop/part{n}.py").write_text(MODULE.format(n=n, functions=functions))
    (root / "test_suite.py").write_text(TESTS.format(modules=modules, loops=loops))
    (root / "test_part1.py").write_text(UNIT)
    return root


async def clocked(what: Awaitable[T], into: list[float]) -> T:
    """Await, noting the seconds."""
    started = time.perf_counter()
    result = await what
    into.append(time.perf_counter() - started)
    return result


async def steps(sandboxes: Provider, tree: Path, rounds: int) -> dict[str, float]:
    """Median seconds of each step."""
    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    for _ in range(rounds):
        sandbox = await clocked(sandboxes.open(Source(tree, label="bench")), seconds["open cold"])
        for number in range(5):
            await clocked(sandbox.run(["true"]), seconds["run true"])
            await clocked(sandbox.write({"candidate.py": f"x = {number}\n".encode()}), seconds["write"])
        fork = await clocked(sandbox.fork(), seconds["fork"])
        await clocked(fork.close(), seconds["close"])
        await clocked(sandbox.close(), seconds["close"])
    await warmed(sandboxes)
    for _ in range(rounds):
        sandbox = await clocked(sandboxes.open(Source(tree, label="bench")), seconds["open warm"])
        await sandbox.close()
        await warmed(sandboxes)
    await sandboxes.cool()
    return {step: statistics.median(values) for step, values in seconds.items()}


async def warmed(sandboxes: Provider) -> None:
    """Wait until one is started ahead."""
    sandboxes.warm()
    await sandboxes.pool.settled()


async def bare(tree: Path, argv: list[str], env: dict[str, str]) -> str:
    """What a command prints without any sandbox."""
    process = await asyncio.create_subprocess_exec(*argv, cwd=tree, env=env, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()[-2000:]
    return out.decode()


async def tested(sandbox: Sandbox, *arguments: str) -> str:
    """What the interpreter prints in a sandbox."""
    found = await sandbox.run([sandbox.python, *arguments])
    assert found.ok, found.log[-2000:]
    return found.stdout


def edit(number: int) -> bytes:
    """A candidate for the module that `test_part1.py` covers."""
    return MODULE.format(n=1, functions=FUNCTION.format(n=1, m=1) + f"\nCANDIDATE = {number}\n").encode()


async def candidates(sandboxes: Provider, tree: Path, count: int) -> list[float]:
    """Candidates per second: each in a new sandbox, each in one started ahead, all in one."""
    rates = []
    for warm in (False, True):
        if warm:
            await warmed(sandboxes)
        began = time.perf_counter()
        for number in range(count):
            async with await sandboxes.open(Source(tree, label="bench")) as sandbox:
                await sandbox.write({"shop/part1.py": edit(number)})
                await tested(sandbox, *PYTEST, "test_part1.py")
        rates.append(count / (time.perf_counter() - began))
        await sandboxes.cool()
    async with await sandboxes.open(Source(tree, label="bench")) as sandbox:
        began = time.perf_counter()
        for number in range(count):
            await sandbox.write({"shop/part1.py": edit(number)})
            await tested(sandbox, *PYTEST, "test_part1.py")
        rates.append(count / (time.perf_counter() - began))
    return rates


async def bare_candidates(copy: Path, python: str, env: dict[str, str], count: int) -> float:
    """The same without any sandbox."""
    began = time.perf_counter()
    for number in range(count):
        (copy / "shop/part1.py").write_bytes(edit(number))
        await bare(copy, [python, *PYTEST, "test_part1.py"], env)
    return count / (time.perf_counter() - began)


async def overhead(
    sandboxes: Provider, tree: Path, copy: Path, python: str, env: dict[str, str], rounds: int
) -> dict[str, float]:
    """The least seconds, and of the processor, that the suite takes bare, inside, and with opening and closing."""
    seconds: dict[str, list[float]] = {name: [] for name in ("bare", "inside", "whole", "bare cpu", "inside cpu")}
    command = ["-c", TIMED, *PYTEST, "test_suite.py"]
    await bare(copy, [python, *command], env)
    for _ in range(rounds):
        said = await clocked(bare(copy, [python, *command], env), seconds["bare"])
        seconds["bare cpu"].append(float(said.split()[-1]))
        began = time.perf_counter()
        async with await sandboxes.open(Source(tree, label="bench")) as sandbox:
            said = await clocked(tested(sandbox, *command), seconds["inside"])
            seconds["inside cpu"].append(float(said.split()[-1]))
        seconds["whole"].append(time.perf_counter() - began)
    return {name: min(values) for name, values in seconds.items()}


async def measure(kind: str, options: Any, folder: Path) -> None:
    """All figures of one kind."""
    root = folder / "project"
    root.mkdir(exist_ok=True)
    settings = load(root).sandbox.model_copy(update={"python": options.python})
    sandboxes = provider(kind, settings, root)
    found = await sandboxes.check()
    print(f"\n{kind}: {found.detail}")
    if not found.ok:
        return
    tree = project(folder / kind / "many", FILES, 1)
    row = await steps(sandboxes, tree, options.rounds)
    print("  " + "   ".join(f"{step} {row[step]:.4f} s" for step in STEPS))
    environment = await prepare(settings, root, None)
    python = str(environment.python)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, environment.paths)), "PYTHONHASHSEED": "0"}
    env["TMPDIR"] = str(folder)
    suite = project(folder / kind / "suite", 60, round(400 * options.seconds))
    copy = Path(shutil.copytree(suite, folder / kind / "copy"))
    alone = await bare_candidates(copy, python, env, options.candidates)
    cold, warm, kept = await candidates(sandboxes, suite, options.candidates)
    print(
        f"  candidates per second: cold {cold:.2f}, warm {warm:.2f} ({warm / cold:.2f}×), all in one {kept:.2f} "
        f"({kept / cold:.2f}×), bare {alone:.2f}"
    )
    took = await overhead(sandboxes, suite, copy, python, env, options.rounds)
    print(
        f"  a test run: bare {took['bare']:.2f} s, inside {took['inside']:.2f} s "
        f"({took['inside'] / took['bare']:.2f}×, processor {took['inside cpu'] / took['bare cpu']:.2f}×), "
        f"with opening and closing {took['whole']:.2f} s ({took['whole'] / took['bare']:.2f}×)   goal <= 1.25×"
    )


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=5.0, help="about how long the test run takes")
    parser.add_argument("--python", default="/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable)
    parser.add_argument("--kind", choices=["none", "bubblewrap", "docker"], action="append")
    options = parser.parse_args()
    # Where there is one, in memory, as the sandboxes' files are: a disk would flatter them.
    tempfile.tempdir = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kind or ("none", "bubblewrap", "docker"):
            await measure(kind, options, Path(name))


if __name__ == "__main__":
    asyncio.run(main())
