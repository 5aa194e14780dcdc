"""The line below the player."""

from __future__ import annotations

from radio.queue import following


def caption(tracks: list[str], number: int) -> str:
    """What plays and what comes."""
    after = following(tracks, number)
    return tracks[number] if after is None else f"{tracks[number]}, then {after}"
