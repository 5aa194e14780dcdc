"""A failing test as the signal: the search for its fix, run in a sandbox, with nothing of its answer trusted.

Methods: spectrum-based fault localisation (Abreu et al., TAIC PART 2007), a catalogue of edits (`repair.mutate`), and
candidates grouped by what they do on inputs like the tests' own, because tests alone accept wrong patches (Smith et
al., FSE 2015; Xiong et al., ICSE 2018).
"""

from __future__ import annotations

import io
import json
import re
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from agents.harness import Json
from agents.harness.search.repair.mutate import Edit, Mutant
from agents.refusal import Refused
from agents.sandbox import Sandbox

_PACKAGE = Path(__file__).with_name("repair")
_PLACE = ".loop-repair.zip"  # in the sandbox's copy of the tree
_START = f"import sys; sys.path.insert(0, {_PLACE!r}); from loop_repair.inside import main; main()"
_PYTHON = re.compile(r"python[\d.]*$")
_SHOWN = 3
_GRACE = 30.0  # seconds beyond the budget for starting and for the last children
_RUNNERS = {"poetry", "pdm", "uv", "pipenv", "hatch", "rye"}  # `poetry run pytest` is pytest
_BUILDERS = {"make", "tox", "nox", "just", "invoke", "task"}
_OTHERS = {"npm", "npx", "yarn", "pnpm", "node", "go", "cargo", "mvn", "gradle", "ctest", "bundle", "rake"}
_HOW = "Give a line such as `python -m pytest tests/test_cart.py`, `python -m unittest` or `python check.py`."


@dataclass(frozen=True)
class Alternative:
    """A change after which every test passes.

    `text` is the file's new text, `agree` how many candidates do the same on all inputs that were tried.
    """

    path: str
    line: int
    text: str
    template: str
    agree: int


@dataclass(frozen=True)
class Found:
    """What the search found.

    One alternative is a fix; several differ in behaviour, and `decider` is a call on which they do: {"call",
    "gives": [..]}. `refused` says why what was found is not offered.
    """

    failing: tuple[str, ...]
    passing: int
    error: str
    alternatives: tuple[Alternative, ...]
    behaviours: int
    tried: int
    decider: dict[str, Any]
    refused: str = ""


def parsed(command: str) -> tuple[str, list[str], dict[str, str]]:
    """A test command as ("pytest" | "script", arguments, environment).

    Raises:
        Refused: it is none that can be run test by test.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Refused(f"The test command cannot be read ({error}). {_HOW}") from error
    environment: dict[str, str] = {}
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if words[1:2] == ["run"] and words[0] in _RUNNERS:
        words = words[2:]
    if words[:3] == ["coverage", "run", "-m"]:
        words = ["python", *words[2:]]
    if words and PurePosixPath(words[0]).name in ("pytest", "py.test"):
        return "pytest", _plain(words[1:]), environment
    if words and _PYTHON.match(PurePosixPath(words[0]).name):
        rest = words[1:]
        if rest[:2] == ["-m", "pytest"]:
            return "pytest", _plain(rest[2:]), environment
        if rest[:2] == ["-m", "unittest"]:
            return "pytest", _of_unittest(rest[2:]), environment
        if rest and rest[0].endswith(".py"):
            return "script", rest, environment
    if words and words[0] in _BUILDERS:
        raise Refused(f"{words[0]} runs further commands; the one among them that runs the tests is needed. {_HOW}")
    if words and words[0] in _OTHERS:
        raise Refused(f"The search mends Python code by its Python tests, which {words[0]} does not run. {_HOW}")
    raise Refused(f"{command!r} is not read test by test. {_HOW}")


def _plain(words: list[str]) -> list[str]:
    """Without what would stop early or spread the tests over processes."""
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-n", "--maxfail", "--numprocesses"):
            skip = True
        elif word not in ("-x", "--exitfirst", "--lf", "--ff") and not re.match(
            r"-n\w+$|--maxfail=|--numprocesses=", word
        ):
            kept.append(word)
    return kept


def _of_unittest(words: list[str]) -> list[str]:
    """Pytest's arguments for those of unittest: modules become files, discovery its folder and pattern."""
    places, pattern, words = [], "test*.py", [w for w in words if w not in ("-v", "-q", "-f", "-b", "discover")]
    while words:
        word = words.pop(0)
        if word in ("-p", "--pattern") and words:
            pattern = words.pop(0)
        elif word in ("-s", "--start-directory", "-t") and words:
            places.append(words.pop(0))
        elif word.endswith(".py") or "/" in word:
            places.append(word)
        else:
            parts = word.split(".")
            classes = next((i for i, part in enumerate(parts) if part[:1].isupper()), len(parts))
            places.append("::".join(["/".join(parts[:classes]) + ".py", *parts[classes:]]))
    return ["-o", f"python_files={pattern}", *places]


