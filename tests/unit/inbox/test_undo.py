"""Undo and redo of each verb: what comes back, what is refused, and why."""

from __future__ import annotations

import pytest
from sqlmodel import select

from agents import decide
from agents.decide.turn import OUTSIDE, Done
from agents.intake import take
from agents.models import (
    Change,
    JournalEntry,
    Link,
    Note,
    Question,
    Report,
    ReportKey,
    ReportUser,
    Review,
    Run,
    Signal,
    Status,
)
from agents.refusal import Refused
from agents.services import Services
from agents.store import Store
from agents.store.transitions import move
from tests.unit.inbox.conftest import Look, Make, signal


async def every(services: Services, model: type) -> list[object]:
    async with services.store.read() as session:
        return list((await session.exec(select(model))).all())


async def engine(services: Services, report_id: int, to: Status) -> None:
    async with services.store.write() as session:
        await move(session, await session.get_one(Report, report_id), to, who="loop", why="")


async def test_a_decline_comes_back_with_its_note_and_goes_again(services: Services, make: Make, look: Look) -> None:
    report = await make(status_reason="a change is ready")
    await decide.decline(services, "kim", report, "intended", "we want it so")
    assert "decline" in await decide.turn(services, "kim")
    found = await look(report)
    assert (found.status, found.declined_as, found.status_reason) == (Status.REVIEW, "", "a change is ready")
    assert await every(services, Note) == []
    await decide.turn(services, "kim", redo=True)
    found = await look(report)
    assert (found.status, found.declined_as) == (Status.DECLINED, "intended")
    (note,) = await every(services, Note)
    assert isinstance(note, Note)
    assert note.text.endswith("we want it so")


async def test_undo_works_after_a_restart(services: Services, make: Make, look: Look) -> None:
    report = await make()
    await decide.suppress(services, "kim", report)
    await services.store.close()
    services.store = await Store.open(services.settings.store_url)
    await decide.turn(services, "kim")
    found = await look(report)
    assert (found.status, found.suppressed) == (Status.REVIEW, False)


async def test_undo_takes_back_only_ones_own_actions(services: Services, make: Make) -> None:
    report = await make()
    await decide.decline(services, "kim", report, "intended")
    with pytest.raises(Refused, match="Nothing to undo"):
        await decide.turn(services, "robin")
    (entry,) = await decide.history(services, "kim")
    with pytest.raises(Refused, match="by kim, and only they"):
        await decide.turn(services, "robin", entry["id"])


async def test_a_refused_undo_names_who_changed_what_since(services: Services, make: Make, look: Look) -> None:
    report = await make()
    await decide.snooze(services, "kim", report, "1h")
    await decide.snooze(services, "robin", report, "2d")
    with pytest.raises(Refused, match=r"its snooze was changed since by robin \(“snooze”, entry 2\)"):
        await decide.turn(services, "kim")
    await decide.turn(services, "robin")
    await decide.turn(services, "kim")
    assert (await look(report)).snoozed_until is None


async def test_a_status_that_came_back_by_another_way_is_a_change_too(services: Services, make: Make) -> None:
    report = await make(Status.FAILED)
    await decide.decline(services, "kim", report, "intended")
    await decide.retry(services, "robin", report)
    await decide.decline(services, "robin", report, "intended")
    with pytest.raises(Refused, match="changed since by robin"):
        await decide.turn(services, "kim")


async def test_an_older_entry_is_taken_back_alone_and_redo_puts_it_back(
    services: Services, make: Make, look: Look
) -> None:
    report = await make(priority=3)
    await decide.set_priority(services, "kim", report, 0, "big customer")
    await decide.claim(services, "kim", report)
    await decide.turn(services, "kim", 1)
    found = await look(report)
    assert (found.priority, found.claimed_by) == (3, "kim")
    with pytest.raises(Refused, match="taken back already"):
        await decide.turn(services, "kim", 1)
    await decide.turn(services, "kim", redo=True)
    assert (await look(report)).priority == 0


async def test_something_new_ends_what_could_be_redone(services: Services, make: Make) -> None:
    report = await make()
    await decide.claim(services, "kim", report)
    await decide.turn(services, "kim")
    await decide.set_priority(services, "kim", report, 1)
    with pytest.raises(Refused, match="Nothing to redo"):
        await decide.turn(services, "kim", redo=True)


