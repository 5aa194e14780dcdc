"""The list: sizes, live updates, hostile text."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from agents.models import Report, Status
from loop_tui.app import LoopApp
from loop_tui.widgets.lines import block, line, wrap
from tests.pilot.conftest import Open, settle

HOSTILE = "\x1b[31mred\x1b[0m [bold]x[/bold] \u202eevil\u202c \x07 [/] <b>"


def many(count: int) -> list[dict[str, Any]]:
    row = Report(status=Status.FAILED).model_dump(exclude={"id"})
    return [{**row, "title": f"Report {n}", "priority": n % 5, "user_count": n} for n in range(count)]


async def test_no_rows_say_why_and_what_to_do(desk: Open) -> None:
    async with desk([]) as d:
        text = d.screen()
        assert "Nothing has been collected yet." in text
        assert "loop import PATH" in text
        await d.press("j", "enter", "m", "tab", "G", "d")
        assert d.app.is_running


async def test_one_row(desk: Open) -> None:
    async with desk(many(1)) as d:
        await d.press("j", "j", "k", "G", "ctrl+d")
        assert d.main.rows.cursor == 0
        assert "Report 0" in d.screen()


async def test_ten_thousand_rows_to_the_end_and_back(desk: Open) -> None:
    async with desk(many(10_000)) as d:
        rows = d.main.rows
        assert len(rows.order) == 10_000
        start = time.process_time()
        await d.press("G")
        assert rows.cursor == 9_999
        assert rows.selected is not None
        assert "Report 9" in d.screen()
        assert time.process_time() - start < 5
        await d.press("g", "g")
        assert rows.cursor == 0


async def test_only_cards_near_the_cursor_are_held_and_those_in_sight_always_are(desk: Open) -> None:
    async with desk(many(6_000)) as d:
        rows = d.main.rows
        for place in (0, 3_000, 5_999, 120, 4_321):
            rows.cursor = place
            await settle(d.pilot)
            assert all(rows.get(rows.order[at]) for at in rows._sight())
            assert " … " not in d.screen()
        assert len(rows._cards) <= 2_500


async def test_marks_and_ranges_are_what_a_decision_takes(desk: Open) -> None:
    async with desk(many(20)) as d:
        rows = d.main.rows
        await d.press("space", "j", "space")
        assert rows.chosen == [rows.order[0], rows.order[2]]
        await d.press("v", "j", "j")
        assert rows.chosen == [rows.order[0], *rows.order[2:6]]
        assert "5 marked" in d.main.bar("footer").text
        await d.press("v", "G")
        assert rows.chosen == [rows.order[0], *rows.order[2:6]]
        await d.press("escape")
        assert rows.chosen == [rows.order[19]]
        await d.press("asterisk")
        assert len(rows.chosen) == 20


async def test_the_footer_says_what_may_follow_a_key(desk: Open) -> None:
    async with desk(many(3)) as d:
        await d.press("g")
        assert "q questions" in d.main.bar("footer").text
        await d.press("escape")
        assert "questions" not in d.main.bar("footer").text


async def test_own_sections_come_after_the_others_with_their_count(desk: Open) -> None:
    async with desk(many(30), section=[{"name": "Many users", "filter": "users:>20", "sort": "impact"}]) as d:
        assert "Many users 9" in d.main.bar("sections").text
        await d.press("6")
        assert "Report 29" in d.screen()
        assert len(d.main.rows.order) == 9


async def test_a_live_change_patches_the_row_and_keeps_the_cursor(desk: Open) -> None:
    async with desk(many(30)) as d:
        await d.press("j", "j", "j", "j")
        here = d.main.rows.selected
        assert here is not None
        other = d.main.rows.order[1]
        async with (await d.inbox.services()).store.write() as session:
            found = await session.get(Report, other)
            assert found is not None
            found.title = "Renamed while you look"
            session.add(found)
        await d.until(lambda: "Renamed while you look" in d.screen())
        await d.store(Report(title="New and urgent", status=Status.FAILED, priority=0, user_count=9))
        await d.until(lambda: "New and urgent" in d.screen())
        assert d.main.rows.selected is not None
        assert d.main.rows.selected["id"] == here["id"]


async def test_the_open_report_changes_while_it_is_read(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.inbox.retry(report)
        await d.press("g", "a")
        await d.go("Search times out")
        await d.until(lambda: "queued" in d.main.bar("title").text)


async def test_hostile_text_is_drawn_as_text(desk: Open) -> None:
    nasty = Report(title=HOSTILE, summary=HOSTILE + "x" * 1_000_000, status=Status.FAILED, status_reason=HOSTILE)
    async with desk([nasty], size=(140, 30)) as d:
        shown = d.screen()
        assert not any(char in shown for char in "\x1b\x07\u202e\u202c")
        assert "[bold]x[/bold]" in shown
        assert "more characters" in d.main.text.text
        await d.press("right_square_bracket", "x")
        assert "[bold]x[/bold]" in d.screen()


def test_wrapping_ends_for_any_width_and_loses_nothing() -> None:
    for cells in range(1, 40):
        rows = wrap(line(("alpha beta " + "x" * 50, ""), hang=12, indent=3), cells)
        text = "".join("".join(part for part, _ in row.spans).strip() for row in rows)
        assert text.replace(" ", "") == "alphabeta" + "x" * 50
    assert len(block("\n".join("x" * 10_000))) < 400


async def test_a_repository_that_is_none_ends_with_a_sentence(tmp_path: Path) -> None:
    app = LoopApp(tmp_path, engine=False)
    async with app.run_test() as pilot:
        await pilot.pause(0.3)
    assert "not inside a git repository" in app.failure
    assert app.return_code == 1
