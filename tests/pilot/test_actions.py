"""Keys and what they do to the store."""

from __future__ import annotations

import typer

from loop_tui.actions import ACTIONS
from loop_tui.cli import app as cli
from loop_tui.keymap import Keymap
from loop_tui.screens.dialogs import Ask
from loop_tui.screens.help import Help
from loop_tui.screens.merge import Merge
from loop_tui.widgets.report import TABS
from tests.pilot.conftest import Open


def test_no_two_actions_of_a_place_have_the_same_key() -> None:
    assert Keymap().problems == []


async def test_every_action_is_done_by_something(desk: Open) -> None:
    async with desk() as d:
        for action in ACTIONS:
            if action.scope != "diff" and not action.id.startswith(("section_", "goto_")):
                assert callable(d.main.handler(action.id))


def test_every_verb_exists_on_the_command_line() -> None:
    commands = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]
    assert {action.verb for action in ACTIONS if action.verb} <= commands


async def test_merge_asks_shows_what_it_merges_and_merges_that_head(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Invoice PDF")
        await d.press("m")
        assert isinstance(d.app.screen, Merge)
        shown = d.app.screen.query_one("#options").text  # type: ignore[attr-defined]
        assert "proved" in shown
        assert "company's VAT id" in shown
        assert d.report(report)["change"]["head"][:12] in shown
        await d.press("escape")
        assert d.report(report)["status"] == "review"
        await d.press("m", "y")
        assert d.report(report)["status"] == "shipped"
        assert "Merged" in d.told()


async def test_decline_with_a_reason_and_a_note_then_undo_and_redo(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.press("x", "5", "tab", *"fine", "enter")
        assert d.report(report)["status_reason"] == "preference: intended — fine"
        await d.press("z")
        assert d.report(report)["status"] == "failed"
        await d.press("Z")
        assert d.report(report)["status"] == "declined"


async def test_snooze_hides_and_wakes(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.press("s", "5", "enter")
        assert d.report(report)["snooze_condition"] == "users>18"
        await d.until(lambda: d.main.rows.place(report) is None)
        await d.press("g", "z")
        await d.go("Search times out")
        await d.press("s")
        assert d.report(report)["snooze_condition"] == ""


async def test_snooze_in_words_that_mean_nothing_is_refused_with_a_sentence(desk: Open) -> None:
    async with desk() as d:
        await d.go("Search times out")
        await d.press("s", "8", *"soon", "enter")
        assert "is no time" in d.told()


async def test_answer_by_number(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Refund")
        await d.press("a", "2", "enter")
        assert d.report(report)["status"] == "proposing"
        assert d.report(report)["journal"][0]["why"] == "answer: Refund all, reclaim shipped goods"


async def test_answer_in_words(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Refund")
        await d.press("a", "3", "enter")
        assert isinstance(d.app.screen, Ask)  # words are needed
        await d.press(*"ask", "enter")
        assert d.report(report)["journal"][0]["why"] == "answer: ask"


async def test_ask_for_changes(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Invoice PDF")
        await d.press("r", *"why", "enter")
        assert d.report(report)["status"] == "proposing"
        assert d.report(report)["change"]["comments"][0]["text"] == "why"


async def test_claim_and_release(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.press("C")
        assert d.report(report)["claimed_by"] == "you@devbox"
        await d.until(lambda: (d.main.rows.get(report) or {}).get("claimed_by") == "you@devbox")
        await d.press("C")
        assert d.report(report)["claimed_by"] is None


async def test_retry_and_stop(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.press("R")
        assert d.report(report)["status"] == "queued"
        await d.press("g", "w")
        await d.go("Search times out")
        await d.press("X")
        assert d.report(report)["status"] == "failed"


async def test_what_makes_no_sense_is_told_and_does_nothing(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Search times out")
        await d.press("m")
        assert "not ready to merge" in d.told()
        assert d.app.screen is d.main
        assert d.report(report)["status"] == "failed"


async def test_filter_as_one_types_and_escape_ends_it(desk: Open) -> None:
    async with desk() as d:
        await d.press("slash", *"refund")
        await d.until(lambda: len(d.main.rows.order) == 1)
        await d.press("enter")
        assert d.app.focused is d.main.rows
        await d.press("escape")
        await d.until(lambda: len(d.main.rows.order) == 3)


async def test_a_filter_that_cannot_be_read_says_so(desk: Open) -> None:
    async with desk() as d:
        await d.press("slash", *"p:9")
        await d.until(lambda: "is no priority" in d.main.bar("footer").text)


async def test_sections_tabs_help_theme_and_back(desk: Open) -> None:
    async with desk() as d:
        await d.press("l", "l", "l")
        assert d.main.browse.key == "running"
        assert "building" in d.screen()
        await d.press("h", "g", "a")
        await d.until(lambda: len(d.main.rows.order) == 9)
        await d.go("Invoice PDF")
        seen = []
        for _ in TABS:
            seen.append(d.main.text.text)
            await d.press("right_square_bracket")
        assert len(set(seen)) == len(TABS)
        assert any("order.meta    = {}" in text for text in seen)
        await d.press("question_mark")
        assert isinstance(d.app.screen, Help)
        await d.press("escape", "T")
        assert d.app.theme == "loop-light"
        await d.press("enter")
        assert d.app.focused is d.main.text
        await d.press("escape", "escape", "escape")
        assert d.app.focused is d.main.rows
        assert d.app.is_running


async def test_the_palette_runs_an_action(desk: Open) -> None:
    async with desk() as d:
        await d.press("ctrl+p", *"snoozed")
        await d.pilot.pause(0.3)
        await d.press("enter")
        await d.until(lambda: d.main.browse.key == "snoozed")


async def test_q_goes_back_and_then_quits(desk: Open) -> None:
    async with desk(size=(80, 24)) as d:
        await d.press("enter")
        assert not d.main.rows.display
        await d.press("q")
        assert d.main.rows.display
        await d.pilot.press("q")
        await d.pilot.pause(0.05)
        assert d.app._exit
