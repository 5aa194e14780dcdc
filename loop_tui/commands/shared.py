"""What every command shares: options, opening the inbox, and how trouble is told."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.inbox import ConfigError, Inbox, Refused
from agents.text import visible, visible_json

RepoOption = Annotated[
    Path | None, typer.Option("--repo", help="The repository; default: the git root above the current folder.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]
SandboxOption = Annotated[str | None, typer.Option("--sandbox", help="docker, bubblewrap, none or auto.")]


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print; all that a command prints goes through here, so that nothing in it steers the terminal."""
    typer.echo(visible(text), err=err, nl=nl)


@contextmanager
def failing() -> Iterator[None]:
    """Turn what a person can mend into one sentence on stderr and exit code 1."""
    try:
        yield
    except (ConfigError, Refused) as error:
        echo(f"loop: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def sandbox_override(kind: str | None) -> dict[str, Any]:
    """The settings override for `--sandbox`.

    Raises:
        typer.BadParameter: no such kind.
    """
    if kind is None:
        return {}
    if kind not in ("docker", "bubblewrap", "none", "auto"):
        raise typer.BadParameter(f"{kind!r}: choose docker, bubblewrap, none or auto.", param_hint="--sandbox")
    return {"sandbox_kind": kind}


def with_inbox(repo: Path | None, act: Callable[[Inbox], Coroutine[Any, Any, Any]], **overrides: Any) -> Any:
    """Open the inbox, do something in it, close it; trouble ends the program with a sentence."""

    async def go() -> Any:
        async with await Inbox.open(repo or Path.cwd(), **overrides) as inbox:
            return await act(inbox)

    with failing():
        return asyncio.run(go())


def open_inbox(repo: Path, *, plain: bool = False, **more: Any) -> None:
    """Open the inbox and stay: the screen, or line by line where that is wanted or nothing else can be shown.

    Raises:
        typer.Exit: it ended with trouble.
    """
    if plain or os.environ.get("LOOP_PLAIN", "") not in ("", "0") or os.environ.get("TERM") == "dumb":
        from loop_tui.plain.terminal import run as talk

        if code := talk(repo, **more):
            raise typer.Exit(code)
        return
    from loop_tui.start import inbox

    inbox(repo, **more)


def looking(repo: Path | None) -> Inbox:
    """An inbox for reading alone: no ORM, no git identity, nothing made.

    Raises:
        typer.Exit: nothing can be read; the reason was printed.
    """
    from agents.inbox import find_repo, load

    with failing():
        return Inbox(load(find_repo(repo or Path.cwd())))
    raise AssertionError("unreachable")


def print_json(value: Any) -> None:
    """JSON alone on stdout."""
    sys.stdout.write(visible_json(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")
