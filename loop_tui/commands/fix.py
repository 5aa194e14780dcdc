"""Fixing: `fix`, the search for the change that makes failing tests pass."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.inbox import ConfigError, find_repo
from agents.text import counted, one_line
from loop_tui.commands.shared import JsonOption, RepoOption, SandboxOption, echo, failing, print_json, sandbox_override


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(fix)


def fix(
    test: Annotated[str, typer.Option("--test", help="The failing tests, e.g. 'python -m pytest tests/test_cart.py'.")],
    budget: Annotated[float, typer.Option(min=1, help="Seconds for the search.")] = 60.0,
    apply: Annotated[bool, typer.Option("--apply", help="Write the fix into the working tree.")] = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
    sandbox: SandboxOption = None,
) -> None:
    """Search for the change that makes failing tests pass; where several would, show how they differ."""
    from agents.fixing import fix as search

    overrides = sandbox_override(sandbox)
    with failing():
        found = asyncio.run(search(_folder(repo), test, budget, apply=apply, **overrides))
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["status"] == "none" or (apply and found["status"] == "alternatives"):
        raise typer.Exit(1)


def _folder(repo: Path | None) -> Path:
    """The repository's root, or the folder itself where there is no repository."""
    folder = repo or Path.cwd()
    try:
        return find_repo(folder)
    except ConfigError:
        if not folder.is_dir():
            raise
        return folder


def _print(found: dict[str, Any]) -> None:
    cost = f"{counted(found['tried'], 'candidate')} tried in {found['seconds']:.1f} s"
    if found["status"] == "green":
        echo(f"Nothing fails: {counted(found['passing'], 'test')} passed.")
        return
    count = len(found["failing"])
    which = one_line(found["failing"][0], 100) + (f" and {count - 1} more" if count > 1 else "")
    echo(f"{'fails' if count == 1 else 'fail'}: {which} ({one_line(found['error'], 160)})")
    if found["status"] == "none":
        why = found["refused"] or "no candidate makes every test pass"
        echo(f"No safe fix: {why}; {cost}. A longer --budget may find one; else a person or a model can take it on.")
        return
    if found["status"] == "fix":
        echo(f"One behaviour makes every test pass; {cost}. Not proved: tests can be passed for the wrong reason.\n")
        _candidate(found["candidates"][0])
        echo(
            "\nWritten into the working tree." if found["applied"] else "\nTo write it: the same command with --apply."
        )
        return
    more = f" of {found['behaviours']}" if found["behaviours"] > len(found["candidates"]) else ""
    echo(f"Every test passes with any of these {len(found['candidates'])}{more}, and they differ; {cost}.\n")
    for number, candidate in enumerate(found["candidates"], 1):
        echo(f"{number}. ", nl=False)
        _candidate(candidate)
    if decider := found["decider"]:
        echo(f"\nOne more test would decide: {one_line(decider['call'], 200)}")
        for number, gives in enumerate(decider["gives"], 1):
            echo(f"  {number}. {one_line(gives, 200)}")
    echo("\nNothing was written.")


def _candidate(candidate: dict[str, Any]) -> None:
    agree = f", {candidate['agree']} candidates do the same" if candidate["agree"] > 1 else ""
    echo(f"{one_line(candidate['path'])}:{candidate['line']} ({one_line(candidate['template'])}{agree})")
    echo(candidate["diff"], nl=False)
