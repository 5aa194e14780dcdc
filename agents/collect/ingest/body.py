"""The body of a request, within limits."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from agents.collect import CollectError
from agents.collect import envelope as envelopes
from agents.config import IngestSettings


def refuse(status: int, why: str) -> HTTPException:
    """A refusal with its reason, also where SDKs look for it."""
    header = why.encode("ascii", "replace").decode()
    return HTTPException(status, why, headers={"X-Sentry-Error": re.sub(r"[\r\n]", " ", header)})


async def raw_body(request: Request, settings: IngestSettings) -> bytes:
    """The body as it came, refused as soon as it is too large, whatever its header promised."""
    promised = request.headers.get("content-length", "")
    if promised.isdigit() and int(promised) > settings.max_body:
        raise refuse(413, f"The body is over {settings.max_body} bytes; send less at once.")
    parts = bytearray()
    try:
        async for chunk in request.stream():
            parts += chunk
            if len(parts) > settings.max_body:
                raise refuse(413, f"The body is over {settings.max_body} bytes; send less at once.")
    except ClientDisconnect:
        raise refuse(400, "The connection closed before the whole body came.") from None
    return bytes(parts)


async def body(request: Request, settings: IngestSettings) -> bytes:
    """The body without its content encoding."""
    raw = await raw_body(request, settings)
    try:
        return envelopes.decode(raw, request.headers.get("content-encoding", ""), settings.max_decompressed)
    except envelopes.TooLarge as error:
        raise refuse(413, str(error)) from error
    except envelopes.UnknownEncoding as error:
        raise refuse(415, str(error)) from error
    except CollectError as error:
        raise refuse(400, str(error)) from error
