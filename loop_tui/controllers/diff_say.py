"""Saying something about a change: comments, the review they are sent with, merging; and taking a place elsewhere."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from agents.inbox import Refused
from agents.text import one_line
from loop_tui.editor import edit
from loop_tui.screens.dialogs import Chosen
from loop_tui.screens.merge import Merge
from loop_tui.widgets.diff import said
from loop_tui.widgets.diff.place import Place

if TYPE_CHECKING:
    from loop_tui.screens.diff import DiffScreen


class Say:
    """Speaks about the change of one diff screen."""

    def __init__(self, screen: DiffScreen) -> None:
        self._screen = screen

    def do_range(self) -> None:
        """Begin a range, or end it."""
        view = self._screen.view
        view.set_range(view.range_start is None and view.here is not None)

    def do_comment(self) -> None:
        """Write about the line or the range; on a draft, go on writing it."""
        screen = self._screen
        item, place = screen.view.item, screen.view.here
        draft = item.remark if item is not None and item.remark is not None and item.remark.draft else None
        if draft is not None:
            place = Place(draft.path, draft.side, draft.line or 0, draft.start, draft.quote)
        if place is None:
            screen.loop_app.tell("Put the cursor on a line first; c writes about that line.", warn=True)
        elif screen.look.since and place.side == "old":
            screen.loop_app.tell("Here only new lines take comments; i shows the whole change.", warn=True)
        else:
            title = said.place(place.path, place.line, place.start, place.side)
            screen.editor.open(title, draft.text if draft else "", screen.desk.keeper(place, draft))

    async def closed(self, send: bool) -> None:
        """The editor is done: show the draft under its line."""
        screen = self._screen
        screen.view.set_range(False)
        screen.view.focus()
        await screen.desk.load_remarks()
        screen.apply()
        if send:
            self.do_send()

    async def do_drop(self) -> str:
        """Throw the draft under the cursor away."""
        item = self._screen.view.item
        if item is None or item.remark is None or not item.remark.draft:
            raise Refused("Put the cursor on a draft of yours; D throws it away.")
        told = await self._screen.desk.drop(item.remark)
        self._screen.apply()
        return told

    def do_send(self) -> None:
        """Send all drafts as one review."""
        screen = self._screen

        async def send(chosen: Chosen) -> str:
            told = await screen.desk.send(chosen)
            if chosen.place == 0:
                screen.leave()  # the agents work on it now; there is nothing more to read here
            else:
                screen.apply()
            return told

        def done(chosen: Chosen | None) -> None:
            if chosen is not None:
                screen.loop_app.do(send(chosen))

        screen.app.push_screen(screen.desk.dialog(), done)

    async def do_merge(self) -> None:
        """Merge what is read here."""
        screen = self._screen
        if screen.report["status"] != "review":
            raise Refused("Only a change that is ready can be merged.")
        inbox, head = screen.loop_app.inbox, screen.desk.head
        plan = await inbox.merge_plan(screen.report["id"])

        def done(method: str | None) -> None:
            if method:
                screen.leave()
                screen.loop_app.do(inbox.merge(screen.report["id"], head, method))

        screen.app.push_screen(Merge(screen.report, plan), done)

    def do_copy(self) -> None:
        """The place under the cursor to the clipboard of the terminal one sits at (OSC 52)."""
        place = self._screen.view.here
        text = said.place(place.path, place.line, place.start) if place else one_line(self._screen.view.path)
        if text:
            self._screen.app.copy_to_clipboard(text)
            self._screen.loop_app.tell(f"Copied {text}.")

    async def do_edit(self) -> str:
        """The file at the line in the person's editor."""
        screen, place = self._screen, self._screen.view.here
        path = place.path if place else screen.view.path
        if not path:
            return ""
        old = place is not None and place.side == "old"
        inbox, line = screen.loop_app.inbox, place.line if place else 1
        text = await inbox.file_at(screen.report["id"], path, "base" if old else "head")
        if await asyncio.to_thread(_same, inbox.settings.repo / path, text):
            edit(screen.app, inbox.settings.repo, path, line)
            return ""
        # The branch is not checked out: what is read here is in no file, and the person's own files are left alone.
        with tempfile.TemporaryDirectory(prefix="loop-") as folder:
            copy = Path(folder) / Path(path).name
            copy.write_text(text, encoding="utf-8")
            copy.chmod(0o400)
            edit(screen.app, copy.parent, copy.name, line)
        return f"That was a copy of {path} as the change has it; edits to it are not kept."


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8", errors="replace") == text
    except OSError:
        return False
