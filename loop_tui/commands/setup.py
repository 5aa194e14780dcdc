"""Setting up: `init`, `doctor`, `demo`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.inbox import find_repo, load
from loop_tui.commands.shared import JsonOption, RepoOption, SandboxOption, echo, failing, print_json, sandbox_override


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (demo, init, doctor):
        app.command()(command)


def demo(
    headless: Annotated[bool, typer.Option(help="Without a screen: print the table, exit 0 if all happened.")] = False,
    folder: Annotated[Path | None, typer.Option("--dir", help="Where to put the sample; default: temporary.")] = None,
    sandbox: SandboxOption = None,
) -> None:
    """Show the entire loop on a sample product with real bugs and real SDK traffic."""
    kind = sandbox_override(sandbox).get("sandbox_kind")
    with failing():
        if headless:
            from loop_tui.demo.run import headless as go

            raise typer.Exit(asyncio.run(go(folder, kind)))
        from loop_tui.demo.run import interactive

        interactive(folder, kind)


def init(
    repo: RepoOption = None,
    force: Annotated[bool, typer.Option(help="Replace an existing loop.toml.")] = False,
) -> None:
    """Write loop.toml from what the repository shows: base branch, tests, CI."""
    from agents.setup import write_config

    with failing():
        path = asyncio.run(write_config(find_repo(repo or Path.cwd()), force=force))
        echo(f"Wrote {path}. Next: `loop doctor`, then `loop import PATH` or `loop listen`.")


def doctor(repo: RepoOption = None, as_json: JsonOption = False, sandbox: SandboxOption = None) -> None:
    """Say what works on this machine, and what to do about the rest."""
    from agents.setup import examine

    with failing():
        settings = load(find_repo(repo or Path.cwd()), **sandbox_override(sandbox))
        rows: list[dict[str, Any]] = asyncio.run(examine(settings))
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            echo(f"{'✓' if row['ok'] else '✕'} {row['name']:<12} {row['detail']}")
            if row["remedy"] and not row["ok"]:
                echo(f"  → {row['remedy']}")
    if not all(row["ok"] or not row["needed"] for row in rows):
        raise typer.Exit(1)
