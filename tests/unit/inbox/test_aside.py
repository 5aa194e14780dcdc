"""What is put aside: declined by a claim or a preference, suppressed; and what is remembered of it."""

from __future__ import annotations

import pytest

from agents import decide
from agents.inbox import Inbox
from agents.intake import take
from agents.lessons import lessons
from agents.models import Report, Signal, Status, now
from agents.refusal import Refused
from agents.services import Services
from agents.store.transitions import move
from tests.unit.inbox.conftest import Look, Make, signal


async def read(services: Services, report_id: int) -> tuple[str, ...]:
    async with services.store.read() as session:
        return await lessons(session, report_id)


@pytest.mark.parametrize("reason", ["already-fixed", "not reproducible", "Wrong Analysis"])
async def test_one_new_signal_opens_what_was_declined_by_a_claim(services: Services, look: Look, reason: str) -> None:
    await take(services, [signal("cart", n) for n in range(5)])
    await decide.decline(services, "kim", 1, reason)
    await take(services, [signal("pay", 6)])
    assert (await look(1)).status is Status.DECLINED
    await take(services, [signal("cart", 7)])
    found = await look(1)
    assert (found.status, found.declined_as) == (Status.QUEUED, "")
    assert found.status_reason == "new evidence: 1 signal more, 6 now"
    assert found.news_at is not None


@pytest.mark.parametrize("reason", ["wont-fix", "intended", "not-now", "we sell the company"])
async def test_no_number_of_signals_opens_what_was_declined_by_a_preference(
    services: Services, look: Look, reason: str
) -> None:
    await take(services, [signal("cart", 0)])
    await decide.decline(services, "kim", 1, reason)
    await take(services, [signal("cart", n) for n in range(1, 60)])
    found = await look(1)
    assert found.status is Status.DECLINED
    assert found.declined_as == (reason if "-" in reason or reason == "intended" else "other")
    assert found.signal_count == 60


async def test_a_suppressed_report_counts_its_signals_and_nothing_more(services: Services, look: Look) -> None:
    await take(services, [signal("cart", n) for n in range(2)])
    await decide.suppress(services, "kim", 1, "a crawler")
    await take(services, [signal("cart", n, user=f"u{n}") for n in range(2, 40)])
    found = await look(1)
    assert (found.status, found.signal_count, found.user_count) == (Status.DECLINED, 2, 0)
    async with services.store.read() as session:
        dropped = await session.get_one(Signal, 5)
    assert (dropped.state, dropped.state_reason) == ("dropped", "report 1 is suppressed")
    async with Inbox(services.settings, "kim") as inbox:
        funnel = await inbox.funnel()
        assert (funnel["collected"], funnel["suppressed"], funnel["quarantined"]) == (40, 38, 0)
        assert await inbox.ids("suppressed") == [1]
    await decide.unsuppress(services, "kim", 1)
    await take(services, [signal("cart", 50)])
    assert (await look(1)).status is Status.QUEUED


async def test_suppressing_what_was_declined_keeps_the_decline_for_undo(
    services: Services, make: Make, look: Look
) -> None:
    report = await make()
    await decide.decline(services, "kim", report, "already-fixed")
    await decide.suppress(services, "robin", report)
    with pytest.raises(Refused, match="its decline was changed since by robin"):
        await decide.turn(services, "kim")
    await decide.turn(services, "robin")
    found = await look(report)
    assert (found.status, found.declined_as, found.suppressed) == (Status.DECLINED, "already-fixed", False)


async def test_what_was_noted_reaches_the_next_run_and_like_reports(services: Services) -> None:
    await take(services, [signal("cart", n) for n in range(3)])
    await take(services, [signal("pay", 5), signal("ship", 6)])
    await decide.note(services, "kim", 1, "fails with old coupons only")
    await decide.decline(services, "kim", 1, "wrong-analysis", "the cache is not the cause")
    await decide.note(services, "kim", 3, "of another thing")
    own = (
        "A person said of this report: fails with old coupons only",
        "A person said of this report: declined as wrong analysis: the cache is not the cause",
    )
    assert await read(services, 1) == own
    await decide.retry(services, "kim", 1)
    await decide.split(services, "kim", 1, [2])
    assert all("report 1 (“KeyError in cart”)" in said for said in await read(services, 4))
    assert await read(services, 2) == ()
    await decide.join(services, "kim", 2, 1)
    await decide.note(services, "kim", 4, "this part is the import")
    assert (await read(services, 4))[-1].startswith("A person said of this report")


async def test_an_empty_note_is_refused(services: Services, make: Make) -> None:
    with pytest.raises(Refused, match="-m TEXT"):
        await decide.note(services, "kim", await make(), "  ")


async def test_links_are_told_from_both_ends(services: Services) -> None:
    await take(services, [signal("cart", n) for n in range(3)])
    await take(services, [signal("pay", 9)])
    await decide.split(services, "kim", 1, [3])
    await decide.join(services, "kim", 2, 1)
    async with Inbox(services.settings, "kim") as inbox:
        links = (await inbox.report(1))["links"]
        assert [(one["kind"], one["id"], one["status"]) for one in links] == [
            ("split", 3, "queued"), ("joined", 2, "merged_into")
        ]  # fmt: skip
        assert (await inbox.report(3))["links"][0]["title"] == "KeyError in cart"


async def test_a_report_made_of_what_did_not_hold_is_linked_to_what_shipped(services: Services, make: Make) -> None:
    shipped = await make(Status.MEASURED)
    async with services.store.write() as session:
        session.add(
            Signal(
                source="measure", kind="outcome", external_id="outcome:1", title="It did not hold",
                entities={"report": shipped}, payload={"text": "worse"},
            )
        )  # fmt: skip
    from agents.group.stage import group_new

    await group_new(services)
    async with Inbox(services.settings, "kim") as inbox:
        (one,) = (await inbox.report(shipped + 1))["links"]
    assert (one["kind"], one["id"], one["why"]) == ("recurrence", shipped, "what was shipped did not hold")


@pytest.mark.parametrize(
    ("before", "to", "news"),
    [
        (Status.PROPOSING, Status.REVIEW, True),
        (Status.INVESTIGATING, Status.NEEDS_INPUT, True),
        (Status.PROPOSING, Status.FAILED, True),
        (Status.SHIPPED, Status.MEASURED, True),
        (Status.DECLINED, Status.QUEUED, True),
        (Status.GATHERING, Status.QUEUED, False),
        (Status.QUEUED, Status.INVESTIGATING, False),
    ],
)
async def test_what_the_loop_found_is_news_and_what_it_goes_through_is_not(
    services: Services, make: Make, look: Look, before: Status, to: Status, news: bool
) -> None:
    report = await make(before)
    async with services.store.write() as session:
        await move(session, await session.get_one(Report, report), to, who="loop", why="")
    assert ((await look(report)).news_at is not None) is news


async def test_what_one_person_says_is_news_to_the_others(services: Services, make: Make, look: Look) -> None:
    report = await make()
    before = now()
    await decide.note(services, "kim", report, "known since May")
    news = (await look(report)).news_at
    assert news is not None
    assert news >= before
