"""The diff screen: reading a change, saying something about it, sending that, merging."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input

from loop_tui.editor import edit
from loop_tui.screens import diff_keys, diff_words
from loop_tui.screens.dialogs import Chosen, Help, Merge
from loop_tui.screens.diff_review import Desk
from loop_tui.sequences import Sequences
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.comment_editor import CommentEditor
from loop_tui.widgets.diff.colours import Colours
from loop_tui.widgets.diff.layout import Remark
from loop_tui.widgets.diff.parse import File, parse
from loop_tui.widgets.diff.tree import FileTree
from loop_tui.widgets.diff.view import DiffView, Place

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]
_CONTEXT = (0, 3, 10, 25, 100, 1_000_000)
_BESIDE = 80  # columns from which on the tree stands beside the diff


class DiffScreen(Screen[None]):
    """One change, line by line.

    Args:
        report: the report with its change.
        diff: its unified diff with three lines of context.
    """

    CSS_PATH = "diff.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(diff_keys.bindings())

    def __init__(self, report: Json, diff: str) -> None:
        super().__init__()
        self.report = report
        self._first = diff
        self.files: list[File] = []
        self.preface = ""  # what git or the inbox says before the first file
        self.since = ""  # an older head: only what changed after it is shown
        self.newer = ""  # a head that came while this one is read
        self.whitespace = True
        self._around = 1
        self._sequences = Sequences(diff_keys.rows())
        self._before = 0  # where the cursor was before a key that may be the first of two
        self._leaving = self._colouring = self._uncoloured = False

    # Parts ---------------------------------------------------------------------------------------------------

    @property
    def loop_app(self) -> LoopApp:
        """The application."""
        return cast("LoopApp", self.app)

    @property
    def view(self) -> DiffView:
        """The diff."""
        return self.query_one("#diff", DiffView)

    @property
    def file_tree(self) -> FileTree:
        """The files."""
        return self.query_one("#tree", FileTree)

    @property
    def editor(self) -> CommentEditor:
        """Where a comment is written."""
        return self.query_one("#editor", CommentEditor)

    @property
    def pane(self) -> DiffView | FileTree:
        """What j and k move in."""
        return self.file_tree if self.file_tree.has_focus else self.view

    def bar(self, name: str) -> Bar:
        """One of the lines."""
        return self.query_one(f"#{name}", Bar)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Bar(id="title")
        yield Bar(id="proof")
        with Horizontal(id="body"):
            yield FileTree(id="tree")
            yield DiffView(id="diff")
        yield CommentEditor(id="editor")
        yield Input(placeholder="search", id="search", compact=True)
        yield Bar(id="notes")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Show the diff at once, then what was said about it."""
        head = self.report["change"]["head"]
        self.desk = Desk(self.loop_app.inbox, self.report["id"], head)
        self._note_untested()
        self._show(self._first)
        self._first = ""
        self.view.focus()
        self.loop_app.do(self._load())

    def _note_untested(self) -> None:
        found = (self.report["change"]["notes"] or {}).get("untested") or []
        self.view.pen.untested = frozenset((str(path), int(at)) for path, at in found)

    # Content -------------------------------------------------------------------------------------------------

    def _show(self, diff: str) -> None:
        start = 0 if diff.startswith("diff --git") else diff.find("\ndiff --git") + 1
        self.preface = diff[:start].strip() if start else "" if diff.startswith("diff --git") else diff.strip()
        self.files = parse(diff)
        self._colours = Colours(self.desk.inbox, self.report["id"], old=not self.since)
        self.view.show(self.files)
        self._say_all()

    async def _load(self) -> None:
        await self.desk.load()
        self._apply()

    def _apply(self) -> None:
        self.view.mark_viewed(self.desk.viewed)
        self.view.say(self.desk.remarks)
        self._say_all()

    async def _read_again(self) -> None:
        diff = await self.desk.inbox.diff(
            self.report["id"], since=self.since, context=_CONTEXT[self._around], whitespace=self.whitespace
        )
        self._show(diff)

    async def changed(self, ids: set[int]) -> None:
        """Something of these reports changed in the store: comments are patched in, a newer head is only announced."""
        if self.report["id"] not in ids or self._leaving:
            return
        report = await self.desk.inbox.report(self.report["id"])
        head = report["change"]["head"] if report["change"] else ""
        self.newer = head if head != self.desk.head else ""
        if not self.editor.display and not self.newer:
            self.report = report
            await self._load()
        self._say_all()

    def _say_all(self) -> None:
        self._say_title()
        change = self.report["change"]
        self.bar("proof").say(*diff_words.proof(change, self.desk.looked_at if self.since else None))
        self.bar("notes").say(diff_words.notes(change["notes"] or {}, self.preface, self.newer, len(self.files)))
        self._say_keys()
        self.file_tree.show(self.files, self.desk.viewed, self.desk.remarks)

    def _say_title(self) -> None:
        item = self.view.item
        at = item.file if item is not None else -1
        self.bar("title").say(*diff_words.title(self.report["change"], self.files, at, self.desk.viewed))

    def _say_keys(self, found: str = "") -> None:
        states = [
            text for text, on in (
                (f"{_CONTEXT[self._around]} lines around" if self._around < 5 else "whole files", self._around != 1),
                ("white space left out", not self.whitespace), ("wrapped", self.view.wraps), (found, bool(found)),
            ) if on
        ]  # fmt: skip
        hint = (self._sequences.typed, self._sequences.hint) if self._sequences.hint else None
        drafts = len(self.desk.drafts)
        self.bar("keys").say(*diff_words.keys(self.app.size.width, drafts, states, hint, bool(self.desk.looked_at)))

    def on_diff_view_moved(self) -> None:
        """The title names the file under the cursor."""
        self._say_title()
        item = self.view.item
        if self.file_tree.display and not self.file_tree.has_focus and item is not None:
            self.file_tree.select(item.file)

    def on_diff_view_scrolled(self) -> None:
        """Colour what came in sight from the whole text of its file."""
        self._uncoloured = True
        if not self._colouring:
            self._colouring = True
            self.loop_app.do(self._colour(), group="colours")

    async def _colour(self) -> None:
        try:
            while self._uncoloured and not self._leaving:
                self._uncoloured = False
                await self._colours.work(self.view)
        finally:
            self._colouring = False

    def on_diff_view_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def on_resize(self) -> None:
        """The tree stands beside the diff or instead of it; the footer has another width."""
        self._arrange()
        self._say_keys()

    def _arrange(self) -> None:
        self.set_class(self.app.size.width < _BESIDE, "narrow")
        self.set_class(self.file_tree.display, "files")

    # Keys ----------------------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Keys that follow each other."""
        if self.focused is not self.view and self.focused is not self.file_tree:
            return
        waited = bool(self._sequences.hint)
        fed = self._sequences.feed(event.key, event.character)
        if fed.taken:
            event.stop()
            event.prevent_default()
            if fed.instead_of:
                self.view.cursor = self._before
            if fed.pending:
                self._before = self.view.cursor
            if fed.action:
                await self.run_action(fed.action)
        if waited or (fed.pending and not fed.action):
            self._say_keys()

    def action_move(self, by: int) -> None:
        """By lines."""
        self.pane.move(by)

    def action_half(self, direction: int) -> None:
        """By half a page."""
        self.pane.half(direction)

    def action_edge(self, direction: int) -> None:
        """To the top or the end."""
        (self.pane.top if direction < 0 else self.pane.bottom)()

    def action_jump(self, kind: str, direction: int) -> None:
        """To the next hunk, file or comment."""
        self.view.next(kind, direction)

    def action_sideways(self, by: int) -> None:
        """Show what is further right or left."""
        self.view.scroll_side(by)

    def action_side(self) -> None:
        """The other side of a split line."""
        if self.view.is_split:
            self.view.turn()

    def action_help(self) -> None:
        """All keys."""
        self.app.push_screen(Help(diff_keys.help_lines()))

    def action_back(self) -> None:
        """Out of what is open, one at a time; then out of the diff."""
        if self.file_tree.has_focus:
            self._close_tree()
        elif self.view.range_start is not None:
            self.view.set_range(False)
        elif self.view.pen.query is not None:
            self.view.find(None)
            self._say_keys()
        else:
            self._leave()

    def _leave(self) -> None:
        if not self._leaving:
            self._leaving = True
            self.loop_app.do(self.desk.inbox.saw_diff(self.report["id"], self.desk.head))
            self.dismiss(None)

    # Looking -------------------------------------------------------------------------------------------------

    def action_split(self) -> None:
        """Old and new side by side, or not."""
        self.view.set_split(not self.view.is_split)

    def action_wrap(self) -> None:
        """Wrap, or scroll."""
        self.view.set_wrap(not self.view.wraps)
        self._say_keys()

    def action_whitespace(self) -> None:
        """With or without changes of white space alone."""
        self.whitespace = not self.whitespace
        self.loop_app.do(self._read_again(), group="diff", exclusive=True)

    def action_context(self, by: int) -> None:
        """More or less around each hunk."""
        self._around = max(0, min(self._around + by, len(_CONTEXT) - 1))
        self.loop_app.do(self._read_again(), group="diff", exclusive=True)

    def action_interdiff(self) -> None:
        """What changed since one last looked, or all."""
        if self.since:
            self.since = ""
        elif self.desk.looked_at is not None:
            self.since = self.desk.looked_at["head"]
        else:
            self.loop_app.tell("This is the first version of the change; there is nothing older to compare it with.")
            return
        self.loop_app.do(self._read_again(), group="diff", exclusive=True)

    def action_update(self) -> None:
        """The newest version."""
        if not self.newer:
            self.loop_app.tell("This is the newest version.")
            return

        async def update() -> None:
            read, self.newer, self.since = self.desk.head, "", ""
            self.report = await self.desk.inbox.report(self.report["id"])
            self.desk = Desk(self.desk.inbox, self.report["id"], self.report["change"]["head"])
            await self.desk.inbox.saw_diff(self.report["id"], read)
            self._note_untested()
            await self._read_again()
            await self._load()

        self.loop_app.do(update(), group="diff", exclusive=True)

    def action_tree(self) -> None:
        """Show the files, or hide them."""
        if self.file_tree.display:
            self._close_tree()
            return
        self.file_tree.display = True
        item = self.view.item
        self.file_tree.select(item.file if item is not None else 0)
        self._arrange()
        self.file_tree.focus()

    def _close_tree(self) -> None:
        self.file_tree.display = False
        self._arrange()
        self.view.focus()

    def on_file_tree_moved(self) -> None:
        """The diff follows the tree."""
        if self.file_tree.file >= 0:
            self.view.go_file(self.file_tree.file)

    def on_file_tree_chosen(self) -> None:
        """A second click goes there."""
        self.action_open()

    def action_open(self) -> None:
        """From the tree into the file; else open what is folded, or go on with a draft."""
        if self.file_tree.has_focus:
            if self.view.path in self.view.folded:
                self.view.fold(self.view.path)
            if self.app.size.width < _BESIDE:
                self._close_tree()
            self.view.focus()
            return
        item = self.view.item
        if item is None:
            return
        if item.kind == "file":
            self.view.fold(self.view.path)
        elif item.kind == "outdated":
            self.view.show_outdated(self.view.path)
        elif item.remark is not None and item.remark.draft:
            self.action_comment()

    def action_viewed(self) -> None:
        """Mark the file, and go on to the next."""
        number = self.file_tree.file if self.file_tree.has_focus else self.view.item.file if self.view.item else -1
        if not 0 <= number < len(self.files):
            return
        path = self.files[number].path
        done = path not in self.desk.viewed

        async def mark() -> None:
            await self.desk.mark(path, done)
            self.view.mark_viewed(self.desk.viewed)
            if done:
                if self.file_tree.has_focus:
                    self.file_tree.move(1)
                else:
                    self.view.next("file", 1)
            self._say_all()

        self.loop_app.do(mark())

    # Searching -----------------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Type what to search for."""
        entry = self.query_one("#search", Input)
        entry.display = True
        entry.value = ""
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark matches as one types."""
        words = event.value
        flags = re.IGNORECASE if words == words.lower() else re.NOFLAG
        self.view.find(re.compile(re.escape(words), flags) if words else None)

    def on_input_submitted(self) -> None:
        """Go to the first match from the cursor on."""
        self._end_search()
        self.action_found(0)

    def _end_search(self) -> None:
        self.query_one("#search").display = False
        self.view.focus()

    def action_found(self, direction: int) -> None:
        """To the next match, around the end."""
        if self.view.pen.query is None:
            self.loop_app.tell("Nothing is searched for; / starts a search.")
            return
        place, count = self.view.go_match(direction)
        self._say_keys(f"match {place} of {count:,}" if count else "no match")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a search is typed, escape ends it; tab is only for the diff."""
        if isinstance(self.focused, Input):
            if action == "back":
                self.view.find(None)
                self._end_search()
            return False
        return True

    # Saying something ----------------------------------------------------------------------------------------

    def action_range(self) -> None:
        """Begin a range, or end it."""
        self.view.set_range(self.view.range_start is None and self.view.here is not None)

    def action_comment(self) -> None:
        """Write about the line or the range; on a draft, go on writing it."""
        item, place = self.view.item, self.view.here
        draft = item.remark if item is not None and item.remark is not None and item.remark.draft else None
        if draft is not None:
            place = Place(draft.path, draft.side, draft.line or 0, draft.start, draft.quote)
        if place is None:
            self.loop_app.tell("Put the cursor on a line first; c writes about that line.", warn=True)
        elif self.since and place.side == "old":
            self.loop_app.tell("Of what changed since, only new lines take comments; i shows the whole change.")
        else:
            title = diff_words.place(place.path, place.line, place.start, place.side)
            self.editor.open(title, draft.text if draft else "", self.desk.keeper(place, draft))

    async def on_comment_editor_closed(self, event: CommentEditor.Closed) -> None:
        """Show the draft under its line."""
        self.view.set_range(False)
        self.view.focus()
        await self.desk.load_remarks()
        self._apply()
        if event.send:
            self.action_send()

    def action_drop(self) -> None:
        """Throw the draft under the cursor away."""
        remark = self.view.item.remark if self.view.item is not None else None
        if remark is None or not remark.draft:
            self.loop_app.tell("Put the cursor on a draft of yours; D throws it away.", warn=True)
            return
        self.loop_app.do(self._drop(remark))

    async def _drop(self, remark: Remark) -> str:
        said = await self.desk.inbox.drop_draft(remark.id)
        await self.desk.load_remarks()
        self._apply()
        return said

    def action_send(self) -> None:
        """Send all drafts as one review."""

        async def send(chosen: Chosen) -> str:
            said = await self.desk.send(chosen)
            if chosen.place == 0:
                self._leave()
            else:
                self._apply()
            return said

        def done(chosen: Chosen | None) -> None:
            if chosen is not None:
                self.loop_app.do(send(chosen))

        self.app.push_screen(self.desk.dialog(), done)

    # Deciding ------------------------------------------------------------------------------------------------

    def action_merge(self) -> None:
        """Merge what is read here."""
        if self.report["status"] != "review":
            self.loop_app.tell("Only a change that is ready can be merged.", warn=True)
            return

        def done(yes: bool | None) -> None:
            if yes:
                self._leave()
                self.loop_app.do(self.desk.inbox.merge(self.report["id"], self.desk.head))

        self.app.push_screen(Merge(self.report), done)

    def action_copy(self) -> None:
        """The place under the cursor to the clipboard."""
        place = self.view.here
        said = diff_words.place(place.path, place.line, place.start) if place else self.view.path
        if said:
            self.app.copy_to_clipboard(said)
            self.loop_app.tell(f"Copied {said}")

    def action_editor(self) -> None:
        """The file at the line in the person's editor."""
        place, path = self.view.here, self.view.path
        if path:
            self.loop_app.do(self._edit(path, place))

    async def _edit(self, path: str, place: Place | None) -> str:
        old = place is not None and place.side == "old"
        text = await self.desk.inbox.file_at(
            self.report["id"], place.path if place else path, "base" if old else "head"
        )
        line = place.line if place else 1
        here = Path(self.loop_app.inbox.settings.repo) / path
        if await asyncio.to_thread(_same, here, text):
            return await edit(self.app, here, line)
        # The branch is not checked out: what is read here is in no file, and the person's own files are not touched.
        with tempfile.TemporaryDirectory(prefix="loop-") as folder:
            copy = Path(folder) / Path(path).name
            copy.write_text(text, encoding="utf-8")
            copy.chmod(0o400)
            trouble = await edit(self.app, copy, line)
        return trouble or f"That was a copy of {path} as the change has it; edits to it are not kept."


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8", errors="replace") == text
    except OSError:
        return False
