"""Deciding, and taking back what was decided; each verb is a transaction of `agents.decide`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from agents.basics import Outline
from agents.store.read import Json
from agents.verbs.project import Project

if TYPE_CHECKING:
    from agents.config import Settings

_HEARTBEAT = 15.0  # seconds between two writes of the same look


class Deciding(Project):
    """What a person decides."""

    def __init__(self, settings: Settings | Outline, who: str = "") -> None:
        super().__init__(settings, who)
        self._screen = uuid.uuid4().hex  # this inbox among those that are open
        self._looked: tuple[int | None, float] = (None, 0.0)  # which report it shows, and when it last said so

    async def _do(self, verb: str, *args: Any, **named: Any) -> str:
        from agents import decide

        call: Callable[..., Awaitable[str]] = getattr(decide, verb)
        return await call(await self.services(), self.who, *args, **named)

    async def merge(self, report_id: int, head: str = "", method: str = "merge") -> str:
        """Merge a report's change; `head` is the head that was reviewed, `method` merge, squash or rebase."""
        return await self._do("merge", report_id, head, method)

    async def merge_plan(self, report_id: int) -> Json:
        """What would be merged, what is missing (sentences), how it can be merged, and what cannot be undone."""
        from agents.decide import merge_plan

        return await merge_plan(await self.services(), self.who, report_id)

    async def revert(self, report_id: int) -> str:
        """Start a report whose change takes this merged one out again."""
        return await self._do("revert", report_id)

    async def decline(self, report_id: int, reason: str, note: str = "") -> str:
        """Decline a report with a typed reason."""
        return await self._do("decline", report_id, reason, note)

    async def answer(self, report_id: int, text: str = "", choice: int | None = None) -> str:
        """Answer a question in words or by choice, counting from 1."""
        return await self._do("answer", report_id, text, choice)

    async def request_changes(self, report_id: int, text: str, at: str = "") -> str:
        """Ask for changes, on the whole change or at FILE:LINE."""
        return await self._do("request_changes", report_id, text, at)

    async def send_review(self, report_id: int, kind: str, text: str = "", head: str = "") -> str:
        """Send a review (approve, comment or request-changes) and all your drafts with it."""
        return await self._do("send_review", report_id, kind, text, head)

    async def suppress(self, report_id: int, why: str = "") -> str:
        """Decline a report for good: its further signals are only counted."""
        return await self._do("suppress", report_id, why)

    async def unsuppress(self, report_id: int) -> str:
        """Take a report's signals in again."""
        return await self._do("unsuppress", report_id)

    async def snooze(self, report_id: int, until: str) -> str:
        """Hide a report until a time or a condition."""
        return await self._do("snooze", report_id, until)

    async def unsnooze(self, report_id: int) -> str:
        """End a snooze."""
        return await self._do("wake", report_id)

    async def claim(self, report_id: int) -> str:
        """Mark a report as yours."""
        return await self._do("claim", report_id)

    async def release(self, report_id: int) -> str:
        """Take that mark away."""
        return await self._do("release", report_id)

    async def retry(self, report_id: int) -> str:
        """Start a report's work again."""
        return await self._do("retry", report_id)

    async def stop(self, report_id: int) -> str:
        """Stop the work on a report."""
        return await self._do("stop", report_id)

    async def set_priority(self, report_id: int, priority: int, why: str) -> str:
        """Raise or lower a priority, with a reason."""
        return await self._do("set_priority", report_id, priority, why)

    async def note(self, report_id: int, text: str) -> str:
        """Write down what later work should know."""
        return await self._do("note", report_id, text)

    async def join(self, report_id: int, into: int) -> str:
        """Put a report's signals into another."""
        return await self._do("join", report_id, into)

    async def split(self, report_id: int, signals: list[int]) -> str:
        """Take signals out into a new report."""
        return await self._do("split", report_id, signals)

    async def bulk(self, verb: str, ids: Iterable[int], *args: Any, **named: Any) -> list[tuple[int, bool, str]]:
        """Do one verb (named as its command) on many reports, as one batch: (id, done, sentence) of each."""
        from agents import decide

        return await decide.bulk(await self.services(), self.who, verb, ids, *args, **named)

    async def undo(self, entry_id: int | None = None) -> str:
        """Take back your newest triage action with all of its batch, or one entry of the history alone."""
        return await self._do("turn", entry_id)

    async def redo(self) -> str:
        """Put back what you took back last."""
        return await self._do("turn", redo=True)

    async def history(self, limit: int = 200, everyone: bool = False) -> list[Json]:
        """What people decided, newest first, and what of it you could take back now."""
        from agents import decide

        return await decide.history(await self.services(), self.who, limit, everyone)

    # Reading -------------------------------------------------------------------------------------------------

    async def mark_read(self, report_id: int, read: bool = True) -> str:
        """Mark a report as read by you, or as unread."""
        return await self._do("mark_read", report_id, read)

    async def look_at(self, report_id: int | None) -> None:
        """Say which report this screen shows; call it again as a heartbeat, it writes at most every 15 s."""
        known, at = self._looked
        if report_id == known and (report_id is None or time.monotonic() - at < _HEARTBEAT):
            return
        from agents import decide

        self._looked = (report_id, time.monotonic())
        await decide.look_at(await self.services(), self.who, self._screen, report_id)

    async def looking(self) -> dict[int, list[str]]:
        """Which others look at which report now."""
        from agents import decide

        return await decide.looking(await self.services(), self.who)
