"""One table says where each verb may be done, and the verbs keep to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agents import decide
from agents.models import Change, Question, Report, Signal, Status
from agents.refusal import Refused
from agents.rights import RIGHTS, why_not
from agents.services import Services
from agents.store import query
from agents.store.read import Reader

DO: dict[str, Callable[[Services, int, int], Awaitable[str]]] = {
    "merge": lambda s, r, _: decide.merge(s, "kim", r),
    "request-changes": lambda s, r, _: decide.request_changes(s, "kim", r, "Say why."),
    "approve": lambda s, r, _: decide.send_review(s, "kim", r, "approve"),
    "revert": lambda s, r, _: decide.revert(s, "kim", r),
    "answer": lambda s, r, _: decide.answer(s, "kim", r, "full"),
    "decline": lambda s, r, _: decide.decline(s, "kim", r, "intended"),
    "suppress": lambda s, r, _: decide.suppress(s, "kim", r),
    "unsuppress": lambda s, r, _: decide.unsuppress(s, "kim", r),
    "snooze": lambda s, r, _: decide.snooze(s, "kim", r, "1h"),
    "wake": lambda s, r, _: decide.wake(s, "kim", r),
    "claim": lambda s, r, _: decide.claim(s, "kim", r),
    "release": lambda s, r, _: decide.release(s, "kim", r),
    "retry": lambda s, r, _: decide.retry(s, "kim", r),
    "stop": lambda s, r, _: decide.stop(s, "kim", r),
    "priority": lambda s, r, _: decide.set_priority(s, "kim", r, 1, "big customer"),
    "join": lambda s, r, _: decide.join(s, "kim", r, 1),
    "split": lambda s, r, signal: decide.split(s, "kim", r, [signal]),
    "note": lambda s, r, _: decide.note(s, "kim", r, "known since May"),
    "mark-read": lambda s, r, _: decide.mark_read(s, "kim", r),
}


def test_every_verb_is_tried_here() -> None:
    # Looking changes nothing, and taking a merge back is tried with a real one.
    assert set(DO) | {"show", "diff"} >= set(RIGHTS)


MARKS: dict[str, Any] = {"claimed_by": "robin", "suppressed": True, "snooze_condition": "users>5"}
# What these need beyond their place in the table is tested with the review.
REVIEWS = ("merge", "request-changes", "approve", "revert")


async def one(services: Services, status: Status, marks: dict[str, Any]) -> tuple[int, int]:
    """A report in a status, with a question and two signals, and the second of these; marked: with an open change."""
    async with services.store.write() as session:
        into = 1 if status is Status.MERGED_INTO else None
        report = Report(title="x", status=status, merged_into=into, signal_count=2, **marks)
        session.add(report)
        await session.flush()
        assert report.id is not None
        session.add(Question(report_id=report.id, text="Full or part?"))
        for number in range(2):
            signal = Signal(source="test", external_id=f"{report.id}/{number}", title="x", report_id=report.id)
            session.add(signal)
        if marks:
            session.add(Change(report_id=report.id, branch="loop/2", base="main", base_sha="0" * 40, state="open"))
    return report.id, signal.id or 0


@pytest.mark.parametrize("verb", DO)
@pytest.mark.parametrize("marks", [{}, MARKS], ids=["plain", "marked"])
async def test_a_verb_is_done_where_the_table_allows_it_and_refused_in_its_words_elsewhere(
    services: Services, verb: str, marks: dict[str, Any]
) -> None:
    await one(services, Status.GATHERING, {})  # report 1, to join into
    for status in Status:
        report, signal = await one(services, status, marks)
        reader = Reader(services.settings.store_url)
        (card,) = query.cards(reader, [report])
        reader.close()
        said = why_not(verb, card, "kim")
        if said:
            with pytest.raises(Refused) as refused:
                await DO[verb](services, report, signal)
            assert verb in REVIEWS or str(refused.value) == said
        elif verb not in REVIEWS:
            assert await DO[verb](services, report, signal), status


def test_a_claim_is_in_the_way_of_others_only() -> None:
    card = {"id": 3, "status": "review", "claimed_by": "{robin}"}
    assert "{robin}" in why_not("claim", card, "kim")
    assert why_not("claim", card, "{robin}") == ""
    assert why_not("claim", card) == ""


def test_a_joined_report_says_where_it_went() -> None:
    card = {"id": 3, "status": "merged_into", "merged_into": 7}
    for verb in RIGHTS:
        assert "joined into 7" in why_not(verb, card)
