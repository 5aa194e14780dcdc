"""The client: sends, waits, sends again."""

from __future__ import annotations

from collections.abc import Callable

from apiclient.limits import wait_seconds
from apiclient.responses import Response


def fetch(send: Callable[[], Response], sleep: Callable[[int], None], tries: int = 3) -> Response:
    """Send until the server does not limit us, at most `tries` times."""
    response = send()
    for _ in range(tries - 1):
        wait = wait_seconds(response)
        if not wait:
            break
        sleep(wait)
        response = send()
    return response
