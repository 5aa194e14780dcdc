"""The project's own CI in the sandbox, on the head; what fails there is tried on the base too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.config import Settings
from agents.harness import Transcript
from agents.propose.detect import detect_commands
from agents.sandbox import Result, SandboxProvider, Source
from agents.sandbox.shell import run_line


@dataclass(frozen=True)
class CheckResult:
    """One check."""

    name: str
    status: str  # passed · failed · skipped · error
    log: str
    seconds: float


async def run_ci(
    settings: Settings, sandboxes: SandboxProvider, base_tree: Path, head_tree: Path, transcript: Transcript
) -> list[CheckResult]:
    """Run the CI command, or the tests where there is none."""
    found = detect_commands(base_tree)
    command = settings.ci.command or settings.tests.command or found["ci"]
    if not command:
        return [CheckResult("tests", "skipped", "This project has no tests and no CI command that is known.", 0.0)]
    name = "ci" if settings.ci.command or command != (settings.tests.command or found["tests"]) else "tests"
    await transcript.progress(f"check {name}")
    result = await _run(sandboxes, head_tree, command)
    status, log = ("passed" if result.ok else "failed"), result.log
    if result.exit == 127:
        status = "error"
    if not result.ok and not (await _run(sandboxes, base_tree, command)).ok:
        log = f"This fails on the base too, so the change did not break it.\n\n{log}"
        name = f"{name} (fails on the base too)"
    await transcript.step("check", f"{name}: {command}", log, ok=result.ok, seconds=result.seconds)
    return [CheckResult(name, status, log, round(result.seconds, 3))]


async def _run(sandboxes: SandboxProvider, tree: Path, command: str) -> Result:
    async with await sandboxes.open(Source(tree, label="check")) as sandbox:
        return await run_line(sandbox, command)
