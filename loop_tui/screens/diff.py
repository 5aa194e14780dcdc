"""The diff screen: reading a change, saying something about it, sending that. What its keys do is in `controllers/`."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from loop_tui.actions import ACTIONS
from loop_tui.controllers.diff_desk import Desk
from loop_tui.controllers.diff_look import Look
from loop_tui.controllers.diff_say import Say
from loop_tui.controllers.move import Move
from loop_tui.sequences import Sequences
from loop_tui.widgets.canvas import CLASSES, Bar
from loop_tui.widgets.comment_editor import CommentEditor
from loop_tui.widgets.diff import said
from loop_tui.widgets.diff.colours import Colours
from loop_tui.widgets.diff.parse import parse
from loop_tui.widgets.diff.tree import FileTree
from loop_tui.widgets.diff.view import STYLES, DiffView
from loop_tui.widgets.prompt import Prompt
from loop_tui.widgets.words import plural

if TYPE_CHECKING:
    from loop_tui.app import LoopApp

Json = dict[str, Any]
_BESIDE = 80  # columns from which on the tree stands beside the diff


class DiffScreen(Screen[None]):
    """One change, line by line.

    Args:
        report: the report with its change.
        diff: its unified diff with three lines of context.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES | {f"canvas--{name}" for name in STYLES}
    CSS_PATH = "diff.tcss"
    place = "diff"  # whose keys hold here
    AUTO_FOCUS = "#diff"  # before the first paint; a focus set later draws the whole screen again

    def __init__(self, report: Json, diff: str) -> None:
        super().__init__()
        self.report = report
        self.look, self.say = Look(self), Say(self)
        self._moving = Move(lambda: self.look.pane)
        self._first = diff
        self._preface = ""  # what is said before the first file
        self._newer = ""  # a head that came while this one is read
        self._before = 0  # where the cursor was before a key that may be the first of two
        self._leaving = self._colouring = self._uncoloured = self._shown = self._missed = False

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
    def prompt(self) -> Prompt:
        """Where a search is typed."""
        return self.query_one("#prompt", Prompt)

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
        yield Prompt(id="prompt")
        yield Bar(id="notes")
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Show the diff at once, then what was said about it."""
        self._sequences = Sequences(self.loop_app.keymap.rows("diff"))
        self.desk = Desk(self.loop_app.inbox, self.report["id"], self.report["change"]["head"])
        self._show(self._first)
        self._first = ""
        self._shown = True
        self.loop_app.do(self.changed({self.report["id"]}) if self._missed else self._load())

    # Content -------------------------------------------------------------------------------------------------

    def _show(self, diff: str) -> None:
        preface, mark, rest = ("", "", diff) if diff.startswith("diff --git ") else diff.partition("\ndiff --git ")
        self._preface = preface.strip()
        self._colours = Colours(self.loop_app.inbox, self.report["id"], old=not self.look.since)
        found = (self.report["change"]["notes"] or {}).get("untested") or []
        self.view.pen.untested = frozenset((str(path), int(at)) for path, at in found)
        self.view.show(parse(mark.lstrip("\n") + rest))
        self.say_all()

    async def _load(self) -> None:
        await self.desk.load()
        self.apply()

    def apply(self) -> None:
        """Show what was said and viewed."""
        self.view.mark_viewed(self.desk.viewed)
        self.view.say(self.desk.remarks)
        self.say_all()

    def read_again(self) -> None:
        """Show the diff as it is asked for now."""
        self.loop_app.do(self._read_again(), group="diff", exclusive=True)

    async def _read_again(self) -> None:
        look = self.look
        diff = await self.loop_app.inbox.diff(
            self.report["id"], since=look.since, context=look.context, whitespace=look.whitespace
        )
        self._show(diff)

    async def changed(self, ids: set[int]) -> None:
        """Patch in what was said since; a newer head is only announced, nothing moves under the eyes."""
        if self.report["id"] not in ids or self._leaving:
            return
        if not self._shown:  # the feed was quicker than the screen
            self._missed = True
            return
        report = await self.loop_app.inbox.report(self.report["id"])
        head = report["change"]["head"] if report["change"] else ""
        self._newer = head if head != self.desk.head else ""
        if not self.editor.display and not self._newer:
            self.report = report
            await self._load()
        self.say_all()

    async def do_update(self) -> str:
        """The newest version, its news one key away."""
        if not self._newer:
            return "This is the newest version."
        inbox, read = self.loop_app.inbox, self.desk.head
        self._newer = self.look.since = ""
        self.report = await inbox.report(self.report["id"])
        self.desk = Desk(inbox, self.report["id"], self.report["change"]["head"])
        await inbox.saw_diff(self.report["id"], read)
        await self._read_again()
        await self._load()
        return "Now the newest version; i shows what it changed."

    # What is said around it ----------------------------------------------------------------------------------

    def say_all(self) -> None:
        """All lines around the diff."""
        change = self.report["change"]
        self._say_title()
        self.bar("proof").say(*said.proof(change, self.desk.looked_at if self.look.since else None))
        self.bar("notes").say(said.notes(change["notes"] or {}, self._preface, self._newer, len(self.view.files)))
        self.say_keys()
        self.file_tree.show(self.view.files, self.desk.viewed, self.desk.remarks)

    def _say_title(self) -> None:
        item, view = self.view.item, self.view
        at = item.file if item is not None else -1
        self.bar("title").say(*said.title(self.report["change"], view.files, at, self.desk.viewed))

    def say_keys(self) -> None:
        """What can be done, and what is not as usual."""
        hint = (self._sequences.typed, self._sequences.hint) if self._waits else None
        self.bar("keys").say(*said.keys(self.app.size.width, self._offered(), self.look.states, hint))

    @property
    def _waits(self) -> bool:
        """Whether a key that only leads on was pressed; one that has acted already shows no hint."""
        return self._sequences.pending and not self._sequences.acted

    def _offered(self) -> list[tuple[str, str]]:
        offered = []
        drafts = len(self.desk.drafts)
        for action in sorted((a for a in ACTIONS if a.scope == "diff" and a.footer), key=lambda a: a.footer):
            if (action.id == "diff_send" and not drafts) or (action.id == "diff_interdiff" and not self.desk.looked_at):
                continue
            label = f"send {plural(drafts, 'draft')}" if action.id == "diff_send" else action.label
            offered.append((self.loop_app.keymap.key(action), label))
        return offered

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
        self.look.do_open()

    def on_file_tree_moved(self) -> None:
        """The diff follows the tree."""
        if self.file_tree.file >= 0:
            self.view.go_file(self.file_tree.file)

    def on_file_tree_chosen(self) -> None:
        """A second click goes there."""
        self.look.do_open()

    async def on_comment_editor_closed(self, event: CommentEditor.Closed) -> None:
        """Show the draft under its line."""
        await self.say.closed(event.send)

    def on_resize(self) -> None:
        """The tree stands beside the diff or instead of it; the footer has another width."""
        self.set_class(self.app.size.width < _BESIDE, "narrow")
        self.say_keys()

    def show_files(self, shown: bool) -> None:
        """Show the tree and give it the keys, or hide it."""
        item = self.view.item
        self.file_tree.display = shown
        self.set_class(shown, "files")
        self.file_tree.select(item.file if item is not None else 0)
        (self.file_tree if shown else self.view).focus()

    # Keys ----------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Everything that is no text goes through the registry's keys."""
        if self.prompt.display and event.key == "escape":
            self.prompt.leave()
            used = True
        elif self.prompt.display:
            used = self.prompt.take(event)
        elif self.editor.display:
            used = self.editor.take(event)
        else:
            used = self._do_key(event)
        if used:
            event.stop()
            event.prevent_default()

    def _do_key(self, event: events.Key) -> bool:
        waited = self._waits
        fed = self._sequences.feed(event.key, event.character)
        known = self.loop_app.keymap.at("diff")
        action = fed.action or ("" if fed.taken else known.get(event.key) or known.get(event.character or "", ""))
        if fed.instead_of:
            self.view.cursor = self._before
        if fed.pending:
            self._before = self.view.cursor
        if action:
            self.perform(action)
        if waited or self._waits:
            self.say_keys()
        return bool(action) or fed.taken

    def perform(self, action: str) -> None:
        """Do an action of the registry."""
        done = self.handler(action)()
        if isawaitable(done):
            self.loop_app.do(cast(Any, done))

    def handler(self, action: str) -> Callable[[], Any]:
        """What does an action: `do_<action>` of a controller, of this screen or of the application.

        Raises:
            LookupError: nothing does.
        """
        for place in (self.look, self._moving, self.say, self, self.loop_app):
            if (does := getattr(place, f"do_{action.removeprefix('diff_')}", None)) is not None:
                return cast(Callable[[], Any], does)
        raise LookupError(f"nothing does {action}")

    def do_command(self) -> None:
        """Commands are about reports."""
        self.loop_app.tell("Commands are typed in the inbox; q goes back to it.")

    def do_back(self) -> None:
        """Out of what is open, one at a time; then out of the diff."""
        if self.file_tree.has_focus:
            self.show_files(False)
        elif self.view.range_start is not None:
            self.view.set_range(False)
        elif self.view.pen.query is not None:
            self.look.forget()
        else:
            self.leave()

    def leave(self) -> None:
        """Back to the inbox, which remembers that this head was read."""
        if not self._leaving:
            self._leaving = True
            self.loop_app.do(self.loop_app.inbox.saw_diff(self.report["id"], self.desk.head))
            self.dismiss(None)
