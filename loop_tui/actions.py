"""Every action of the screens, once: keys, footer, help, palette and cheat sheet are made from this list.

Knows nothing of Textual, so that `loop keys` is quick. Whether a decision is allowed is not said here: the verb's
own table of rights says it, for the screen and the command line alike.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "slash": "/", "question_mark": "?", "colon": ":", "exclamation_mark": "!", "plus": "+", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
    "asterisk": "*", "escape": "esc", "pagedown": "pgdn", "pageup": "pgup",
}  # fmt: skip


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    Args:
        id: names the method that does it.
        keys: what is pressed, each a key or keys that follow each other (`g g`); the first is the one shown.
        label: one or two words for the footer and the palette.
        group: the heading in the help.
        help: one sentence.
        scope: where its keys hold: `any`, `inbox` (list and report), `list`, `report`, `diff`.
        verb: the command of `loop` that does the same, "" when it only concerns the screen.
        footer: how early the bottom line offers it; 0: never.
        many: whether it can be done to all marked reports at once.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    group: str
    help: str
    scope: str = "inbox"
    verb: str = ""
    footer: int = 0
    many: bool = False

    @property
    def key(self) -> str:
        """The first key as people write it, "" when there is none."""
        return spoken(self.keys[0]) if self.keys else ""


def spoken(keys: str) -> str:
    """Keys as people write them."""
    return " ".join(NAMES.get(key, key) for key in keys.split())


A = Action
ACTIONS: tuple[Action, ...] = (
    # Deciding
    A("open", ("enter",), "open", "Read", "Open the report; its text takes the keys.", "list", "show", 1),
    A("diff", ("d",), "diff", "Read", "Read the change line by line.", "inbox", "diff", 2),
    A("merge", ("m",), "merge", "Decide", "Merge the change; asks first and shows what is missing.", "inbox",
      "merge", 3),
    A("answer", ("a",), "answer", "Decide", "Answer the question by number or in words; the work starts.", "inbox",
      "answer", 3),
    A("request_changes", ("r",), "ask changes", "Decide", "Say what should be different; the work starts again.",
      "inbox", "request-changes", 4),
    A("decline", ("x",), "decline", "Decide", "Decline with a reason.", "inbox", "decline", 5, True),
    A("snooze", ("s",), "snooze", "Decide", "Hide it until a time or until it grows; again to wake it.", "inbox",
      "snooze", 6, True),
    A("undo", ("z",), "undo", "Decide", "Take back your newest decision.", "inbox", "undo", 8),
    A("redo", ("Z",), "redo", "Decide", "Put it back.", "inbox", "redo"),
    A("history", ("H",), "history", "Decide", "What you decided, and what of it can be taken back.", "inbox",
      "history"),
    A("claim", ("C",), "claim", "Decide", "Mark it as yours; again to give it back.", "inbox", "claim", 0, True),
    A("priority", ("P",), "priority", "Decide", "Raise or lower the priority, with a reason.", "inbox", "priority", 0,
      True),
    A("suppress", ("M",), "mute", "Decide", "Count further signals, and never bring it back; again to end that.",
      "inbox", "suppress", 0, True),
    A("note", ("c",), "note", "Decide", "Write down what later runs should know.", "inbox", "note"),
    A("join", ("J",), "join", "Decide", "Put the marked reports, or this one, into another report.", "inbox", "join", 0,
      True),
    A("split", ("U",), "split", "Decide", "Take signals out into a report of their own.", "inbox", "split"),
    A("retry", ("R",), "retry", "Decide", "Start the work again from the investigation.", "inbox", "retry", 7, True),
    A("stop", ("X",), "stop", "Decide", "Stop the work that runs on it.", "inbox", "stop", 7, True),
    A("revert", (), "revert", "Decide", "Make a change that takes a merged one back.", "inbox", "revert"),
    # Looking
    A("filter", ("slash",), "filter", "Look", "Filter as you type: p:0-1 source:sentry users:>20 is:unread words.",
      "inbox", "reports", 9),
    A("sort", ("S",), "sort", "Look", "Next order: priority, impact, trend, newest, oldest, recent.", "inbox",
      "reports"),
    A("next_section", ("l", "right"), "next section", "Look", "Show the next section.", "list"),
    A("prev_section", ("h", "left"), "previous section", "Look", "Show the one before.", "list"),
    *(A(f"section_{n}", (str(n),), f"section {n}", "Look", f"Show section {n}.", "inbox") for n in range(1, 10)),
    A("goto_needs_you", ("g n",), "needs you", "Look", "What waits for you.", "inbox"),
    A("goto_ready", ("g r",), "ready", "Look", "Changes that can be merged.", "inbox"),
    A("goto_needs_input", ("g q",), "questions", "Look", "What only you can answer.", "inbox"),
    A("goto_running", ("g w",), "running", "Look", "What is being worked on.", "inbox"),
    A("goto_shipped", ("g s",), "shipped", "Look", "What was merged, and what came of it.", "inbox"),
    A("goto_snoozed", ("g z",), "snoozed", "Look", "What is hidden for now.", "inbox"),
    A("goto_declined", ("g d",), "declined", "Look", "What was declined.", "inbox"),
    A("goto_all", ("g a",), "all", "Look", "Every report.", "inbox"),
    A("funnel", ("F",), "funnel", "Look", "Where the signals went: collected, held, gathering, declined.", "inbox",
      "funnel"),
    A("read", ("u",), "read/unread", "Look", "Mark it as read, or as unread.", "inbox", "", 0, True),
    # Marking
    A("mark", ("space",), "mark", "Mark", "Mark the report and move on; decisions then take all that are marked.",
      "list", "", 7),
    A("range", ("v",), "range", "Mark", "Mark from here to where you move; again to keep it.", "list"),
    A("mark_all", ("asterisk",), "mark all", "Mark", "Mark every report of the section; again for none.", "list"),
    # The report
    A("next_tab", ("right_square_bracket",), "next tab", "Read",
      "Summary, Evidence, Findings, Transcript, Change, Measure, Activity."),
    A("prev_tab", ("left_square_bracket",), "previous tab", "Read", "The tab before."),
    A("next_pane", ("tab",), "other pane", "Read", "From the list to the report and back."),
    A("target", ("enter",), "look", "Read", "Show the code a line names, or unfold what is folded.", "report", "", 1),
    A("next_target", ("n",), "next place", "Read", "To the next line that can be opened.", "report"),
    A("prev_target", ("N",), "place before", "Read", "To the line before that can be opened.", "report"),
    A("edit", ("e",), "editor", "Read", "Open the place in your editor.", "inbox"),
    A("outside", ("o",), "open outside", "Read", "Open the change or the ticket in a browser.", "inbox"),
    A("copy", ("y",), "copy", "Read", "Copy the report's number and title, also over SSH.", "inbox"),
    # Moving
    A("down", ("j", "down"), "down", "Move", "One line down."),
    A("up", ("k", "up"), "up", "Move", "One line up."),
    A("half_down", ("ctrl+d", "pagedown"), "half a page down", "Move", "Half a page down."),
    A("half_up", ("ctrl+u", "pageup"), "half a page up", "Move", "Half a page up."),
    A("top", ("g g", "home"), "to the top", "Move", "To the top."),
    A("bottom", ("G", "end"), "to the end", "Move", "To the end."),
    A("back", ("escape",), "back", "Move", "Back to the list; ends marks and filters. Never quits."),
    # In the diff
    A("diff_comment", ("c",), "comment", "In the diff", "Comment on the line or the marked range.", "diff", "", 1),
    A("diff_send", ("S",), "send review", "In the diff", "Send all drafts as one review: ask for changes, comment or "
      "approve.", "diff", "", 2),
    A("diff_next_hunk", ("right_square_bracket", "right_square_bracket h"), "hunk", "In the diff", "Next hunk.", "diff",
      "", 3),
    A("diff_prev_hunk", ("left_square_bracket", "left_square_bracket h"), "hunk before", "In the diff",
      "Previous hunk.", "diff"),
    A("diff_next_file", ("right_curly_bracket", "right_square_bracket f"), "file", "In the diff", "Next file.", "diff",
      "", 4),
    A("diff_prev_file", ("left_curly_bracket", "left_square_bracket f"), "file before", "In the diff",
      "Previous file.", "diff"),
    A("diff_next_comment", ("right_square_bracket c",), "comment", "In the diff", "Next comment.", "diff"),
    A("diff_prev_comment", ("left_square_bracket c",), "comment before", "In the diff", "Previous comment.", "diff"),
    A("diff_viewed", ("V", "space"), "viewed", "In the diff", "Mark the file as viewed, fold it and go on; again to "
      "take that back.", "diff", "", 5),
    A("diff_files", ("f",), "files", "In the diff", "The files as a tree; space marks one as viewed.", "diff", "", 6),
    A("diff_merge", ("m",), "merge", "In the diff", "Merge what is shown, after asking.", "diff", "merge", 7),
    A("diff_interdiff", ("i",), "since last look", "In the diff", "Only what changed since you last looked, and back.",
      "diff", "", 8),
    A("diff_range", ("v",), "range", "In the diff", "Mark a range from here; again to end it.", "diff", "", 9),
    A("diff_split", ("t",), "split", "In the diff", "Old and new side by side, or one above the other.", "diff", "",
      10),
    A("diff_whitespace", ("w",), "white space", "In the diff", "Leave out what differs in white space alone, and back.",
      "diff", "", 11),
    A("diff_open", ("enter",), "open", "In the diff", "Open what is folded; on a draft, go on writing.", "diff"),
    A("diff_drop", ("D",), "drop draft", "In the diff", "Throw the draft under the cursor away.", "diff"),
    A("diff_update", ("u",), "newest version", "In the diff", "Show the version that came while you read.", "diff"),
    A("diff_side", ("tab",), "other side", "In the diff", "Side by side: stand on the old or on the new line.", "diff"),
    A("diff_wrap", ("W",), "wrap", "In the diff", "Wrap long lines, or scroll them.", "diff"),
    A("diff_right", ("l", "right"), "right", "In the diff", "Show what is further right.", "diff"),
    A("diff_left", ("h", "left"), "left", "In the diff", "And further left.", "diff"),
    A("diff_more", ("plus", "="), "more context", "In the diff", "More unchanged lines around each hunk.", "diff"),
    A("diff_less", ("minus",), "less context", "In the diff", "Fewer of them.", "diff"),
    A("diff_search", ("slash",), "search", "In the diff", "Search in lines and names; small letters find capitals too.",
      "diff"),
    A("diff_next_match", ("n",), "next match", "In the diff", "Next match.", "diff"),
    A("diff_prev_match", ("N",), "match before", "In the diff", "Previous match.", "diff"),
    A("diff_copy", ("y",), "copy path:line", "In the diff", "Copy the place under the cursor, also over SSH.", "diff"),
    A("diff_edit", ("e",), "editor", "In the diff", "Open the file at the line in your editor.", "diff"),
    A("diff_down", ("j", "down"), "down", "In the diff", "One line down.", "diff"),
    A("diff_up", ("k", "up"), "up", "In the diff", "One line up.", "diff"),
    A("diff_half_down", ("ctrl+d", "pagedown"), "half a page down", "In the diff", "Half a page down.", "diff"),
    A("diff_half_up", ("ctrl+u", "pageup"), "half a page up", "In the diff", "Half a page up.", "diff"),
    A("diff_top", ("g g", "home"), "to the top", "In the diff", "To the first line.", "diff"),
    A("diff_bottom", ("G", "end"), "to the end", "In the diff", "To the last line.", "diff"),
    A("diff_back", ("escape", "q", "d"), "back", "In the diff", "Back; drafts are kept.", "diff"),
    # The screen
    A("command", ("colon",), "command", "Screen", "Type a command: :snooze 2d, :decline intended, :sort impact.",
      "any"),
    A("palette", ("ctrl+p",), "commands", "Screen", "Find a command by name.", "any"),
    A("theme", ("T",), "theme", "Screen", "The next theme: dark, light, high contrast, terminal colours.", "any"),
    A("redraw", ("ctrl+l",), "redraw", "Screen", "Draw the whole screen again.", "any"),
    A("suspend", ("ctrl+z",), "suspend", "Screen", "Put Loop in the background; fg brings it back.", "any"),
    A("help", ("question_mark",), "help", "Screen", "All keys.", "any", "keys", 10),
    A("quit", ("q", "ctrl+c"), "quit", "Screen", "Back from a report; from the list, quit.", "inbox", "", 11),
)  # fmt: skip
BY_ID = {action.id: action for action in ACTIONS}
GROUPS = tuple(dict.fromkeys(action.group for action in ACTIONS))
