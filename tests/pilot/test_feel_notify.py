"""How a person who looks elsewhere is told, and when they are not."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.inbox import Inbox
from loop_tui import notify
from loop_tui.notify import News, Notifier, osc9
from loop_tui.preferences import Preferences, PreferencesError, load
from tests.pilot.conftest import Desk, Open, settle


def written(d: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    assert d.app._driver is not None
    monkeypatch.setattr(d.app._driver, "write", found.append)
    return found


async def as_kim(d: Desk, verb: str, title: str, *args: Any) -> int:
    async with await Inbox.open(d.inbox.settings.repo, who="kim", name="shop-api") as kim:
        (report,) = await kim.ids("all", f'"{title}"')
        await getattr(kim, verb)(report, *args)
        return report


async def seen(d: Desk) -> None:
    """Until the feed has been read past what was written."""
    reached = asyncio.Event()
    before = d.app._notice

    def noticed(ids: set[int]) -> None:
        before(ids)
        reached.set()

    d.app._notice = noticed  # type: ignore[method-assign]
    await asyncio.wait_for(reached.wait(), 10)
    d.app._notice = before  # type: ignore[method-assign]
    await settle(d.pilot)


async def test_nothing_is_said_at_the_start(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    async def say(_: Notifier, text: str) -> None:
        said.append(text)

    monkeypatch.setattr(Notifier, "say", say)
    async with desk() as d:
        await d.press("j", "k")
    assert said == []


@pytest.mark.parametrize(("how", "what"), [("bell", "\a"), ("off", ""), ("osc9", "\x1b]9;Report ")])
async def test_what_newly_needs_a_person_is_told_as_they_like(
    desk: Open, monkeypatch: pytest.MonkeyPatch, how: Any, what: str
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with desk(preferences=Preferences(notify=how)) as d:
        found = written(d, monkeypatch)
        waiting = asyncio.ensure_future(seen(d))
        await as_kim(d, "unsnooze", "Slow dashboard")
        await waiting
        told = [text for text in found if "\a" in text or "\x07" in text]
        assert len(told) == (1 if what else 0)
        assert all(text.startswith(what) for text in told)


async def test_what_one_brought_about_oneself_or_needs_nobody_is_not_told(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk() as d:
        found = written(d, monkeypatch)
        waiting = asyncio.ensure_future(seen(d))
        (report,) = await d.inbox.ids("all", '"Slow dashboard"')
        await d.inbox.unsnooze(report)  # the same person, in another window
        await waiting
        waiting = asyncio.ensure_future(seen(d))
        await as_kim(d, "claim", "Search times out")
        await waiting
        assert not any("\a" in text for text in found)


class Fake:
    """An inbox in which a test says what needs a person."""

    who = "you"

    def __init__(self) -> None:
        self.now: dict[int, str] = {}

    async def ids(self, section: str) -> list[int]:
        return list(self.now)

    async def needing(self, among: Any) -> dict[int, str]:
        return {one: who for one, who in self.now.items() if one in among}

    async def cards(self, ids: list[int]) -> list[dict[str, Any]]:
        return [{"id": one, "title": f"T{one}", "status": "review", "outcome": ""} for one in ids]


class Said(Notifier):
    def __init__(self) -> None:
        self.all: list[str] = []

    async def say(self, text: str) -> None:
        self.all.append(text)


async def test_at_most_one_a_minute_and_only_what_is_still_true() -> None:
    inbox, said, now = Fake(), Said(), [0.0]
    timers: list[tuple[float, Callable[[], None]]] = []
    news = News(inbox, said, lambda *timer: timers.append(timer), lambda: now[0])  # type: ignore[arg-type]
    again: list[int] = []
    await news.begin()
    inbox.now = {1: "loop"}
    await news.changed({1}, lambda: again.append(1))
    assert said.all == ["Report 1 needs you: T1 (ready)"]
    now[0] = 10
    inbox.now |= {2: "loop", 3: "kim", 4: "loop"}
    await news.changed({2, 3, 4}, lambda: again.append(1))
    await news.changed({3}, lambda: again.append(1))
    assert (len(said.all), [seconds for seconds, _ in timers]) == (1, [50.0])
    del inbox.now[2]
    await news.changed({2}, lambda: again.append(1))
    now[0] = 60
    timers[0][1]()
    assert again == [1]
    await news.flush(lambda: None)
    assert said.all[1:] == ["2 reports need you, the first is 3: T3 (ready)"]
    await news.flush(lambda: None)
    assert len(said.all) == 2


def test_osc_9_goes_through_tmux_and_carries_no_sequence_of_the_outside() -> None:
    assert osc9("a\x1b]0;b\x07", {}) == "\x1b]9;a␛]0;b␇\x07"
    assert osc9("a", {"TMUX": "/tmp/x,1,0"}) == "\x1bPtmux;\x1b\x1b]9;a\x07\x1b\\"
    assert len(osc9("x" * 5000, {})) < 300


async def test_the_command_gets_the_sentence_as_one_argument_and_no_shell(tmp_path: Path) -> None:
    out, trouble = tmp_path / "out", list[str]()
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"
    likes = Preferences(notify="command", notify_command=[sys.executable, "-c", script, str(out)])
    await Notifier(likes, trouble.append, trouble.append).say("Report 1; $(touch x) `id`\x1b[2J\n-rf")
    assert out.read_text() == repr(["Report 1; $(touch x) `id`␛[2J -rf"])
    assert trouble == []


@pytest.mark.parametrize(
    ("command", "why"),
    [(["/nowhere/bell"], "cannot be run"), ([sys.executable, "-c", "raise SystemExit(3)"], "ended with 3"),
     ([sys.executable, "-c", "import time; time.sleep(60)"], "took more than")],
)  # fmt: skip
async def test_a_command_that_fails_is_told_once(command: list[str], why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "_LONGEST", 0.5)
    trouble: list[str] = []
    notifier = Notifier(Preferences(notify="command", notify_command=command), trouble.append, trouble.append)
    await notifier.say("one")
    await notifier.say("two")
    assert len(trouble) == 1
    assert re.search(why, trouble[0])


def test_a_command_must_be_named(tmp_path: Path) -> None:
    file = tmp_path / "preferences.toml"
    file.write_text('notify = "command"\n')
    with pytest.raises(PreferencesError, match='needs notify_command = \\["program"'):
        load(file)
