"""The tools: looking, editing and running inside the sandbox, the repository's history, and the product data."""

from __future__ import annotations

import asyncio

from pydantic_ai import Tool

from agents.harness.llm.answers import Place
from agents.harness.llm.desk import Asked, Desk, Refusal, act
from agents.harness.llm.show import occurrence_text
from agents.repository import GitError, Repository
from agents.sandbox import Result, SandboxError
from agents.sandbox.shell import run_line
from agents.text import one_line, visible

_LINES = 400  # of a file, at once
_FILE = 1_000_000  # bytes
_LISTED = 400  # lines of a listing or a search
_COMMITS = 20
_LOOK = 60.0  # seconds for a listing or a search
_LONGEST = 300.0  # seconds for a command


async def read_file(asked: Asked, path: Place, first: int = 1, last: int = 0) -> str:
    """Read lines of a file, each with its number. At most 400 lines at once.

    Args:
        asked: the call.
        path: relative to the repository.
        first: first line, from 1.
        last: last line; 0 for as many as fit.
    """

    async def do() -> tuple[str, bool | None]:
        lines = (await text_of(asked.deps, path)).split("\n")
        asked.deps.opened.add(path)
        start = max(1, first)
        stop = min(len(lines), last or len(lines), start + _LINES - 1)
        shown = "\n".join(f"{number:>5}  {lines[number - 1]}" for number in range(start, stop + 1))
        more = f"\n({len(lines)} lines in all)" if stop < len(lines) or start > 1 else ""
        return f"{shown}{more}", True

    return await act(asked, "read", f"read {path}", do)


async def list_files(asked: Asked, folder: Place = ".") -> str:
    """List the files below a folder.

    Args:
        asked: the call.
        folder: relative to the repository.
    """
    argv = ["find", _inside(folder), "-name", ".git", "-prune", "-o", "-type", "f", "-print"]
    return await act(asked, "read", f"list {folder}", lambda: _look(asked.deps, argv, "There are no files."))


async def grep(asked: Asked, pattern: str, folder: Place = ".") -> str:
    """Search the files below a folder for an extended regular expression.

    Args:
        asked: the call.
        pattern: as for `grep -E`.
        folder: a folder or file, relative to the repository.
    """
    argv = ["grep", "-rnIE", "--exclude-dir=.git", "-e", pattern, "--", _inside(folder)]
    title = f"grep {one_line(pattern, 80)} in {folder}"
    return await act(asked, "read", title, lambda: _look(asked.deps, argv, "Nothing matches."))


async def edit_file(asked: Asked, path: Place, old: str, new: str) -> str:
    """Replace a text that occurs exactly once in a file.

    Args:
        asked: the call.
        path: relative to the repository.
        old: the text as it stands, without line numbers.
        new: the text to put there.
    """

    async def do() -> tuple[str, bool | None]:
        text = await text_of(asked.deps, path)
        count = text.count(old) if old else 0
        if count != 1:
            many = f"occurs {count} times; give more lines around it" if count else "does not occur; read the file"
            raise Refusal(f"Nothing was changed: the text to replace {many}.")
        await _write(asked.deps, path, text.replace(old, new))
        return f"{path} is changed.", True

    return await act(asked, "candidate", f"edit {path}", do)


async def write_file(asked: Asked, path: Place, text: str) -> str:
    """Write a whole file. New files of a change count only when they are written with this.

    Args:
        asked: the call.
        path: relative to the repository.
        text: all of it.
    """

    async def do() -> tuple[str, bool | None]:
        await _write(asked.deps, path, text)
        return f"{path} is written.", True

    return await act(asked, "candidate", f"write {path}", do)


async def run(asked: Asked, command: str, timeout: float = 120.0) -> str:
    """Run a shell line at the top of the repository, without network; `python` and `pytest` are the project's.

    Args:
        asked: the call.
        command: the line.
        timeout: seconds, at most 300.
    """

    async def do() -> tuple[str, bool | None]:
        result = await run_line(asked.deps.sandbox, command, timeout=min(max(1.0, timeout), _LONGEST))
        return _told(result), result.ok

    return await act(asked, "command", one_line(command, 200), do)


