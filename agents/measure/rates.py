"""Events and exposure of a report between two times, from the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Exposure, Json, Signal


async def rate(
    session: AsyncSession, report_id: int, denominator: str, since: datetime, until: datetime,
    releases: set[str] | None = None,
) -> Json:  # fmt: skip
    """{events, exposure, rate, since, until} of a report; the exposure of `hours` is time itself.

    Where exposure is counted, both ends are whole minutes, as its buckets are. With `releases`, only what ran on them
    counts, and the last minute is part of it: releases already tell before from after.
    """
    counted = denominator != "hours"
    if counted:
        since, until = (moment.replace(second=0, microsecond=0) for moment in (since, until))
        until += timedelta(minutes=1 if releases is not None else 0)
    wanted: list[Any] = [
        Signal.report_id == report_id,
        col(Signal.at) >= since,
        col(Signal.at) < until,
        Signal.kind != "outcome",
    ]
    if releases is not None:
        wanted.append(col(Signal.release).in_(releases))
    number = int((await session.exec(select(func.count()).where(*wanted))).one())
    exposure = max(0.0, (until - since).total_seconds() / 3600)
    if counted:
        parts: list[Any] = [Exposure.name == denominator, col(Exposure.bucket) >= since, col(Exposure.bucket) < until]
        if releases is not None:
            parts.append(col(Exposure.release).in_(releases))
        exposure = float((await session.exec(select(func.sum(Exposure.count)).where(*parts))).one() or 0.0)
    return {
        "events": number,
        "exposure": exposure,
        "rate": number / exposure if exposure > 0 else None,
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
