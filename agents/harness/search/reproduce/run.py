"""Running rebuilt calls in the sandbox until the same exception at the same place is seen."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import PurePosixPath

from agents.harness import Brief, Occurrence, Reproduction
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.calls import Call, calls
from agents.sandbox import Result, Sandbox, Source

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_ERROR = re.compile(r"^(?:E\s+)?(?:[\w.]*\.)?([A-Za-z_]\w*)(?::|$)", re.MULTILINE)
_CASES = 5  # distinct inputs kept
_TRIED = 12  # occurrences


async def reproduce(brief: Brief, code: CodeMap) -> Reproduction:
    """Find calls that fail at the base as they failed in production, and the test that makes them."""
    if not brief.occurrences:
        return Reproduction(confirmed=False, why_not="No stack trace was captured, so there is no call to rebuild.")
    reasons: list[str] = []
    confirmed: list[tuple[Call, str]] = []
    seen: set[str] = set()
    async with await brief.sandboxes.open(Source(brief.tree, label=f"report-{brief.report_id}-reproduce")) as sandbox:
        for occurrence in brief.occurrences[:_TRIED]:
            found, why = calls(code, occurrence)
            reasons += [reason for reason in why if reason not in reasons]
            for call in found:
                if call.text in seen:
                    break
                seen.add(call.text)
                ok, log = await _try(brief, code, sandbox, occurrence, call)
                if ok:
                    confirmed.append((call, log))
                    break
                if log not in reasons:
                    reasons.append(log)
            if len({call.function.name for call, _ in confirmed}) and len(confirmed) >= _CASES:
                break
    crash = _crash(brief.occurrences[0])
    if not confirmed:
        why_not = "; ".join(reasons[:4]) or "no frame of the stack is in this repository"
        exception = brief.occurrences[0].exception
        return replace(crash, exception=exception, why_not=why_not)
    # One function's cases make one test; the innermost function was tried first.
    function = confirmed[0][0].function
    cases = [call for call, _ in confirmed if call.function == function]
    path, source = regression_test(brief, code, cases)
    return replace(
        crash, confirmed=True, test_path=path, test_source=source, test_command=command(code, path),
        call=cases[0].label, exception=brief.occurrences[0].exception, log=confirmed[0][1],
    )  # fmt: skip


def _crash(occurrence: Occurrence) -> Reproduction:
    own = [frame for frame in occurrence.frames if frame.path]
    if not own:
        return Reproduction(confirmed=False)
    crash = own[-1]
    return Reproduction(confirmed=False, file=crash.path or "", function=crash.function, line=crash.line)


def command(code: CodeMap, path: str) -> list[str]:
    """How one test file is run, with `{python}` for the sandbox's interpreter."""
    run = ["{python}", "-m", "pytest", "-q", "--tb=native", "-p", "no:cacheprovider", path]
    return ["env", f"PYTHONPATH={code.source_root}", *run] if code.source_root else run


def argv(template: list[str], sandbox: Sandbox) -> list[str]:
    """The command with the sandbox's interpreter in it."""
    return [part.replace("{python}", sandbox.python) for part in template]


async def _try(brief: Brief, code: CodeMap, sandbox: Sandbox, occurrence: Occurrence, call: Call) -> tuple[bool, str]:
    """Whether a call fails as the occurrence did, with the log, or the reason why not."""
    path, source = regression_test(brief, code, [call])
    await sandbox.write({path: source.encode()})
    began = time.perf_counter()
    result = await sandbox.run(argv(command(code, path), sandbox), timeout=60)
    await sandbox.write({path: None})
    why = _differs(result, occurrence)
    await brief.transcript.step(
        "command", f"reproduce: {call.label}", result.log, ok=not why, seconds=time.perf_counter() - began
    )
    return (True, result.log) if not why else (False, f"{call.function.name}() was called again and {why}")


def _differs(result: Result, occurrence: Occurrence) -> str:
    """How the run differs from the occurrence; "" when it is the same failure at the same place."""
    if result.timed_out:
        return "did not end"
    if result.ok:
        return "did not fail"
    frames = _FRAME.findall(result.stdout)
    own = [frame for frame in occurrence.frames if frame.path]
    crash = own[-1]
    wanted = crash.function.rsplit(".", 1)[-1]
    if "ModuleNotFoundError" in result.stdout and "ERROR" in result.stdout:
        missing = re.search(r"No module named '([^']+)'", result.stdout)
        name = missing[1] if missing else "a module"
        return f"the sandbox lacks {name} (install it with [sandbox] setup in loop.toml)"
    at_place = any(
        PurePosixPath(file).as_posix().endswith(crash.path or "?") and function == wanted
        for file, _, function in frames
    )
    # The native traceback's last line names the exception; chained ones come before it.
    names = _ERROR.findall("\n".join(line for line in result.stdout.splitlines() if not line.startswith(" ")))
    if occurrence.exception not in names:
        return "failed in another way"
    return "" if at_place else "failed at another place"


def _case_name(count: int) -> str:
    return "" if count == 1 else f"_{count}"


def regression_test(brief: Brief, code: CodeMap, cases: list[Call]) -> tuple[str, str]:
    """The test file's path and text: each rebuilt call on its own."""
    function = cases[0].function
    imports = sorted(
        {line for call in cases for line in call.imports}, key=lambda line: (line.startswith("from"), line)
    )
    occurrence = brief.occurrences[0]
    name = re.sub(r"\W", "_", function.name).strip("_").lower() or "call"
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", occurrence.exception).lower()
    kind = re.sub(r"\W", "_", kind)
    body = []
    for count, call in enumerate(cases, 1):
        body += ["", "", f"def test_{name}_{kind}{_case_name(count)}():", f"    {call.text}"]
    head = [f'"""{function.name}() failed in production with {occurrence.exception} on these inputs."""', "", *imports]
    folder = f"{code.test_folder}/" if code.test_folder else ""
    return f"{folder}test_{name}_{kind}_{brief.report_id}.py", "\n".join([*head, *body]) + "\n"
