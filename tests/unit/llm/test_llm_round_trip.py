"""Changes that a person asks for: from a comment in the inbox to the answer to it, with each harness."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agents.config import Settings
from agents.engine import Engine
from agents.inbox import Inbox
from agents.intake import import_paths
from agents.models import Report, Status
from agents.services import Services
from tests.conftest import git, plain_python
from tests.unit.llm.conftest import TEST, Desk
from tests.unit.llm.server import Calls, call, final
from tests.unit.llm.test_llm_loop import EVENT, FOUND, MADE

pytestmark = pytest.mark.e2e

BETTER = "return n / 2  # halves of odd numbers are fractions"


@pytest.fixture
async def inbox(desk: Desk, tmp_path: Path) -> AsyncIterator[Inbox]:
    """An inbox with one event in it."""
    opened = Inbox(desk.settings, who="kim")
    event = tmp_path / "event.json"
    event.write_text(json.dumps(EVENT))
    await import_paths(await opened.services(), [event], "sentry")
    yield opened
    await opened.close()


async def work(inbox: Inbox) -> Report:
    """Every stage that is due, as the engine runs it."""
    services: Services = await inbox.services()
    engine = Engine(services)
    while True:
        async with services.store.read() as session:
            report = await session.get_one(Report, 1)
        stage = {Status.QUEUED: "investigate", Status.PROPOSING: "propose"}.get(report.status)
        if stage is None:
            return report
        await engine.run_stage(stage, 1, report.round)


async def test_llm_does_what_the_comments_ask_and_answers_each(desk: Desk, inbox: Inbox) -> None:
    harness = desk.settings.harness
    harness.investigate = harness.propose = harness.review = "llm"
    desk.server.answers = [
        call("write_file", path="test_half_1.py", text=TEST),
        final(**FOUND),
        Calls([("edit_file", {"path": "app.py", "old": "n / 0", "new": "n / 2"})]),
        final(**MADE),
        final(remarks=[]),
    ]
    assert (await work(inbox)).status is Status.REVIEW
    (first,) = await inbox.versions(1)

    await inbox.draft_at(1, "app.py:2", "Say why it may be a fraction.")
    await inbox.draft_at(1, "app.py:1-2", "And what of None?", side="old")
    assert "the work starts" in await inbox.send_review(1, "request-changes", "Nearly there.")
    asked = len(desk.server.seen)
    new, old = [row["id"] for row in await inbox.comments(1) if row["by_person"]]
    one = {"comment": new, "text": "It says so now."}
    two = {"comment": old, "text": "None is a mistake of the caller."}
    done = final(**MADE, replies=[one, two])
    edit = call("edit_file", path="app.py", old="return n / 2", new=BETTER)
    desk.server.answers = [done, edit, done, final(remarks=[])]  # the first says so, but nothing was done
    report = await work(inbox)

    brief = json.dumps(desk.server.seen[asked], ensure_ascii=False)
    for said in ("Nearly there.", f"comment {new} at app.py:2: Say why", f"comment {old} at app.py:2 of the base: And"):
        assert said in brief
    assert "It is in the sandbox already: app.py, test_half_1.py" in brief
    assert report.status is Status.REVIEW
    before, after = await inbox.versions(1)
    assert before == first
    repo = desk.settings.repo
    (branch,) = git(repo, "branch", "--list", "loop/*", "--format", "%(refname:short)").splitlines()
    assert git(repo, "rev-parse", branch) == after["head"] != before["head"]
    interdiff = [
        row for row in (await inbox.diff(1, since=before["head"])).splitlines() if row[:1] in "+-" and row[1:2] == " "
    ]
    assert interdiff == ["-    return n / 2", f"+    {BETTER}"]
    rows = {row["id"]: row for row in await inbox.comments(1)}
    replies = {row["reply_to"]: row for row in rows.values() if row["reply_to"]}
    assert {id: row["text"] for id, row in replies.items()} == {new: one["text"], old: two["text"]}
    assert not any(row["by_person"] for row in replies.values())
    assert replies[old]["now_line"] == rows[old]["now_line"] == 2


async def test_llm_says_what_it_does_not_do_and_the_change_stays(desk: Desk, inbox: Inbox) -> None:
    harness = desk.settings.harness
    harness.investigate = harness.propose = harness.review = "llm"
    first = [call("write_file", path="test_half_1.py", text=TEST), final(**FOUND)]
    edit = call("edit_file", path="app.py", old="n / 0", new="n / 2")
    desk.server.answers = [*first, edit, final(**MADE), final(remarks=[])]
    await work(inbox)
    (before,) = await inbox.versions(1)
    await inbox.request_changes(1, "Use decimals.", "app.py:2")
    (asked,) = [row["id"] for row in await inbox.comments(1) if row["by_person"]]
    no = "Decimals would change what every caller gets."
    desk.server.answers = [
        final(why_none=no),  # which leaves the comment without an answer
        final(why_none=no, replies=[{"comment": asked, "text": no}]),
    ]
    report = await work(inbox)
    assert report.status is Status.REVIEW
    assert no in report.status_reason
    assert await inbox.versions(1) == [before]
    assert [row["text"] for row in await inbox.comments(1) if row["reply_to"] == asked] == [no]


DISCOUNT = """
def discount(cart):
    if cart["kind"] == "gift":
        return 500
    if cart["kind"] == "trade":
        return 900
    coupon = cart["coupon"]
    return cart["total"] * coupon["percent"] / 100
