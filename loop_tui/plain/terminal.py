"""The lines between a person and the inbox: a prompt, what is typed, what is said, and news between prompts only."""

from __future__ import annotations

import asyncio
import io
import os
import queue
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agents.inbox import ConfigError, Inbox, Refused
from agents.text import counted, one_line, visible
from loop_tui.needing import Needing, sentence
from loop_tui.plain.session import Session
from loop_tui.trouble import log_trouble

Ready = Callable[[Inbox], Awaitable[None]]
_PROMPT = "loop> "
_AGAIN = 10.0  # seconds until a feed that broke is followed again


class Lines:
    """What is typed, line by line, from a terminal, a pipe or a file.

    A thread of its own reads, and only when a line is asked for: nothing blocks the engine beside it, and nothing
    hinders the end of the program. `os.read`, because a thread inside `sys.stdin` would hold its lock then.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._asked: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[str | None]]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._read, daemon=True).start()

    async def next(self) -> str | None:
        """The next line, None at the end."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[str | None] = loop.create_future()
        self._asked.put((loop, found))
        return await found

    def _read(self) -> None:
        buffer = b""
        while True:
            loop, found = self._asked.get()
            while b"\n" not in buffer and (part := self._part()):
                buffer += part
            line, newline, buffer = buffer.partition(b"\n")
            typed = line.decode(errors="replace") if line or newline else None
            try:
                loop.call_soon_threadsafe(_settle, found, typed)
            except RuntimeError:
                return  # the program has ended

    def _part(self) -> bytes:
        try:
            return os.read(self._descriptor, 65536)
        except OSError:
            return b""  # the terminal is gone


def _settle(found: asyncio.Future[str | None], line: str | None) -> None:
    if not found.done():
        found.set_result(line)


class Plain:
    """The inbox of one project on one pair of pipes or one terminal.

    Args:
        inbox: the project.
        typed: where lines come from.
        out: takes text.
        prompted: whether somebody sits there who wants a prompt, and answers in parts.
    """

    def __init__(self, inbox: Inbox, typed: Lines, out: Callable[[str], None], *, prompted: bool) -> None:
        self._inbox, self._typed, self._out, self._prompted = inbox, typed, out, prompted
        self._session = Session(inbox, self._ask, paged=prompted)
        self._needing = Needing(inbox)
        self._news: list[str] = []
        self.refused = False

    def _say(self, lines: list[str]) -> None:
        if lines:
            self._out("".join(f"{line}\n" for line in lines))

    async def _ask(self, question: str) -> str:
        self._out(visible(question) if self._prompted else f"{visible(question).rstrip()}\n")
        return await self._typed.next() or ""

    async def converse(self) -> None:
        """Until `quit` or the end of what is typed."""
        await self._needing.begin()
        waiting = (await self._inbox.counts())["needs_you"]
        self._say([f"Loop, {one_line(self._inbox.title, 60)}: {_need(waiting)}. Type help for the words."])
        while not self._session.ended:
            news, self._news = self._news, []
            self._say(news)
            if self._prompted:
                self._out(_PROMPT)
            line = await self._typed.next()
            if line is None:
                break
            try:
                self._say(await self._session.run(line))
            except (Refused, ConfigError) as error:
                self.refused = True
                self._say([visible(f"No: {error}")])
            except Exception:
                self.refused = True
                log_trouble(self._inbox)
                self._say(["Something went wrong here; .loop/engine.log says what."])

    async def follow(self) -> None:
        """Collect what newly needs this person."""
        while True:
            try:
                async for changed in self._inbox.watch():
                    fresh = await self._needing.news(changed)
                    if fresh:
                        self._news.append(f"News: {sentence(await self._inbox.cards(fresh))}.")
            except Exception:
                log_trouble(self._inbox)
                self._news.append("News from the store stopped and is asked for again; .loop/engine.log says why.")
                await asyncio.sleep(_AGAIN)

    async def engine(self) -> None:
        """Run the loop beside the conversation, unless it runs elsewhere."""
        await self._inbox.start_engine()
        notice = (await self._inbox.activity())["notice"]
        if notice:
            self._news.append(visible(notice))

    async def beside(self, work: Awaitable[None]) -> None:
        """Run something beside the conversation; when it fails that is news."""
        try:
            await work
        except (Refused, ConfigError) as error:
            self._news.append(visible(str(error)))
        except Exception:
            log_trouble(self._inbox)
            self._news.append("Something went wrong beside this; .loop/engine.log says what.")


def _need(count: int) -> str:
    return f"{counted(count, 'report')} need{'s' if count == 1 else ''} you"


async def _talk(repo: Path, on_ready: Ready | None, engine: bool, overrides: dict[str, Any]) -> int:
    def out(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    async with await Inbox.open(repo, **overrides) as inbox:
        plain = Plain(inbox, Lines(sys.stdin.fileno()), out, prompted=sys.stdin.isatty())
        started = asyncio.ensure_future(plain.beside(plain.engine())) if engine else None
        others = [asyncio.ensure_future(plain.beside(plain.follow()))]
        if on_ready is not None:
            others.append(asyncio.ensure_future(plain.beside(on_ready(inbox))))
        try:
            await plain.converse()
        finally:
            for task in others:
                task.cancel()
            # An engine that is cut off while it starts would not be stopped by closing the inbox.
            await asyncio.gather(*([started] if started else []), *others, return_exceptions=True)
        return 1 if plain.refused and not sys.stdin.isatty() else 0


def run(repo: Path, *, on_ready: Ready | None = None, engine: bool = True, **overrides: Any) -> int:
    """Talk until it is ended; 1 when a script's line was refused, else 0."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return asyncio.run(_talk(repo, on_ready, engine, overrides))
