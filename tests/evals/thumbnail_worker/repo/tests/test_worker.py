import asyncio

from worker.jobs import run_job
from worker.resize import fitted
from worker.storage import save_picture


def test_fitted():
    assert fitted(400, 100, 200) == (200, 50)


def test_thumbnail():
    async def go():
        await save_picture("a", {"width": 400, "height": 400})
        return await run_job({"name": "thumbnail", "key": "a"})

    assert asyncio.run(go()) == (200, 200)
