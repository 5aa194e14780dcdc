"""Events and exposure of a report between two times, from the store."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Exposure, Json, Signal


async def rate(session: AsyncSession, report_id: int, denominator: str, since: datetime, until: datetime) -> Json:
    """{events, exposure, rate, since, until} of a report; the exposure of `hours` is time itself.

    Both ends are cut to whole minutes where exposure is counted, as its buckets are.
    """
    counted = denominator != "hours"
    if counted:
        since, until = (moment.replace(second=0, microsecond=0) for moment in (since, until))
    events = await session.exec(
        select(func.count()).where(
            Signal.report_id == report_id, col(Signal.at) >= since, col(Signal.at) < until, Signal.kind != "outcome"
        )
    )
    number = int(events.one())
    exposure = max(0.0, (until - since).total_seconds() / 3600)
    if counted:
        total = select(func.sum(Exposure.count)).where(
            Exposure.name == denominator, col(Exposure.bucket) >= since, col(Exposure.bucket) < until
        )
        exposure = float((await session.exec(total)).one() or 0.0)
    return {
        "events": number,
        "exposure": exposure,
        "rate": number / exposure if exposure > 0 else None,
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
