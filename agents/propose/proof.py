"""Proof: the regression test fails on the base and passes on the head, both in fresh sandboxes, both logs kept."""

from __future__ import annotations

import re
from pathlib import Path

from agents.harness import Reproduction, Transcript
from agents.models import Json
from agents.sandbox import Result, SandboxProvider, Source

_BROKEN = re.compile(r"(?m)^ERROR |errors? during collection|ImportError while loading|no tests ran|unrecognized arg")


async def prove(
    sandboxes: SandboxProvider, base_tree: Path, head_tree: Path, test: tuple[str, str], found: Reproduction,
    transcript: Transcript,
) -> Json:  # fmt: skip
    """Run the test on both trees.

    Args:
        sandboxes: where.
        base_tree: without the change.
        head_tree: with the change and the test.
        test: the test's path and text.
        found: the reproduction, for its exception and its command, which runs this test instead of its own.
        transcript: told of both runs.

    Returns:
        {test, command, red, green, proved, why_not}
    """
    path, text = test
    if not path or not found.test_command:
        empty = dict.fromkeys(("test", "command", "red", "green"), "")
        return {**empty, "proved": False, "why_not": "there is no regression test"}
    template = [path if part == found.test_path else part for part in found.test_command]
    logs: dict[str, Result] = {}
    for name, tree in (("red", base_tree), ("green", head_tree)):
        await transcript.progress(f"prove {name}")
        async with await sandboxes.open(Source(tree, label=f"prove-{name}")) as sandbox:
            await sandbox.write({path: text.encode()})
            argv = [part.replace("{python}", sandbox.python) for part in template]
            logs[name] = await sandbox.run(argv, timeout=120)
        await transcript.step(
            "proof", f"{path} on the {'base' if name == 'red' else 'head'}", logs[name].log,
            ok=logs[name].ok == (name == "green"), seconds=logs[name].seconds,
        )  # fmt: skip
    why_not = _why_not(logs["red"], logs["green"], found)
    command = " ".join(part.replace("{python}", "python") for part in template)
    return {
        "test": path, "command": command, "red": logs["red"].log, "green": logs["green"].log, "proved": not why_not,
        "why_not": why_not,
    }  # fmt: skip


def _why_not(red: Result, green: Result, found: Reproduction) -> str:
    if red.ok:
        return "the regression test passes without the change"
    if _BROKEN.search(red.log):
        return "the regression test cannot be run on the base"
    if found.exception not in red.log:
        return f"the regression test fails on the base, but not with {found.exception}"
    if not green.ok:
        return "the regression test fails with the change"
    return ""