"""
EMPTY = {
    "event_id": "b" * 32, "timestamp": "2026-01-02T03:04:05Z", "level": "error", "platform": "python",
    "exception": {"values": [{
        "type": "TypeError", "value": "'NoneType' object is not subscriptable", "module": "builtins",
        "stacktrace": {"frames": [{
            "filename": "cart.py", "abs_path": "/srv/cart.py", "module": "cart", "function": "discount",
            "lineno": 8, "context_line": '    return cart["total"] * coupon["percent"] / 100', "in_app": True,
            "vars": {"cart": {"kind": "'new'", "total": "20", "coupon": "None"}, "coupon": "None"},
        }]},
    }]},
}  # fmt: skip


async def test_search_takes_what_the_comment_names(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    repo = make_repo({"cart.py": DISCOUNT, "test_cart.py": "import cart\n\n\ndef test_it():\n    assert cart\n"})
    settings = Settings(repo=repo)
    settings.sandbox.kind, settings.sandbox.python = "none", plain_python()
    inbox = Inbox(settings, who="kim")
    event = tmp_path / "event.json"
    event.write_text(json.dumps(EMPTY))
    await import_paths(await inbox.services(), [event], "sentry")
    try:
        assert (await work(inbox)).status is Status.NEEDS_INPUT
        await inbox.answer(1, choice=1)
        report = await work(inbox)
        assert report.status is Status.REVIEW, report.status_reason
        (before,) = await inbox.versions(1)
        line = (await inbox.file_at(1, "cart.py")).splitlines().index("def discount(cart):") + 1
        await inbox.draft_at(1, f"cart.py:{line}", "Give 900 here, as for a trade.")
        await inbox.send_review(1, "request-changes")
        report = await work(inbox)
        assert report.status is Status.REVIEW, report.status_reason
        _, after = await inbox.versions(1)
        new = await inbox.diff(1, since=before["head"])
        assert "-        return 500" in new
        assert "+        return 900" in new
        comment, answer = [row for row in await inbox.comments(1) if row["by_person"] or row["reply_to"]]
        assert (comment["by_person"], comment["now_line"]) == (True, line)
        assert answer["reply_to"] == comment["id"]
        assert answer["text"].startswith(f"The change is now {after['head'][:9]}: ")
        await inbox.request_changes(1, "Ask the bank.")
        report = await work(inbox)
        assert report.status is Status.REVIEW
        (change,) = [row["head"] for row in (await inbox.versions(1))[1:]]
        branch = git(repo, "branch", "--list", "loop/*", "--format", "%(objectname)")
        assert branch == change == after["head"]  # the words name nothing that was tried
    finally:
        await inbox.close()
