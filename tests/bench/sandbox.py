"""What a sandbox costs beside running bare: `python tests/bench/sandbox.py [--files N] [--rounds N]`.

Prints the median seconds to open (a tree of N small files), run (`true`), run Python, write one file, fork and close
for each kind that works here, and how many times as long as with kind `none` that is.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from agents.config import load
from agents.sandbox import SandboxProvider, Source
from agents.sandbox.choose import provider

T = TypeVar("T")
STEPS = ("open", "run true", "run python", "write", "fork", "close")


async def clocked(what: Awaitable[T], into: list[float]) -> T:
    """Await, noting the seconds."""
    started = time.perf_counter()
    result = await what
    into.append(time.perf_counter() - started)
    return result


async def measure(sandboxes: SandboxProvider, tree: Path, rounds: int) -> dict[str, float]:
    """Median seconds of each step."""
    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    for _ in range(rounds):
        sandbox = await clocked(sandboxes.open(Source(tree, label="bench")), seconds["open"])
        for number in range(5):
            await clocked(sandbox.run(["true"]), seconds["run true"])
            await clocked(sandbox.run([sandbox.python, "-S", "-c", "pass"]), seconds["run python"])
            await clocked(sandbox.write({"candidate.py": f"x = {number}\n".encode()}), seconds["write"])
        fork = await clocked(sandbox.fork(), seconds["fork"])
        await clocked(fork.close(), seconds["close"])
        await clocked(sandbox.close(), seconds["close"])
    return {step: statistics.median(values) for step, values in seconds.items()}


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree, project = Path(folder, "tree"), Path(folder, "project")
        project.mkdir()
        for number in range(options.files):
            path = tree / f"package{number % 20}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"value = {number}\n" * 100)
        settings = load(project).sandbox
        bare: dict[str, float] = {}
        print(f"{options.files} files, median of {options.rounds} rounds, seconds (times none)")
        print(f"{'':12}" + "".join(f"{step:>18}" for step in STEPS))
        for kind in ("none", "bubblewrap", "docker"):
            sandboxes = provider(kind, settings, project)
            found = await sandboxes.check()
            if not found.ok:
                print(f"{kind:12}  {found.detail}")
                continue
            row = await measure(sandboxes, tree, options.rounds)
            bare = bare or row
            print(f"{kind:12}" + "".join(f"{row[s]:>10.4f} ({row[s] / bare[s]:4.1f})" for s in STEPS))


if __name__ == "__main__":
    asyncio.run(main())
