"""What plays next."""

from __future__ import annotations


def following(tracks: list[str], number: int) -> str | None:
    """The track after one; None behind the last."""
    return tracks[number + 1]
