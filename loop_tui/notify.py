"""Telling a person who looks elsewhere that something needs them: bell, OSC 9, or a command of their own."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping

from agents.inbox import Inbox
from agents.text import one_line
from loop_tui.needing import Needing, sentence
from loop_tui.preferences import Preferences

REST = 60.0  # seconds between two notifications at least
_LONGEST = 10.0  # seconds a command may take


def osc9(text: str, env: Mapping[str, str] = os.environ) -> str:
    """The sequence by which terminals show a notification; tmux hands it through when `allow-passthrough` is on."""
    told = f"\x1b]9;{one_line(text, 250)}\x07"
    return f"\x1bPtmux;{told.replace(chr(27), chr(27) * 2)}\x1b\\" if env.get("TMUX") else told


class Notifier:
    """Says a sentence in the way a person has chosen.

    Args:
        likes: what they chose.
        write: takes what goes to the terminal.
        trouble: takes a sentence, once, when the command cannot be run.
    """

    def __init__(self, likes: Preferences, write: Callable[[str], None], trouble: Callable[[str], None]) -> None:
        self._likes, self._write, self._trouble = likes, write, trouble
        self._troubled = False

    async def say(self, text: str) -> None:
        """Notify."""
        if self._likes.notify == "bell":
            self._write("\a")
        elif self._likes.notify == "osc9":
            self._write(osc9(text))
        elif self._likes.notify == "command":
            await self._run([*self._likes.notify_command, one_line(text, 1000)])

    async def _run(self, command: list[str]) -> None:
        """Run it without a shell; it gets no terminal to write on."""
        null = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=null, stdout=null, stderr=null, start_new_session=True
            )
        except (OSError, ValueError) as error:
            self._fail(f"it cannot be run: {error}")
            return
        try:
            code = await asyncio.wait_for(process.wait(), _LONGEST)
        except TimeoutError:
            process.kill()
            await process.wait()
            self._fail(f"it took more than {_LONGEST:.0f} s")
        else:
            if code:
                self._fail(f"it ended with {code}")

    def _fail(self, why: str) -> None:
        if not self._troubled:
            self._troubled = True
            self._trouble(f"Your notify_command does not work, {one_line(why, 200)}; `loop keys` says where it is.")


class News:
    """What newly needs this person, gathered and said at most once a minute.

    Args:
        inbox: the project.
        notifier: says it.
        later: calls a function after some seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self, inbox: Inbox, notifier: Notifier, later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._inbox, self._notifier, self._later, self._clock = inbox, notifier, later, clock
        self._needing = Needing(inbox)
        self._pending: list[int] = []
        self._said = -REST
        self._waiting = False

    async def begin(self) -> None:
        """What needs a person at the start is no news."""
        await self._needing.begin()

    async def changed(self, ids: Iterable[int], again: Callable[[], None]) -> None:
        """Say what is new among reports that changed; `again` is called when what had to wait may be said."""
        self._pending += await self._needing.news(ids)
        await self.flush(again)

    async def flush(self, again: Callable[[], None]) -> None:
        """Say what is pending and still true, or wait until a minute has passed."""
        self._pending = self._needing.still(self._pending)
        if not self._pending or self._waiting:
            return
        wait = self._said + REST - self._clock()
        if wait > 0:
            self._waiting = True

            def rested() -> None:
                self._waiting = False
                again()

            self._later(wait, rested)
            return
        reports, self._pending = self._pending, []
        self._said = self._clock()
        await self._notifier.say(sentence(await self._inbox.cards(reports)))
