"""The keys: `loop keys`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from loop_tui import preferences
from loop_tui.actions import ACTIONS, GROUPS, spoken
from loop_tui.commands.shared import JsonOption, echo, failing, print_json
from loop_tui.keymap import Keymap


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(keys)


def keys(
    markdown: Annotated[bool, typer.Option(help="Print the cheat sheet as Markdown.")] = False,
    check: Annotated[bool, typer.Option(help="Exit 1 when a key of yours clashes or means nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the keys in force, where your own are written, and what is wrong with them."""
    with failing():
        keymap = Keymap(preferences.load().keys)
    if as_json:
        print_json(_json(keymap))
    elif markdown:
        echo(keymap.markdown(), nl=False)
    else:
        for line in _lines(keymap):
            echo(line)
    for problem in keymap.problems:
        echo(f"loop: {problem}", err=True)
    if check and keymap.problems:
        raise typer.Exit(1)


def _json(keymap: Keymap) -> dict[str, Any]:
    file = preferences.path()
    rows = [
        {
            "id": action.id, "keys": [spoken(each) for each in keymap.keys(action)],
            "usual": [spoken(each) for each in action.keys], "scope": action.scope, "group": action.group,
            "label": action.label, "help": action.help, "verb": action.verb,
        }
        for action in ACTIONS
    ]  # fmt: skip
    return {"preferences": str(file), "exists": file.exists(), "problems": keymap.problems, "actions": rows}


def _lines(keymap: Keymap) -> list[str]:
    file = preferences.path()
    lines = [f"Your own keys stand in {file}" + ("" if file.exists() else ", which is not there yet") + ":"]
    lines += ["", "    [keys]", '    merge = "g m"        # action = "keys", ["these", "or these"], or "" for none', ""]
    for group in GROUPS:
        lines.append(group)
        for action in (action for action in ACTIONS if action.group == group):  # all of them: each can be given a key
            shown = " ".join(map(spoken, keymap.keys(action))) or "—"
            verb = f"  (loop {action.verb})" if action.verb else ""
            lines.append(f"  {shown:<14} {action.id:<18} {action.help}{verb}")
        lines.append("")
    return lines[:-1]
