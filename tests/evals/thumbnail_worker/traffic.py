import asyncio
import warnings

from worker.jobs import run_job


def traffic(sdk):
    warnings.simplefilter("ignore")
    for number in range(8):
        job = {"name": "preview", "key": f"upload/{number}.png"}
        sdk.crash("job:preview", lambda j=job: asyncio.run(run_job(j)), user=f"team-{number % 3}")
