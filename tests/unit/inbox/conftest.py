"""What the tests of a person's verbs share: reports made straight in the store, and a look at them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.collect import Incoming
from agents.models import Report, Status
from agents.services import Services

START = datetime(2026, 1, 1, tzinfo=UTC)
Make = Callable[..., Awaitable[int]]
Look = Callable[[int], Awaitable[Report]]


def signal(place: str, number: int, *, user: str | None = None, release: str | None = None) -> Incoming:
    """An error at a place in the code: signals of one place are one report."""
    frames = [{"module": "shop", "function": place, "in_app": True, "line": 3}]
    return Incoming(
        source="sentry", external_id=f"{place}{number}", at=START + timedelta(minutes=number),
        title=f"KeyError in {place}", level="error", user_key=user, release=release,
        payload={"exceptions": [{"type": "KeyError", "value": "'x'", "frames": frames}]},
    )  # fmt: skip


def aside(call: Callable[[], Any]) -> Any:
    """What `call` gives, run in a thread: a loop of its own there leaves pytest's alone."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@pytest.fixture
def make(services: Services) -> Make:
    """A function that makes a report in a status."""

    async def made(status: Status = Status.REVIEW, **fields: Any) -> int:
        async with services.store.write() as session:
            report = Report(title="Checkout fails", status=status, **fields)
            session.add(report)
        assert report.id is not None
        return report.id

    return made


@pytest.fixture
def look(services: Services) -> Look:
    """A function that reads a report past any cache."""

    async def looked(report_id: int) -> Report:
        async with services.store.read() as session:
            return await session.get_one(Report, report_id)

    return looked
