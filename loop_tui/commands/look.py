"""Looking: `reports`, `show`, `diff`, `log`, `ledger`, `cost`, `funnel`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agents.text import one_line, width
from loop_tui.commands.shared import JsonOption, RepoOption, echo, failing, looking, print_json, with_inbox
from loop_tui.plain import text
from loop_tui.widgets.words import status as stands

ReportId = Annotated[int, typer.Argument(help="The report's number.", metavar="ID")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (reports, show, diff, log, ledger, cost, funnel):
        app.command()(command)


def _fit(text: str, cells: int) -> str:
    while width(text) > cells:
        text = text[: max(0, len(text) - 2)] + "…" if len(text) > 1 else ""
    return text + " " * (cells - width(text))


def reports(
    repo: RepoOption = None,
    as_json: JsonOption = False,
    status: Annotated[str, typer.Option(help="Only these, separated by commas: review,needs_input,…")] = "",
    priority: Annotated[str, typer.Option(help="Only these: 1, P1 or 0-2.")] = "",
    source: Annotated[str, typer.Option(help="Only reports with signals of this source.")] = "",
    search: Annotated[str, typer.Option(help="Words, or fields as in the inbox: users:>20.")] = "",
    sort: Annotated[str, typer.Option(help="priority, impact, newest, oldest or recent.")] = "priority",
    section: Annotated[str, typer.Option(help="needs_you, ready, needs_input, running, shipped, …")] = "all",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
) -> None:
    """List reports."""
    fields = [
        f"status:{status}" if status else "",
        f"p:{priority}" if priority else "",
        f"source:{source}" if source else "",
    ]
    words = " ".join([*(field for field in fields if field), search]).strip()
    with failing():
        found = looking(repo).reports_now(section=section, search=words, sort=sort, limit=limit)
    if as_json:
        print_json(found)
        return
    if not found:
        echo("No report matches.")
        return
    for report in found:
        echo(
            f"{report['id']:>5} {report['priority'] or '–':>3} {stands(report)[1]:<10} {report['user_count']:>6} users "
            f"{report['signal_count']:>7} signals  {_fit(one_line(report['title']), 70).rstrip()}"
        )


def show(report_id: ReportId, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Show one report: the answer first, then the evidence."""
    with failing():
        report = looking(repo).report_now(report_id)
    if as_json:
        print_json(report)
        return
    for line in text.report(report):
        echo(line)


def diff(
    report_id: ReportId,
    since: Annotated[str, typer.Option(help="An older head: only what changed in the change since.")] = "",
    context: Annotated[int, typer.Option(min=0, help="Unchanged lines around each hunk.")] = 3,
    ignore_whitespace: Annotated[bool, typer.Option("--ignore-whitespace", help="Leave white space out.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the diff of a report's change, or what is new in it since an older head."""

    async def act(inbox: Any) -> tuple[str, list[dict[str, Any]]]:
        text = await inbox.diff(report_id, since=since, context=context, whitespace=not ignore_whitespace)
        return text, (await inbox.report(report_id))["change"]

    text, change = with_inbox(repo, act)
    if not change or not change["head"]:
        echo(f"loop: report {report_id} has no change yet; `loop show {report_id}` says why.", err=True)
        raise typer.Exit(1)
    if as_json:
        keys = ("base_sha", "head", "versions")
        print_json({**{key: change[key] for key in keys}, "since": since or None, "diff": text})
    elif text:
        echo(text)
    else:
        echo("loop: nothing differs.", err=True)


def log(report_id: ReportId, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Print what was done on a report: its journal and the transcript of each run."""
    with failing():
        report = looking(repo).report_now(report_id)
    if as_json:
        print_json({"journal": report["journal"], "runs": report["runs"]})
        return
    for line in text.journal(report):
        echo(line)


def ledger(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """List every outcome: did what was merged move what it was meant to?"""

    async def act(inbox: Any) -> list[dict[str, Any]]:
        return list(await inbox.ledger())

    rows = with_inbox(repo, act)
    if as_json:
        print_json(rows)
        return
    if not rows:
        echo("Nothing has been measured yet.")
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] is not None else "–"
        echo(f"{row['report']:>5}  {row['verdict']:<11} ratio {ratio}  {one_line(row['title'], 70)}")


def cost(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """What the runs cost, by stage, and today against the limits of `[llm]`."""
    from agents.store import spending

    with failing():
        inbox = looking(repo)
        rows, today = spending.by_stage(inbox.reader), spending.of_today(inbox.reader)
    if as_json:
        print_json(rows)
        return
    if not rows:
        echo("Nothing has run yet.")
    for row in rows:
        stage, harness = one_line(row["stage"], 40), one_line(row["harness"], 40)
        echo(f"{stage:<12} {harness:<8} {row['runs']:>5} runs  ${row['usd']:.4f}  {row['tokens']} tokens")
    llm = inbox.settings.llm
    echo(
        f"Today: ${today['usd']:.2f} of ${llm.day_usd:.2f}, {today['tokens']:,} of {llm.day_tokens:,} tokens "
        "([llm] day_usd and day_tokens in loop.toml)"
    )


_FUNNEL = (
    ("collected", "collected"), ("duplicate", "duplicates"), ("rejected", "could not be read"),
    ("held", "held in quarantine"), ("suppressed", "of muted reports, only counted"),
    ("gathering", "reports gathering weight"), ("running", "reports being worked on"),
    ("needs_you", "reports that need you"), ("not_actionable", "reports without anything to do"),
    ("snoozed", "reports snoozed"), ("declined", "reports declined"), ("muted", "reports muted"),
    ("measuring", "changes being measured"),
)  # fmt: skip


def funnel(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Where the signals went: collected, held, gathering, declined."""
    found = with_inbox(repo, lambda inbox: inbox.funnel())
    if as_json:
        print_json(found)
        return
    for key, words in _FUNNEL:
        echo(f"{found.get(key, 0):>12,}  {words}")
    for source in found["sources"]:
        trouble = f": {one_line(source['last_error'], 200)}" if source["last_error"] else ""
        echo(f"{source['today']:>12,}  today from {one_line(source['name'], 40)}{trouble}")
