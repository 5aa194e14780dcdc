"""The person's editor, at a line of a file of the working tree."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from agents.inbox import Refused

_PLUS = ("vi", "vim", "nvim", "view", "ex", "nano", "pico", "emacs", "emacsclient", "kak", "micro", "joe", "mg", "ne",
         "gedit", "kate", "gvim", "mvim")  # fmt: skip
_COLON = ("hx", "helix", "subl", "sublime_text", "zed", "atom", "lapce")
_GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf")
_LINE = ("idea", "pycharm", "webstorm", "goland", "rubymine", "phpstorm", "clion")


def command(path: Path, line: int, env: Mapping[str, str]) -> list[str]:
    """The command line that opens a file at a line, in `$VISUAL`, else `$EDITOR`, else vi.

    Raises:
        Refused: no editor is named and there is no vi.
    """
    try:
        argv = shlex.split(env.get("VISUAL") or env.get("EDITOR") or "")
    except ValueError as error:
        raise Refused("$VISUAL or $EDITOR cannot be read; its quotes do not match.") from error
    argv = argv or (["vi"] if shutil.which("vi") else [])
    if not argv:
        raise Refused("No editor is named; set $EDITOR, e.g. `export EDITOR=nano`.")
    name = Path(argv[0]).name.lower().removesuffix(".exe")
    if name in _PLUS:
        return [*argv, f"+{line}", str(path)]
    if name in _COLON:
        return [*argv, f"{path}:{line}"]
    if name in _GOTO:
        return [*argv, "-g", f"{path}:{line}"]
    return [*argv, "--line", str(line), str(path)] if name in _LINE else [*argv, str(path)]


def inside(repo: Path, path: str) -> Path:
    """The file in the working tree.

    Raises:
        Refused: there is no such file in it.
    """
    target = (repo / path).resolve()
    # The path came from outside: it opens nothing but files of the repository.
    if not target.is_relative_to(repo.resolve()) or not target.is_file():
        raise Refused(f"{path} is not in your working tree; enter shows it as it was committed.")
    return target


def edit(app: App[Any], repo: Path, path: str, line: int) -> None:
    """Give the terminal to the editor until it ends.

    Raises:
        Refused: no such file, no editor, or a terminal that cannot be given away.
    """
    argv = command(inside(repo, path), line, os.environ)
    try:
        with app.suspend():
            subprocess.run(argv, check=False)
    except SuspendNotSupported as error:
        raise Refused("The editor needs a terminal of its own, which this screen has not.") from error
    except OSError as error:
        raise Refused(f"{argv[0]} cannot be started ({error.strerror}); set $EDITOR.") from error
