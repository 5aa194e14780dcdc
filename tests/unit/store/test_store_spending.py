"""What runs cost, on either database."""

from __future__ import annotations

from datetime import timedelta

from agents.models import Report, Run, now
from agents.services import Services
from agents.store import spending
from agents.store.read import Reader


async def test_todays_runs_are_those_that_ran_since_midnight(services: Services) -> None:
    old = now() - timedelta(days=3)
    async with services.store.write() as session:
        session.add_all([Report(id=1, title="one"), Report(id=2, title="two")])
        await session.flush()
        session.add_all([
            Run(report_id=1, stage="propose", harness="llm", usd=1.0, tokens=10),
            Run(report_id=1, stage="propose", harness="llm", usd=2.0, tokens=20, started_at=old, ended_at=old),
            Run(report_id=2, stage="investigate", harness="llm", usd=4.0, tokens=40, started_at=old, ended_at=now()),
        ])  # fmt: skip
    reader = Reader(services.settings.store_url)
    assert spending.of_today(reader) == {"usd": 5.0, "tokens": 50}
    assert spending.of_report(reader, 1) == {"usd": 3.0, "tokens": 30}
    assert spending.of_report(reader, 9) == {"usd": 0.0, "tokens": 0}
    assert spending.by_stage(reader) == [
        {"stage": "investigate", "harness": "llm", "runs": 1, "usd": 4.0, "tokens": 40, "usd_today": 4.0,
         "tokens_today": 40},
        {"stage": "propose", "harness": "llm", "runs": 2, "usd": 3.0, "tokens": 30, "usd_today": 1.0,
         "tokens_today": 10},
    ]  # fmt: skip
    reader.close()
