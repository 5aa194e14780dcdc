"""The lines above the list: what needs you, what the engine does, what it costs, and what is in trouble.

Times are told in coarse steps, so that a line is drawn again seldom: a screen nobody touches sends next to nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agents.text import one_line
from loop_tui.soon import Soon
from loop_tui.widgets import words
from loop_tui.widgets.words import Span, width

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen

Json = dict[str, Any]
TICK = 20.0  # seconds between two looks at the clock
_STAGES = {"investigate": "looking", "propose": "building", "measure": "measuring", "ship": "merging"}
_NAMED = 2  # runs that are told one by one
_REST = 0.5  # seconds between two looks at the store


def coarse(seconds: float) -> str:
    """A length of time in steps that grow with it: minutes, then five of them, then hours."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "<1m"
    if minutes < 10:
        return f"{minutes}m"
    return f"{minutes // 5 * 5}m" if minutes < 60 else words.span(seconds)


def _since(text: str | None) -> str:
    at = words.moment(text)
    return "" if at is None else coarse((words.clock() - at).total_seconds())


def running(now: Json, *, named: bool) -> str:
    """What the engine does; `named`: the longest runs one by one."""
    runs = now["running"]
    said = f"{len(runs)} running"
    if named and runs:
        longest = sorted(runs, key=lambda run: run["started_at"])[:_NAMED]
        stages = [f"{_stage(run['stage'])} #{run['report_id']} {_since(run['started_at'])}" for run in longest]
        said += f": {', '.join(stages)}" + (" …" if len(runs) > _NAMED else "")
    waiting = [f"{now['queued']} queued"] if now["queued"] else []
    waiting += [f"{now['to_build']} to build"] if now["to_build"] else []
    return ", ".join([said, *waiting])


def _stage(stage: str) -> str:
    return _STAGES.get(stage, one_line(stage, 12))


def troubles(now: Json, lost: datetime | None) -> list[str]:
    """What is wrong around the list, the worst first."""
    found = []
    if lost is not None:
        found.append(f"No news from the store for {coarse((words.clock() - lost).total_seconds())}; trying again")
    if now["notice"]:
        found.append(one_line(now["notice"], 300))
    for source in now["troubled"]:
        since = f"for {_since(source['last_success'])}" if source["last_success"] else "since it was set up"
        found.append(f"{one_line(source['name'], 30)} gives nothing {since}: {one_line(source['last_error'], 120)}")
    return found


class Status:
    """The header and the notice of one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._now: Json | None = None
        self._lost: datetime | None = None
        self._soon = Soon(self.refresh, rest=_REST)

    def soon(self) -> None:
        """Read again what the engine does, not more often than it is worth."""
        self._screen.loop_app.do(self._soon.ask(), group="status")

    async def refresh(self) -> None:
        """Read what the engine does, and say it."""
        screen = self._screen
        self._now = await screen.inbox.activity()
        self.say()
        if not screen.rows.order and not screen.browse.counts.get("all"):
            await screen.refresh_empty()

    def lose(self) -> None:
        """The feed broke off."""
        self._lost = self._lost or words.clock()
        self.say()

    def find(self) -> None:
        """The feed is followed again."""
        if self._lost is not None:
            self._lost = None
            self.say()

    def say(self) -> None:
        """Draw what is known, as old as it is by now; draws nothing that reads the same."""
        screen = self._screen
        left: list[Span] = [("Loop ", "accent"), (one_line(screen.inbox.title, 30), "bold"), ("   ", "")]
        who = one_line(screen.inbox.who, 24)
        room = screen.app.size.width - sum(width(text) for text, _ in left) - width(who) - 4
        screen.bar("header").say([*left, (self._fitting(room), "dim")], [(who + " ", "dim")])
        if self._now is not None:
            notice, found = screen.bar("notice"), troubles(self._now, self._lost)
            notice.display = bool(found)
            notice.say([(" · ".join(found), "warn")])

    def _fitting(self, room: int) -> str:
        """As much as is known and there is room for; names of runs go first, then base and sandbox, then the rest."""
        need, now = self._screen.browse.counts.get("needs_you", 0), self._now
        head = "1 needs you" if need == 1 else f"{need:,} need you"
        if now is None:
            return head
        cost = f"${now['usd_today']:.2f} today"
        where = [part for part in (one_line(now["base"], 40), one_line(now["sandbox"], 20)) if part]
        short, long = running(now, named=False), running(now, named=True)
        for parts in ([head, long, cost, *where], [head, long, cost], [head, short, cost, *where], [head, short, cost],
                      [head, short]):  # fmt: skip
            if width(said := " · ".join(parts)) <= room:
                return said
        return head
