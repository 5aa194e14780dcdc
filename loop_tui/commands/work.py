"""Working: `run`, `listen`, `import`, `measure`, `sources`, `quarantine`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.inbox import Inbox, Refused
from agents.text import one_line
from loop_tui.commands.shared import (
    JsonOption,
    RepoOption,
    SandboxOption,
    echo,
    print_json,
    sandbox_override,
    with_inbox,
)
from loop_tui.plain.sources import source_lines


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(run)
    app.command()(listen)
    app.command(name="import")(import_)
    app.command()(measure)
    app.command()(sources)
    app.command()(quarantine)


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def run(
    repo: RepoOption = None,
    until_idle: Annotated[bool, typer.Option(help="Return when only people or time are awaited.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait with --until-idle.")] = 1800.0,
    detach: Annotated[bool, typer.Option(help="Go on in the background.")] = False,
    sandbox: SandboxOption = None,
) -> None:
    """Run the engine without a screen."""
    overrides = sandbox_override(sandbox)
    if detach:
        _detach(repo, sandbox)
        return

    async def act(inbox: Inbox) -> bool:
        await inbox.start_engine(ingest=not until_idle)
        if not inbox.engine_here:
            raise Refused(f"{(await inbox.activity())['notice']} Stop it first, or leave the work to it.")
        if notice := (await inbox.activity())["notice"]:
            echo(f"loop: {notice}", err=True)
        if until_idle:
            return await inbox.until_idle(timeout)
        echo(f"The engine runs. SDKs send to {inbox.dsn or '(no endpoint)'}; ctrl-c stops it.", err=True)
        await _until_stopped()
        return True

    if not with_inbox(repo, act, **overrides):
        echo(f"loop: not idle after {timeout:.0f} s; run it again or give a longer --timeout.", err=True)
        raise typer.Exit(1)


def _detach(repo: Path | None, sandbox: str | None) -> None:
    command = [sys.executable, "-m", "loop_tui.cli", "run", "--repo", str(repo or Path.cwd())]
    if sandbox:
        command += ["--sandbox", sandbox]
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
    echo(f"The engine runs in the background as process {process.pid}.")


def listen(
    repo: RepoOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the ingest endpoint alone: SDKs send, signals are stored and grouped."""

    async def act(inbox: Inbox) -> None:
        settings = inbox.settings.ingest
        settings.host, settings.port = host or settings.host, settings.port if port is None else port
        async with inbox.listening() as dsn:
            if as_json:
                print_json({"dsn": dsn, "pid": os.getpid()})
            else:
                echo(f"Listening. Give SDKs this DSN, then ctrl-c to stop:\n\n    SENTRY_DSN={dsn}\n")
            sys.stdout.flush()
            await _until_stopped()

    with_inbox(repo, act)


def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH...")],
    format: Annotated[str, typer.Option(help="auto, sentry, logs or signals.")] = "auto",
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import events: Sentry JSON, JSONL or envelopes, logs with Python tracebacks, or plain signals as JSONL."""

    async def act(inbox: Inbox) -> dict[str, Any]:
        return await inbox.import_paths(paths, format)

    taken = with_inbox(repo, act)
    reasons = taken.pop("reasons")
    if as_json:
        print_json(taken)
    else:
        echo(
            f"{taken['signals']} signals, {taken['duplicates']} duplicates, {taken['quarantined']} quarantined, "
            f"{taken['rejected']} rejected."
        )
    for reason in reasons[:5]:
        echo(f"loop: rejected: {one_line(reason, 300)}", err=True)
    if (more := taken["rejected"] - len(reasons[:5])) > 0:
        echo(f"loop: and {more} more like these.", err=True)
    if taken["rejected"]:
        raise typer.Exit(1)


def measure(
    report_id: Annotated[int | None, typer.Argument(help="The report's number; all that are due without.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Judge as of this time (ISO 8601) and not now.")] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge whether shipped changes moved their metric."""
    moment: datetime | None = None
    if as_of:
        try:
            moment = datetime.fromisoformat(as_of)
        except ValueError:
            raise typer.BadParameter(f"{as_of!r} is no ISO 8601 time.", param_hint="--as-of") from None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    async def act(inbox: Inbox) -> list[dict[str, Any]]:
        judged = await inbox.measure(report_id, moment)
        wanted = [report_id] if report_id is not None else judged
        return [(await inbox.report(number)) for number in wanted]

    found = with_inbox(repo, act)
    if as_json:
        print_json([{"id": report["id"], "status": report["status"], "outcome": report["outcome"]} for report in found])
        return
    if not found:
        echo("No shipped change is due for judging.")
    for report in found:
        outcome = report["outcome"]
        said = f"{outcome['verdict']}: {outcome['reason']}" if outcome else f"no outcome yet ({report['status']})"
        echo(f"{report['id']:>5}  {one_line(said)}")


def sources(
    action: Annotated[str, typer.Argument(help="list, check, enable, disable or backfill")] = "list",
    name: Annotated[str, typer.Argument(help="One source; with check and list all without.")] = "",
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List where signals come from and how each source fares.

    `check` asks those that are polled now; `enable` and `disable` switch one; `backfill` reads one from the beginning.
    """
    if action not in ("list", "check", "enable", "disable", "backfill") or (
        not name and action not in ("list", "check")
    ):
        raise typer.BadParameter("say list or check, or enable, disable or backfill with the name of a source.")

    async def act(inbox: Inbox) -> Any:
        if action in ("enable", "disable"):
            return await inbox.switch_source(name, action == "enable")
        if action == "backfill":
            return await inbox.backfill_source(name)
        return await inbox.sources(check=action == "check", name=name)

    found = with_inbox(repo, act)
    if isinstance(found, str):
        if as_json:
            print_json({"said": found})
        else:
            echo(found)
        return
    if as_json:
        print_json(found)
    else:
        for line in source_lines(found):
            echo(line)
    if action == "check" and any(row["last_error"] and row["enabled"] for row in found):
        raise typer.Exit(1)


def quarantine(
    action: Annotated[str, typer.Argument(help="list, release or drop")] = "list",
    signals: Annotated[list[int] | None, typer.Argument(help="Signals to release or drop.")] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was held back as an attempt at manipulation, and release or drop it."""
    if action not in ("list", "release", "drop") or (action != "list" and not signals):
        raise typer.BadParameter("say list, or release or drop with the signals' numbers.")

    async def act(inbox: Inbox) -> Any:
        if action == "list":
            return await asyncio.to_thread(inbox.quarantined)
        return await inbox.quarantine(action, signals or [])

    found = with_inbox(repo, act)
    if as_json:
        print_json(found if action == "list" else {"said": found})
    elif action != "list":
        echo(found)
    else:
        for row in found:
            echo(f"{row['id']:>6}  {one_line(row['title'], 60)}  held: {one_line(row['state_reason'], 80)}")
        if not found:
            echo("Nothing is held back.")
