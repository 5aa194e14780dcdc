"""Deciding: every key of the inbox as a command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agents.text import one_line
from loop_tui.commands.look import ReportId
from loop_tui.commands.shared import JsonOption, RepoOption, print_json, with_inbox


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (
        merge, decline, answer, request_changes, snooze, claim, release, retry, stop, priority, join, split, undo, redo,
    ):  # fmt: skip
        app.command()(command)


def _do(repo: Any, verb: str, *args: Any, **named: Any) -> None:
    async def act(inbox: Any) -> str:
        return str(await getattr(inbox, verb)(*args, **named))

    typer.echo(with_inbox(repo, act))


def merge(
    report_id: ReportId,
    head: Annotated[str, typer.Option(help="Refuse unless the change is at this commit.")] = "",
    method: Annotated[str, typer.Option(help="merge, squash or rebase.")] = "merge",
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be merged and what is missing.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge a report's change into its base branch."""
    if not plan:
        _do(repo, "merge", report_id, head, method)
        return

    async def act(inbox: Any) -> dict[str, Any]:
        return dict(await inbox.merge_plan(report_id))

    found = with_inbox(repo, act)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found['branch']} at {found['head'][:9]} into {found['base']} at {found['base_sha'][:9]}")
    for word, lines in (("missing", found["missing"]), ("note", found["cannot_undo"])):
        for line in lines:
            typer.echo(f"  {word}: {one_line(line)}")


def decline(
    report_id: ReportId,
    reason: Annotated[
        str,
        typer.Option(help="already-fixed, not-reproducible, wrong-analysis; wont-fix, intended, not-now; or words."),
    ],
    note: Annotated[str, typer.Option(help="What the next run should know.")] = "",
    repo: RepoOption = None,
) -> None:
    """Decline a report."""
    _do(repo, "decline", report_id, reason, note)


def answer(
    report_id: ReportId,
    text: Annotated[str, typer.Argument(help="The answer in words.")] = "",
    choice: Annotated[int | None, typer.Option(help="The choice's number, from 1.")] = None,
    repo: RepoOption = None,
) -> None:
    """Answer a report's question; the work starts."""
    _do(repo, "answer", report_id, text, choice)


def request_changes(
    report_id: ReportId,
    message: Annotated[str, typer.Option("-m", "--message", help="What should change.")],
    at: Annotated[str, typer.Option(help="FILE:LINE or FILE:FIRST-LAST it is about.")] = "",
    repo: RepoOption = None,
) -> None:
    """Ask for changes; the work starts again on the same branch."""
    _do(repo, "request_changes", report_id, message, at)


def snooze(
    report_id: ReportId,
    until: Annotated[str, typer.Option(help="1h, 2d, tomorrow, a time, users>50 or signals>100; empty: wake it.")],
    repo: RepoOption = None,
) -> None:
    """Hide a report until a time or a condition."""
    _do(repo, "snooze", report_id, until)


def claim(report_id: ReportId, repo: RepoOption = None) -> None:
    """Mark a report as yours."""
    _do(repo, "claim", report_id)


def release(report_id: ReportId, repo: RepoOption = None) -> None:
    """Take your mark off a report."""
    _do(repo, "release", report_id)


def retry(report_id: ReportId, repo: RepoOption = None) -> None:
    """Start a report's work again."""
    _do(repo, "retry", report_id)


def stop(report_id: ReportId, repo: RepoOption = None) -> None:
    """Stop the work that runs on a report."""
    _do(repo, "stop", report_id)


def priority(
    report_id: ReportId,
    level: Annotated[int, typer.Argument(min=0, max=4, help="0, most urgent, to 4.")],
    why: Annotated[str, typer.Option(help="The reason.")] = "",
    repo: RepoOption = None,
) -> None:
    """Raise or lower a report's priority."""
    _do(repo, "set_priority", report_id, level, why)


def join(
    report_id: ReportId,
    into: Annotated[int, typer.Argument(help="The report that takes the signals.")],
    repo: RepoOption = None,
) -> None:
    """Put a report's signals into another report."""
    _do(repo, "join", report_id, into)


def split(
    report_id: ReportId,
    signals: Annotated[list[int], typer.Argument(help="The signals to take out.")],
    repo: RepoOption = None,
) -> None:
    """Take signals out of a report into a new one."""
    _do(repo, "split", report_id, signals)


def undo(repo: RepoOption = None) -> None:
    """Take back your newest triage action."""
    _do(repo, "undo")


def redo(repo: RepoOption = None) -> None:
    """Put back what you took back last."""
    _do(repo, "redo")
