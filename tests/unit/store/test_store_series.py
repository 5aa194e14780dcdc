"""Rates over time, the share of traffic, ties between reports and the funnel, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from agents.models import (
    Change,
    Contract,
    Exposure,
    Intake,
    Link,
    Outcome,
    OutcomeVerdict,
    Report,
    Signal,
    SignalState,
    SourceState,
    Status,
)
from agents.services import Services
from agents.store import detail
from agents.store.funnel import funnel
from agents.store.read import Json, Reader
from agents.store.series import series

START = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNIT = "requests:/pay"


@pytest.fixture
def reader(services: Services) -> Iterator[Reader]:
    made = Reader(services.settings.store_url)
    yield made
    made.close()


def look(reader: Reader) -> Json:
    return series(reader, 1, baseline=14 * 86400, soak=1800, window=7 * 86400)


def errors(*hours: float, release: str | None = None) -> list[Signal]:
    return [
        Signal(source="sentry", external_id=f"{h}", title="E", at=START + h * HOUR, report_id=1, release=release)
        for h in hours
    ]


def traffic(hours: int, count: float = 100) -> list[Exposure]:
    return [Exposure(name=UNIT, bucket=START + h * HOUR, count=count) for h in range(hours)]


async def fill(services: Services, *things: object, **fields: object) -> None:
    async with services.store.write() as session:
        values = {"title": "Pay fails", "first_seen": START, "last_seen": START + 9 * HOUR, **fields}
        session.add(Report(**values))  # type: ignore[arg-type]
        await session.flush()
        session.add_all(things)


def contract() -> Contract:
    return Contract(report_id=1, metric="errors", denominator=UNIT, baseline={"events": 4, "exposure": 100})


async def test_every_event_and_request_is_in_one_bucket(services: Services, reader: Reader) -> None:
    await fill(services, contract(), *errors(0.1, 0.2, 3.5, 8.9), *traffic(10))
    found = look(reader)
    assert sum(bucket["events"] for bucket in found["buckets"]) == 4
    assert sum(bucket["exposure"] for bucket in found["buckets"]) == 1000
    steps = {
        later["at"] > earlier["at"] for earlier, later in zip(found["buckets"], found["buckets"][1:], strict=False)
    }
    assert steps == {True}
    assert len(found["buckets"]) <= 48


async def test_hours_count_themselves(services: Services, reader: Reader) -> None:
    await fill(services, *errors(0, 40))
    found = look(reader)
    assert found["unit"] == "hours"
    assert {bucket["exposure"] for bucket in found["buckets"]} == {found["size"] / 3600}


async def test_a_report_without_signals_has_nothing_to_plot(services: Services, reader: Reader) -> None:
    await fill(services)
    assert look(reader)["buckets"] == []


async def test_an_outcome_fed_back_is_no_error(services: Services, reader: Reader) -> None:
    back = Signal(source="measure", kind="outcome", external_id="o", title="not held", at=START + HOUR, report_id=1)
    await fill(services, contract(), *errors(0.5), back, *traffic(3))
    assert sum(bucket["events"] for bucket in look(reader)["buckets"]) == 1


async def test_after_a_merge_it_says_when_a_result_may_come(services: Services, reader: Reader) -> None:
    merged = START + 5 * HOUR
    change = Change(report_id=1, branch="b", base="main", base_sha="1", state="merged", merged_at=merged)
    await fill(services, contract(), change, *errors(0.5), *traffic(400), status=Status.SHIPPED)
    found = look(reader)
    assert found["merged_at"] == "2026-03-10T13:00:00Z"
    assert found["starts"] == "2026-03-10T13:30:00Z"
    assert found["ends"] == "2026-03-17T13:30:00Z"
    assert found["buckets"][-1]["at"] <= found["ends"]


async def test_a_known_release_starts_the_count(services: Services, reader: Reader) -> None:
    change = Change(report_id=1, branch="b", base="main", base_sha="1", merged_at=START, live_at=START + 2 * HOUR)
    await fill(services, contract(), change, *errors(0.5), *traffic(9))
    assert look(reader)["starts"] == look(reader)["live_at"] == "2026-03-10T10:00:00Z"


async def test_the_ledger_counts_by_verdict(services: Services, reader: Reader) -> None:
    change = Change(id=1, report_id=1, branch="b", base="main", base_sha="1")
    judged = Outcome(report_id=1, change_id=1, verdict=OutcomeVerdict.WORSE, as_of=START)
    await fill(services, change)
    async with services.store.write() as session:
        session.add(judged)
    assert look(reader)["ledger"] == {"worse": 1}


async def test_the_share_of_traffic_is_told_where_it_is_counted(services: Services, reader: Reader) -> None:
    await fill(services, contract(), *errors(0.1, 0.2), *traffic(9), signal_count=2)
    found = detail.report(reader, 1)
    assert found is not None
    assert found["share"] == {"unit": UNIT, "events": 2, "exposure": 900.0}
    assert found["source_counts"] == {"sentry": 2}


async def test_no_share_without_traffic(services: Services, reader: Reader) -> None:
    await fill(services, contract(), *errors(0.1))
    found = detail.report(reader, 1)
    assert found is not None
    assert found["share"] is None


async def test_the_release_that_showed_it_first(services: Services, reader: Reader) -> None:
    await fill(services, *errors(3, release="1.1"), *errors(1, release="1.0"))
    found = detail.report(reader, 1)
    assert found is not None
    assert found["first_release"] == "1.0"


async def test_a_tie_is_seen_from_both_ends(services: Services, reader: Reader) -> None:
    await fill(services)
    async with services.store.write() as session:
        session.add(Report(title="Older", status=Status.MEASURED))
        await session.flush()
        session.add(Link(report_id=1, other_id=2, kind="recurrence", why="same stack"))
    here, there = detail.report(reader, 1), detail.report(reader, 2)
    assert here is not None
    assert there is not None
    assert [(link["id"], link["title"], link["outgoing"]) for link in here["links"]] == [(2, "Older", True)]
    assert [(link["id"], link["kind"], link["outgoing"]) for link in there["links"]] == [(1, "recurrence", False)]


async def test_the_funnel_adds_up_and_names_the_source_in_trouble_first(services: Services, reader: Reader) -> None:
    today = datetime.now(UTC).date().isoformat()
    held = Signal(source="sentry", external_id="q", title="q", state=SignalState.QUARANTINED)
    await fill(
        services, held, SourceState(name="linear", last_error="expired"), SourceState(name="a", last_success=START),
        Intake(day="2026-03-09", source="sentry", kind="collected", count=7),
        Intake(day=today, source="sentry", kind="collected", count=5),
        Intake(day=today, source="sentry", kind="duplicate", count=2), status=Status.GATHERING, signal_count=3,
    )  # fmt: skip
    found = funnel(reader, soak=60, window=3600)
    assert (found["collected"], found["today"]["collected"], found["duplicate"]) == (12, 5, 2)
    assert (found["held"], found["gathering"], found["gathering_signals"]) == (1, 1, 3)
    assert [source["name"] for source in found["sources"]] == ["linear", "a", "sentry"]
    assert found["next_look"] is None


async def test_the_funnel_says_when_the_next_result_may_come(services: Services, reader: Reader) -> None:
    change = Change(report_id=1, branch="b", base="main", base_sha="1", state="merged", merged_at=START)
    await fill(services, change, status=Status.SHIPPED)
    found = funnel(reader, soak=1800, window=3600)
    assert (found["next_look"], found["next_result"]) == ("2026-03-10T08:30:00Z", "2026-03-10T09:30:00Z")