async def test_undone_twice_is_put_back_twice(services: Services, make: Make, look: Look) -> None:
    report = await make()
    await decide.claim(services, "kim", report)
    await decide.set_priority(services, "kim", report, 1)
    for _ in range(2):
        await decide.turn(services, "kim")
        await decide.turn(services, "kim")
        assert ((await look(report)).claimed_by, (await look(report)).priority) == (None, None)
        await decide.turn(services, "kim", redo=True)
        await decide.turn(services, "kim", redo=True)
        assert ((await look(report)).claimed_by, (await look(report)).priority) == ("kim", 1)


@pytest.mark.parametrize("then", [Status.PROPOSING, Status.INVESTIGATING])
async def test_taking_back_a_stop_begins_the_work_anew(
    services: Services, make: Make, look: Look, then: Status
) -> None:
    report = await make(then, round=2)
    await decide.stop(services, "kim", report)
    await decide.turn(services, "kim")
    found = await look(report)
    assert found.status is (Status.QUEUED if then is Status.INVESTIGATING else then)
    assert found.round == 3


async def test_a_taken_back_answer_stops_the_work_and_asks_again(services: Services, make: Make, look: Look) -> None:
    report = await make(Status.NEEDS_INPUT)
    async with services.store.write() as session:
        session.add(Question(report_id=report, text="Which?", choices=[{"label": "A"}]))
    await decide.answer(services, "kim", report, choice=1)
    async with services.store.write() as session:
        session.add(Run(report_id=report, stage="propose", round=1))
    await decide.turn(services, "kim")
    assert (await look(report)).status is Status.NEEDS_INPUT
    (run,) = await every(services, Run)
    assert isinstance(run, Run)
    assert run.status == "stopped"
    await decide.answer(services, "kim", report, text="something else")
    assert (await look(report)).status_reason == "answer: something else"


async def test_what_the_answer_led_to_is_not_taken_back(services: Services, make: Make) -> None:
    report = await make(Status.NEEDS_INPUT)
    async with services.store.write() as session:
        session.add(Question(report_id=report, text="Which?"))
    await decide.answer(services, "kim", report, "the second")
    await engine(services, report, Status.REVIEW)
    with pytest.raises(Refused, match="its status was changed since by the loop"):
        await decide.turn(services, "kim")


async def test_a_retry_is_taken_back_while_its_investigation_runs(services: Services, make: Make, look: Look) -> None:
    report = await make(Status.FAILED)
    await decide.retry(services, "kim", report)
    await engine(services, report, Status.INVESTIGATING)
    await decide.turn(services, "kim")
    found = await look(report)
    assert (found.status, found.round) == (Status.FAILED, 2)


async def test_taking_back_a_request_for_changes_takes_the_review_too(
    services: Services, make: Make, look: Look
) -> None:
    report = await make()
    async with services.store.write() as session:
        session.add(
            Change(report_id=report, branch="loop/1-x", base="main", base_sha="0" * 40, head_sha="1" * 40, state="open")
        )
    await decide.request_changes(services, "kim", report, "Say why.")
    await decide.turn(services, "kim")
    assert (await look(report)).status is Status.REVIEW
    assert await every(services, Review) == []
    await decide.turn(services, "kim", redo=True)
    assert (await look(report)).status is Status.PROPOSING
    assert len(await every(services, Review)) == 1


async def test_a_bulk_is_one_undo_and_one_redo(services: Services, make: Make, look: Look) -> None:
    good = [await make(), await make(Status.FAILED)]
    shipped = await make(Status.SHIPPED)
    told = await decide.bulk(services, "kim", "decline", [good[1], shipped, 99, good[0]], "not-now")
    assert [(one, done) for one, done, _ in told] == [(good[1], True), (shipped, False), (99, False), (good[0], True)]
    assert "shipped" in told[1][2]
    assert "loop reports" in told[2][2]
    assert await decide.turn(services, "kim") == "Took back “decline” on 2 reports."
    assert [(await look(one)).status for one in good] == [Status.REVIEW, Status.FAILED]
    await decide.turn(services, "kim", redo=True)
    assert [(await look(one)).status for one in good] == [Status.DECLINED, Status.DECLINED]
    await decide.turn(services, "kim")
    with pytest.raises(Refused, match="Nothing to undo"):
        await decide.turn(services, "kim")


