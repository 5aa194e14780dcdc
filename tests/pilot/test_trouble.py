"""What goes wrong around the screen is told in a sentence, and the screen goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.inbox import Inbox
from agents.models import Report, Status
from agents.store.read import Reader
from loop_tui import screenshots
from loop_tui.app import LoopApp
from loop_tui.pictures.repository import git
from tests.pilot.conftest import Open


async def test_a_head_that_moves_behind_the_merge_dialog_is_not_merged(desk: Open) -> None:
    async with desk() as d:
        report = await d.go("Invoice PDF")
        repo, branch = d.inbox.settings.repo, "loop/invoice-vat-id"
        main = git(repo, "rev-parse", "main")
        await d.press("m")
        git(
            repo,
            "update-ref",
            f"refs/heads/{branch}",
            git(repo, "commit-tree", f"{branch}^{{tree}}", "-p", branch, "-m", "x"),
        )
        await d.press("y")
        assert "moved from the reviewed" in d.told()
        assert d.report(report)["status"] == "review"
        assert git(repo, "rev-parse", "main") == main


async def test_an_unexpected_error_names_the_log_and_shows_no_traceback(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> str:
        raise RuntimeError("inner words")

    monkeypatch.setattr(Inbox, "claim", broken)
    async with desk() as d:
        await d.go("Invoice PDF")
        await d.press("C")
        assert "engine.log" in d.told()
        assert "inner words" not in d.screen()
        assert "inner words" in (d.inbox.settings.state / "engine.log").read_text()


async def test_a_feed_that_breaks_is_told_and_followed_again(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = Reader.changed, 0

    def once(self: Reader, seq: int) -> tuple[int, set[int]]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("gone")
        return real(self, seq)

    monkeypatch.setattr(Reader, "changed", once)
    async with desk() as d:
        await d.until(lambda: "lost touch" in d.told())
        await d.store(Report(title="While nobody looked", status=Status.FAILED, priority=0))
        await d.until(lambda: "While nobody looked" in d.screen())
        await d.store(Report(title="After it came back", status=Status.FAILED, priority=0))
        await d.until(lambda: "After it came back" in d.screen())


async def test_an_inbox_beside_a_running_engine_says_that_it_is_a_client(tmp_path: Path) -> None:
    repo = tmp_path / "shop-api"
    await screenshots.prepare(repo, True)
    async with await Inbox.open(repo, who="first") as first:
        await first.start_engine(ingest=False)
        app = LoopApp(repo, who="second")
        async with app.run_test(size=(120, 36)) as pilot:
            for _ in range(200):
                if app.main is not None and "its client" in app.main.bar("notice").text:
                    break
                await pilot.pause(0.02)
            else:
                raise AssertionError("it never said so")
            assert app.main.bar("notice").display
            assert not app.inbox.engine_here


async def test_a_terminal_that_shrinks_keeps_the_open_report_and_gives_the_list_back(desk: Open) -> None:
    async with desk(size=(120, 36)) as d:
        await d.go("Invoice PDF")
        await d.press("enter")
        await d.pilot.resize_terminal(80, 24)
        await d.until(lambda: "Ready to merge" in d.screen() and "Refund of a partly" not in d.screen())
        await d.press("escape")
        assert "Refund of a partly" in d.screen()
        await d.pilot.resize_terminal(120, 36)
        await d.until(lambda: "Ready to merge" in d.screen() and "Refund of a partly" in d.screen())
