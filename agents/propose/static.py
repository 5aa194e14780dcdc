"""What static analysis says of the head and did not say of the base: ruff here, mypy in the sandbox.

Ruff reads one file at a time with none of the repository's configuration. Its S rules are bandit's (PyCQA/bandit), so
that bandit itself is not needed. Mypy's configuration may name plugins, which are code: it runs in the sandbox alone.
"""

from __future__ import annotations

import asyncio
import configparser
import json
import re
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from unidiff.patch import PatchedFile, PatchSet

from agents.harness import Remark, Transcript
from agents.harness.search.codemap import is_test
from agents.models import Severity
from agents.sandbox import Sandbox, SandboxProvider, Source

# Asserts, subprocesses as such and swallowed errors are left out: the first two say nothing, review has the third.
_RULES = ("E9,F,B,S,BLE", "S101,S110,S112,S404,S603,S607")
_BROKEN = ("invalid-syntax", "E9", "F5", "F6", "F7", "F82")  # it does not compile, or cannot run as it stands
_RULES_OF_TESTS = ("E9,F", "")
_MYPY = (
    "--no-error-summary", "--no-color-output", "--show-error-codes", "--hide-error-context", "--no-pretty",
    "--cache-dir=.loop-mypy",
)  # fmt: skip
_MESSAGE = re.compile(
    r"^(?P<path>[^:\n]+\.pyi?):(?P<line>\d+)(?::\d+)?: error: (?P<text>.*?)(?:  \[(?P<rule>[\w-]+)\])?$"
)
_SECONDS = 120.0  # for one run of mypy
_SHOWN = 20


@dataclass(frozen=True)
class Said:
    """One finding of a tool."""

    path: str
    line: int
    rule: str
    text: str

    @property
    def kind(self) -> tuple[str, str, str]:
        """What it is, wherever in the file: lines that its text names may have moved."""
        return self.path, self.rule, re.sub(r"\bline \d+", "line", self.text)


def brought(base: list[Said], head: list[Said], diff: str) -> list[Said]:
    """The findings of the head that the base has not.

    One of the base is the same when it is of the same kind and stands on the line that this line was before; what is
    left over is the same when it is of the same kind and the line was changed.
    """
    files = {file.path: file for file in PatchSet(diff)}
    known: Counter[tuple[tuple[str, str, str], int | None]] = Counter((said.kind, said.line) for said in base)
    rest: list[Said] = []
    for said in head:
        was = (said.kind, origin(files.get(said.path), said.line))
        if known[was]:
            known[was] -= 1
        else:
            rest.append(said)
    left = Counter(kind for kind, _ in known.elements())
    new = []
    for said in rest:
        if left[said.kind]:
            left[said.kind] -= 1
        else:
            new.append(said)
    return new


def origin(file: PatchedFile | None, line: int) -> int | None:
    """The line of the old text that a line of the new one was; None for one that is new."""
    moved = 0
    for hunk in file or ():
        if line < hunk.target_start:
            break
        if line < hunk.target_start + hunk.target_length:
            return next((each.source_line_no for each in hunk if each.target_line_no == line), None)
        moved = hunk.source_start + hunk.source_length - hunk.target_start - hunk.target_length
    return line + moved


async def static(
    sandboxes: SandboxProvider, base_tree: Path, head_tree: Path, files: dict[str, str | None], diff: str,
    transcript: Transcript,
) -> list[Remark]:  # fmt: skip
    """Remarks on what the change brought.

    Args:
        sandboxes: where mypy runs.
        base_tree: without the change.
        head_tree: with it.
        files: what the change writes; None: a file it removes.
        diff: from base to head.
        transcript: told of mypy.
    """
    python = [path for path, text in files.items() if path.endswith(".py") and text is not None]
    if not python:
        return []
    await transcript.progress("static analysis")
    head, base = [[said for path in python for said in await _ruff(tree, path)] for tree in (head_tree, base_tree)]
    remarks = [
        Remark(
            Severity.MUST_FIX if said.rule.startswith(_BROKEN) else Severity.SHOULD_FIX,
            f"{said.rule}: {said.text}", said.path, said.line, "ruff",
        )
        for said in brought(base, head, diff)
    ]  # fmt: skip
    remarks += await _mypy(sandboxes, base_tree, files, diff, transcript)
    return sorted(remarks, key=lambda remark: list(Severity).index(remark.severity))[:_SHOWN]


async def _ruff(tree: Path, path: str) -> list[Said]:
    file = tree / path
    if not file.is_file():
        return []
    select, ignore = _RULES_OF_TESTS if is_test(path) else _RULES
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", select, "--ignore", ignore,
        "--output-format", "json", "--stdin-filename", "file.py", "-", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await process.communicate(await asyncio.to_thread(file.read_bytes))
    try:
        found = json.loads(out or b"[]")
    except ValueError:
        return []
    return [Said(path, int(f["location"]["row"]), str(f["code"]), str(f["message"])) for f in found]


def configured(tree: Path) -> bool | None:
    """Whether a project sets mypy up: True with the files to check, False without these, None not at all."""
    wanted = ("files", "packages", "modules")
    for name, section in (("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("setup.cfg", "mypy")):
        ini = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            ini.read_string((tree / name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        if ini.has_section(section):
            return any(ini.has_option(section, key) for key in wanted)
    try:
        tool = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8")).get("tool", {}).get("mypy")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError):
        return None
    return any(key in tool for key in wanted) if isinstance(tool, dict) else None


async def _mypy(
    sandboxes: SandboxProvider, base_tree: Path, files: dict[str, str | None], diff: str, transcript: Transcript
) -> list[Remark]:
    """New type errors in any file, for a change may break its callers, where mypy is in the project's environment."""
    whole = configured(base_tree)
    product = [path for path in files if path.endswith(".py") and not is_test(path)]
    if not product:
        return []
    async with await sandboxes.open(Source(base_tree, label="mypy")) as sandbox:
        there = await sandbox.run([sandbox.python, "-c", "import mypy"], timeout=30)
        if not there.ok:
            if whole is not None:
                why = "The project sets up mypy, but it is not in the sandbox: install it with [sandbox] setup."
                await transcript.step("review", "mypy was not run", why)
            return []
        base = await _checked(sandbox, None if whole else [p for p in product if (base_tree / p).is_file()])
        await sandbox.write({path: None if text is None else text.encode() for path, text in files.items()})
        head = await _checked(sandbox, None if whole else [p for p in product if files[p] is not None])
    if base is None or head is None:
        await transcript.step("review", "mypy was not run", "It failed or did not end in time.", ok=False)
        return []
    new = [said for said in brought(base, head, diff) if not is_test(said.path)]
    title = f"mypy: {len(new)} of {len(head)} errors are new"
    await transcript.step("review", title, "\n".join(f"{s.path}:{s.line} {s.text}" for s in new), ok=not new)
    severity = Severity.CONSIDER if whole is None else Severity.SHOULD_FIX
    return [Remark(severity, f"{said.rule}: {said.text}", said.path, said.line, "mypy") for said in new]


async def _checked(sandbox: Sandbox, targets: list[str] | None) -> list[Said] | None:
    """Mypy's errors in these files (None: in those that the configuration names); None where it could not be run."""
    if targets == []:
        return []
    result = await sandbox.run([sandbox.python, "-m", "mypy", *_MYPY, "--", *(targets or [])], timeout=_SECONDS)
    if result.exit not in (0, 1):
        return None
    found = [match for line in result.stdout.splitlines() if (match := _MESSAGE.match(line))]
    return [Said(m["path"], int(m["line"]), m["rule"] or "mypy", m["text"]) for m in found]