async def test_of_a_bulk_what_changed_since_stays_and_is_told(services: Services, make: Make, look: Look) -> None:
    both = [await make(), await make()]
    await decide.bulk(services, "kim", "decline", both, reason="not-now")
    await decide.retry(services, "robin", both[0])
    assert "Not on 1 more" in await decide.turn(services, "kim")
    assert [(await look(one)).status for one in both] == [Status.QUEUED, Status.REVIEW]


async def test_one_entry_of_a_bulk_is_taken_back_alone(services: Services, make: Make, look: Look) -> None:
    both = [await make(), await make()]
    await decide.bulk(services, "kim", "claim", both)
    entries = await decide.history(services, "kim")
    assert len({entry["batch"] for entry in entries}) == 1
    await decide.turn(services, "kim", entries[0]["id"])
    assert [(await look(one)).claimed_by for one in both] == ["kim", None]


async def test_a_bulk_of_what_is_done_one_by_one_is_refused(services: Services, make: Make) -> None:
    with pytest.raises(Refused, match="one report at a time"):
        await decide.bulk(services, "kim", "merge", [await make()])


async def test_the_history_says_what_can_be_taken_back_and_why_not(services: Services, make: Make) -> None:
    report = await make()
    await decide.snooze(services, "kim", report, "1h")
    await decide.snooze(services, "robin", report, "2h")
    await decide.claim(services, "kim", report)
    await decide.turn(services, "kim")
    mine = await decide.history(services, "kim")
    assert [(e["action"], e["undone"], e["can_undo"]) for e in mine] == [
        ("claim", True, False), ("snooze", False, False)
    ]  # fmt: skip
    assert "by robin" in mine[1]["why_not"]
    assert mine[1]["title"] == "Checkout fails"
    everyones = await decide.history(services, "kim", everyone=True)
    assert [entry["who"] for entry in everyones] == ["kim", "robin", "kim"]
    assert await decide.history(services, "kim", 1) == mine[:1]


