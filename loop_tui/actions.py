"""Every action of the inbox, once: bindings, footer, help and command palette are made from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding

Json = dict[str, Any]


def _always(_: Json | None) -> bool:
    return True


def _any(card: Json | None) -> bool:
    return card is not None


def _in(*states: str) -> Callable[[Json | None], bool]:
    return lambda card: card is not None and card["status"] in states


def _has_change(card: Json | None) -> bool:
    return card is not None and bool(card.get("change_state"))


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    Args:
        id: names the handler `action_<id>` of the main screen.
        keys: Textual's key names, the first is the one shown.
        label: one or two words for the footer and the palette.
        group: the heading in the help.
        help: one sentence.
        verb: the command of `loop` that does the same, "" when it only concerns the screen.
        when: whether it makes sense for the selected card (None: nothing is selected).
        needs: what is missing where `when` says no.
        footer: whether the bottom line offers it.
        shown: the key as people write it, where Textual's name is longer.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    group: str
    help: str
    verb: str = ""
    when: Callable[[Json | None], bool] = _always
    needs: str = ""
    footer: bool = False
    shown: str = ""

    @property
    def key(self) -> str:
        """The key as it is shown."""
        return self.shown or self.keys[0]


_SELECT = "Select a report first."

ACTIONS: tuple[Action, ...] = (
    Action("open", ("enter",), "open", "Report", "Open the report; its text takes the keys.", "show", _any, _SELECT,
           True),
    Action("diff", ("d",), "diff", "Report", "Read the change line by line.", "diff", _has_change,
           "There is no change to read yet.", True),
    Action("merge", ("m",), "merge", "Decide", "Merge the change; asks first and shows what is missing.", "merge",
           _in("review"), "Only a change that is ready can be merged.", True),
    Action("answer", ("a",), "answer", "Decide", "Answer the question by number or in words; the work starts.",
           "answer", _in("needs_input"), "This report asks nothing.", True),
    Action("request_changes", ("r",), "ask changes", "Decide", "Say what should be different; the work starts again.",
           "request-changes", _in("review"), "Changes are asked of a change that is ready.", True),
    Action("decline", ("x",), "decline", "Decide", "Decline with a reason.", "decline", _any, _SELECT, True),
    Action("snooze", ("s",), "snooze", "Decide", "Hide it until a time or until it grows; again to wake it.", "snooze",
           _any, _SELECT, True),
    Action("claim", ("c",), "claim", "Decide", "Mark it as yours; again to give it back.", "claim", _any, _SELECT),
    Action("retry", ("R",), "retry", "Decide", "Start the work again from the investigation.", "retry",
           _in("failed", "not_actionable", "needs_input", "declined"),
           "Only what failed, asks, or was put aside can be started again.", True),
    Action("stop", ("X",), "stop", "Decide", "Stop the work that runs on it.", "stop",
           _in("queued", "investigating", "proposing"), "Nothing runs on this report.", True),
    Action("undo", ("z",), "undo", "Decide", "Take back your newest decision.", "undo", footer=True),
    Action("redo", ("Z",), "redo", "Decide", "Put it back.", "redo"),
    Action("filter", ("slash",), "filter", "Look", "Filter as you type: p:0-1 source:sentry users:>20 mine words.",
           "reports", shown="/", footer=True),
    Action("sort", ("o",), "sort", "Look", "Next order: priority, impact, newest, oldest, recent.", "reports"),
    Action("next_section", ("right_square_bracket",), "next section", "Look", "Show the next section.", shown="]"),
    Action("prev_section", ("left_square_bracket",), "previous section", "Look", "Show the one before.", shown="["),
    Action("section(0)", ("1",), "needs you", "Look", "What waits for you."),
    Action("section(1)", ("2",), "running", "Look", "What is being worked on."),
    Action("section(2)", ("3",), "shipped", "Look", "What was merged, and what came of it."),
    Action("section(3)", ("4",), "snoozed", "Look", "What is hidden for now."),
    Action("section(4)", ("5",), "declined", "Look", "What was declined."),
    Action("section(5)", ("6",), "all", "Look", "Every report."),
    Action("next_tab", ("tab",), "next tab", "Report", "Summary, Evidence, Findings, Transcript, Change, Measure, "
           "Activity."),
    Action("prev_tab", ("shift+tab",), "previous tab", "Report", "The tab before."),
    Action("move(1)", ("j", "down"), "down", "Move", "One line down."),
    Action("move(-1)", ("k", "up"), "up", "Move", "One line up."),
    Action("half(1)", ("ctrl+d", "pagedown"), "half a page down", "Move", "Half a page down."),
    Action("half(-1)", ("ctrl+u", "pageup"), "half a page up", "Move", "Half a page up."),
    Action("g", ("g",), "to the top", "Move", "Pressed twice: to the top.", shown="g g"),
    Action("top", ("home",), "first", "Move", "To the top."),
    Action("bottom", ("G", "end"), "to the end", "Move", "To the end."),
    Action("back", ("escape",), "back", "Move", "Back to the list; ends a filter. Never quits.", shown="esc"),
    Action("theme", ("T",), "light or dark", "Screen", "Change between the dark and the light theme."),
    Action("palette", ("ctrl+p",), "commands", "Screen", "Find a command by name."),
    Action("help", ("question_mark",), "help", "Screen", "All keys.", shown="?", footer=True),
    Action("quit", ("q", "ctrl+c"), "quit", "Screen", "Back from a report; from the list, quit.", footer=True),
)  # fmt: skip
BY_ID = {action.id: action for action in ACTIONS}
GROUPS = tuple(dict.fromkeys(action.group for action in ACTIONS))


def bindings() -> list[Binding]:
    """The key bindings of the main screen."""
    return [
        Binding(",".join(action.keys), action.id, action.label, show=False, priority=action.id.endswith("_tab"))
        for action in ACTIONS
    ]


def handler(action: Action) -> str:
    """The name of the method that does it."""
    return f"action_{action.id.partition('(')[0]}"


def footer(card: Json | None) -> list[Action]:
    """What the bottom line offers for the selected card."""
    return [action for action in ACTIONS if action.footer and action.when(card)]
