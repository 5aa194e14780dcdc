"""How long to wait before the next request."""

from __future__ import annotations

from apiclient.responses import Response, is_limited

DEFAULT_WAIT = "1"


def describe_wait(response: Response) -> str:
    """For the log."""
    return f"waiting {response.headers.get('retry-after', DEFAULT_WAIT)} s"


def wait_seconds(response: Response) -> int:
    """Seconds to wait before trying again; 0 when there is no need."""
    if not is_limited(response):
        return 0
    return int(response.headers["retry-after"])
