"""Triage as commands: each on one report or on several at once, which is then one undo."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agents.text import one_line
from loop_tui.commands.shared import JsonOption, RepoOption, echo, print_json, with_inbox

Ids = Annotated[list[int], typer.Argument(help="The reports' numbers.", metavar="ID…")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (
        decline, suppress, unsuppress, snooze, claim, release, retry, stop, priority, note, join, split, undo, redo,
        history,
    ):  # fmt: skip
        app.command()(command)


def _do(repo: Any, verb: str, *args: Any, **named: Any) -> None:
    async def act(inbox: Any) -> str:
        return str(await getattr(inbox, verb)(*args, **named))

    echo(with_inbox(repo, act))


def _each(repo: Any, as_json: bool, verb: str, ids: list[int], *args: Any) -> None:
    """Do it on every report as one batch; those that cannot take part are told on stderr and make the exit code 1."""

    async def act(inbox: Any) -> list[tuple[int, bool, str]]:
        return list(await inbox.bulk(verb, ids, *args))

    told = with_inbox(repo, act)
    if as_json:
        print_json([{"id": report, "done": done, "sentence": sentence} for report, done, sentence in told])
    for _, done, sentence in told:
        if not done:
            echo(f"loop: {sentence}", err=True)
        elif not as_json:
            echo(sentence)
    if not all(done for _, done, _ in told):
        raise typer.Exit(1)


def decline(
    ids: Ids,
    reason: Annotated[
        str,
        typer.Option(help="already-fixed, not-reproducible, wrong-analysis; wont-fix, intended, not-now; or words."),
    ],
    note: Annotated[str, typer.Option(help="What the next run should know.")] = "",
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline reports; new evidence re-opens one declined as already-fixed, not-reproducible or wrong-analysis."""
    _each(repo, as_json, "decline", ids, reason, note)


def suppress(
    ids: Ids,
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decline reports for good: their further signals are only counted."""
    _each(repo, as_json, "suppress", ids, why)


def unsuppress(ids: Ids, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Take the signals of suppressed reports in again; `loop reports --section suppressed` lists them."""
    _each(repo, as_json, "unsuppress", ids)


def snooze(
    ids: Ids,
    until: Annotated[
        str,
        typer.Option(
            help="1h, 2d, tomorrow, friday, a time, users>50, signals>100, signals+10, release>1.4.2 or release:next; "
            "empty: wake it."
        ),
    ],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide reports until a time or a condition."""
    _each(repo, as_json, "snooze", ids, until)


def claim(ids: Ids, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Mark reports as yours."""
    _each(repo, as_json, "claim", ids)


def release(ids: Ids, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Take the mark off claimed reports."""
    _each(repo, as_json, "release", ids)


def retry(ids: Ids, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Start the work on reports again."""
    _each(repo, as_json, "retry", ids)


def stop(ids: Ids, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Stop the work that runs on reports."""
    _each(repo, as_json, "stop", ids)


def priority(
    ids: Ids,
    level: Annotated[int, typer.Argument(min=0, max=4, help="0, most urgent, to 4.")],
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Raise or lower the priority of reports."""
    _each(repo, as_json, "priority", ids, level, why)


def note(
    ids: Ids,
    message: Annotated[str, typer.Option("-m", "--message", help="What the next run should know.")],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what later work on reports, and on those like them, should know."""
    _each(repo, as_json, "note", ids, message)


def join(
    ids: Ids,
    into: Annotated[int, typer.Argument(help="The report that takes the signals.")],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the signals of reports into another report."""
    _each(repo, as_json, "join", ids, into)


def split(
    report_id: Annotated[int, typer.Argument(help="The report's number.", metavar="ID")],
    signals: Annotated[list[int], typer.Argument(help="The signals to take out.")],
    repo: RepoOption = None,
) -> None:
    """Take signals out of a report into a new one."""
    _do(repo, "split", report_id, signals)


def undo(
    entry: Annotated[int | None, typer.Argument(help="An entry of `loop history`; none: the newest.")] = None,
    repo: RepoOption = None,
) -> None:
    """Take back your newest triage action with all of its batch, or one entry of the history alone."""
    _do(repo, "undo", entry)


def redo(repo: RepoOption = None) -> None:
    """Put back what you took back last."""
    _do(repo, "redo")


def history(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    everyone: Annotated[bool, typer.Option("--everyone", help="What others decided too.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what you decided, newest first, and what of it can be taken back."""

    async def act(inbox: Any) -> list[dict[str, Any]]:
        return list(await inbox.history(limit, everyone))

    entries = with_inbox(repo, act)
    if as_json:
        print_json(entries)
        return
    if not entries:
        echo("Nothing has been decided yet.")
    for entry in entries:
        mark = "undone" if entry["undone"] else "undo" if entry["can_undo"] else ""
        about = f"{entry['report_id']}  {one_line(entry['title'], 50)}" if entry["report_id"] else ""
        who = one_line(entry["who"], 20)
        echo(f"{entry['id']:>6}  {entry['at'][:16]}  {who}  {one_line(entry['action'], 40):<16} {mark:<7} {about}")
