"""The routes: Sentry's envelope and store endpoints, and one to see that it lives."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agents.collect import CollectError, Item, Refused
from agents.collect import envelope as envelopes
from agents.collect.clean import line, words
from agents.collect.hooks import Hook
from agents.collect.ingest.body import body, refuse
from agents.collect.ingest.hooks import Hooks
from agents.collect.ingest.writer import Busy, Writer
from agents.collect.normalise import event
from agents.config import IngestSettings

_AUTH_KEY = re.compile(r"sentry_key\s*=\s*([^,\s]+)")


def _key_of(dsn: object) -> str:
    try:
        return urlsplit(str(dsn or "")).username or ""
    except ValueError:
        return ""


class Ingest:
    """The endpoint's handlers.

    Args:
        writer: where items go.
        key: what SDKs must present.
        settings: limits.
    """

    def __init__(self, writer: Writer, key: str, settings: IngestSettings) -> None:
        self._writer = writer
        self._key = key
        self._settings = settings

    def _said_key(self, request: Request) -> str:
        for name in ("x-sentry-auth", "authorization"):
            if found := _AUTH_KEY.search(request.headers.get(name, "")):
                return found[1]
        return request.query_params.get("sentry_key", "")

    def _check(self, said: str) -> None:
        if not hmac.compare_digest(said.encode("utf-8", "replace"), self._key.encode()):
            raise refuse(403, "The key is missing or wrong; use the DSN that `loop listen` prints.")

    async def envelope(self, request: Request) -> Response:
        """`POST /api/{project}/envelope/`."""
        said = self._said_key(request)
        if said:
            self._check(said)
        data = await body(request, self._settings)
        try:
            top = envelopes.header(data)
        except CollectError as error:
            self._check(said)
            raise await self._garbage(str(error), data) from error
        if not said:
            self._check(_key_of(top.get("dsn")))
        items = envelopes.parse(data)
        await self.put(items)
        refused = [item.reason for item in items if isinstance(item, Refused)]
        if refused and len(refused) == len(items):
            raise refuse(400, refused[0])
        return JSONResponse({"id": line(top.get("event_id"), 64)})

    async def store(self, request: Request) -> Response:
        """`POST /api/{project}/store/`, the older form: one event as JSON."""
        self._check(self._said_key(request))
        data = await body(request, self._settings)
        try:
            raw = envelopes.read_json(data)
        except envelopes.TooLarge as error:
            raise refuse(413, f"The event is {error}.") from error
        except (ValueError, RecursionError) as error:
            raise await self._garbage("The body is no JSON.", data) from error
        made = event(raw)
        if made is None:
            raise await self._garbage("The body is no event.", data)
        await self.put([made])
        return JSONResponse({"id": made.external_id})

    async def _garbage(self, why: str, data: bytes) -> HTTPException:
        await self.put([Refused("sentry", why, words(data[:2000].decode("utf-8", "replace"), 2000))])
        return refuse(400, why)

    async def put(self, items: list[Item]) -> None:
        """Wait until the items are in the store."""
        try:
            if items:
                await self._writer.put(items)
        except Busy as error:
            raise HTTPException(429, str(error), headers={"Retry-After": "5"}) from error


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"ok": True})


async def _failed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


async def _broke(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "This could not be stored; send it again in a moment."}, status_code=500)


def make_app(writer: Writer, key: str, settings: IngestSettings, hooks: Sequence[Hook] = ()) -> Starlette:
    """The ASGI application."""
    ingest = Ingest(writer, key, settings)
    routes = [
        Route("/api/{project}/envelope/", ingest.envelope, methods=["POST"]),
        Route("/api/{project}/store/", ingest.store, methods=["POST"]),
        Route("/hooks/{source}", Hooks(hooks, ingest.put, settings).receive, methods=["POST"]),
        Route("/healthz", _healthy),
    ]
    # Browsers send from any page; the key decides, not the origin.
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=["x-sentry-error"],
    )
    return Starlette(routes=routes, middleware=[cors], exception_handlers={HTTPException: _failed, Exception: _broke})
