"""How each tab looks, in the room it has beside the list and alone: the pane without the screen around it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen

import loop_tui
from agents.inbox import Inbox
from loop_tui import screenshots
from loop_tui.themes import THEMES
from loop_tui.widgets import words
from loop_tui.widgets.canvas import CLASSES
from loop_tui.widgets.lines import Line, LineView
from loop_tui.widgets.report import View, empty, reading, tab

BESIDE, ALONE, TINY = (64, 34), (80, 19), (40, 24)
FUNNEL = {
    "collected": 41_212, "duplicate": 40_020, "held": 2, "rejected": 3, "gathering": 23, "gathering_signals": 171,
    "declined": 6, "muted": 1, "measuring": 4, "today": {"collected": 4212},
    "next_look": "2026-03-12T20:00:00Z", "next_result": "2026-03-19T20:00:00Z",
    "sources": [
        {"name": "github", "enabled": True, "last_success": "2026-03-12T14:59:00Z", "last_error": "", "today": 3,
         "items": 1204, "lag": 86_400},
        {"name": "linear", "enabled": True, "last_success": "2026-03-12T12:00:00Z", "today": 0,
         "last_error": "The token expired."},
        {"name": "sentry", "enabled": True, "last_success": "2026-03-12T14:56:00Z", "last_error": "", "today": 4212},
        {"name": "zendesk", "enabled": False, "last_success": None, "last_error": "", "today": 0},
    ],
}  # fmt: skip


class Lines(Screen[None]):
    """The lines, and nothing around them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = CLASSES

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        yield LineView(id="text")

    def on_mount(self) -> None:
        self.query_one(LineView).show(self._lines)
        self.query_one(LineView).focus()


class Pane(App[None]):
    """One such screen."""

    CSS_PATH = Path(loop_tui.__file__).parent / "app.tcss"

    def __init__(self, lines: list[Line], theme: str) -> None:
        super().__init__()
        self._lines = lines
        for each in THEMES.values():
            self.register_theme(each)
        self.theme = THEMES[theme].name

    def get_default_screen(self) -> Lines:
        return Lines(self._lines)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, View], list[Line]]:
    """The lines of a tab of a seeded report, as the screen would read them."""
    repo = tmp_path_factory.mktemp("pictures") / "shop-api"
    _apart(screenshots.prepare(repo, True))

    def lines(title: str, name: str, view: View) -> list[Line]:
        async def look() -> list[Line]:
            async with await Inbox.open(repo, who="you@devbox") as inbox:
                wanted = next(one["id"] for one in await inbox.reports() if title in one["title"])
                report = await inbox.report(wanted)
                return tab(report, name, view=await reading.read(inbox, report, name, view))

        return list(_apart(look()))

    return lines


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "clock", lambda: screenshots.NOW)


INVOICE, REFUND, CHECKOUT, SEARCH, EXPORT = "Invoice PDF", "Refund", "Checkout fails", "Search times", "Order export"


@pytest.mark.parametrize(
    ("title", "name", "size", "theme"),
    [
        pytest.param(INVOICE, "Summary", BESIDE, "dark", id="ready to merge, what, how many, why, proposed"),
        pytest.param(INVOICE, "Summary", TINY, "light", id="forty columns, labels stand above their text"),
        pytest.param(REFUND, "Summary", ALONE, "dark", id="a question with what each choice would do"),
        pytest.param(CHECKOUT, "Summary", ALONE, "light", id="running, the phases and how far it is"),
        pytest.param(SEARCH, "Summary", ALONE, "dark", id="failed, no safe change, with the keys to go on"),
        pytest.param(INVOICE, "Evidence", BESIDE, "light", id="the stack with the repository's own code"),
        pytest.param(INVOICE, "Findings", BESIDE, "dark", id="findings, the cause first with its code"),
        pytest.param(INVOICE, "Transcript", ALONE, "dark", id="the newest run unfolded, its steps a line each"),
        pytest.param(INVOICE, "Change", BESIDE, "dark", id="files, proof, CI, review, then where it is"),
        pytest.param(INVOICE, "Measure", ALONE, "light", id="what is declared before anything shipped"),
        pytest.param(EXPORT, "Measure", BESIDE, "dark", id="the verdict, the plot with its merge, the numbers"),
        pytest.param(EXPORT, "Measure", TINY, "light", id="the same in forty columns"),
        pytest.param(INVOICE, "Activity", ALONE, "light", id="who did what, newest first"),
    ],
)
def test_tab(
    title: str, name: str, size: tuple[int, int], theme: str, snap_compare: Any,
    read: Callable[[str, str, View], list[Line]],
) -> None:  # fmt: skip
    lines = read(title, name, View(cells=size[0] - 3))
    assert snap_compare(Pane(lines, theme), terminal_size=size)


def test_a_plot_without_block_characters(snap_compare: Any, read: Callable[[str, str, View], list[Line]]) -> None:
    lines = read(EXPORT, "Measure", replace(View(cells=77), ascii=True))
    assert snap_compare(Pane(lines, "dark"), terminal_size=ALONE)


def test_nothing_needs_you_and_where_everything_went(snap_compare: Any) -> None:
    assert snap_compare(Pane(empty("needs_you", FUNNEL, "", ""), "dark"), terminal_size=(80, 24))


def test_the_first_run_says_what_to_do(snap_compare: Any) -> None:
    lines = empty("needs_you", {}, "http://0123456789abcdef@127.0.0.1:9898/1", "")
    assert snap_compare(Pane(lines, "light"), terminal_size=(80, 24))


def _apart(work: Any) -> Any:
    """Run to its end on a loop of its own, whatever loop pytest keeps."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return found[0]
