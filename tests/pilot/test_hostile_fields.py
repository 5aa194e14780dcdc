"""Outside text in every field of every screen: drawn as text, in its place, whatever it holds."""

from __future__ import annotations

import asyncio
import shutil
import threading
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from textual import events
from wcwidth import wcwidth

from agents.inbox import Inbox
from loop_tui.app import LoopApp
from loop_tui.screens.dialogs import Ask
from loop_tui.screens.diff import DiffScreen
from loop_tui.screens.help import Reader
from loop_tui.screens.merge import Merge
from loop_tui.screens.peek import PeekScreen
from loop_tui.widgets import report as reports
from loop_tui.widgets.lines import Fold, Place
from loop_tui.widgets.report import TABS
from tests.pilot import hostile
from tests.pilot.conftest import Desk, settle

SIZES = [(80, 24), *(pytest.param(size, marks=pytest.mark.e2e) for size in ((40, 16), (160, 45)))]
Start = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "project"
    thread = threading.Thread(target=lambda: asyncio.run(hostile.make(folder, hostile.NASTY)))
    thread.start()
    thread.join()
    return folder


@pytest.fixture
def start(project: Path, tmp_path: Path) -> Start:
    @asynccontextmanager
    async def opened(size: tuple[int, int], repo: Path | None = None) -> AsyncIterator[Desk]:
        if repo is None:
            repo = tmp_path / "project"
            shutil.copytree(project, repo)
        with_words = hostile.settings(hostile.NASTY)
        async with await Inbox.open(repo, **with_words) as inbox:
            app = LoopApp(repo, engine=False, preferences=hostile.preferences(hostile.NASTY), **with_words)
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                yield Desk(app, pilot, inbox)

    return opened


def harmless(drawn: str) -> bool:
    """Nothing in it steers a terminal or hides."""
    return not any(
        unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in "\u3164\ufe0f\u115f" for char in drawn
    )


def cells(drawn: str) -> list[str]:
    """The cells a terminal fills: what stands in the first of each character's, and nothing in its second."""
    found: list[str] = []
    for char in drawn:
        found += [char, ""][: max(0, wcwidth(char))]
    return found


def check(d: Desk, size: tuple[int, int], where: str, wanted: str = "MARK") -> str:
    """Every row is as wide as the screen on any terminal, frames are whole, the words are there."""
    lines = d.screen().split("\n")
    assert len(lines) == size[1]
    grid = [cells(drawn) for drawn in lines]
    for number, (drawn, row) in enumerate(zip(lines, grid, strict=True)):
        assert harmless(drawn), f"{where}, line {number}: {drawn!r}"
        assert len(row) == size[0], f"{where}, line {number} is {len(row)} cells: {drawn!r}"
    _frame(d, grid, where)
    shown = "\n".join(lines)
    assert wanted in shown, f"{where}:\n{shown}"
    return shown


def _frame(d: Desk, grid: list[list[str]], where: str) -> None:
    if d.app.screen is d.main:
        assert "".join(grid[0]).startswith(" Loop"), where
        assert "".join(grid[-1]).endswith("? help  q quit  ") or d.main.prompt.display or d.main._trouble, where
        return
    tops = [(number, row.index("╭"), row.index("╮")) for number, row in enumerate(grid) if "╭" in row and "╮" in row]
    for top, left, right in tops[:1]:
        bottom = next(number for number in range(top, len(grid)) if grid[number][left] == "╰")
        assert grid[bottom][right] == "╯", where
        assert all(row[left] == row[right] == "│" for row in grid[top + 1 : bottom]), where


async def paste(d: Desk, words: str) -> None:
    d.app.post_message(events.Paste(words))
    await settle(d.pilot)


async def unfold(d: Desk) -> None:
    """Open every fold of the tab, also those inside others."""
    pane, opened = d.main.text, set[str]()
    while True:
        closed = {
            item.to.id
            for item in pane._lines
            if isinstance(item.to, Fold) and any(part.startswith("▸") for part, _ in item.spans)
        } - opened
        if not closed:
            return
        opened |= closed
        for fold in closed:
            pane.toggle(fold)
        await settle(d.pilot)


async def page_through(d: Desk, size: tuple[int, int], where: str) -> str:
    """Check every page of the report's text."""
    pane, shown = d.main.text, ""
    pane.top()
    for _ in range(100):
        await settle(d.pilot)
        shown += check(d, size, where, "")
        before = pane.scroll_offset.y
        pane.move(pane.size.height)
        if pane.scroll_offset.y == before:
            return shown
    raise AssertionError(f"{where} does not end")


