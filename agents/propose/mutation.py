"""Small faults put into the changed lines: those that no test notices are told, with the line and the edit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from agents.harness import Remark, Reproduction, Transcript
from agents.harness.search.codemap import is_test
from agents.harness.search.failing import asked
from agents.models import Json, Severity
from agents.propose.coverage import statements
from agents.propose.detect import detect_commands
from agents.refusal import Refused
from agents.sandbox import SandboxProvider, Source
from agents.text import one_line

_SHOWN = 10  # remarks
_ALONE = "python -m pytest"


@dataclass(frozen=True)
class Faults:
    """What became of the faults.

    `tried` is how many were put in, `noticed` how many some test failed on, `left` for how many there was no time.
    `why_not` is a sentence when nothing could be tried.
    """

    remarks: tuple[Remark, ...] = ()
    tried: int = 0
    noticed: int = 0
    left: int = 0
    seconds: float = 0.0
    why_not: str = ""

    def as_json(self) -> Json:
        """The numbers, for the change's notes."""
        return {"tried": self.tried, "noticed": self.noticed, "left": self.left, "why_not": self.why_not}


async def unnoticed(
    sandboxes: SandboxProvider, head_tree: Path, changed: dict[str, tuple[int, ...]], found: Reproduction,
    command: str, budget: float, transcript: Transcript,
) -> Faults:  # fmt: skip
    """Try faults on the changed lines of the product.

    Args:
        sandboxes: where.
        head_tree: with the change and its test.
        changed: path → changed lines of the head.
        found: the reproduction, for its test and how that is run.
        command: the project's tests; empty: what the tree shows.
        budget: seconds; 0 tries none.
        transcript: told of the result.
    """
    lines = {path: sorted(at) for path, at in changed.items() if path.endswith(".py") and not is_test(path)}
    lines = {path: at for path, at in lines.items() if _code(head_tree / path, at)}
    if not lines or budget <= 0:
        return Faults()
    await transcript.progress("faults in the changed lines")
    began = time.monotonic()
    request: Json = {"budget": budget, "lines": lines, "paths": _paths(found)}
    if found.test_path and (head_tree / found.test_path).is_file():
        request["first"] = found.test_path
    commands = [command or detect_commands(head_tree)["tests"]]
    commands += [f"{_ALONE} {request['first']}"] if "first" in request else []
    why_not = ""
    async with await sandboxes.open(Source(head_tree, label="faults")) as sandbox:
        for line in filter(None, commands):
            try:
                told = await asked(sandbox, line, request)
                faults = _read(told, lines, time.monotonic() - began)
            except Refused as error:
                why_not = why_not or str(error)
                continue
            title = f"{faults.noticed} of {faults.tried} small faults in the changed lines are noticed by the tests"
            said = "\n".join(f"{r.path}:{r.line} {r.text}" for r in faults.remarks)
            await transcript.step("review", title, said, ok=not faults.remarks, seconds=faults.seconds)
            return faults
    return Faults(why_not=why_not or "no test command is known", seconds=time.monotonic() - began)


def _code(file: Path, lines: list[int]) -> bool:
    return file.is_file() and bool(statements(file.read_text(encoding="utf-8", errors="replace"), tuple(lines)))


def _paths(found: Reproduction) -> list[str]:
    """Folders of code that the reproduction's command names."""
    return [part.removeprefix("PYTHONPATH=") for part in found.test_command if part.startswith("PYTHONPATH=")]


def _read(told: Json, lines: dict[str, list[int]], seconds: float) -> Faults:
    """The answer, read as data: only what is said of the lines that were asked about counts."""
    try:
        remarks: dict[tuple[str, int, Severity], Remark] = {}  # one of each kind on a line
        for survivor in sorted(told["survivors"], key=lambda each: (not each["coarse"], each["path"], each["line"])):
            place = str(survivor["path"]), int(survivor["line"])
            severity = Severity.SHOULD_FIX if survivor["coarse"] else Severity.CONSIDER
            if place[1] in lines.get(place[0], ()) and (*place, severity) not in remarks:
                remarks[*place, severity] = Remark(severity, _sentence(survivor), *place, "faults")
        return Faults(
            tuple(remarks.values())[:_SHOWN],
            int(told["tried"]),
            int(told["noticed"]),
            int(told["left"]),
            round(seconds, 2),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(
            f"The answer about faults cannot be read ({error}); the tests may write to its output."
        ) from error


def _sentence(survivor: Json) -> str:
    old, new = (one_line(survivor[name], 80) for name in ("old", "new"))
    if not new or new == "pass":
        return f"The tests still pass without `{old}`."
    return f"The tests still pass when `{old}` becomes `{new}` here."
