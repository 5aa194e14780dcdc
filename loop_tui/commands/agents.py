"""The coding agents that the harness `acp` can use: `agents`, `agents install`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from loop_tui.commands.shared import JsonOption, echo, failing, print_json

_app = typer.Typer(help="List the coding agents that Loop knows, or install one.")


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.add_typer(_app, name="agents")


@_app.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the coding agents that Loop knows, or install one."""
    if context.invoked_subcommand is not None:
        return
    from agents.harness.acp.install import there
    from agents.harness.acp.presets import PRESETS, home

    if as_json:
        print_json([
            {"name": name, "installed": there(name), "models": preset.kinds, "packages": preset.packages}
            for name, preset in PRESETS.items()
        ])  # fmt: skip
        return
    for name, preset in PRESETS.items():
        echo(f"{'✓' if there(name) else ' '} {name:<10} {', '.join(preset.packages)}")
    echo(f"Installed ones are in {home()}; `loop agents install NAME` adds one.")


@_app.command()
def install(name: Annotated[str, typer.Argument(help="opencode, claude or codex.")]) -> None:
    """Install an agent from npm, in the version that Loop was tried with."""
    from agents.harness.acp.install import install as put

    with failing():
        echo(f"{name} is installed in {asyncio.run(put(name))}. Next: `loop doctor`.")