async def test_what_reaches_beyond_the_store_is_taken_back_by_its_own_function(
    services: Services, make: Make, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await make(Status.SHIPPED)

    async def untag(services: Services, who: str, entry: JournalEntry, done: Done) -> str:
        await services.repository.git("tag", "-d", "shipped")
        async with services.store.write() as session:
            (await session.get_one(Report, entry.report_id)).title = "untagged"
            await done(session)
        return "The tag is gone."

    async def stands(services: Services, entry: JournalEntry) -> str:
        return "" if await services.repository.resolve("refs/tags/shipped") else "The tag is gone."

    monkeypatch.setitem(OUTSIDE, "tag", (untag, stands))
    await services.repository.git("tag", "shipped")
    async with services.store.write() as session:
        session.add_all(JournalEntry(who="kim", action="tag", report_id=report, undoable=True) for _ in range(2))
    newer, older = await decide.history(services, "kim")
    assert newer["can_undo"]
    assert older["why_not"] == f"“tag” of report {report} came after it; take that back first."
    assert await decide.turn(services, "kim") == "The tag is gone."
    assert [entry["why_not"] for entry in await decide.history(services, "kim") if not entry["undone"]] == [
        "The tag is gone."
    ]
    assert await services.repository.resolve("refs/tags/shipped") is None
    assert (await look(report)).title == "untagged"
    with pytest.raises(Refused, match="do it again"):
        await decide.turn(services, "kim", redo=True)


# Joining and splitting ---------------------------------------------------------------------------------------------


async def placed(services: Services) -> dict[int, list[str]]:
    """Which signals each report has."""
    found: dict[int, list[str]] = {}
    async with services.store.read() as session:
        for report, name in (await session.exec(select(Signal.report_id, Signal.external_id))).all():
            found.setdefault(report or 0, []).append(name)
    return {report: sorted(names) for report, names in found.items()}


async def numbers_agree(services: Services) -> None:
    """Every report that stands counts what its rows hold."""
    async with services.store.read() as session:
        signals = (await session.exec(select(Signal))).all()
        users = (await session.exec(select(ReportUser))).all()
        for report in (await session.exec(select(Report).where(Report.status != Status.MERGED_INTO))).all():
            mine = [one for one in signals if one.report_id == report.id]
            theirs = {one.user_key for one in users if one.report_id == report.id}
            assert (report.signal_count, report.user_count) == (len(mine), len(theirs))
            assert theirs == {one.user_key for one in mine if one.user_key}
            assert report.first_seen == min(one.at for one in mine)
            assert report.last_seen == max(one.at for one in mine)


async def two(services: Services) -> None:
    """Reports 1 and 2 with a user in common."""
    first = [signal("cart", n, user=f"u{n}") for n in range(3)]
    await take(services, [*first, signal("pay", 5, user="u1"), signal("pay", 9, user="u7")])


async def test_a_join_is_taken_back_with_what_came_meanwhile(services: Services, look: Look) -> None:
    await two(services)
    before = [(await look(n)).model_dump(exclude={"updated_at", "round"}) for n in (1, 2)]
    await decide.join(services, "kim", 1, 2)
    await numbers_agree(services)
    assert (await look(2)).user_count == 4
    await decide.turn(services, "kim")
    assert [(await look(n)).model_dump(exclude={"updated_at", "round"}) for n in (1, 2)] == before
    assert await every(services, Link) == []
    await decide.turn(services, "kim", redo=True)
    await take(services, [signal("cart", 20, user="new"), signal("pay", 21)])
    assert len((await placed(services))[2]) == 7
    await decide.turn(services, "kim")
    assert await placed(services) == {1: ["cart0", "cart1", "cart2", "cart20"], 2: ["pay21", "pay5", "pay9"]}
    await numbers_agree(services)
    await take(services, [signal("cart", 30), signal("pay", 31)])
    assert len((await placed(services))[1]) == 5


async def test_a_join_that_was_built_upon_names_the_report_it_went_into(services: Services, make: Make) -> None:
    await two(services)
    await decide.join(services, "kim", 1, 2)
    third = await make(Status.NOT_ACTIONABLE)
    await decide.join(services, "robin", 2, third)
    with pytest.raises(Refused, match="joined into 3"):
        await decide.turn(services, "kim")
    await decide.turn(services, "robin")
    await decide.turn(services, "kim")
    assert set(await placed(services)) == {1, 2}


async def test_a_split_is_taken_back_into_the_report_it_came_from(services: Services, look: Look) -> None:
    await take(services, [signal("cart", n, user=f"u{n % 2}") for n in range(4)])
    await decide.split(services, "kim", 1, [3, 4])
    assert await placed(services) == {1: ["cart0", "cart1"], 2: ["cart2", "cart3"]}
    await numbers_agree(services)
    await decide.turn(services, "kim")
    assert await placed(services) == {1: ["cart0", "cart1", "cart2", "cart3"]}
    assert ((await look(2)).status, (await look(2)).merged_into) == (Status.MERGED_INTO, 1)
    await numbers_agree(services)
    await take(services, [signal("cart", 9)])
    await decide.turn(services, "kim", redo=True)
    assert await placed(services) == {1: ["cart0", "cart1", "cart9"], 2: ["cart2", "cart3"]}
    assert (await look(2)).status is Status.QUEUED
    await numbers_agree(services)


async def test_a_split_takes_along_the_keys_that_lead_to_nothing_else(services: Services) -> None:
    await two(services)
    await decide.join(services, "kim", 1, 2)
    await decide.split(services, "kim", 2, [1, 2, 3])
    await take(services, [signal("cart", 30), signal("pay", 31)])
    assert (await placed(services))[3] == ["cart0", "cart1", "cart2", "cart30"]
    keys = [key for key in await every(services, ReportKey) if isinstance(key, ReportKey)]
    assert {key.report_id for key in keys} == {2, 3}


async def test_a_split_is_not_taken_back_past_what_was_decided_on_its_report(services: Services) -> None:
    await take(services, [signal("cart", n) for n in range(4)])
    await decide.split(services, "kim", 1, [3, 4])
    await decide.decline(services, "robin", 2, "intended")
    with pytest.raises(Refused, match="report 2 was changed since by robin"):
        await decide.turn(services, "kim")
