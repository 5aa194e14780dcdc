"""Making pictures smaller."""

from __future__ import annotations

from worker.storage import load_picture, save_picture


def fitted(width: int, height: int, most: int) -> tuple[int, int]:
    """The size that keeps the shape and is at most `most` on each side."""
    longest = max(width, height, 1)
    factor = min(1.0, most / longest)
    return round(width * factor), round(height * factor)


async def thumbnail(key: str, most: int = 200) -> tuple[int, int]:
    """Make and keep the small picture of a key; returns its size."""
    picture = await load_picture(key)
    size = fitted(picture["width"], picture["height"], most)
    await save_picture(f"{key}@{most}", {"width": size[0], "height": size[1]})
    return size


async def preview(key: str, most: int = 800) -> dict:
    """The size for the preview pane, without keeping it."""
    width = load_picture(key)["width"]
    return {"key": key, "wide": width > most}
