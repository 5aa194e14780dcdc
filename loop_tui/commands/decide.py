"""Deciding on a change or a question as commands; triage is in `triage.py`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agents.text import one_line
from loop_tui.commands.look import ReportId
from loop_tui.commands.shared import JsonOption, RepoOption, echo, print_json, with_inbox


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (merge, answer, request_changes):
        app.command()(command)


def _do(repo: Any, verb: str, *args: Any, **named: Any) -> None:
    async def act(inbox: Any) -> str:
        return str(await getattr(inbox, verb)(*args, **named))

    echo(with_inbox(repo, act))


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
    branch, base = one_line(found["branch"]), one_line(found["base"])
    echo(f"{branch} at {found['head'][:9]} into {base} at {found['base_sha'][:9]}")
    for word, lines in (("missing", found["missing"]), ("note", found["cannot_undo"])):
        for line in lines:
            echo(f"  {word}: {one_line(line)}")


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
