"""What servers answer."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Response:
    """An answer of the server; header names are lower case."""

    status: int
    headers: dict = field(default_factory=dict)
    body: str = ""


def is_limited(response: Response) -> bool:
    """Whether the server asks for patience."""
    return response.status in (429, 503)
