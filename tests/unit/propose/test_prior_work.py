"""Work that exists already: on the base, in others' changes, in people's branches; said, tied, waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import select

from agents import decide
from agents.config import Settings
from agents.harness import Brief, Investigation
from agents.investigate.stage import investigate
from agents.models import Change, Finding, Link, Question, Report, Status, Verdict
from agents.prior import release
from agents.prior.place import Place, span, touches
from agents.propose.refresh import refresh
from agents.propose.stage import propose
from agents.repository import Repository
from agents.sandbox.choose import provider
from agents.store import Store
from tests.conftest import git, plain_python
from tests.unit.propose.test_propose_stage import BAD, FIX, FOUND, GOOD, Canned, WithHarness

OTHER = "\n\ndef twice(n):\n    return n + n\n"
Make = Callable[..., Path]


@dataclass
class Investigating(Canned):
    """It finds nothing out by itself."""

    async def investigate(self, brief: Brief) -> Investigation:
        self.briefs.append(brief)
        return Investigation("It fails.", (), Verdict.ACTIONABLE, "It is in this code.", 2, "")


@pytest.fixture
async def services(make_repo: Make) -> AsyncIterator[WithHarness]:
    repo = make_repo({"app.py": BAD + OTHER})
    settings = Settings(repo=repo)
    settings.sandbox.kind, settings.sandbox.python = "bubblewrap", plain_python()
    if not (found := await provider("bubblewrap", settings.sandbox, repo).check()).ok:
        pytest.skip(found.detail)
    settings.harness.faults = 0
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    made = WithHarness(settings, store, Repository(repo))
    made.canned = Investigating(replace(FIX, files={"app.py": GOOD + OTHER}))
    yield made
    await store.close()


async def report(services: WithHarness, status: Status = Status.PROPOSING) -> int:
    base = git(services.settings.repo, "rev-parse", "main")
    async with services.store.write() as session:
        made = Report(title="ZeroDivisionError", status=status, round=1,
                      reproduction=replace(FOUND, base_sha=base).as_json())  # fmt: skip
        session.add(made)
    assert made.id is not None
    return made.id


def branch(services: WithHarness, name: str, text: str, message: str = "Work") -> str:
    """A branch with another app.py, made as a person would; the base stays checked out."""
    repo = services.settings.repo
    git(repo, "checkout", "-q", "-b", name, "main")
    (repo / "app.py").write_text(text)
    git(repo, "commit", "-q", "-am", message)
    git(repo, "checkout", "-q", "main")
    return git(repo, "rev-parse", name)


async def change(services: WithHarness, text: str, **fields: object) -> int:
    """Another report with a change."""
    other = await report(services, Status.REVIEW)
    head = branch(services, f"loop/{other}-x", text)
    row = {"state": "open", "title": "Mend half", **fields}
    async with services.store.write() as session:
        base = git(services.settings.repo, "merge-base", "main", head)
        session.add(Change(report_id=other, branch=f"loop/{other}-x", base="main", base_sha=base, head_sha=head,
                           files=[{"path": "app.py", "added": 1, "removed": 1}], **row))  # fmt: skip
    return other


async def told(services: WithHarness, report_id: int) -> tuple[Report, list[str], list[tuple[int, str]]]:
    async with services.store.read() as session:
        found = await session.get_one(Report, report_id)
        texts = (await session.exec(select(Finding.text).where(Finding.report_id == report_id))).all()
        links = (await session.exec(select(Link).where(Link.report_id == report_id))).all()
    return found, list(texts), [(each.other_id, each.kind) for each in links]


async def test_what_the_base_has_by_now_is_not_built_again(services: WithHarness) -> None:
    report_id = await report(services)
    repo = services.settings.repo
    (repo / "app.py").write_text(GOOD + OTHER)
    git(repo, "commit", "-q", "-am", "Halve well")
    await propose(services, report_id, 1)
    found, _, _ = await told(services, report_id)
    assert (found.status, found.verdict) == (Status.NOT_ACTIONABLE, Verdict.ALREADY_ADDRESSED)
    assert "passes on the base as it is now" in found.status_reason
    assert "(Halve well) changed half() in app.py" in found.status_reason
    assert services.canned.briefs == []


async def test_a_change_that_the_base_has_overtaken_is_not_built_again(services: WithHarness) -> None:
    report_id = await report(services)
    await propose(services, report_id, 1)
    repo = services.settings.repo
    (repo / "app.py").write_text(GOOD.replace("n / 2", "n * 0.5") + OTHER)
    git(repo, "commit", "-q", "-am", "Halve well")
    await refresh(services, report_id, 0)
    await propose(services, report_id, 2)
    found, _, _ = await told(services, report_id)
    assert (found.status, found.verdict) == (Status.NOT_ACTIONABLE, Verdict.ALREADY_ADDRESSED)
    assert len(services.canned.briefs) == 1


async def test_an_open_change_that_ends_the_failure_is_waited_for_until_it_is_merged(services: WithHarness) -> None:
    report_id, other = await report(services), await change(services, GOOD + OTHER)
    await propose(services, report_id, 1)
    found, texts, links = await told(services, report_id)
    assert (found.status, found.status_reason) == (Status.NEEDS_INPUT, f"waits for #{other}'s change")
    assert links == [(other, "same-place")]
    assert "this report's regression test passes there" in texts[0]
    assert await release(services) == []
    await decide.answer(services, "kim", report_id, choice=1)
    await propose(services, report_id, 2)
    assert (await told(services, report_id))[0].status is Status.NEEDS_INPUT
    assert services.canned.briefs == []
    async with services.store.write() as session:
        (row,) = (await session.exec(select(Change))).all()
        row.state = "merged"
        session.add(row)
    assert await release(services) == [report_id]
    found, texts, _ = await told(services, report_id)
    assert (found.status, len(texts)) == (Status.QUEUED, 1)
    assert f"#{other}'s change, for which it waited, is merged" in found.status_reason


async def test_a_person_may_want_a_change_besides_and_those_words_are_no_wish(services: WithHarness) -> None:
    report_id = await report(services)
    await change(services, GOOD + OTHER)
    await propose(services, report_id, 1)
    await decide.answer(services, "kim", report_id, choice=2)
    await propose(services, report_id, 2)
    assert (await told(services, report_id))[0].status is Status.REVIEW
    (brief,) = services.canned.briefs
    assert (brief.chosen, brief.wish) == (None, "")


async def test_a_change_that_does_not_end_it_is_named_and_no_more(services: WithHarness) -> None:
    report_id = await report(services)
    near = await change(services, BAD.replace("n / 0", "n / 0.0") + OTHER)
    declined = await change(services, GOOD + OTHER, state="closed")
    await change(services, BAD + OTHER.replace("n + n", "2 * n"))
    async with services.store.write() as session:
        row = await session.get_one(Report, declined)
        row.status, row.declined_as = Status.DECLINED, "wont-fix"
        session.add(row)
    await propose(services, report_id, 1)
    found, texts, links = await told(services, report_id)
    assert found.status is Status.REVIEW
    assert sorted(links) == [(near, "same-place"), (declined, "same-place")]
    assert [text.split(";")[0] for text in sorted(texts)] == [
        f"#{near}'s change, which is open, touches half() in app.py too: Mend half",
        f"#{declined}'s change, which was declined (wont-fix), touched half() in app.py too: Mend half.",
    ]
    assert "regression test fails there too" in sorted(texts)[0]


async def test_a_branch_of_a_person_that_ends_it_is_waited_for_until_it_is_merged(services: WithHarness) -> None:
    report_id = await report(services)
    branch(services, "tidy", BAD + OTHER.replace("n + n", "2 * n"))
    branch(services, "kim/half", GOOD + OTHER, "Halve by two")
    branch(services, f"report-{report_id}-notes", BAD + OTHER + "# Later.\n")
    await propose(services, report_id, 1)
    found, texts, _ = await told(services, report_id)
    assert (found.status, found.status_reason) == (Status.NEEDS_INPUT, "waits for the branch kim/half")
    assert len(texts) == 2
    assert any("by Dev, not merged, touches half() in app.py" in text and "(Halve by two)" in text for text in texts)
    assert any(f"names report {report_id}" in text and "fails there too" in text for text in texts)
    assert await release(services) == []
    git(services.settings.repo, "merge", "-q", "kim/half")
    assert await release(services) == [report_id]


async def test_a_wait_is_over_when_the_branch_is_gone(services: WithHarness) -> None:
    report_id = await report(services)
    branch(services, "kim/half", GOOD + OTHER)
    await propose(services, report_id, 1)
    async with services.store.read() as session:
        (question,) = (await session.exec(select(Question))).all()
    assert question.text.startswith("It waits for the branch kim/half: ")
    git(services.settings.repo, "branch", "-q", "-D", "kim/half")
    assert await release(services) == [report_id]


async def test_an_investigation_is_told_of_it_and_keeps_it(services: WithHarness) -> None:
    report_id = await report(services, Status.INVESTIGATING)
    branch(services, "kim/half", BAD.replace("n / 0", "n // 0") + OTHER)
    await investigate(services, report_id, 1)
    found, texts, _ = await told(services, report_id)
    assert found.status is Status.PROPOSING
    assert [finding.text for finding in services.canned.briefs[0].findings] == texts
    assert "The branch kim/half" in texts[0]


async def test_what_failed_in_an_earlier_round_and_passes_now_is_addressed(services: WithHarness) -> None:
    report_id = await report(services, Status.INVESTIGATING)
    repo = services.settings.repo
    (repo / "app.py").write_text(GOOD + OTHER)
    git(repo, "commit", "-q", "-am", "Halve well")
    await investigate(services, report_id, 1)
    found, _, _ = await told(services, report_id)
    assert (found.status, found.verdict) == (Status.NOT_ACTIONABLE, Verdict.ALREADY_ADDRESSED)
    assert found.reproduction["confirmed"]


CODE = """import os


