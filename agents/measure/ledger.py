"""The ledger: every outcome, newest first."""

from __future__ import annotations

from sqlmodel import col, select

from agents.models import Change, Json, Outcome, Report
from agents.store import Store


async def ledger(store: Store) -> list[Json]:
    """One line an outcome, as plain JSON."""
    async with store.read() as session:
        rows = (
            await session.exec(
                select(Outcome, Change, Report)
                .where(Outcome.change_id == Change.id, Outcome.report_id == Report.id)
                .order_by(col(Outcome.id).desc())
            )
        ).all()
    return [
        {
            "report": report.id, "title": report.title, "change": change.title, "merged_sha": change.merged_sha,
            "merged_at": change.merged_at.isoformat() if change.merged_at else None, "merged_by": change.merged_by,
            "verdict": outcome.verdict.value, "reason": outcome.reason, "before": outcome.before,
            "after": outcome.after, "ratio": outcome.ratio, "interval": outcome.interval, "n": outcome.n,
            "as_of": outcome.as_of.isoformat(),
        }
        for outcome, change, report in rows
    ]  # fmt: skip
