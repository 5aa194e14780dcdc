"""Every triage verb as a command: several reports at once, JSON, and the same refusals as anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.basics import find_repo
from agents.config import load
from agents.models import Report, Signal, Status
from agents.rights import RIGHTS
from agents.store import Store
from loop_tui.cli import app
from tests.unit.inbox.conftest import aside

Loop = Callable[..., Any]


@pytest.fixture
def loop(make_repo: Callable[..., Path], store_setting: str, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """The `loop` command on a store with three reports in review and one that shipped."""
    repo = make_repo({"README.md": "A project.\n"})
    monkeypatch.setenv("LOOP_STORE", store_setting)
    settings = load(find_repo(repo))
    settings.ensure_state()

    async def fill() -> None:
        store = await Store.open(settings.store_url)
        async with store.write() as session:
            for status in (Status.REVIEW, Status.REVIEW, Status.REVIEW, Status.SHIPPED):
                report = Report(title=f"Report {status.value}", status=status, signal_count=2)
                session.add(report)
                await session.flush()
                for number in range(2):
                    session.add(Signal(source="t", external_id=f"{report.id}.{number}", title="t", report_id=report.id))
        await store.close()

    aside(lambda: asyncio.run(fill()))

    def run(*args: str, fails: bool = False) -> Any:
        done = aside(lambda: CliRunner().invoke(app, [*args, "--repo", str(repo)], catch_exceptions=False))
        assert done.exit_code == (1 if fails else 0), done.output
        return json.loads(done.stdout) if "--json" in args else done.output

    return run


def states(loop: Loop) -> dict[int, str]:
    return {report["id"]: report["status"] for report in loop("reports", "--json")}


def test_a_decline_of_several_is_one_undo(loop: Loop) -> None:
    told = loop("decline", "1", "2", "4", "--reason", "intended", "--json", fails=True)
    assert [(one["id"], one["done"]) for one in told] == [(1, True), (2, True), (4, False)]
    assert "nothing left to decline" in told[2]["sentence"]
    assert states(loop) == {1: "declined", 2: "declined", 3: "review", 4: "shipped"}
    assert "on 2 reports" in loop("undo")
    assert states(loop)[1] == "review"
    assert "on 2 reports" in loop("redo")
    assert states(loop)[2] == "declined"


def test_what_is_refused_is_told_and_exits_with_1(loop: Loop) -> None:
    assert "loop: Report 4 is shipped" in loop("snooze", "4", "--until", "1h", fails=True)
    assert "loop: There is no report 9" in loop("claim", "9", fails=True)


def test_suppressed_reports_are_listed_and_taken_in_again(loop: Loop) -> None:
    loop("suppress", "1", "2", "--why", "a crawler")
    assert {one["id"] for one in loop("reports", "--section", "suppressed", "--json")} == {1, 2}
    loop("unsuppress", "2")
    assert [one["id"] for one in loop("reports", "--section", "suppressed", "--json")] == [1]


def test_priority_note_claim_and_release_take_several(loop: Loop) -> None:
    loop("priority", "1", "2", "0", "--why", "big customer")
    loop("note", "1", "2", "-m", "known since May")
    loop("claim", "1", "2")
    loop("release", "2")
    shown = [loop("show", str(number), "--json") for number in (1, 2)]
    assert [one["priority"] for one in shown] == ["P0", "P0"]
    assert [one["notes"][0]["text"] for one in shown] == ["known since May"] * 2
    assert [bool(one["claimed_by"]) for one in shown] == [True, False]


def test_several_are_joined_into_the_last_and_split_again(loop: Loop) -> None:
    loop("join", "1", "2", "3")
    assert loop("show", "3", "--json")["signal_count"] == 6
    loop("undo")
    assert loop("show", "3", "--json")["signal_count"] == 2
    assert "into report 5" in loop("split", "1", "1")
    loop("undo")
    assert loop("show", "1", "--json")["signal_count"] == 2


def test_the_history_names_the_entry_that_undo_takes(loop: Loop) -> None:
    loop("claim", "1")
    loop("snooze", "1", "--until", "2d")
    snoozed, claimed = loop("history", "--json")
    assert (snoozed["action"], snoozed["can_undo"], claimed["action"]) == ("snooze", True, "claim")
    assert "“claim” on report 1" in loop("undo", str(claimed["id"]))
    assert "undone" in loop("history")
    assert loop("show", "1", "--json")["claimed_by"] is None
    assert loop("show", "1", "--json")["snoozed_until"]


def test_every_verb_a_person_has_is_a_command() -> None:
    functions = [command.callback for command in app.registered_commands if command.callback]
    names = {function.__name__.replace("_", "-") for function in functions}
    assert set(RIGHTS) - {"wake", "mark-read", "approve"} <= names  # `loop review --approve`