async def blame(asked: Asked, path: Place, first: int, last: int) -> str:
    """Who wrote lines of a file, and in which commit, as of the base commit.

    Args:
        asked: the call.
        path: relative to the repository.
        first: first line, from 1.
        last: last line, at most 60 after the first.
    """

    async def do() -> tuple[str, bool | None]:
        brief = asked.deps.brief
        stop = min(max(first, last), first + 60)
        try:
            found = await Repository(brief.repo).blame(brief.base_sha, path, first, stop)
        except (GitError, ValueError, KeyError) as error:
            raise Refusal(one_line(error, 300)) from error
        rows = [f"{b.line:>5}  {b.sha[:9]} {b.at:%Y-%m-%d} {b.author}: {visible(b.summary)}" for b in found]
        return "\n".join(rows), True

    return await act(asked, "read", f"blame {path}:{first}-{last}", do)


async def log(asked: Asked, path: Place = "") -> str:
    """The newest commits, of the whole repository or of those that touch a path.

    Args:
        asked: the call.
        path: relative to the repository; empty: all.
    """

    async def do() -> tuple[str, bool | None]:
        brief = asked.deps.brief
        try:
            found = await Repository(brief.repo).log(brief.base_sha, *([path] if path else []), limit=_COMMITS)
        except (GitError, ValueError) as error:
            raise Refusal(one_line(error, 300)) from error
        rows = [f"{c.sha[:9]} {c.at:%Y-%m-%d} {c.author}: {visible(c.summary)}" for c in found]
        return "\n".join(rows) or "There are no commits.", True

    return await act(asked, "read", f"log {path}".strip(), do)


async def signal(asked: Asked, number: int) -> str:
    """One of the failures that were seen, with its stack, values and request.

    Args:
        asked: the call.
        number: from 1, as the task counts them.
    """

    async def do() -> tuple[str, bool | None]:
        known = asked.deps.brief.occurrences
        if not 1 <= number <= len(known):
            raise Refusal(f"There are {len(known)} failures, counted from 1.")
        return occurrence_text(known[number - 1]), True

    return await act(asked, "read", f"signal {number}", do)


async def query(asked: Asked, sql: str) -> str:
    """Ask the project's product data with one SELECT in SQLite's dialect: 200 rows and 5 seconds at most, read only.

    Tables: signal(id, report_id, at, source, kind, title, body, level, handled, user_key, release, environment,
    entities, payload), one row for each thing observed, entities and payload as JSON; exposure(name, bucket, release,
    count), the traffic in minutes, name being "requests" or "requests:" and a transaction; report(id, title, kind,
    status, priority, signal_count, user_count, first_seen, last_seen). Times are text in UTC.

    Args:
        asked: the call.
        sql: the statement.
    """

    async def do() -> tuple[str, bool | None]:
        product = asked.deps.product
        if product is None:
            raise Refusal("There is no product data here.")
        return await asyncio.to_thread(product.query, sql), True

    return await act(asked, "read", f"query {one_line(sql, 160)}", do)


async def text_of(desk: Desk, path: str) -> str:
    """A file of the sandbox.

    Raises:
        Refusal: it cannot be read as text.
    """
    try:
        return (await desk.sandbox.read(path, limit=_FILE)).decode("utf-8")
    except SandboxError as error:
        raise Refusal(f"{one_line(path, 200)} cannot be read: {one_line(error, 200)}") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{one_line(path, 200)} is not text.") from error


async def _write(desk: Desk, path: str, text: str) -> None:
    try:
        await desk.sandbox.write({path: text.encode("utf-8", "replace")})
    except SandboxError as error:
        raise Refusal(f"{one_line(path, 200)} cannot be written: {one_line(error, 200)}") from error
    desk.written.add(path)


async def _look(desk: Desk, argv: list[str], none: str) -> tuple[str, bool | None]:
    result = await desk.sandbox.run(argv, timeout=_LOOK)
    rows = [row.removeprefix("./") for row in result.stdout.splitlines()]
    if not rows:
        return (result.stderr.strip() or none), result.exit in (0, 1)
    more = f"\n({len(rows)} lines in all; narrow it down)" if len(rows) > _LISTED else ""
    return "\n".join(visible(row[:500]) for row in rows[:_LISTED]) + more, True


def _inside(folder: str) -> str:
    """The folder as an argument that is no option."""
    return folder if folder.startswith(("/", ".")) else f"./{folder}"


def _told(result: Result) -> str:
    how = "timed out" if result.timed_out else f"exit {result.exit}"
    return f"{how}, {result.seconds:.1f} s\n{visible(result.log)}"


# One after the other: an edit and a command of the same answer must not meet.
LOOKING = [Tool(each, sequential=True) for each in (read_file, list_files, grep, run, blame, log, signal, query)]
WORKING = [*LOOKING, *(Tool(each, sequential=True) for each in (edit_file, write_file))]