@pytest.mark.parametrize("size", SIZES)
async def test_the_list_its_marks_people_sections_and_headers(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        check(d, size, "list")
        d.main.rows.see(await d.inbox.looking())
        await settle(d.pilot)
        check(d, size, "looking")
        await d.press("v", "j")
        check(d, size, "range")
        await d.press("space", "escape", "escape")
        d.main.status.lose()
        check(d, size, "no news")
        for _ in d.inbox.sections:
            await d.press("l")
            check(d, size, "section", "")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_every_tab_with_everything_unfolded(start: Start, size: tuple[int, int], place: int) -> None:
    async with start(size) as d:
        await d.press("g", "a", *"j" * place, "enter")
        for tab in TABS:
            await unfold(d)
            shown = await page_through(d, size, tab)
            assert "MARK" in shown, tab
            assert "␛[31m" in shown or tab in ("Transcript", "Change", "Measure", "Activity"), tab
            await d.press("]")


@pytest.mark.parametrize("size", SIZES)
async def test_every_dialog(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        for keys, kind in (
            ("m", Merge), ("x", Ask), ("s", Ask), ("r", Ask), ("P", Ask), ("M", Ask), ("c", Ask), ("U", Ask),
            ("J", Ask), ("H", Ask), ("?", Reader), ("F", Reader),
        ):  # fmt: skip
            await d.press(keys)
            assert isinstance(d.app.screen, kind), keys
            check(d, size, f"after {keys}", "")
            if kind is Reader:
                await d.press("G")
            await paste(d, f"MARK {hostile.NASTY}")
            await d.press("tab")
            await paste(d, f"MARK {hostile.NASTY}")
            check(d, size, f"pasted after {keys}", "")
            await d.press("escape")
            assert d.app.screen is d.main, keys
        await d.press("space", "space", "x")
        check(d, size, "many at once", "2 reports")
        await d.press("escape", "escape", "g", "a", "j", "a")
        check(d, size, "answer")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_typed_pasted_refused_and_told(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        await d.press("/")
        await paste(d, f"MARK {hostile.NASTY}")
        check(d, size, "filter")
        await d.press("enter")
        check(d, size, "filtered")
        await d.press("escape", "/")
        await paste(d, f"p:{hostile.NASTY}")
        await d.press("enter")
        await d.until(lambda: bool(d.main._trouble))
        check(d, size, "filter error", "")
        await d.press("/", "escape", ":")
        await paste(d, hostile.NASTY)
        check(d, size, "command", "MARK")
        await d.press("enter")
        check(d, size, "refused")
        d.app.tell(hostile.NASTY * 3, warn=True)
        await d.until(lambda: "␛" in d.screen())
        check(d, size, "told")
        await d.press("ctrl+p")
        await paste(d, hostile.NASTY)
        check(d, size, "palette")
        await d.press("escape")
        await d.press("enter", "y")
        assert harmless(d.app.clipboard)


@pytest.mark.parametrize("size", SIZES)
async def test_code_is_looked_at(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        await d.press("enter", "]", "]")
        place = next(item.to for item in d.main.text._lines if isinstance(item.to, Place))
        d.app.do(d.main.text._peek(place))
        await settle(d.pilot)
        assert isinstance(d.app.screen, PeekScreen), d.told()
        check(d, size, "peek")
        await d.press("G")
        check(d, size, "its end")


@pytest.mark.parametrize("size", SIZES)
async def test_the_diff_its_files_remarks_and_drafts(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        await d.press("d")
        screen = d.app.screen
        assert isinstance(screen, DiffScreen)
        for keys in ("", "t", "W", "t", "+", "W", "llll", "w", "i", "i", "f", "jj", "f"):
            await d.press(*keys)
            for edge in "gG":
                await d.press(*("gg" if edge == "g" else "G"))
                check(d, size, f"diff {keys} {edge}")
            for item in ("file", "hunk", "remark", "remark"):
                screen.view.next(item, 1)
                await settle(d.pilot)
                check(d, size, f"diff {keys} {item}", "")
        await d.press("g", "g", "/")
        await paste(d, hostile.NASTY)
        check(d, size, "search")
        await d.press("escape", "g", "g", "]", "j", "c")
        await paste(d, hostile.NASTY)
        check(d, size, "comment")
        await d.press("escape")
        check(d, size, "draft")
        await d.press("S")
        assert isinstance(d.app.screen, Ask)
        check(d, size, "send", "")


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_to_show_and_why(start: Start, size: tuple[int, int]) -> None:
    async with start(size) as d:
        funnel = await d.inbox.funnel()
        for section in ("needs_you", d.inbox.sections[-1].key):
            d.main.empty.show(reports.empty(section, funnel, hostile.NASTY, ""))
            d.main.rows.replace([])
            d.main.place_panes()
            await settle(d.pilot)
            check(d, size, "funnel")
        d.main.empty.show(reports.empty("all", {"sources": funnel["sources"]}, hostile.NASTY, ""))
        await settle(d.pilot)
        check(d, size, "first run")


async def test_a_megabyte_without_a_line_end_in_every_field(start: Start, tmp_path: Path) -> None:
    repo, size = tmp_path / "large", (80, 24)
    words = "MARK " + "x\x1b[31m漢\u202e" * 125_000
    await asyncio.to_thread(lambda: asyncio.run(hostile.make(repo, hostile.PLAIN)))
    async with start(size, repo) as d:
        async with (await d.inbox.services()).store.write() as session:
            for table, columns in hostile.LONGEST.items():
                values = ", ".join(f"{column} = :words" for column in columns)
                await session.exec(text(f'UPDATE "{table}" SET {values} WHERE id < 3'), params={"words": words})
        await d.press("l", "h")
        check(d, size, "list")
        await d.press("enter")
        for tab in TABS:
            check(d, size, tab)
            await unfold(d)
            d.main.text.bottom()
            await settle(d.pilot)
            check(d, size, f"end of {tab}", "")
            await d.press("]")
        for keys in ("m", "x", "H", "F"):
            await d.press(keys)
            check(d, size, f"after {keys}", "")
            await d.press("escape")
        await d.press("d")
        check(d, size, "diff", "")
        await d.press("t", "W", "G")
        check(d, size, "end of diff", "")
