"""What an agent tells of its work, folded to steps of the transcript; what it asks for, answered by policy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    AllowedOutcome,
    DeniedOutcome,
    RequestPermissionRequest,
    RequestPermissionResponse,
    SessionNotification,
    ToolCallProgress,
    ToolCallStart,
    UsageUpdate,
)
from pydantic import BaseModel, ValidationError

from agents.harness import Transcript
from agents.harness.llm.desk import clipped
from agents.sandbox import WORKDIR
from agents.text import one_line, visible

_ALLOWED = {"read", "edit", "delete", "move", "search", "execute", "think"}  # all of them within the sandbox
_KINDS = {"read": "read", "search": "read", "edit": "candidate", "delete": "candidate", "move": "candidate",
          "execute": "command"}  # fmt: skip
_STEPS = 400  # of one run; later ones are counted
_TEXT = 100_000  # characters of what an agent says in one piece


@dataclass
class _Call:
    """A tool call as far as it was told."""

    kind: str = "other"
    title: str = ""
    status: str = ""
    output: str = ""
    places: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.perf_counter)

    def hear(self, update: ToolCallStart | ToolCallProgress) -> None:
        """Take in what came out of it: text, a diff, or what agents with terminals of their own send in pieces."""
        for part in update.content or ():
            if part.type == "diff":
                self.places.add(_relative(part.path))
                self.output = f"{part.path}\n{part.new_text}"
            elif part.type == "content":
                self.output = str(getattr(part.content, "text", ""))
        piece = (update.field_meta or {}).get("terminal_output_delta")
        if isinstance(piece, dict):
            self.output = (self.output + str(piece.get("data", "")))[-_TEXT:]
        if not self.output and isinstance(update.raw_output, str):
            self.output = update.raw_output


class Journal:
    """Takes updates in the order in which they came.

    Args:
        name: of the agent.
        transcript: where it is told.
    """

    def __init__(self, name: str, transcript: Transcript) -> None:
        self.last = ""  # what the agent said last
        self.usd = 0.0  # as the agent told
        self.opened: set[str] = set()  # files that it read, as it told
        self.written: set[str] = set()  # and changed
        self._name, self._transcript = name, transcript
        self._saying, self._text = "", ""
        self._calls: dict[str, _Call] = {}
        self._plan = ""
        self._steps = 0
        self._lock = asyncio.Lock()

    async def take(self, params: Any) -> None:
        """One update; what does not fit the protocol says nothing."""
        try:
            update = SessionNotification.model_validate(params).update
        except ValidationError:
            return
        async with self._lock:
            await self._take(update)

    async def _take(self, update: BaseModel) -> None:
        if isinstance(update, (AgentMessageChunk, AgentThoughtChunk)):
            await self._say(update)
        elif isinstance(update, (ToolCallStart, ToolCallProgress)):
            await self._flush()
            await self._call(update)
        elif isinstance(update, AgentPlanUpdate):
            plan = "\n".join(f"{entry.status}: {entry.content}" for entry in update.entries)
            if plan != self._plan:
                self._plan = plan
                await self._flush()
                await self._step("note", f"{self._name} plans", plan)
        elif isinstance(update, UsageUpdate) and update.cost is not None and update.cost.currency == "USD":
            self.usd = max(self.usd, update.cost.amount)

    async def _say(self, update: AgentMessageChunk | AgentThoughtChunk) -> None:
        kind = "said" if isinstance(update, AgentMessageChunk) else "thought"
        if kind != self._saying:
            await self._flush()
            self._saying = kind
        self._text = (self._text + str(getattr(update.content, "text", "")))[-_TEXT:]

    async def _flush(self) -> None:
        text, self._text = self._text, ""
        if not text.strip():
            return
        if self._saying == "said":
            self.last = text
        await self._step("note", f"{self._name} {self._saying}: {one_line(text, 80)}", text)

    async def _call(self, update: ToolCallStart | ToolCallProgress) -> None:
        call = self._calls.setdefault(update.tool_call_id, _Call())
        call.kind, call.title = update.kind or call.kind, update.title or call.title
        call.places |= {_relative(place.path) for place in update.locations or ()}
        call.hear(update)
        ended = update.status in ("completed", "failed") and call.status not in ("completed", "failed")
        call.status = update.status or call.status
        if ended:
            await self._tell(call)
        elif call.title:
            await self._transcript.progress(one_line(f"{self._name}: {call.title}", 120))

    async def _tell(self, call: _Call) -> None:
        ok = {"completed": True, "failed": False}.get(call.status)
        kind = _KINDS.get(call.kind, "note")
        if kind == "candidate":
            self.written |= call.places
        if call.kind == "read" and ok:
            self.opened |= call.places
        await self._step(
            kind, one_line(call.title or call.kind, 200), call.output, ok, time.perf_counter() - call.began
        )

    async def _step(
        self, kind: str, title: str, output: str = "", ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        self._steps += 1
        if self._steps <= _STEPS:
            told = visible(clipped(output))
            await self._transcript.step(kind, one_line(title, 200), told, ok=ok, seconds=seconds)

    async def finish(self) -> None:
        """Tell what was left open."""
        async with self._lock:
            await self._flush()
            for call in self._calls.values():
                if call.status not in ("completed", "failed"):
                    await self._tell(call)
            if self._steps > _STEPS:
                left = self._steps - _STEPS
                await self._transcript.step("note", f"{left} more steps of {self._name} are left out")
            self._calls.clear()
            self._steps = 0

    async def permit(self, params: Any) -> RequestPermissionResponse:
        """Answer what an agent asks for.

        Raises:
            ValidationError: it is no such request.
        """
        asked = RequestPermissionRequest.model_validate(params)
        known = self._calls.get(asked.tool_call.tool_call_id, _Call())
        kind = asked.tool_call.kind or known.kind
        allowed = kind in _ALLOWED
        title = one_line(asked.tool_call.title or known.title or kind, 160)
        async with self._lock:
            await self._step("note", f"{'Allowed' if allowed else 'Denied'}: {kind}: {title}", ok=allowed or None)
        order = ("allow_once", "allow_always") if allowed else ("reject_once", "reject_always")
        return _chosen([(option.kind, option.option_id) for option in asked.options], order)


def _chosen(options: Sequence[tuple[str, str]], order: Sequence[str]) -> RequestPermissionResponse:
    for wanted in order:
        for kind, number in options:
            if kind == wanted:
                return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=number))
    return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))


def _relative(path: str) -> str:
    """A path of the agent's, in the tree where it is."""
    found = PurePosixPath(path)
    return found.relative_to(WORKDIR).as_posix() if found.is_relative_to(WORKDIR) else found.as_posix()
