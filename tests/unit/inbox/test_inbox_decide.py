"""A person's verbs: what they change, what they refuse, and that they can be taken back."""

from __future__ import annotations

import pytest

from agents import decide
from agents.models import Question, Report, Status
from agents.refusal import Refused
from agents.services import Services


async def make(services: Services, status: Status = Status.REVIEW, **fields: object) -> int:
    async with services.store.write() as session:
        report = Report(title="Checkout fails", status=status, **fields)
        session.add(report)
    assert report.id is not None
    return report.id


async def look(services: Services, report_id: int) -> Report:
    async with services.store.read() as session:
        found = await session.get(Report, report_id)
    assert found is not None
    return found


async def test_decline_keeps_whether_it_was_a_claim_or_a_preference(services: Services) -> None:
    first, second = await make(services), await make(services)
    await decide.decline(services, "kim", first, "already-fixed", "in 3.8")
    await decide.decline(services, "kim", second, "wont-fix")
    assert (await look(services, first)).status_reason == "claim: already fixed — in 3.8"
    assert (await look(services, second)).status_reason == "preference: won't fix"


async def test_an_answer_by_choice_starts_the_work(services: Services) -> None:
    report = await make(services, Status.NEEDS_INPUT)
    async with services.store.write() as session:
        session.add(Question(report_id=report, text="Which?", choices=[{"label": "A"}, {"label": "B"}]))
    with pytest.raises(Refused, match="Choose 1 to 2"):
        await decide.answer(services, "kim", report, choice=3)
    await decide.answer(services, "kim", report, choice=2)
    found = await look(services, report)
    assert found.status is Status.PROPOSING
    assert found.status_reason == "answer: B"


async def test_merge_of_what_is_not_in_review_is_refused(services: Services) -> None:
    report = await make(services, Status.QUEUED)
    with pytest.raises(Refused, match="has no change"):
        await decide.merge(services, "kim", report)


async def test_a_report_that_does_not_exist_is_refused_with_the_next_step(services: Services) -> None:
    with pytest.raises(Refused, match="loop reports"):
        await decide.decline(services, "kim", 99, "intended")
