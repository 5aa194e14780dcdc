"""What measuring says, and that it never says more than the numbers do."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlmodel import select

from agents.measure.ledger import ledger
from agents.measure.stage import measure
from agents.measure.statistics import rate_ratio
from agents.models import Change, Contract, Exposure, Outcome, OutcomeVerdict, Report, Signal, Status, now
from agents.services import Services

DAY = timedelta(days=1)


def test_the_interval_agrees_with_a_published_one() -> None:
    # Rothman, Epidemiology (2012): 41 of 28,010 and 15 of 19,017 person-years; exact limits of the ratio 1.03 and 3.6.
    found = rate_ratio(15, 19_017, 41, 28_010)
    assert found.ratio == pytest.approx(1.86, abs=0.01)
    assert found.low == pytest.approx(1.00, abs=0.05)
    assert found.high == pytest.approx(3.6, abs=0.1)


def test_the_interval_holds_the_truth_at_least_as_often_as_it_says() -> None:
    chance = np.random.default_rng(3)
    before, after = chance.poisson(12, 400), chance.poisson(12, 400)
    held = 0
    for b, a in zip(before.tolist(), after.tolist(), strict=True):
        found = rate_ratio(b, 100, a, 100)
        held += found.low <= 1 and (found.high is None or found.high >= 1)
    assert held / 400 >= 0.95


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 5), (5, 0), (1, 1)])
def test_zeros_are_no_trouble(before: int, after: int) -> None:
    found = rate_ratio(before, 10, after, 10)
    assert found.low >= 0
    assert found.high is None or found.high >= found.low


@pytest.mark.parametrize("exposure", [0, -1])
def test_no_exposure_is_refused(exposure: float) -> None:
    with pytest.raises(ValueError, match="exposures"):
        rate_ratio(1, exposure, 1, 1)


async def shipped(
    services: Services, *, before: tuple[int, float], after: tuple[int, float], denominator: str = "requests"
) -> tuple[int, datetime]:
    """A report merged two days ago, with so many events and requests before and after."""
    merged = (now() - 2 * DAY).replace(second=0, microsecond=0)
    async with services.store.write() as session:
        report = Report(title="Checkout fails", status=Status.SHIPPED, first_seen=merged - DAY, last_seen=merged)
        session.add(report)
        await session.flush()
        assert report.id is not None
        session.add(Contract(report_id=report.id, metric="signals", denominator=denominator))
        session.add(
            Change(report_id=report.id, branch="b", base="main", base_sha="0", state="merged", merged_at=merged)
        )
        for name, (count, requests), start in (("b", before, merged - DAY), ("a", after, merged + timedelta(hours=1))):
            session.add_all(
                Signal(
                    source="sentry",
                    external_id=f"{name}{n}",
                    at=start + timedelta(minutes=n % 600),
                    report_id=report.id,
                )
                for n in range(count)
            )
            if requests:
                session.add(Exposure(name="requests", bucket=start, count=requests))
    return report.id, merged


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((40, 1000), (0, 900), OutcomeVerdict.IMPROVED),
        ((40, 1000), (38, 1000), OutcomeVerdict.NO_CHANGE),
        ((40, 1000), (150, 1000), OutcomeVerdict.WORSE),
        ((40, 1000), (0, 3), OutcomeVerdict.CANNOT_TELL),  # traffic stopped
        ((40, 1000), (0, 0), OutcomeVerdict.CANNOT_TELL),
        ((0, 1000), (0, 1000), OutcomeVerdict.CANNOT_TELL),
        ((2, 1000), (0, 1000), OutcomeVerdict.CANNOT_TELL),  # too few to tell
        ((400, 1000), (300, 1000), OutcomeVerdict.NO_CHANGE),  # less, but not what was declared
    ],
)
async def test_verdicts(
    services: Services, before: tuple[int, float], after: tuple[int, float], verdict: OutcomeVerdict
) -> None:
    report, merged = await shipped(services, before=before, after=after)
    found = await measure(services, report, as_of=merged + 8 * DAY)
    assert found is not None
    assert found.verdict is verdict, found.reason


async def test_it_is_not_judged_too_early(services: Services) -> None:
    report, merged = await shipped(services, before=(40, 1000), after=(0, 0))
    assert await measure(services, report, as_of=merged + timedelta(minutes=10)) is None


async def test_an_outcome_is_written_once_and_stays(services: Services) -> None:
    report, merged = await shipped(services, before=(40, 1000), after=(0, 900))
    first = await measure(services, report, as_of=merged + 8 * DAY)
    second = await measure(services, report, as_of=merged + 9 * DAY)
    assert first is not None
    assert second is not None
    assert first.id == second.id
    (line,) = await ledger(services.store)
    assert (line["report"], line["verdict"]) == (report, "improved")


async def test_what_did_not_hold_is_a_new_signal(services: Services) -> None:
    report, merged = await shipped(services, before=(40, 1000), after=(38, 1000))
    await measure(services, report, as_of=merged + 8 * DAY)
    async with services.store.read() as session:
        (signal,) = (await session.exec(select(Signal).where(Signal.kind == "outcome"))).all()
        (outcome,) = (await session.exec(select(Outcome))).all()
    assert signal.entities["report"] == report
    assert outcome.verdict is OutcomeVerdict.NO_CHANGE


async def test_without_a_denominator_hours_are_counted(services: Services) -> None:
    report, merged = await shipped(services, before=(40, 0), after=(0, 0), denominator="hours")
    found = await measure(services, report, as_of=merged + 8 * DAY)
    assert found is not None
    assert found.verdict is OutcomeVerdict.IMPROVED
