"""Text to read over the screen: all keys, or whatever lines are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType

from loop_tui.keymap import Keymap
from loop_tui.screens.dialog import Dialog
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.lines import Line, line

if TYPE_CHECKING:
    from loop_tui.app import LoopApp


class Reader(Dialog[None]):
    """Lines to read; they scroll."""

    KEYS: ClassVar[str] = "j/k scroll · esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,question_mark,enter", "dismiss(None)", "Back"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("ctrl+d,pagedown,space", "half(1)", "Half a page down"),
        ("ctrl+u,pageup", "half(-1)", "Half a page up"),
        ("g,home", "edge(-1)", "Top"),
        ("G,end", "edge(1)", "End"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], about: str = "") -> None:
        super().__init__()
        self._title, self._lines, self._about = title, list(lines), about

    def on_mount(self) -> None:
        """Show them."""
        self.query_one("#title", Bar).say([(self._title, "bold")], [(self._about, "dim")] if self._about else [])
        self.query_one("#keys", Bar).say([(self.KEYS, "dim")])
        self.view.show(self._lines)
        self.view.focus()

    def action_move(self, by: int) -> None:
        """Scroll by lines."""
        self.view.move(by)

    def action_half(self, direction: int) -> None:
        """Scroll by half a page."""
        self.view.half(direction)

    def action_edge(self, direction: int) -> None:
        """To the top or the end."""
        (self.view.top if direction < 0 else self.view.bottom)()


class Help(Reader):
    """All keys, those of the screen below first."""

    TALL = True

    def __init__(self) -> None:
        super().__init__("Keys", [])

    def on_mount(self) -> None:
        """Made from the keys in force."""
        app = cast("LoopApp", self.app)
        commands = app.main.commands.usage() if app.main is not None else []
        self._lines = help_lines(app.keymap, commands)  # what Textual calls next, the reader's own, shows them


def help_lines(keymap: Keymap, commands: Sequence[tuple[str, str]] = ()) -> list[Line]:
    """The registry as text.

    Args:
        keymap: the keys in force.
        commands: what the `:` line takes, and what it does.
    """
    lines: list[Line] = []
    for group, rows in keymap.grouped():
        lines.append(line((group, "bold")))
        for keys, action in rows:
            verb = f"  loop {action.verb}" if action.verb else ""
            lines.append(
                line((f"{' '.join(keys) or '—':<16}", "accent"), action.help, (verb, "dim"), indent=2, hang=16)
            )
        lines.append(Line())
    if commands:
        lines.append(line(("Typed after :", "bold")))
        lines += [line((f"{usage:<24}", "accent"), said, indent=2, hang=24) for usage, said in commands]
    return lines
