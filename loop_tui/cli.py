"""The `loop` command. Only `loop` itself and `loop demo` import Textual.

Exit codes: 0 done, 1 failed, 2 wrong usage. Data goes to stdout, sentences about trouble to stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from loop_tui.commands import agents, decide, eval, fix, keys, look, review, serve, setup, triage, work
from loop_tui.commands.shared import RepoOption, failing, open_inbox

app = typer.Typer(
    name="loop",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (setup, work, fix, look, decide, triage, review, keys, serve, eval, agents):
    module.register(app)


@app.callback(invoke_without_command=True)
def inbox(
    context: typer.Context,
    repo: RepoOption = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers; also LOOP_PLAIN=1.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Turn product data into shipped, measured changes. Without a command: open the inbox."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"loop {installed('loop-inbox')}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    with failing():
        from agents.inbox import find_repo

        open_inbox(find_repo(repo or Path.cwd()), plain=plain)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except BrokenPipeError:
        # `loop reports | head` is no error; keep Python from complaining while it closes stdout.
        sys.stderr.close()
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
