"""The `loop` program: the inbox at once; every other command by way of `loop_tui.cli`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def _folder(arguments: list[str]) -> Path | None:
    """Whose inbox is wanted, None when something else is: typer takes as long to import as the list to be read."""
    if os.environ.get("LOOP_PLAIN", "") not in ("", "0") or os.environ.get("TERM") == "dumb":
        return None
    match arguments:
        case []:
            return Path.cwd()
        case ["--repo", folder]:
            return Path(folder)
    return None


def main() -> None:
    """Run the program."""
    folder = _folder(sys.argv[1:])
    if folder is None:
        from loop_tui.cli import main as command_line

        command_line()
        return
    from loop_tui.start import inbox

    try:
        inbox(folder)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
