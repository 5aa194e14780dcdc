"""How fast events are taken in: read, recorded and grouped, beside reading their JSON alone.

Run by hand: `python tests/bench/imports.py [COUNT]`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.collect.importers import read_items
from agents.inbox import Inbox
from tests.conftest import git


def _events(path: Path, count: int) -> None:
    with path.open("w") as out:
        for number in range(count):
            frames = [
                {"filename": "app/web.py", "module": "app.web", "function": "handle", "lineno": 9, "in_app": True},
                {
                    "filename": "app/pay.py", "module": "app.pay", "function": f"step_{number % 200}", "lineno": 7,
                    "in_app": True, "vars": {"order": {"id": str(number), "lines": ["'a'", "'b'"]}, "total": "100"},
                },
            ]  # fmt: skip
            value = {"type": "KeyError", "value": f"'k{number}'", "stacktrace": {"frames": frames}}
            event = {
                "event_id": uuid.uuid4().hex, "timestamp": 1_780_000_000 + number, "level": "error",
                "platform": "python", "user": {"id": number % 5000}, "exception": {"values": [value]},
            }  # fmt: skip
            out.write(json.dumps(event) + "\n")


async def _import(repo: Path, path: Path) -> None:
    async with await Inbox.open(repo) as inbox:
        await inbox.import_paths([path])


def main() -> None:
    """Print events a second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        git(folder, "init", "-q", "-b", "main")
        git(folder, "commit", "-q", "--allow-empty", "-m", "Start")
        path = folder / "events.jsonl"
        _events(path, count)
        began = time.perf_counter()
        for line in path.open():
            json.loads(line)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        for _ in read_items(path, "sentry"):
            pass
        read = time.perf_counter() - began
        began = time.perf_counter()
        asyncio.run(_import(folder, path))
        whole = time.perf_counter() - began
    print(f"{count} events of 200 kinds")
    print(f"json.loads alone     {count / bare:>9.0f} a second")
    print(f"read and normalised  {count / read:>9.0f} a second   {read / bare:.1f}× the time")
    print(f"stored and grouped   {count / whole:>9.0f} a second   {whole / bare:.1f}× the time")


if __name__ == "__main__":
    main()
