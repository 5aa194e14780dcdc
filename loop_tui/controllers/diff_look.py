"""Moving in a diff and choosing what of it is shown: context, white space, versions, files, search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.inbox import Refused
from loop_tui.widgets.diff.tree import FileTree
from loop_tui.widgets.diff.view import DiffView

if TYPE_CHECKING:
    from loop_tui.screens.diff import DiffScreen

CONTEXT = (0, 3, 10, 25, 100, 1_000_000)  # unchanged lines around each hunk
_USUAL = 1
_SIDEWAYS = 8  # cells


class Look:
    """Looks at the change of one diff screen."""

    def __init__(self, screen: DiffScreen) -> None:
        self._screen = screen
        self.since = ""  # an older head: only what changed after it is shown
        self.whitespace = True
        self._around = _USUAL
        self._found = ""  # which match is shown

    @property
    def pane(self) -> DiffView | FileTree:
        """What j and k move in."""
        screen = self._screen
        return screen.file_tree if screen.file_tree.has_focus else screen.view

    @property
    def context(self) -> int:
        """Unchanged lines around each hunk."""
        return CONTEXT[self._around]

    @property
    def states(self) -> list[str]:
        """What is not as usual, for the bottom line."""
        around = f"{self.context} lines around" if self._around < len(CONTEXT) - 1 else "whole files"
        wanted = ((around, self._around != _USUAL), ("white space left out", not self.whitespace),
                  ("wrapped", self._screen.view.wraps), (self._found, bool(self._found)))  # fmt: skip
        return [text for text, on in wanted if on]

    # Moving --------------------------------------------------------------------------------------------------

    def do_next_hunk(self) -> None:
        """Next hunk."""
        self._screen.view.next("hunk", 1)

    def do_prev_hunk(self) -> None:
        """Previous hunk."""
        self._screen.view.next("hunk", -1)

    def do_next_file(self) -> None:
        """Next file."""
        self._screen.view.next("file", 1)

    def do_prev_file(self) -> None:
        """Previous file."""
        self._screen.view.next("file", -1)

    def do_next_comment(self) -> None:
        """Next comment."""
        self._screen.view.next("remark", 1)

    def do_prev_comment(self) -> None:
        """Previous comment."""
        self._screen.view.next("remark", -1)

    def do_right(self) -> None:
        """Show what is further right."""
        self._screen.view.scroll_side(_SIDEWAYS)

    def do_left(self) -> None:
        """And further left."""
        self._screen.view.scroll_side(-_SIDEWAYS)

    def do_side(self) -> None:
        """The other side of a split line."""
        if self._screen.view.is_split:
            self._screen.view.turn()

    # What is shown -------------------------------------------------------------------------------------------

    def do_split(self) -> None:
        """Old and new side by side, or not."""
        self._screen.view.set_split(not self._screen.view.is_split)

    def do_wrap(self) -> None:
        """Wrap, or scroll."""
        self._screen.view.set_wrap(not self._screen.view.wraps)
        self._screen.say_keys()

    def do_whitespace(self) -> None:
        """With or without changes of white space alone."""
        self.whitespace = not self.whitespace
        self._screen.read_again()

    def do_more(self) -> None:
        """More around each hunk."""
        self._around = min(self._around + 1, len(CONTEXT) - 1)
        self._screen.read_again()

    def do_less(self) -> None:
        """Less around each hunk."""
        self._around = max(self._around - 1, 0)
        self._screen.read_again()

    async def do_interdiff(self) -> None:
        """What changed since one last looked, or all."""
        older = self._screen.desk.looked_at
        if not self.since and older is None:
            raise Refused("This is the first version of the change; there is nothing older to compare it with.")
        self.since = "" if self.since or older is None else older["head"]
        self._screen.read_again()

    def do_open(self) -> None:
        """From the tree into the file; else open what is folded, or go on with a draft."""
        screen, view = self._screen, self._screen.view
        item = view.item
        if screen.file_tree.has_focus:
            if view.path in view.folded:
                view.fold(view.path)
            if screen.has_class("narrow"):
                screen.show_files(False)
            view.focus()
        elif item is not None and item.kind == "file":
            view.fold(view.path)
        elif item is not None and item.kind == "outdated":
            view.show_outdated(view.path)
        elif item is not None and item.remark is not None and item.remark.draft:
            screen.say.do_comment()

    def do_files(self) -> None:
        """Show the files, or hide them."""
        self._screen.show_files(not self._screen.file_tree.display)

    def do_viewed(self) -> None:
        """Mark the file, and go on to the next."""
        screen, view, tree = self._screen, self._screen.view, self._screen.file_tree
        number = tree.file if tree.has_focus else view.item.file if view.item is not None else -1
        if not 0 <= number < len(view.files):
            return
        path = view.files[number].path
        done = path not in screen.desk.viewed

        async def mark() -> None:
            await screen.desk.mark(path, done)
            view.mark_viewed(screen.desk.viewed)
            if done and tree.has_focus:
                tree.move(1)
            elif done:
                view.next("file", 1)
            screen.say_all()

        screen.loop_app.do(mark())

    # Searching -----------------------------------------------------------------------------------------------

    def do_search(self) -> None:
        """Type what to search for; matches are marked as one types."""
        screen = self._screen

        def typed(words: str) -> None:
            flags = re.IGNORECASE if words == words.lower() else re.NOFLAG
            screen.view.find(re.compile(re.escape(words), flags) if words else None)

        def sent(_: str) -> None:
            screen.view.focus()
            self._go(0)

        screen.prompt.ask(hint="words in lines and names", typed=typed, sent=sent, left=self.forget)

    def do_next_match(self) -> None:
        """Next match, from the end on from the start."""
        self._go(1)

    def do_prev_match(self) -> None:
        """Previous match."""
        self._go(-1)

    def _go(self, direction: int) -> None:
        if self._screen.view.pen.query is None:
            self._screen.loop_app.tell("Nothing is searched for; / starts a search.")
            return
        place, count = self._screen.view.go_match(direction)
        self._found = f"match {place} of {count:,}" if count else "no match"
        self._screen.say_keys()

    def forget(self) -> None:
        """Search for nothing."""
        self._found = ""
        self._screen.view.find(None)
        self._screen.view.focus()
        self._screen.say_keys()
