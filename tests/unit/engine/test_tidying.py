"""Old heads of decided changes are let go; what may still be looked at is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from agents.config import Settings
from agents.models import Report, Status, now
from agents.repository import Repository
from agents.review import versions
from agents.services import Services
from agents.store import Store
from agents.tidying import tidy


async def test_heads_of_reports_decided_long_ago_are_let_go_and_others_are_held(make_repo: Callable[..., Path]) -> None:
    settings = Settings(repo=make_repo({"a.py": "x = 1\n"}))
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    services = Services(settings, store, Repository(settings.repo))
    head = await services.repository.resolve("main") or ""
    async with store.write() as session:
        for status in (Status.DECLINED, Status.REVIEW, Status.MEASURED):
            session.add(Report(title=status.value, status=status))
    for report_id in (1, 2, 3):
        await versions.keep(services.repository, report_id, head)

    await tidy(services, now() + timedelta(days=89))
    assert await versions.held(services.repository) == {1, 2, 3}
    await tidy(services, now() + timedelta(days=91))
    assert await versions.held(services.repository) == {2}
    await store.close()
