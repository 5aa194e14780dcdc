"""Work that may be asked for often and is done seldom."""

from __future__ import annotations

import time
from asyncio import sleep
from collections.abc import Awaitable, Callable

_MOST = 2.0  # seconds of rest


class Soon:
    """Runs `work` when asked, one at a time, and rests in proportion to what it cost.

    Asked while it runs or rests, it runs once more afterwards: the newest state is always reached.

    Args:
        work: what to do.
        rest: seconds between two runs at least.
        share: rests so many times as long as the run took, but 2 s at most.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], rest: float = 0.1, share: float = 4.0) -> None:
        self._work, self._rest, self._share = work, rest, share
        self._asked = self._busy = False

    async def ask(self) -> None:
        """Run now, or have the run that is under way followed by another."""
        self._asked = True
        if self._busy:
            return
        self._busy = True
        try:
            while self._asked:
                self._asked = False
                start = time.monotonic()
                await self._work()
                # A slow line holds the screen up, which looks like work that took long: never rest for long.
                await sleep(min(_MOST, max(self._rest, (time.monotonic() - start) * self._share)))
        finally:
            self._busy = False
