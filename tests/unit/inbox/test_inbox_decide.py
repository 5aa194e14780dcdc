"""A person's verbs: what they change, what they refuse, and that they can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents import decide
from agents.models import Question, Report, Status, now
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


async def test_undo_and_redo_of_a_decline(services: Services) -> None:
    report = await make(services)
    await decide.decline(services, "kim", report, "intended")
    assert "decline" in await decide.turn(services, "kim")
    assert (await look(services, report)).status is Status.REVIEW
    await decide.turn(services, "kim", redo=True)
    assert (await look(services, report)).status is Status.DECLINED


async def test_undo_takes_back_only_ones_own_actions(services: Services) -> None:
    report = await make(services)
    await decide.decline(services, "kim", report, "intended")
    with pytest.raises(Refused, match="Nothing to undo"):
        await decide.turn(services, "robin")


async def test_undo_refuses_when_something_else_changed_since(services: Services) -> None:
    report = await make(services)
    await decide.snooze(services, "kim", report, "1h")
    await decide.snooze(services, "robin", report, "2d")
    with pytest.raises(Refused, match="changed since"):
        await decide.turn(services, "kim")


async def test_undoing_a_stop_starts_a_new_round_of_work(services: Services) -> None:
    report = await make(services, Status.PROPOSING, round=2)
    await decide.stop(services, "kim", report)
    await decide.turn(services, "kim")
    found = await look(services, report)
    assert found.status is Status.PROPOSING
    assert found.round == 3


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


async def test_a_taken_back_answer_asks_again(services: Services) -> None:
    report = await make(services, Status.NEEDS_INPUT)
    async with services.store.write() as session:
        session.add(Question(report_id=report, text="Which?", choices=[{"label": "A"}]))
    await decide.answer(services, "kim", report, choice=1)
    await decide.turn(services, "kim")
    assert (await look(services, report)).status is Status.NEEDS_INPUT
    await decide.answer(services, "kim", report, text="something else")
    assert (await look(services, report)).status_reason == "answer: something else"


@pytest.mark.parametrize("until", ["soon", "2001-01-01", "-3h", "users>", ""])
async def test_a_snooze_that_cannot_be_read_is_refused_or_wakes(services: Services, until: str) -> None:
    report = await make(services)
    if until:
        with pytest.raises(Refused):
            await decide.snooze(services, "kim", report, until)
    else:
        assert "awake" in await decide.snooze(services, "kim", report, until)


def test_spans_moments_and_conditions_of_a_snooze() -> None:
    moment, condition = decide.parse_until("2h")
    assert moment is not None
    assert timedelta(hours=1, minutes=59) < moment - now() < timedelta(hours=2, minutes=1)
    assert condition == ""
    assert decide.parse_until("users > 50") == (None, "users>50")


async def test_merge_of_what_is_not_in_review_is_refused(services: Services) -> None:
    report = await make(services, Status.QUEUED)
    with pytest.raises(Refused, match="has no change"):
        await decide.merge(services, "kim", report)


async def test_a_report_that_does_not_exist_is_refused_with_the_next_step(services: Services) -> None:
    with pytest.raises(Refused, match="loop reports"):
        await decide.decline(services, "kim", 99, "intended")


async def test_join_moves_signals_users_and_numbers(services: Services) -> None:
    first = await make(services, Status.NOT_ACTIONABLE, signal_count=3, user_count=0, weight=3.0)
    second = await make(services, Status.NOT_ACTIONABLE, signal_count=2, user_count=0, weight=2.0)
    await decide.join(services, "kim", first, second)
    target = await look(services, second)
    assert (target.signal_count, target.weight) == (5, 5.0)
    with pytest.raises(Refused, match=f"joined into {second}"):
        await decide.decline(services, "kim", first, "intended")
