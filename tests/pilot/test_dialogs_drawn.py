"""Dialogs, read from the cells that are drawn: a text without height, or out of sight, is not shown."""

from __future__ import annotations

import pytest

from agents.models import Question, Report, Status
from loop_tui.screens.dialogs import Ask
from tests.pilot.conftest import Open

SMALL = (80, 24)


@pytest.mark.parametrize("size", [SMALL, (120, 40)])
@pytest.mark.parametrize(
    ("title", "key", "wanted"),
    [
        (
            "Invoice PDF",
            "m",
            ("Merge into main?", "head", "proved", "tests", "1 consider", "revert change", "enter merge"),
        ),
        ("Refund", "a", ("1  Refund only", "2  Refund all", "3  Something else", "€60", "1–3 choose", "esc back")),
        ("Invoice PDF", "x", ("1  Already fixed", "6  Not now", "enter send", "esc back")),
        ("Invoice PDF", "s", ("1  1 hour", "8  Something else", "enter send", "esc back")),
    ],
)
async def test_the_first_dialog_of_a_session_draws_all_it_decides_on(
    desk: Open, size: tuple[int, int], title: str, key: str, wanted: tuple[str, ...]
) -> None:
    async with desk(size=size) as d:
        report = await d.go(title)
        await d.press(key)
        shown = d.screen()
        assert [words for words in wanted if words not in shown] == []
        if key == "m":
            assert d.report(report)["change"]["head"][:12] in shown


async def test_the_choice_that_enter_sends_is_always_in_sight(desk: Open) -> None:
    choices = [{"label": f"Way {n}", "detail": "detail " * 12, "example": "example " * 12} for n in range(1, 6)]
    async with desk([Report(title="Which?", status=Status.NEEDS_INPUT, priority=0)], size=SMALL) as d:
        await d.store(Question(report_id=1, text="why " * 240, choices=choices))
        await d.press("a")
        assert "❯ 1" not in d.screen()  # the question alone fills the dialog
        await d.press("enter")
        assert "❯ 1" in d.screen()
        assert d.report(1)["status"] == "needs_input"
        await d.press("j", "j", "j", "j")
        assert "❯ 5" in d.screen()
        await d.press("2")
        assert "❯ 2" in d.screen()
        assert isinstance(d.app.screen, Ask)
        await d.press("enter")
        assert d.report(1)["journal"][0]["why"] == "answer: Way 2"


async def test_moving_in_a_dialog_that_has_only_words_does_nothing(desk: Open) -> None:
    async with desk() as d:
        await d.go("Invoice PDF")
        await d.press("r")
        d.app.screen.query_one("#options").focus()  # a click does this
        await d.press("j", "k", "1")
        assert isinstance(d.app.screen, Ask)
