"""Reviewing a change line by line: `comment`, `drafts`, `review`, `revert`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from agents.inbox import Inbox
from agents.text import one_line
from loop_tui.commands.look import ReportId
from loop_tui.commands.shared import JsonOption, RepoOption, echo, print_json, with_inbox


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (comment, drafts, review, revert):
        app.command()(command)


def comment(
    report_id: ReportId,
    at: Annotated[str, typer.Argument(help="FILE:LINE or FILE:FIRST-LAST of the change.", metavar="FILE:LINE[-LINE]")],
    message: Annotated[str, typer.Option("-m", "--message", help="What to say there.")],
    old: Annotated[bool, typer.Option("--old", help="The lines count in the base, as for removed ones.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it now, with your other drafts, as a comment.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a comment on a line of a change; `loop review` sends all your drafts as one review."""
    side: Literal["new", "old"] = "old" if old else "new"

    async def act(inbox: Inbox) -> tuple[int, str]:
        made = await inbox.draft_at(report_id, at, message, side=side)
        if send:
            return made, await inbox.send_review(report_id, "comment")
        return made, f"Draft {made} on {one_line(at)}; `loop review {report_id}` sends it with the others."

    made, told = with_inbox(repo, act)
    if as_json:
        print_json({"id": made, "sent": send})
    else:
        echo(told)


def drafts(
    report_id: ReportId,
    drop: Annotated[int | None, typer.Option(help="Throw this draft away.")] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List your comments on a change that are not sent yet, each where it stands now."""

    async def act(inbox: Inbox) -> tuple[str, list[dict[str, Any]]]:
        told = await inbox.drop_draft(drop) if drop is not None else ""
        return told, await inbox.drafts(report_id)

    told, found = with_inbox(repo, act)
    if as_json:
        print_json(found)
        return
    if told:
        echo(told)
        return
    for draft in found:
        where = f"{draft['now_path']}:{_lines(draft)}"
        if draft["outdated"]:
            where = f"{draft['path']}:{draft['line']} of {draft['head'][:9]} (outdated)"
        echo(f"{draft['id']:>5}  {one_line(where)}{' (old side)' if draft['side'] == 'old' else ''}")
        echo(f"       > {one_line(draft['quote'], 100)}\n       {one_line(draft['text'], 100)}")
    if not found:
        echo(f"You have no draft on report {report_id}; `loop comment` makes one.")


def _lines(draft: dict[str, Any]) -> str:
    return str(draft["now_line"]) if draft["now_start"] is None else f"{draft['now_start']}-{draft['now_line']}"


def review(
    report_id: ReportId,
    approve: Annotated[bool, typer.Option("--approve", help="It may be merged.")] = False,
    comment: Annotated[bool, typer.Option("--comment", help="Say something, without a decision.")] = False,
    request_changes: Annotated[
        bool, typer.Option("--request-changes", help="It should be different; the work starts again.")
    ] = False,
    message: Annotated[str, typer.Option("-m", "--message", help="What to say of the change as a whole.")] = "",
    head: Annotated[str, typer.Option(help="The head that was read; default: the present one.")] = "",
    repo: RepoOption = None,
) -> None:
    """Send a review, and all your drafts with it."""
    wanted = {"approve": approve, "comment": comment, "request-changes": request_changes}
    kinds = [kind for kind, asked in wanted.items() if asked]
    if len(kinds) != 1:
        raise typer.BadParameter("say one of --approve, --comment and --request-changes.")

    async def act(inbox: Inbox) -> str:
        return await inbox.send_review(report_id, kinds[0], message, head)

    echo(with_inbox(repo, act))


def revert(report_id: ReportId, repo: RepoOption = None) -> None:
    """Make a change that takes a merged one out again; it is reviewed and merged like any other."""

    async def act(inbox: Inbox) -> str:
        return await inbox.revert(report_id)

    echo(with_inbox(repo, act))
