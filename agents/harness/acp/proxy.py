"""The only way from the sandbox to a model: a unix socket, behind which the key is added and one host is asked.

What the agent sends is a request to one of the paths that ask a model, and nothing else; the key it sends is thrown
away. Neither the key nor any other header of Loop's goes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents.config import AcpSettings
from agents.harness.acp.guard import COUNTING, PATHS, Forbidden, cleaned
from agents.harness.acp.meter import Meter, UsageReader
from agents.harness.acp.upstream import Upstream
from agents.harness.llm.purse import Spent
from agents.text import one_line

_LARGEST = 32 << 20  # bytes of a request
_ERROR = 1 << 16  # bytes of an error's text
_ASKED = ("accept", "anthropic-version", "anthropic-beta", "openai-beta")
_GIVEN = ("content-type", "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id")


class _Quiet(uvicorn.Server):
    """uvicorn without its signal handlers: the process belongs to the inbox."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Books(Protocol):
    """Where a run's requests are paid from, and told."""

    async def tell(self, line: str) -> None:
        """Something was not let through."""
        ...

    async def ensure(self) -> None:
        """Look whether another request may be paid.

        Raises:
            Spent: a report or a day has cost what it may.
        """
        ...

    async def spent(self, usd: float, tokens: int) -> None:
        """An answer has cost this."""
        ...


class Proxy:
    """Answers on a socket of the sandbox with what the model's server says.

    Args:
        upstream: the server.
        meter: counts, and ends the run.
        books: told once of each thing that was not let through, and of each answer's cost.
        settings: seconds for the next bytes of an answer, and how long one may be.
    """

    def __init__(self, upstream: Upstream, meter: Meter, books: Books, settings: AcpSettings) -> None:
        self._upstream, self._meter, self._books, self._longest = upstream, meter, books, settings.answer_tokens
        self._told: set[str] = set()
        self._client = httpx.AsyncClient(timeout=settings.timeout, follow_redirects=False, auth=self._let_in)
        self._server = _Quiet(
            uvicorn.Config(
                Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "PUT", "DELETE"])]),
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=1,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Answer on a socket that is bound."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="loop-model-proxy")

    async def stop(self) -> None:
        """Answer nothing more; harmless to call twice."""
        self._server.should_exit = self._server.force_exit = True
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)
        await self._client.aclose()

    def _let_in(self, request: httpx.Request) -> httpx.Request:
        """Put the key on; as `auth`, so that no ~/.netrc of the person's can."""
        request.headers.update(self._upstream.headers)
        return request

    async def _answer(self, request: Request) -> Response:
        if request.method == "HEAD":  # a look whether anybody is there
            return Response(status_code=200)
        path = PATHS[self._upstream.kind].get(request.url.path)
        if request.method != "POST" or path is None:
            return await self._refused(404, f"{request.method} {one_line(request.url.path, 100)}")
        try:
            asked, out = cleaned(await _body(request), self._upstream.kind, self._upstream.name, self._longest)
        except Forbidden as error:
            return await self._refused(400, str(error))
        except ClientDisconnect:
            return Response(status_code=499)
        for name in out:
            await self._note(f"Taken out of the agent's request to the model: {one_line(name, 80)}")
        try:
            await self._books.ensure()
        except Spent as error:
            self._meter.end(str(error), away=True)
        if why := self._meter.admit():
            return JSONResponse({"error": {"type": "permission_error", "message": why}}, 403)
        query = "?beta=true" if request.url.query == "beta=true" else ""
        headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
        sent = self._client.build_request(
            "POST", f"{self._upstream.url}{path}{query}", content=json.dumps(asked).encode(),
            headers={**headers, "content-type": "application/json", "accept-encoding": "identity"},
        )  # fmt: skip
        try:
            answer = await self._client.send(sent, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as error:  # the last: the run is over meanwhile
            said = one_line(error, 200) or type(error).__name__
            self._meter.failed(0, said)
            return JSONResponse({"error": {"type": "api_error", "message": said}}, 502)
        given = {name: answer.headers[name] for name in _GIVEN if name in answer.headers}
        if answer.status_code != 200:
            return await self._failed(answer, given)
        return StreamingResponse(self._passed(answer, path), 200, given)

    async def _passed(self, answer: httpx.Response, path: str) -> AsyncIterator[bytes]:
        """The answer, counted on the way; what was told before a line broke counts too."""
        reader = UsageReader("event-stream" in answer.headers.get("content-type", ""))
        try:
            async for data in answer.aiter_bytes():
                reader.feed(data)
                yield data
        except httpx.HTTPError as error:
            self._meter.failed(0, one_line(error, 200) or type(error).__name__)
        finally:
            if not path.endswith(COUNTING):
                usd, tokens = self._meter.count(reader.end())
                await asyncio.shield(self._books.spent(usd, tokens))
            await answer.aclose()

    async def _failed(self, answer: httpx.Response, given: dict[str, str]) -> Response:
        """An error of the server; a server that repeats the key does not repeat it into the sandbox."""
        said = b""
        with contextlib.suppress(httpx.HTTPError):
            async for data in answer.aiter_bytes():
                said += data
                if len(said) > _ERROR:
                    break
        await answer.aclose()
        said = said[:_ERROR].replace(self._upstream.key.encode(), b"***")
        self._meter.failed(answer.status_code, _message(said))
        status = answer.status_code if answer.status_code >= 400 else 502  # a redirect leads elsewhere
        return Response(said, status, given)

    async def _refused(self, status: int, what: str) -> Response:
        await self._note(f"Not let through to the model: {what}")
        return JSONResponse({"error": {"type": "invalid_request_error", "message": f"Not let through: {what}"}}, status)

    async def _note(self, line: str) -> None:
        if line not in self._told and len(self._told) < 20:
            self._told.add(line)
            await self._books.tell(line)


async def _body(request: Request) -> bytes:
    """All of a request's body.

    Raises:
        Forbidden: it is too large.
    """
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > _LARGEST:
            raise Forbidden(f"The request is larger than {_LARGEST >> 20} MB.")
    return bytes(data)


def _message(said: bytes) -> str:
    """What an error says, out of the form that providers give it."""
    text = said.decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError, RecursionError):
        return text or "no text"