def a():
    return 1


def b():
    return 2


class C:
    def a(self):
        return 3
"""


@pytest.mark.parametrize(
    ("place", "new", "expected"),
    [
        (Place("m.py", "a", 4), CODE.replace("1", "7"), True),
        (Place("m.py", "a", 13), CODE.replace("1", "7"), False),
        (Place("m.py", "a", 13), CODE.replace("3", "7"), True),
        (Place("m.py", "b", 8), CODE.replace("def b():\n    return 2\n\n\n", ""), True),
        (Place("m.py", "b", 8), CODE.replace("return 2\n", "return 2\n\n\nX = 1\n"), False),
        (Place("m.py", "b", 8), CODE.replace("    return 2\n", "    print()\n    return 2\n"), True),
        (Place("m.py", "new", 8), CODE + "\n\ndef new():\n    pass\n", True),
        (Place("m.py", "", 9), CODE.replace("2", "7"), True),
        (Place("m.py", "", 2), CODE.replace("3", "7"), False),
        (Place("other.py", "a", 1), CODE.replace("1", "7"), False),
        (Place("m.py", "a", 4), CODE.replace("import os", "import sys, os"), False),
    ],
)
async def test_a_change_touches_a_place_or_not(make_repo: Make, place: Place, new: str, expected: bool) -> None:
    repo = make_repo({"m.py": CODE})
    old = git(repo, "rev-parse", "HEAD")
    (repo / "m.py").write_text(new)
    git(repo, "commit", "-q", "-am", "New")
    assert await touches(Repository(repo), old, "main", place) is expected
    assert not await touches(Repository(repo), old, "0" * 40, place)


def test_a_place_in_what_is_no_python_is_the_lines_around_it() -> None:
    assert span("not python (", Place("a.txt", "f", 9)) == (6, 12)
    assert span("", Place("a.py", "f", 9)) is None
