"""Whether a run failed as an occurrence did: its tracebacks read, and held against what was captured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.harness import Frame, Occurrence
from agents.harness.search.codemap import CodeMap
from agents.sandbox import Result

_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<name>.+)$')
_ERROR = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
_VARIES = re.compile(r"0x[0-9a-fA-F]+|(?<![\w.])(?:/[\w.@-]+){2,}/?|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d+")
_SECRET = "[scrubbed]"


@dataclass(frozen=True)
class Place:
    """One line of a traceback."""

    path: str
    line: int
    function: str
    text: str


@dataclass(frozen=True)
class Raised:
    """One exception of a run."""

    exception: str  # its bare name
    message: str  # the first line
    places: tuple[Place, ...]


def raised(log: str) -> list[Raised]:
    """The exceptions of a run in Python's own traceback format; causes and members of groups are on their own."""
    return list(_blocks(log.splitlines()))


def _blocks(lines: list[str]) -> Iterator[Raised]:
    places: list[Place] | None = None
    for number, raw in enumerate(lines):
        line = re.sub(r"^[\s|]*\| ", "", raw)
        if "Traceback (most recent call last):" in line:
            places = []
            continue
        if places is None:
            continue
        if found := _FRAME.match(line):
            text = re.sub(r"^[\s|]*\| ", "", lines[number + 1]) if number + 1 < len(lines) else ""
            places.append(Place(found["path"], int(found["line"]), found["name"], text.strip()))
        elif line[:1].strip() and (error := _ERROR.match(line)):
            yield Raised(error["type"].rpartition(".")[2], error["message"] or "", tuple(places))
            places = None


def differs(result: Result, occurrence: Occurrence, code: CodeMap) -> str:
    """How a run differs from the occurrence, as a sentence's end; "" when it is the same failure at the same place."""
    if result.timed_out:
        return "did not end"
    if result.ok:
        return "did not fail"
    crash = [frame for frame in occurrence.frames if frame.path][-1]
    found = raised(result.stdout)
    alike = [one for one in found if one.exception == occurrence.exception]
    if not alike and (missing := re.search(r"No module named '([^']+)'", result.stdout)):
        return f"the sandbox lacks {missing[1]} (install it with [sandbox] setup in loop.toml)"
    if not alike:
        return _otherwise(found)
    there = [one for one in alike if any(_same_place(place, crash, code) for place in one.places)]
    if not there:
        return "failed at another place"
    if not any(_same_message(one.message, occurrence.message) for one in there):
        return f"failed with another message ({there[-1].message[:100]})"
    return ""


def _otherwise(found: list[Raised]) -> str:
    if not found:
        return "failed in another way"
    last = found[-1]
    if last.exception == "FileNotFoundError" and (name := re.search(r"'([^']+)'$", last.message)):
        return f"needs the file {name[1]}, whose content was not captured"
    if last.exception == "KeyError" and any(
        place.function == "__getitem__" and "os" in place.path for place in last.places
    ):
        return f"needs the environment variable {last.message}"
    message = f" ({last.message[:100]})" if last.message else ""
    return f"failed with {last.exception}{message}"


def _same_place(place: Place, crash: Frame, code: CodeMap) -> bool:
    """The same function of the same file, and the same line of it where the base still has that line."""
    path = crash.path or ""
    if not place.path.replace("\\", "/").endswith(path):
        return False
    wanted, line = crash.function.rsplit(".", 1)[-1], crash.context_line.strip()
    if wanted.startswith("<"):  # newer Pythons run a comprehension within its function
        return place.text == line
    if place.function.rsplit(".", 1)[-1] != wanted:
        return False
    function = code.function_at(path, crash.line, crash.function)
    if not line or function is None:
        return True
    rows = code.text(path).split("\n")[function.node.lineno - 1 : function.node.end_lineno]
    return place.text == line or line not in {row.strip() for row in rows}


def _same_message(seen: str, wanted: str) -> bool:
    """Whether two messages say the same, numbers, addresses and paths aside."""
    first = wanted.split("\n", 1)[0].strip()
    parts = [re.escape(_masked(part)) for part in first.split(_SECRET)]
    pattern, said = ".*".join(parts), _masked(seen.strip())
    # A newer Python names the class too: `Cart.add() missing …`; what reports an error may add words of its own.
    more = bool(said) and (_masked(first).endswith(said) or _masked(first).startswith(f"{said} "))
    return more or bool(re.search(rf"(?:^|\b){pattern}$", said, re.DOTALL))


def _masked(text: str) -> str:
    return _VARIES.sub("#", text)
