"""An agent in a sandbox, as a session: started, asked, cancelled, ended; each way it can fail is a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Awaitable
from typing import Any, TypeVar

from acp.connection import Connection
from acp.exceptions import RequestError
from acp.meta import PROTOCOL_VERSION
from acp.schema import InitializeResponse, NewSessionResponse, PromptResponse, RequestPermissionResponse
from pydantic import BaseModel, ValidationError

from agents.harness import Unavailable
from agents.harness.acp.link import Lines, Link
from agents.harness.acp.meter import Meter
from agents.harness.acp.presets import PORT, Installed
from agents.harness.acp.updates import Journal
from agents.sandbox import WORKDIR, Result, Sandbox, SandboxError
from agents.sandbox.shell import run_line
from agents.text import one_line

LINK, BRIDGE = "/run/agent/link", "/run/agent/bridge"
_START = 60.0  # seconds for the first answers
_FAREWELL = 3.0  # seconds to stop after a cancel
_AUTH = -32000  # "authentication required"
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Stopped(Exception):
    """The run ended without a result; the message is a sentence."""


class Session:
    """One agent at work; use it as an async context manager.

    Args:
        agent: what to start.
        sandbox: where.
        link: how it is talked to.
        meter: ends the run where a limit is reached.
        journal: told what the agent tells.
        seconds: the longest it may run.
    """

    def __init__(
        self, agent: Installed, sandbox: Sandbox, link: Link, meter: Meter, journal: Journal, seconds: float
    ) -> None:
        self._agent, self._sandbox, self._link, self._meter = agent, sandbox, link, meter
        self._journal, self._seconds = journal, seconds
        self._id = ""
        self.told = agent.name  # name and version, as the agent says
        self._running: asyncio.Task[Result] | None = None
        self._lines: Lines | None = None
        self._connection: Connection | None = None

    async def __aenter__(self) -> Session:
        try:
            await self._open()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._end()

    async def _open(self) -> None:
        bridge = shlex.join([f"{BRIDGE}/bridge.py", LINK, str(PORT), *self._agent.command])
        line = f"exec python -I -B {bridge}"
        self._running = asyncio.create_task(run_line(self._sandbox, line, timeout=self._seconds), name="loop-agent")
        try:
            async with asyncio.timeout(_START):
                self._lines = await self._while_alive(self._link.talk())
                self._connection = Connection(self._handle, self._lines)
                await self._hello()
        except TimeoutError:
            raise Unavailable(f"{self._agent.name} did not answer within {_START:g} s; is it an ACP agent?") from None
        except Stopped as error:
            raise Unavailable(str(error)) from error

    async def _hello(self) -> None:
        hello = await self._ask(
            "initialize", {"protocolVersion": PROTOCOL_VERSION, "clientCapabilities": {}}, InitializeResponse
        )
        if hello.protocol_version != PROTOCOL_VERSION:
            raise Unavailable(
                f"{self._agent.name} speaks version {hello.protocol_version} of the protocol and Loop version "
                f"{PROTOCOL_VERSION}; install one that fits."
            )
        if hello.agent_info is not None:
            self.told = one_line(f"{self._agent.name} {hello.agent_info.version}", 80)
        opened = await self._ask("session/new", {"cwd": WORKDIR, "mcpServers": []}, NewSessionResponse)
        self._id = opened.session_id

    async def prompt(self, text: str) -> str:
        """Ask, and wait until the agent has done its work; gives the reason for which it stopped.

        Raises:
            Stopped: a limit is reached, or the agent failed.
            Unavailable: its model cannot be used, or it is dead.
        """
        assert self._connection is not None
        asked = {"sessionId": self._id, "prompt": [{"type": "text", "text": text}]}
        request = asyncio.ensure_future(self._connection.send_request("session/prompt", asked))
        try:
            answer = await self._answer("session/prompt", asyncio.shield(request), PromptResponse)
        except BaseException:
            await asyncio.shield(self._cancel(request))
            raise
        await self._journal.finish()
        return str(answer.stop_reason)

    async def _cancel(self, request: asyncio.Future[Any]) -> None:
        """Tell the agent to stop, and give it a moment; what does not is killed anyway."""
        assert self._running is not None
        assert self._connection is not None
        if not self._running.done():
            with contextlib.suppress(ConnectionError, OSError):
                await self._connection.send_notification("session/cancel", {"sessionId": self._id})
                await asyncio.wait({request, self._running}, timeout=_FAREWELL, return_when=asyncio.FIRST_COMPLETED)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await self._journal.finish()

    async def _ask(self, method: str, params: dict[str, Any], form: type[M]) -> M:
        assert self._connection is not None
        return await self._answer(method, self._connection.send_request(method, params), form)

    async def _answer(self, method: str, request: Awaitable[Any], form: type[M]) -> M:
        try:
            return form.model_validate(await self._while_alive(request))
        except RequestError as error:
            raise self._refused(method, error) from error
        except ValidationError as error:
            raise Unavailable(
                f"{self._agent.name} answers {method} with what is no answer; install another."
            ) from error
        except (ConnectionError, OSError):
            raise Unavailable(await self._obituary()) from None

    def _refused(self, method: str, error: RequestError) -> Exception:
        if self._meter.why:
            return self._limit()
        said = one_line(f"{error} {error.data or ''}", 300).rstrip(".")
        if error.code == _AUTH:
            return Unavailable(
                f"{self._agent.name} wants a login of its own ({said}); Loop gives it a model and no login, so use "
                "another agent in [acp], or one that takes an API key."
            )
        failure = f"{self._agent.name} refused {method} ({said})"
        return Stopped(f"{failure}.") if method == "session/prompt" else Unavailable(f"{failure}; install another.")

    def _limit(self) -> Exception:
        return Unavailable(self._meter.why) if self._meter.away else Stopped(self._meter.why)

    async def _while_alive(self, work: Awaitable[T]) -> T:
        """What `work` gives, unless the agent ends or a limit is reached first."""
        assert self._running is not None
        task = asyncio.ensure_future(work)
        limit = asyncio.create_task(self._meter.ended.wait())
        try:
            await asyncio.wait({task, limit, self._running}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if limit.done():
                raise self._limit()
            raise Unavailable(await self._obituary())
        finally:
            limit.cancel()
            task.cancel()
            await asyncio.gather(task, limit, return_exceptions=True)

    async def _obituary(self) -> str:
        """Why the agent is not there any more."""
        assert self._running is not None
        await asyncio.wait({self._running}, timeout=2.0)
        noise = " / ".join(self._lines.said) if self._lines is not None else ""
        if not self._running.done():
            said = f"; it said {one_line(noise, 200)}" if noise else ""
            return f"{self._agent.name} does not speak the protocol{said}; check [acp] command."
        if (error := self._running.exception()) is not None:
            return f"{self._agent.name} ended with its sandbox: {one_line(error, 300)}"
        result = self._running.result()
        if result.timed_out:
            raise Stopped(f"{self._agent.name} gave no result within {self._seconds:g} s; raise [acp] seconds.")
        words = (result.stderr.strip() or noise).splitlines()
        return f"{self._agent.name} ended with exit code {result.exit} ({one_line(' / '.join(words[-3:]), 300)})."

    async def _handle(self, method: str, params: Any, notification: bool) -> Any:
        """What the agent asks for or tells; it gets no files and no terminals from outside its sandbox."""
        if method == "session/update":
            assert self._lines is not None
            try:
                await self._journal.take(params)
            finally:
                self._lines.room.release()
            return None
        if method == "session/request_permission":
            return await self._permitted(params)
        if notification:
            return None
        raise RequestError.method_not_found(method)

    async def _permitted(self, params: Any) -> RequestPermissionResponse:
        try:
            return await self._journal.permit(params)
        except ValidationError as error:
            raise RequestError.invalid_params() from error

    async def _end(self) -> None:
        """Kill the agent with all that it started, and hang up."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(SandboxError):
                await asyncio.gather(self._running, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()
        elif self._lines is not None:
            await self._lines.close()
