"""Jobs by name."""

from __future__ import annotations

from worker.resize import preview, thumbnail


async def run_job(job: dict) -> object:
    """Run one job of the queue."""
    if job["name"] == "thumbnail":
        return await thumbnail(job["key"])
    return await preview(job["key"])