def archive() -> bytes:
    """The part of the search that runs in the sandbox, as a zip that Python imports from."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for path in sorted(_PACKAGE.rglob("*.py")):
            made.writestr(f"loop_repair/{path.relative_to(_PACKAGE).as_posix()}", path.read_bytes())
    return held.getvalue()


async def search(sandbox: Sandbox, tree: Path, command: str, budget: float) -> Found:
    """Look for the change after which a test command passes.

    Args:
        sandbox: holds a copy of `tree`.
        tree: the code, on the host; read, never run here.
        command: the test command.
        budget: seconds.

    Raises:
        Refused: the command cannot be read, or its tests cannot be run; the message names the next step.
        SandboxError: the sandbox is gone.
    """
    return _found(await asked(sandbox, command, {"budget": budget}), tree)


async def asked(sandbox: Sandbox, command: str, request: Json) -> Json:
    """What the part in the sandbox answers: data that the tests may have written.

    Args:
        sandbox: holds a copy of the tree.
        command: the test command.
        request: see `repair.inside.main`; the command's part is added.

    Raises:
        Refused: the command cannot be read, or its tests cannot be run; the message names the next step.
        SandboxError: the sandbox is gone.
    """
    kind, args, environment = parsed(command)
    await sandbox.write({_PLACE: archive()})
    result = await sandbox.run(
        [sandbox.python, "-c", _START], timeout=request["budget"] + _GRACE, env=environment or None,
        stdin=json.dumps({**request, "kind": kind, "args": args}).encode(),
    )  # fmt: skip
    told = _told(result.stdout)
    if told is None:
        raise Refused(f"The tests could not be run: {_last(result.log)} Run the command by hand first: {command}")
    if told.get("problem"):
        raise Refused(f"{_last(str(told['problem']))} Run the command by hand first: {command}")
    return told


def _told(stdout: str) -> dict[str, Any] | None:
    for line in reversed(stdout.splitlines()):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        return value if isinstance(value, dict) else None
    return None


def _last(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    text = lines[-1][:300] if lines else "nothing was said"
    return text if text.endswith(".") else f"{text}."


def _found(told: dict[str, Any], tree: Path) -> Found:
    """The answer, read as data: edits count only inside Python files of the tree, and only where they still parse."""
    try:
        groups = [_alternative(group, tree) for group in told["groups"]]
        silencing = bool(groups) and all(group["silencing"] for group in told["groups"])
        return Found(
            tuple(map(str, told["failing"])), int(told["passing"]), str(told["error"]),
            () if silencing else tuple(g for g in groups[:_SHOWN] if g is not None), int(told.get("behaviours", 0)),
            int(told["tried"]), _decider(told.get("decider") or {}),
            "what makes the tests pass only leaves out what the code does" if silencing else "",
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, SyntaxError) as error:
        raise Refused(f"The search's answer cannot be read ({error}); the tests may write to its output.") from error


def _decider(told: dict[str, Any]) -> dict[str, Any]:
    return {"call": str(told["call"]), "gives": [str(given) for given in told["gives"]]} if told else {}


def _alternative(group: dict[str, Any], tree: Path) -> Alternative | None:
    path = str(group["path"])
    file = tree / path
    if ".." in PurePosixPath(path).parts or not path.endswith(".py") or file.is_symlink() or not file.is_file():
        return None
    edits = tuple(Edit(int(start), int(end), str(text)) for start, end, text in group["edits"])
    text = Mutant(edits, 0, "", 0.0).applied(file.read_bytes().decode("utf-8"))
    compile(text, path, "exec", dont_inherit=True, flags=0x400)  # PyCF_ONLY_AST: parsed, never run
    return Alternative(path, int(group["line"]), text, str(group["template"]), int(group["agree"]))
