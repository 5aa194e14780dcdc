"""The project's own checks in the sandbox, on the head; what fails there is tried again, and on the base too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.config import Settings
from agents.harness import Transcript
from agents.propose.detect import Found, detect_commands
from agents.propose.targets import targets
from agents.propose.workflows import jobs
from agents.sandbox import Result, SandboxProvider, Source
from agents.sandbox.shell import run_line

_MOST = 8  # checks of one change
_BEFORE = "(fails on the base too)"
_MISSING = (126, 127)  # exit codes of a command that is not there


@dataclass(frozen=True)
class CheckResult:
    """One check."""

    name: str
    status: str  # passed · failed · skipped · error
    log: str
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether it fails because of the change."""
        return self.status == "failed" and not self.name.endswith(_BEFORE)


def checks_of(settings: Settings, tree: Path) -> list[Found]:
    """What is run on a change: the command of `loop.toml`; else what the project has, its tests among it.

    Of a script, workflows, and the tools' own checks the first that there are.
    """
    if settings.ci.command:
        return [Found("ci", settings.ci.command)]
    has = detect_commands(tree)
    tests = settings.tests.command or has["tests"]
    if has["ci"]:
        return [Found("ci", has["ci"])]
    found = jobs(tree)
    if not any(check.command for check in found):
        found += targets(tree)
    if tests and not any("test" in check.command for check in found):
        found.append(Found("tests", tests))
    return found[:_MOST]


async def run_ci(
    settings: Settings, sandboxes: SandboxProvider, base_tree: Path, head_tree: Path, transcript: Transcript
) -> list[CheckResult]:
    """Run them. They are read from the base: a change does not choose what checks it."""
    found = checks_of(settings, base_tree)
    if not found:
        return [CheckResult("tests", "skipped", "This project has no tests and no CI command that is known.", 0.0)]
    named = bool(settings.ci.command)
    results = []
    for check in found:
        if check.why_not:
            results.append(CheckResult(check.name, "skipped", check.why_not, 0.0))
            continue
        await transcript.progress(f"check {check.name}")
        result = await _check(sandboxes, base_tree, head_tree, check, named=named)
        ok = None if result.status == "skipped" else result.status == "passed"
        await transcript.step(
            "check", f"{result.name}: {_first(check.command)}", result.log, ok=ok, seconds=result.seconds
        )
        results.append(result)
    return results


async def _check(
    sandboxes: SandboxProvider, base_tree: Path, head_tree: Path, check: Found, *, named: bool
) -> CheckResult:
    """One check; `named`: a person named the command, so that a missing one is their mistake."""
    result = await _run(sandboxes, head_tree, check.command)
    seconds = round(result.seconds, 3)
    if result.ok:
        return CheckResult(check.name, "passed", result.log, seconds)
    if result.exit in _MISSING:
        why = "A command of it is not in the sandbox: install it there with [sandbox] setup in loop.toml."
        return CheckResult(check.name, "error" if named else "skipped", f"{why}\n\n{result.log}", seconds)
    if not (await _run(sandboxes, base_tree, check.command)).ok:
        log = f"This fails on the base too, so the change did not break it.\n\n{result.log}"
        return CheckResult(f"{check.name} {_BEFORE}", "failed", log, seconds)
    if (await _run(sandboxes, head_tree, check.command)).ok:
        log = f"This failed once and passed when it was run again on the same files.\n\n{result.log}"
        return CheckResult(f"{check.name} (flaky)", "passed", log, seconds)
    return CheckResult(check.name, "failed", result.log, seconds)


def _first(command: str) -> str:
    """The command in one line, for people."""
    lines = [line for line in command.splitlines() if line not in ("set -e", "(", ")")]
    return lines[0] + (" …" if len(lines) > 1 else "") if lines else command


async def _run(sandboxes: SandboxProvider, tree: Path, command: str) -> Result:
    async with await sandboxes.open(Source(tree, label="check")) as sandbox:
        return await run_line(sandbox, command)
