"""The keys of the diff, once: bindings, sequences, footer and help are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key

from loop_tui.sequences import Row
from loop_tui.widgets.lines import Line, line


@dataclass(frozen=True)
class Key:
    """One thing to do in the diff.

    Args:
        id: names the handler `action_<id>` of the screen.
        keys: Textual's key names or characters; those of a sequence are separated by a space.
        label: one or two words for the footer.
        group: the heading in the help.
        help: one sentence.
        footer: whether the bottom line offers it.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    group: str
    help: str
    footer: bool = False


KEYS: tuple[Key, ...] = (
    Key("move(1)", ("j", "down"), "down", "Move", "One line down."),
    Key("move(-1)", ("k", "up"), "up", "Move", "One line up."),
    Key("half(1)", ("ctrl+d", "pagedown"), "half a page down", "Move", "Half a page down."),
    Key("half(-1)", ("ctrl+u", "pageup"), "half a page up", "Move", "Half a page up."),
    Key("edge(-1)", ("g g", "home"), "to the top", "Move", "To the first line."),
    Key("edge(1)", ("G", "end"), "to the end", "Move", "To the last line."),
    Key("jump('hunk', 1)", ("]", "] h"), "hunk", "Move", "Next hunk.", True),
    Key("jump('hunk', -1)", ("[", "[ h"), "previous hunk", "Move", "Previous hunk."),
    Key("jump('file', 1)", ("}", "] f"), "file", "Move", "Next file.", True),
    Key("jump('file', -1)", ("{", "[ f"), "previous file", "Move", "Previous file."),
    Key("jump('remark', 1)", ("] c",), "comment", "Move", "Next comment."),
    Key("jump('remark', -1)", ("[ c",), "previous comment", "Move", "Previous comment."),
    Key("sideways(8)", ("l", "right"), "right", "Move", "Show what is further right."),
    Key("sideways(-8)", ("h", "left"), "left", "Move", "And further left."),
    Key("search", ("/",), "search", "Move", "Search in lines and names; small letters find capitals too."),
    Key("found(1)", ("n",), "next match", "Move", "Next match."),
    Key("found(-1)", ("N",), "previous match", "Move", "Previous match."),
    Key("comment", ("c",), "comment", "Review", "Comment on the line or the marked range.", True),
    Key("range", ("v",), "range", "Review", "Mark a range from here; again to end it.", True),
    Key("open", ("enter",), "open", "Review", "Open what is folded; on a draft, go on writing."),
    Key("drop", ("D",), "drop the draft", "Review", "Throw the draft under the cursor away."),
    Key("send", ("S",), "send review", "Review", "Send all drafts as one review: ask for changes, comment or approve.",
        True),
    Key("viewed", ("V", "space"), "viewed", "Review", "Mark the file as viewed and fold it; again to open it.", True),
    Key("interdiff", ("i",), "since last look", "Review", "Only what changed since you last looked, and back.", True),
    Key("update", ("u",), "newest version", "Review", "Show the version that came while you read."),
    Key("merge", ("m",), "merge", "Review", "Merge what is shown, after asking.", True),
    Key("tree", ("f",), "files", "Look", "The files as a tree; space marks one as viewed.", True),
    Key("split", ("t",), "split", "Look", "Old and new side by side, or one above the other.", True),
    Key("side", ("tab",), "other side", "Look", "Side by side: stand on the old or on the new line."),
    Key("wrap", ("W",), "wrap", "Look", "Wrap long lines, or scroll them."),
    Key("whitespace", ("w",), "white space", "Look", "Leave out what differs in white space alone, and back.", True),
    Key("context(1)", ("+", "="), "more context", "Look", "More unchanged lines around each hunk."),
    Key("context(-1)", ("-",), "less context", "Look", "Fewer of them."),
    Key("copy", ("y",), "copy path:line", "Look", "Copy the place under the cursor as path:line."),
    Key("editor", ("e",), "editor", "Look", "Open the file at the line in $EDITOR."),
    Key("help", ("?",), "help", "Screen", "These keys."),
    Key("back", ("escape", "q", "d"), "back", "Screen", "Back; drafts are kept."),
)  # fmt: skip
# The footer offers them in this order, as many as there is room for.
_FIRST = ("comment", "send", "jump('hunk', 1)", "jump('file', 1)", "viewed", "tree", "merge", "interdiff", "range",
          "split", "whitespace")  # fmt: skip
FOOTER = sorted((key for key in KEYS if key.footer), key=lambda key: _FIRST.index(key.id))


def bindings() -> list[Binding]:
    """Bindings of all keys that stand alone and lead nowhere else."""
    leads = {steps.split()[0] for key in KEYS for steps in key.keys if " " in steps}
    return [
        Binding(name, key.id, key.label, show=False, priority=name == "tab")
        for key in KEYS
        for name in key.keys
        if " " not in name and name not in leads
    ]


def rows() -> list[Row]:
    """Rows for `Sequences`."""
    return [(steps, key.id, key.label) for key in KEYS for steps in key.keys]


def shown(steps: str) -> str:
    """A key or a sequence as people write it."""
    names = {"escape": "esc", "enter": "↵", "pagedown": "pgdn", "pageup": "pgup"}
    return "".join(names.get(step) or format_key(step) if len(step) > 1 else step for step in steps.split())


def help_lines() -> list[Line]:
    """The table as text."""
    lines: list[Line] = []
    for group in dict.fromkeys(key.group for key in KEYS):
        lines.append(line((group, "bold")))
        for key in KEYS:
            if key.group == group:
                names = " ".join(shown(steps) for steps in key.keys)
                lines.append(line((f"{names:<16}", "accent"), key.help, indent=2, hang=16))
        lines.append(Line())
    lines.append(line(("In a comment", "bold")))
    lines.append(line((f"{'esc':<16}", "accent"), "Back; what you wrote is kept as a draft.", indent=2, hang=16))
    lines.append(line((f"{'ctrl+g':<16}", "accent"), "The same, and send the review.", indent=2, hang=16))
    return lines
