"""`POST /hooks/{source}`: what trackers send by themselves, between two polls.

The signature is of the bytes as they came and is checked before they are read. What is repeated, or comes late, is
settled where it is stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agents import credentials
from agents.collect import CollectError, Item
from agents.collect.hooks import Hook
from agents.collect.ingest.body import raw_body, refuse
from agents.config import IngestSettings
from agents.text import one_line


class Hooks:
    """The handler of webhooks.

    Args:
        hooks: of the sources that are on.
        put: stores items; the answer waits for it.
        settings: limits.
    """

    def __init__(
        self, hooks: Sequence[Hook], put: Callable[[list[Item]], Awaitable[None]], settings: IngestSettings
    ) -> None:
        self._hooks = {hook.name: hook for hook in hooks}
        self._put = put
        self._settings = settings

    async def receive(self, request: Request) -> Response:
        """Take one webhook."""
        hook = self._hooks.get(request.path_params["source"])
        if hook is None:
            told = one_line(request.path_params["source"], 40)
            raise refuse(404, f"No source {told} takes webhooks here; give it a section in loop.toml.")
        secret = await asyncio.to_thread(credentials.secret, hook.secret)
        if not secret:
            raise refuse(403, f"This webhook has no secret here; {credentials.where_to_put(hook.secret)}.")
        data = await raw_body(request, self._settings)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not hook.signed(headers, data, secret.encode(), datetime.now(UTC)):
            raise refuse(
                401, f"The signature is missing, wrong or too old; {hook.secret} must be the webhook's secret."
            )
        try:
            payload = json.loads(data)
        except (ValueError, RecursionError):
            raise refuse(415, "The body is no JSON; choose application/json as the webhook's content type.") from None
        delivery = headers.get(hook.delivery) or hashlib.sha256(data).hexdigest()
        try:
            items = hook.read(headers, payload, delivery[:100]) if isinstance(payload, dict) else []
        except CollectError as error:
            raise refuse(400, str(error)) from error
        await self._put(items)
        return JSONResponse({"taken": len(items)})
