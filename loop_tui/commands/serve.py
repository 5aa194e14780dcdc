"""The inbox in a browser: `loop serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agents.inbox import Refused, find_repo, load
from loop_tui.commands.shared import JsonOption, RepoOption, echo, failing, print_json


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(serve)


def serve(
    port: Annotated[int, typer.Option(help="Where to listen, on this machine alone; 0 takes a free port.")] = 8321,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer the inbox in a browser, on this machine alone; prints the address and the tunnel to it."""

    def say(address: str, tunnel: str) -> None:
        if as_json:
            print_json({"url": address, "tunnel": tunnel})
        else:
            echo(f"The inbox is at\n\n    {address}\n\nFrom another machine, first:\n\n    {tunnel}\n")
            echo("ctrl-c stops it.")
        sys.stdout.flush()

    with failing():
        settings = load(find_repo(repo or Path.cwd()))
        try:
            from loop_tui.serve import serve as run
        except ImportError as error:
            if (error.name or "").partition(".")[0] not in ("textual_serve", "aiohttp", "aiohttp_jinja2", "jinja2"):
                raise
            raise Refused("This needs one more package: pip install 'loop-inbox[serve]'.") from error
        run(settings.repo, settings.title, port, say)
