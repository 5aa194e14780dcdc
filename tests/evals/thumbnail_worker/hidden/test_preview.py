import asyncio

from worker.jobs import run_job
from worker.storage import save_picture


def test_preview():
    async def go():
        await save_picture("wide", {"width": 1000, "height": 10})
        return [await run_job({"name": "preview", "key": key}) for key in ("wide", "none")]

    assert asyncio.run(go()) == [{"key": "wide", "wide": True}, {"key": "none", "wide": False}]
