"""A whole session over a slow line: twenty reports decided, a change read, commented on, built anew and merged."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.inbox import Inbox
from agents.models import Report, Status
from tests.conftest import git
from tests.e2e.product import FILES, environment, events, loop, loop_json
from tests.terminal import Terminal

pytestmark = pytest.mark.e2e

WISH = "Return 0 when there is no partner"


async def _fill(repo: Path) -> None:
    """Nineteen reports beside the real one."""
    rows = [
        Report(
            title=f"Noise {n:02}", status=Status.FAILED, status_reason="No candidate held.", priority=3, user_count=n
        )
        for n in range(1, 20)
    ]
    async with await Inbox.open(repo) as inbox, (await inbox.services()).store.write() as session:
        session.add_all(rows)


@pytest.mark.parametrize("baud", [9_600, 115_200])
def test_a_session_over_a_slow_line(
    make_repo: Callable[..., Path], tmp_path: Path, baud: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_PREFERENCES", str(tmp_path / "none.toml"))
    repo = make_repo(FILES, "quotes")
    loop("import", str(events(repo, tmp_path / "events.jsonl")), repo=repo)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    asyncio.run(_fill(repo))
    first = loop_json("show", "1", repo=repo)["change"]["head"]
    # Nothing else is to come onto the screen: the port is one of this run's own.
    own = environment(LOOP_PREFERENCES=str(tmp_path / "none.toml"), LOOP_INGEST__PORT="0")
    command = [sys.executable, "-m", "loop_tui.cli", "--repo", str(repo)]
    at = Terminal(command, size=(80, 24), baud=baud, env=own)
    try:
        at.until("20 need you", "Noise 19", "TypeError")
        # Some with a range, taken back and put back; one for later; one taken; the rest by a filter.
        at.press("j", "v", "j", "j", "j")
        at.until("4 marked")
        at.press("x")
        at.until("4 reports", "6  Not now")
        at.press("6", "enter")
        at.until("16 need you")
        at.press("z")
        at.until("20 need you", "Took back")
        at.press("Z")
        at.until("16 need you", "Put back")
        at.press("s")
        at.until("Snooze until when?")
        at.press("1", "enter")
        at.until("15 need you")
        at.press("/", *"noise", "enter")
        at.until("/noise")
        at.press("*")
        at.until("14 marked")
        at.press("x")
        at.until("14 reports")
        at.press("5", "enter")
        at.until("1 needs you")
        at.press("esc")
        at.until("TypeError", "proof ✓")
        # The change: read, commented on at a line, sent back.
        at.press("d")
        at.until("partner_discount(customer)", "budget")
        at.press("/", *"return total", "enter")
        at.until("match 1 of 2")
        at.press("c")
        at.until("esc keep")
        at.press(*WISH)
        at.until(WISH, "kept")
        at.press("ctrl+g")
        at.until("Send a review with 1 comment")
        at.press("1", "enter")
        at.until("0 need you", "1 running")
        at.until("1 needs you", "proof ✓")
        # What changed since, then the merge.
        at.press("d")
        at.until("return 0", WISH)
        at.press("i")
        at.until("only what changed since", "partner_discount(customer)")
        at.press("m")
        at.until("Merge into main?", "proved")
        at.press("enter")
        at.until("0 need you", "Shipped 1", seconds=120)
        assert at.screen().count("\x1b") == 0
    finally:
        at.close()
    report = loop_json("show", "1", repo=repo)
    assert report["status"] == "shipped"
    assert [version["head"] for version in report["change"]["versions"]] == [first, report["change"]["head"]]
    assert git(repo, "log", "-1", "--format=%P").split()[1] == report["change"]["head"]
    others = {found["id"]: found["status"] for found in loop_json("reports", repo=repo) if found["id"] != 1}
    assert list(others.values()).count("declined") == 18
    assert loop_json("reports", "--section", "snoozed", repo=repo)[0]["status"] == "failed"
