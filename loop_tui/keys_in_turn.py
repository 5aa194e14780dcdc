"""Keys, pastes and clicks are taken one after the other, and what comes before everything is there waits.

Textual gives each key to what has the focus when it arrives. Where a key moves the focus (`/`), those typed right
behind it would be given to the old place or overtake each other, and run as commands.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode

from loop_tui.thrift import ThriftyApp

_KEY = 2.0  # seconds a key waits for the one before at most


class KeysInTurnApp(ThriftyApp):
    """An application that loses no key."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._early: deque[events.Event] | None = deque()  # what came before everything was there
        self._key_way: list[DOMNode] = []

    def may_begin(self, event: events.Event) -> bool:
        """Whether a key can be taken though not everything is there yet."""
        raise NotImplementedError

    def all_there(self) -> None:
        """From now on nothing has to wait, once what has waited is done."""
        self.call_later(self._catch_up_early)

    async def on_event(self, event: events.Event) -> None:
        """A key (or what is pasted) begins its way only when the one before has ended its own."""
        if self._waits(event) and self._early is not None:
            self._early.append(event)
        else:
            await self._begin(event)

    def _waits(self, event: events.Event) -> bool:
        """Whether it has to wait until everything is there, or behind what waits."""
        if self._early is None or not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            return False
        return bool(self._early) or not self.may_begin(event)

    async def _catch_up_early(self) -> None:
        """Do what was pressed before everything was there, in between what it leads to."""
        if self._early:
            await self._begin(self._early.popleft())
            self.call_later(self._catch_up_early)
        else:
            self._early = None

    async def _begin(self, event: events.Event) -> None:
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._key_done(), _KEY)
        self._key_way = [*(self.focused or self.screen).ancestors_with_self]
        await super().on_event(event)

    async def _key_done(self) -> None:
        """Wait until the last key has passed all it went through."""
        way, self._key_way = self._key_way, []
        for node in way:
            if isinstance(node, App) or not node.is_running:
                return
            passed = asyncio.Event()
            if node.call_later(passed.set):
                await passed.wait()
