"""The report's pane: folds, code that opens, the way to other reports, room that changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.models import Finding, Link, Run, Step
from loop_tui.screens.peek import PeekScreen
from loop_tui.screenshots import NOW
from loop_tui.widgets.lines import Fold, Place
from loop_tui.widgets.report import TABS
from tests.pilot.conftest import Desk, Open, settle


async def find(d: Desk, title: str) -> int:
    return next(int(one["id"]) for one in await d.inbox.reports() if title in one["title"])


async def show(d: Desk, title: str, tab: str) -> int:
    """The pane on a tab of a report, with the keys."""
    report = await find(d, title)
    await d.main.browse.go_to(report)
    d.main.read.tab = TABS.index(tab)
    await settle(d.pilot)
    await d.press("enter", "right_square_bracket", "left_square_bracket")
    return report


async def test_evidence_shows_the_repository_s_own_code_in_place(desk: Open) -> None:
    async with desk() as d:
        await show(d, "Invoice PDF", "Evidence")
        shown = d.main.text.text
        assert " 7  def vat_line(order):" in shown  # no event brought this line along
        assert '❯11      return order.meta["vat_id"]' in shown


async def test_enter_folds_and_unfolds_and_what_was_opened_stays_open_when_news_arrive(desk: Open) -> None:
    async with desk() as d:
        report = await show(d, "Invoice PDF", "Transcript")
        await d.press("n")
        assert isinstance(d.main.text.here, Fold)
        assert "test_vat_line_is_printed failed" not in d.main.text.text
        await d.press("enter")
        assert "test_vat_line_is_printed failed" in d.main.text.text
        await d.store(Step(run_id=2, kind="check", title="one more step", ok=True))
        await d.store(Finding(report_id=report, text="news"))
        await d.until(lambda: "one more step" in d.main.text.text)
        assert "test_vat_line_is_printed failed" in d.main.text.text
        await d.press("enter")
        assert "test_vat_line_is_printed failed" not in d.main.text.text


async def test_enter_on_code_shows_the_file_around_the_line_and_escape_comes_back(desk: Open) -> None:
    async with desk(size=(80, 24)) as d:
        await show(d, "Invoice PDF", "Findings")
        assert d.main.text.here == Place("billing/pdf.py", 11, "base")
        await d.press("enter")
        assert isinstance(d.app.screen, PeekScreen)
        shown = d.screen()
        assert "billing/pdf.py:11" in shown
        assert '❯11      return order.meta["vat_id"]' in shown
        await d.press("G", "g", "ctrl+d", "escape")
        assert d.app.screen is d.main


async def test_code_that_is_not_of_this_repository_is_told(desk: Open) -> None:
    async with desk() as d:
        report = await find(d, "Search times out")
        await d.store(Finding(report_id=report, text="elsewhere", is_cause=True, file="/usr/lib/x.py", line=3))
        await show(d, "Search times out", "Findings")
        await d.until(lambda: "elsewhere" in d.main.text.text)
        await d.press("enter")
        assert "/usr/lib/x.py is not in this repository" in d.told()


async def test_the_editor_is_given_the_file_of_the_working_tree(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as d:
        monkeypatch.setenv("VISUAL", "true")
        await show(d, "Invoice PDF", "Findings")
        await d.press("e")
        assert "terminal of its own" in d.told()  # a pilot's screen has none to give away
        (d.inbox.settings.repo / "billing/pdf.py").unlink()
        await d.press("e")
        assert "billing/pdf.py is not in your working tree" in d.told()


async def test_e_where_there_is_no_code_says_so(desk: Open) -> None:
    async with desk() as d:
        await show(d, "Invoice PDF", "Transcript")
        await d.press("e")
        assert "There is no code on this line" in d.told()


async def test_a_tie_leads_to_the_other_report(desk: Open) -> None:
    async with desk() as d:
        report = await find(d, "Search times out")
        other = await find(d, "Invoice PDF")
        await d.store(Link(report_id=report, other_id=other, kind="same-cause", why="one function"))
        await show(d, "Search times out", "Summary")
        await d.until(lambda: "same cause as" in d.main.text.text)
        await d.press("enter")
        assert d.main.rows.here == other


async def test_what_is_chosen_scrolls_into_sight_and_back(desk: Open) -> None:
    async with desk(size=(80, 16)) as d:
        report = await find(d, "Search times out")
        await d.store(
            *(Finding(report_id=report, text=f"fact {n}", file="billing/pdf.py", line=n + 1) for n in range(30))
        )
        await show(d, "Search times out", "Findings")
        await d.until(lambda: "fact 29" in d.main.text.text)
        await d.press(*["n"] * 20)
        assert d.main.text.here == Place("billing/pdf.py", 21, "base")
        assert "billing/pdf.py:21" in d.screen()
        await d.press(*["N"] * 25)
        assert d.main.text.here == Place("billing/pdf.py", 1, "base")
        await d.press("G")
        assert d.main.text.here != Place("billing/pdf.py", 1, "base")  # enter opens what is seen


async def test_the_plot_follows_the_width(desk: Open) -> None:
    async with desk(size=(120, 40)) as d:
        await show(d, "Order export", "Measure")
        wide = d.main.text.text
        assert "merged Mon 09 Mar 21:00" in wide
        await d.pilot.resize_terminal(44, 30)
        await d.until(lambda: d.main.text.text != wide)
        assert "errors of this report per 1,000 requests to /export" in d.main.text.text


async def test_what_runs_is_shown_as_it_goes_on(desk: Open) -> None:
    async with desk() as d:
        report = await show(d, "Checkout fails", "Summary")
        assert "candidates ▇▁▁▁▁" in d.main.text.text
        run: dict[str, Any] = next(run for run in d.report(report)["runs"] if run["status"] == "running")
        async with (await d.inbox.services()).store.write() as session:
            found = await session.get_one(Run, run["id"])
            found.progress = "prove red"
            found.started_at = NOW - timedelta(minutes=9)
            session.add(found)
        await d.until(lambda: "candidates ✓ · prove · CI" in d.main.text.text)
        assert "9m" in d.main.text.text


@pytest.mark.parametrize(
    "size",
    [(80, 24), *(pytest.param(size, marks=pytest.mark.e2e) for size in ((40, 12), (120, 40), (200, 60)))],
)
async def test_every_tab_of_every_report_is_drawn_at_every_size(desk: Open, size: tuple[int, int]) -> None:
    async with desk(size=size) as d:
        for report in await d.inbox.reports():
            await show(d, report["title"], "Activity")
            for _ in TABS:
                await d.press("right_square_bracket")
                lines = d.screen().split("\n")
                assert len(lines) == size[1]
                assert d.main.text.text.strip()
