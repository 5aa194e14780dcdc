"""Pictures by key; a memory store, as in the tests of the real one."""

from __future__ import annotations

PICTURES: dict[str, dict] = {}


async def load_picture(key: str) -> dict:
    """The picture of a key; an empty one when there is none."""
    return PICTURES.get(key, {"width": 0, "height": 0})


async def save_picture(key: str, picture: dict) -> None:
    """Keep a picture."""
    PICTURES[key] = picture
