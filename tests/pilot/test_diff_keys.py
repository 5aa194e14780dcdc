"""Each key of the diff, on a real change; what it did is read past the screen."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste

from agents.inbox import Inbox
from agents.models import Change
from loop_tui.actions import ACTIONS
from loop_tui.app import LoopApp
from loop_tui.screens.dialogs import Ask
from loop_tui.screens.diff import DiffScreen
from loop_tui.screens.help import Help
from loop_tui.screens.merge import Merge
from tests.pilot import reviewed
from tests.pilot.conftest import Desk, settle


class Reader(Desk):
    """The diff of the change, opened."""

    @property
    def diff(self) -> DiffScreen:
        assert isinstance(self.app.screen, DiffScreen)
        return self.app.screen

    @property
    def row(self) -> str:
        """The row under the cursor as it is drawn."""
        view = self.diff.view
        y = view.laid.starts[view.cursor] - int(view.scroll_offset.y)
        return view.render_line(y).text

    async def find(self, words: str) -> None:
        """Put the cursor on the first row that holds the words."""
        view = self.diff.view
        for place, item in enumerate(view.laid.items):
            rows = view.pen.rows(view.laid, item)
            if any(words in "".join(text for text, _ in row) for row in rows):
                view.go(place)
                await settle(self.pilot)
                return
        raise AssertionError(f"{words!r} is nowhere in the diff")

    async def write(self, words: str) -> None:
        """Type into the comment."""
        for char in words:
            await self.pilot.press(char)
        await settle(self.pilot)


Read = Callable[..., AbstractAsyncContextManager[Reader]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    @asynccontextmanager
    async def opened(size: tuple[int, int] = (120, 40)) -> AsyncIterator[Reader]:
        repo = tmp_path / "shop"
        base, head = reviewed.make(repo)
        settings: dict[str, Any] = {"who": "you@devbox", "name": "shop"}
        async with await Inbox.open(repo, **settings) as inbox:
            await reviewed.seed(inbox, base, head)
            app = LoopApp(repo, engine=False, **settings)
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                reader = Reader(app, pilot, inbox)
                await reader.press("d")
                yield reader

    return opened


async def test_every_action_is_done_by_something(read: Read) -> None:
    async with read() as r:
        for action in ACTIONS:
            if action.scope in ("diff", "any"):
                assert callable(r.diff.handler(action.id))


async def test_lines_up_and_down_and_to_the_ends(read: Read) -> None:
    async with read() as r:
        view = r.diff.view
        await r.press("j", "down", "k")
        assert view.cursor == 1
        await r.press("ctrl+d")
        assert view.cursor > 10
        await r.press("ctrl+u", "up", "up", "up")
        assert view.cursor == 0
        await r.press("G")
        assert view.cursor == len(view.laid.items) - 1
        await r.press("g")
        assert "to the top" in r.diff.bar("keys").text
        await r.press("g")
        assert view.cursor == 0
        assert "to the top" not in r.diff.bar("keys").text


async def test_hunks_files_and_comments(read: Read) -> None:
    async with read() as r:
        await r.press("]")
        assert "one" in r.row
        await r.press("]", "[")
        assert "one" in r.row
        await r.press("}")
        assert "日本語.md" in r.row
        await r.press("{", "{")
        assert "bin/run.sh" in r.row
        await r.press("]", "f")
        assert "docs/windows.txt" in r.row  # not the file after the hunk that ] alone went to
        await r.press("]", "c")
        assert "consider" in r.row  # about a line that the diff does not show: at the head of the file
        await r.press("]", "c")
        assert "should-fix · review" in r.row
        await r.press("[", "c")
        assert "consider" in r.row


async def test_the_title_names_the_file_the_proof_and_the_notes(read: Read) -> None:
    async with read() as r:
        await r.find("shop/pricing.py")
        assert "shop/pricing.py" in r.diff.bar("title").text
        assert "red → green" in r.diff.bar("proof").text
        notes = r.diff.bar("notes").text
        assert "no test runs pricing.py:14" in notes
        assert "budget 24/200" in notes
        assert "shop/tax.py" in notes
        await r.find("return Decimal(0)")
        assert "▏" in r.row


async def test_every_kind_of_file_says_what_happened_to_it(read: Read) -> None:
    async with read() as r:
        shown = {}
        for number in range(len(r.diff.view.files)):
            r.diff.view.go_file(number)
            await settle(r.pilot)
            shown[r.diff.view.path] = r.row
        assert "mode 100644 → 100755" in shown["bin/run.sh"]
        assert "binary, not shown" in shown["web/logo.png"]
        assert "shop/old_name.py → shop/new_name.py" in shown["shop/new_name.py"]
        assert "deleted" in shown["shop/unused.py"]
        assert "new" in shown["docs/日本語.md"]
        assert "generated" in shown["package-lock.json"]


async def test_split_and_unified_keep_the_line(read: Read) -> None:
    async with read() as r:
        await r.find("partner.active:")
        assert not r.diff.view.is_split
        await r.press("t")
        assert r.diff.view.is_split
        assert "│" in r.row
        assert "partner.active" in r.row
        await r.press("t")
        assert "partner.active" in r.row


async def test_wide_screens_are_split_by_themselves_and_tab_takes_the_other_side(read: Read) -> None:
    async with read((160, 40)) as r:
        assert r.diff.view.is_split
        await r.find("customer.partner is None")
        assert r.diff.view.here is not None
        assert r.diff.view.here.side == "new"
        await r.press("tab")
        assert (r.diff.view.here.side, r.diff.view.here.text) == ("old", "    if customer.partner is None:")


async def test_a_window_made_wider_is_split_and_the_cursor_keeps_its_line(read: Read) -> None:
    async with read() as r:
        await r.find("partner.active:")
        await r.pilot.resize_terminal(160, 40)
        await settle(r.pilot)
        assert r.diff.view.is_split
        assert "partner.active:" in r.row
        await r.pilot.resize_terminal(50, 20)
        await settle(r.pilot)
        assert not r.diff.view.is_split
        assert "if partner is None or not" in r.row


async def test_long_lines_are_scrolled_or_wrapped(read: Read) -> None:
    async with read() as r:
        await r.find("export const table")
        assert r.row.rstrip().endswith("›")
        await r.press("l", "l", "right")
        assert "export" not in r.row
        await r.press("h", "left", "h")
        assert "export const table" in r.row
        rows = r.diff.view.laid.rows
        await r.press("W")
        assert r.diff.view.laid.rows > rows
        assert "wrapped" in r.diff.bar("keys").text
        assert "399]" in r.screen()


async def test_white_space_and_context(read: Read) -> None:
    async with read() as r:
        await r.find("step_3(cart)")
        count = len(r.diff.view.laid.items)
        await r.press("+")
        assert len(r.diff.view.laid.items) > count
        assert "step_3" in r.row
        await r.press("-", "-")
        assert len(r.diff.view.laid.items) < count
        assert "0 lines around" in r.diff.bar("keys").text
        await r.press("+", "w")
        assert "white space left out" in r.diff.bar("keys").text


async def test_search_goes_round_and_escape_ends_it(read: Read) -> None:
    async with read() as r:
        await r.press("/", *"decimal", "enter")
        assert "Decimal" in r.row
        assert "match 1 of" in r.diff.bar("keys").text
        first = r.diff.view.cursor
        await r.press("n")
        assert r.diff.view.cursor > first
        await r.press("N", "N")
        assert r.diff.view.cursor > first
        await r.press("escape")
        assert r.diff.view.pen.query is None
        await r.press("/", *"Xyzzy", "enter")
        assert "no match" in r.diff.bar("keys").text


async def test_what_is_typed_fast_is_text_and_no_other_key(read: Read) -> None:
    async with read() as r:
        for key in ("slash", *"merge"):
            r.app.simulate_key(key)
        await settle(r.pilot)
        assert r.app.screen is r.diff
        assert r.diff.prompt.value == "merge"
        await r.press("escape")
        await r.find("partner = customer.partner")
        for key in ("c", *"mD", "enter", "q"):
            r.app.simulate_key(key)
        await settle(r.pilot)
        assert r.diff.editor.text == "mD\nq"


async def test_search_opens_folded_files_that_hold_it(read: Read) -> None:
    async with read() as r:
        await r.press("/", *"lockfileVersion", "enter")
        assert "lockfileVersion" in r.row


async def test_the_tree_leads_marks_and_closes(read: Read) -> None:
    async with read() as r:
        await r.press("f", "j", "j")
        assert r.diff.view.path == "docs/日本語.md"
        await r.press("space")
        assert (await r.inbox.viewed(1))["docs/日本語.md"]
        assert r.diff.view.path == "package-lock.json"  # marks and moves on
        await r.press("enter")
        assert r.app.focused is r.diff.view
        assert "package-lock.json" not in r.diff.view.folded
        await r.press("f")
        assert not r.diff.file_tree.display


async def test_a_file_marked_as_viewed_is_folded_until_it_is_opened_or_unmarked(read: Read) -> None:
    async with read() as r:
        await r.find("step_3(cart)")
        await r.press("V")
        assert (await r.inbox.viewed(1))["shop/cart.py"]
        assert "step_3" not in r.screen()
        assert "●" in r.diff.bar("title").text
        await r.press("{", "enter")
        assert "step_3" in r.screen()
        await r.press("V")
        assert not (await r.inbox.viewed(1))["shop/cart.py"]


async def test_a_comment_is_kept_while_it_is_written(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("who sets this")
        for _ in range(100):
            if [draft["text"] for draft in await r.inbox.drafts(1)] == ["who sets this"]:
                break
            await r.pilot.pause(0.02)
        draft = (await r.inbox.drafts(1))[0]
        assert (draft["path"], draft["side"], draft["line"]) == ("shop/pricing.py", "new", 12)
        assert r.diff.editor.display


async def test_escape_keeps_the_draft_under_its_line_and_enter_goes_on_with_it(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("who")
        await r.press("escape")
        assert "you, draft" in r.screen()
        assert r.app.focused is r.diff.view
        assert "send 1 draft" in r.diff.bar("keys").text
        await r.press("j")
        assert "you, draft" in r.row
        await r.press("enter")
        await r.write(" else?")
        await r.press("escape")
        assert [draft["text"] for draft in await r.inbox.drafts(1)] == ["who else?"]
        await r.press("D")
        assert await r.inbox.drafts(1) == []
        assert "you, draft" not in r.screen()


async def test_what_is_pasted_into_a_comment_steers_no_terminal(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        r.app.post_message(Paste("a\x1b]52;c;aGk=\x07b\u202ec\x9b2J"))
        await settle(r.pilot)
        drawn = r.screen()
        assert "]52;c" in drawn
        assert not set("\x1b\x07\u202e\x9b") & set(drawn)


async def test_an_emptied_draft_is_dropped(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("no")
        await r.press("escape", "j", "enter", "backspace", "backspace", "escape")
        assert await r.inbox.drafts(1) == []


async def test_a_range_and_an_old_line(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("v", "j", "c")
        await r.write("both")
        await r.press("escape")
        await r.find("return total * customer.partner.rate")
        await r.press("c")
        await r.write("this was right")
        await r.press("escape")
        found = {draft["text"]: draft for draft in await r.inbox.drafts(1)}
        assert (found["both"]["start_line"], found["both"]["line"]) == (12, 13)
        assert found["both"]["quote"].startswith("    partner = customer.partner\n")
        assert (found["this was right"]["side"], found["this was right"]["line"]) == ("old", 14)


async def test_all_drafts_are_sent_as_one_review(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("why?")
        await r.press("ctrl+g")
        assert isinstance(r.app.screen, Ask)
        assert "why?" in r.app.screen.query_one("#options").text  # type: ignore[attr-defined]
        await r.press("2", "enter")
        assert await r.inbox.drafts(1) == []
        assert [c["text"] for c in await r.inbox.comments(1) if c["by_person"]] == ["why?"]
        assert "you@devbox" in r.screen()
        assert r.report(1)["status"] == "review"


async def test_asking_for_changes_starts_the_work_and_leaves(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("why?")
        await r.press("escape", "S", "enter")
        assert r.report(1)["status"] == "proposing"
        assert r.app.screen is r.main


async def test_the_diff_remembers_what_was_seen_and_shows_what_came_after(read: Read) -> None:
    async with read() as r:
        old = r.diff.desk.head
        await r.press("i")
        assert "first version" in r.told()
        await r.find("partner = customer.partner")
        await r.press("c")
        await r.write("not this")
        await r.press("escape", "q")
        assert (await r.inbox.seen(1))["head"] == old
        repo = r.inbox.settings.repo
        text = str(reviewed.HEAD["shop/pricing.py"]).replace("    partner = customer.partner\n", "").replace(
            "if partner is None", "if customer.partner is None")  # fmt: skip
        head = reviewed.push(repo, {"shop/pricing.py": text}, "Without the variable")
        await new_head(r, old, head)
        await r.press("d")
        await r.find("2 comments are about lines that have changed since")
        await r.press("enter")
        assert "not this" in r.screen()
        await r.press("i")
        assert f"since {old[:7]}" in r.diff.bar("proof").text
        assert [file.path for file in r.diff.view.files] == ["shop/pricing.py"]
        await r.press("i")
        assert len(r.diff.view.files) == 10


async def new_head(r: Reader, old: str, head: str) -> None:
    """What a push of the agents writes."""
    from sqlmodel import select

    from agents.models import ChangeVersion

    async with (await r.inbox.services()).store.write() as session:
        change = (await session.exec(select(Change))).one()
        session.add(ChangeVersion(change_id=change.id or 0, round=1, base_sha=change.base_sha, head_sha=old))
        session.add(ChangeVersion(change_id=change.id or 0, round=2, base_sha=change.base_sha, head_sha=head))
        change.head_sha, change.round = head, 2
        session.add(change)


async def test_a_version_that_comes_meanwhile_is_announced_and_shown_when_asked_for(read: Read) -> None:
    async with read() as r:
        old = r.diff.desk.head
        head = reviewed.push(r.inbox.settings.repo, {"web/app.js": "export {};\n"}, "Less")
        await new_head(r, old, head)
        await r.diff.changed({1})
        assert f"version {head[:7]} came" in r.diff.bar("notes").text
        assert r.diff.desk.head == old
        await r.press("u")
        assert r.diff.desk.head == head
        await r.press("i")
        assert [file.path for file in r.diff.view.files] == ["web/app.js"]


async def test_merge_asks_and_merges_the_head_that_was_read(read: Read) -> None:
    async with read() as r:
        head = r.diff.desk.head
        await r.press("m")
        assert isinstance(r.app.screen, Merge)
        await r.press("y")
        assert r.report(1)["status"] == "shipped"
        assert r.report(1)["change"]["head"] == head


async def test_copy_help_and_back(read: Read) -> None:
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("y")
        assert r.app.clipboard == "shop/pricing.py:12"
        await r.press("v", "j", "y")
        assert r.app.clipboard == "shop/pricing.py:12-13"
        await r.press("escape")
        assert r.diff.view.range_start is None
        await r.press("?")
        assert isinstance(r.app.screen, Help)
        assert "Next hunk" in r.app.screen.query_one("#options").text  # type: ignore[attr-defined]
        await r.press("escape", "escape")
        assert r.app.screen is r.main


async def test_the_editor_needs_a_terminal_and_says_so(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    monkeypatch.delenv("VISUAL", raising=False)
    async with read() as r:
        await r.find("partner = customer.partner")
        await r.press("e")
        assert "needs a terminal of its own" in r.told()


async def test_strings_over_many_lines_are_coloured_from_the_whole_file(read: Read) -> None:
    async with read() as r:
        await r.find("Everything is in cents")
        await r.pilot.pause(0.1)
        await settle(r.pilot)
        item = r.diff.view.item
        assert item is not None
        row = r.diff.view.pen.rows(r.diff.view.laid, item)[0]
        assert any("quotes" in text and "string" in style for text, style in row)


@pytest.mark.parametrize("size", [(40, 12), (59, 20), (80, 24), (200, 60)])
async def test_every_row_is_as_wide_as_the_screen(read: Read, size: tuple[int, int]) -> None:
    from rich.cells import cell_len

    async with read(size) as r:
        for keys in (("ctrl+d",), ("G",), ("t",), ("W",), ("f",), ("escape", "g", "g", "c"), ("escape",)):
            await r.press(*keys)
            drawn = r.screen().split("\n")
            assert len(drawn) == size[1]
            assert {cell_len(row) for row in drawn} == {size[0]}
        shutil.rmtree(r.inbox.settings.repo, ignore_errors=True)


async def test_news_that_come_before_the_screen_is_drawn_are_read_once_it_is(read: Read) -> None:
    async with read() as r:
        report, diff = await r.inbox.report(1), await r.inbox.diff(1)
        await r.press("escape")
        early = DiffScreen(report, diff)
        await early.changed({1})  # the feed is quicker than the screen
        await r.app.push_screen(early)
        await settle(r.pilot)
        assert r.diff is early
        assert r.diff.desk.remarks
