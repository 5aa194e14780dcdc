"""Merging in three ways, taking a merge back, and what a process that dies in between leaves behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import select

from agents import decide
from agents.models import Change, JournalEntry, Link, Report, Status
from agents.propose.refresh import stale
from agents.propose.stage import propose
from agents.refusal import Refused
from agents.repository import Repository
from agents.review import drafts, marks
from agents.services import Services
from agents.ship import local
from tests.conftest import git, plain_python
from tests.unit.review.project import LINES, Project

METHODS = pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
FILES: dict[str, str | None] = {"a.txt": "done\n", "new.txt": "new\n"}


class Killed(BaseException):
    """The process ends here: nothing after it runs, no handler either."""


def dies(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, *, after: bool) -> None:
    """Kill the process at this call, before or after what it does."""
    real = getattr(place, name)

    async def call(*args: Any, **named: Any) -> None:
        if after:
            await real(*args, **named)
        raise Killed

    monkeypatch.setattr(place, name, call)


def again(project: Project) -> Services:
    """What the next process opens."""
    settings = project.services.settings
    return Services(settings, project.services.store, Repository(settings.repo))


def clean_at(project: Project, commit: str) -> bool:
    return git(project.repo, "rev-parse", "main") == commit and git(project.repo, "status", "--porcelain") == ""


async def journal(project: Project, report_id: int | None = None) -> list[str]:
    async with project.services.store.read() as session:
        wanted = select(JournalEntry).where(JournalEntry.report_id == (report_id or project.report_id))
        return [entry.action for entry in (await session.exec(wanted)).all()]


@METHODS
async def test_a_merge_and_its_taking_back(project: Project, method: str) -> None:
    head = await project.propose(FILES)
    base = git(project.repo, "rev-parse", "main")
    await decide.merge(project.services, "kim", project.report_id, head[:9], method)
    change = await project.change()
    assert (change.state, change.merge_method, change.merged_by) == ("merged", method, "kim")
    assert (await project.report()).status is Status.SHIPPED
    assert clean_at(project, change.merged_sha or "")
    assert (project.repo / "new.txt").read_text() == "new\n"
    assert change.branch not in git(project.repo, "branch", "--list", "loop/*")

    told = await decide.unmerge(project.services, "kim", project.report_id)
    assert base[:9] in told
    change = await project.change()
    assert (change.state, change.merged_sha, change.merged_at, change.merge_method) == ("open", None, None, "")
    assert (await project.report()).status is Status.REVIEW
    assert clean_at(project, base)
    assert not (project.repo / "new.txt").exists()
    assert git(project.repo, "rev-parse", change.branch) == head

    await decide.merge(project.services, "kim", project.report_id, head, "merge")  # and on it goes
    assert (await project.report()).status is Status.SHIPPED


async def test_a_way_to_merge_that_there_is_not_is_refused_before_anything_is_marked(project: Project) -> None:
    await project.propose(FILES)
    with pytest.raises(Refused, match="choose merge, squash, rebase"):
        await decide.merge(project.services, "kim", project.report_id, "", "octopus")
    assert (await project.change()).state == "open"
    with pytest.raises(Refused, match="no report 99"):
        await decide.merge(project.services, "kim", 99)


POINTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the base moves": lambda m: dies(m, local.LocalForge, "_move", after=False),
    "before the files follow": lambda m: dies(m, local, "follow", after=False),
    "after the files followed": lambda m: dies(m, local, "follow", after=True),
    "before the store knows": lambda m: dies(m, local.LocalForge, "_move", after=True),
}


async def killed(monkeypatch: pytest.MonkeyPatch, point: str, verb: Awaitable[str]) -> None:
    """The process dies at this point of the verb."""
    with monkeypatch.context() as patched:
        POINTS[point](patched)
        with pytest.raises(Killed):
            await verb


@METHODS
@pytest.mark.parametrize("point", POINTS)
async def test_a_merge_that_died_is_finished_by_the_next_start(
    project: Project, method: str, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.propose(FILES)
    await killed(monkeypatch, point, decide.merge(project.services, "kim", project.report_id, "", method))
    assert (await project.change()).state == "merging"
    assert await decide.settle(again(project)) == [project.report_id]
    change = await project.change()
    assert (change.state, change.merge_method) == ("merged", method)
    assert clean_at(project, change.merged_sha or "")
    assert int(git(project.repo, "rev-list", "--count", "--first-parent", "main")) == 3
    assert (await journal(project)).count("merge") == 1


@METHODS
@pytest.mark.parametrize("point", POINTS)
async def test_a_taking_back_that_died_is_finished_by_the_next_start(
    project: Project, method: str, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await project.propose(FILES)
    base = git(project.repo, "rev-parse", "main")
    await decide.merge(project.services, "kim", project.report_id, "", method)
    await killed(monkeypatch, point, decide.unmerge(project.services, "kim", project.report_id))
    assert (await project.change()).state == "unmerging"
    assert await decide.settle(again(project)) == [project.report_id]
    assert (await project.change()).state == "open"
    assert (await project.report()).status is Status.REVIEW
    assert clean_at(project, base)
    assert git(project.repo, "rev-parse", (await project.change()).branch) == head
    assert await decide.settle(again(project)) == []


async def test_a_taking_back_that_died_gives_way_to_what_was_built_meanwhile(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    await killed(monkeypatch, "before the base moves", decide.unmerge(project.services, "kim", project.report_id))
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    await decide.settle(again(project))
    assert (await project.change()).state == "merged"
    assert (await project.report()).status is Status.SHIPPED
    assert "loop/" not in git(project.repo, "branch", "--list", "loop/*")
    assert "unmerge refused" in await journal(project)


@METHODS
async def test_undo_takes_a_merge_back_and_redo_leaves_it_to_the_person(project: Project, method: str) -> None:
    head = await project.propose(FILES)
    base = git(project.repo, "rev-parse", "main")
    await decide.send_review(project.services, "kim", project.report_id, "approve")
    await decide.merge(project.services, "kim", project.report_id, head, method)
    with pytest.raises(Refused, match="Nothing to undo"):
        await decide.turn(project.services, "robin")
    assert "Took back the merge" in await decide.turn(project.services, "kim")
    assert clean_at(project, base)
    with pytest.raises(Refused, match="do it again"):
        await decide.turn(project.services, "kim", redo=True)
    assert clean_at(project, base)
    assert "approve" in await decide.turn(project.services, "kim")  # the next undo is of what came before
    await decide.merge(project.services, "kim", project.report_id, head, method)
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    with pytest.raises(Refused, match=f"loop revert {project.report_id}"):
        await decide.turn(project.services, "kim")
    assert (await project.report()).status is Status.SHIPPED


async def test_an_undo_that_died_is_finished_by_the_next_undo(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.propose(FILES)
    base = git(project.repo, "rev-parse", "main")
    await decide.merge(project.services, "kim", project.report_id)
    await killed(monkeypatch, "before the files follow", decide.turn(project.services, "kim"))
    await decide.turn(again(project), "kim")
    assert clean_at(project, base)
    with pytest.raises(Refused, match="Nothing to undo"):
        await decide.turn(project.services, "kim")


async def test_what_cannot_be_taken_back_says_so_and_offers_a_revert(project: Project) -> None:
    await project.propose(FILES)
    with pytest.raises(Refused, match="no merge to take back"):
        await decide.unmerge(project.services, "kim", project.report_id)
    await decide.merge(project.services, "kim", project.report_id)
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    with pytest.raises(Refused, match=f"loop revert {project.report_id}"):
        await decide.unmerge(project.services, "kim", project.report_id)
    assert (await project.change()).state == "merged"


async def test_files_that_cannot_follow_leave_the_mark_and_the_same_verb_finishes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project.propose(FILES)
    base = git(project.repo, "rev-parse", "main")
    await decide.merge(project.services, "kim", project.report_id)
    await killed(monkeypatch, "before the files follow", decide.unmerge(project.services, "kim", project.report_id))
    (project.repo / "a.txt").write_text("my work\n")
    with pytest.raises(Refused, match="try again"):
        await decide.unmerge(project.services, "kim", project.report_id)
    assert (await project.change()).state == "unmerging"
    (project.repo / "a.txt").write_text("done\n")
    await decide.unmerge(project.services, "kim", project.report_id)
    assert clean_at(project, base)
    assert (await project.report()).status is Status.REVIEW


async def test_a_change_that_was_brought_onto_the_merge_does_not_keep_it_in(project: Project) -> None:
    """The other change is stale then, and what is refreshed is its own work alone."""
    await project.propose({"b.txt": LINES.replace("line 3\n", "three\n")})
    await decide.merge(project.services, "kim", project.report_id)
    async with project.services.store.write() as session:
        report = Report(title="Other", status=Status.PROPOSING)
        session.add(report)
    other = Project(project.services, report.id or 0)
    await other.propose({"b.txt": LINES.replace("line 3\n", "three\n").replace("line 15\n", "fifteen\n")})
    await decide.unmerge(project.services, "kim", project.report_id)
    assert await stale(project.services) == [other.report_id]
    from agents.propose.refresh import _merged

    tip = git(project.repo, "rev-parse", "main")
    files = await _merged(project.services.repository, await other.change(), tip)
    assert files == {"b.txt": LINES.replace("line 15\n", "fifteen\n")}


async def test_the_plan_says_what_is_missing_in_sentences(project: Project) -> None:
    head = await project.propose(FILES)
    plan = await decide.merge_plan(project.services, "kim", project.report_id)
    assert (plan["head"], plan["base"], plan["base_moved"]) == (head, "main", False)
    assert plan["methods"] == ["merge", "squash", "rebase"]
    assert plan["missing"] == ["No check was run on it.", "You have not read its diff."]
    await marks.saw_diff(project.services, "kim", project.report_id, head)
    await drafts.save(project.services, "kim", project.report_id, "a.txt", 1, "Why?")
    await decide.send_review(project.services, "robin", project.report_id, "approve", "Fine.")
    (project.repo / "new.txt").write_text("in the way\n")
    plan = await decide.merge_plan(project.services, "kim", project.report_id)
    assert plan["missing"][:2] == ["No check was run on it.", "1 comment of yours is not sent."]
    assert "new.txt" in plan["missing"][2]
    assert [(r["who"], r["kind"], r["current"]) for r in plan["reviews"]] == [("robin", "approve", True)]
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    plan = await decide.merge_plan(project.services, "kim", project.report_id)
    assert plan["base_moved"]
    assert plan["missing"][0].startswith("main moved to")


# Reverting -----------------------------------------------------------------------------------------------------------


async def run_revert(project: Project) -> Project:
    """Ask for a revert and let the stage make its change."""
    await decide.revert(project.services, "kim", project.report_id)
    async with project.services.store.read() as session:
        link = (await session.exec(select(Link).where(Link.kind == "reverts"))).one()
        report = await session.get_one(Report, link.report_id)
    project.services.settings.sandbox.kind, project.services.settings.sandbox.python = "none", plain_python()
    await propose(project.services, link.report_id, report.round)
    return Project(project.services, link.report_id)


@METHODS
async def test_a_revert_is_a_change_of_its_own_that_a_person_merges(project: Project, method: str) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id, "", method)
    (project.repo / "b.txt").write_text("later work\n")
    git(project.repo, "commit", "-qam", "Later")
    tip = git(project.repo, "rev-parse", "main")
    made = await run_revert(project)
    assert (await made.report()).status is Status.REVIEW
    assert git(project.repo, "rev-parse", "main") == tip  # nothing reaches the base without a person
    assert [file["path"] for file in (await made.change()).files] == ["a.txt", "new.txt"]
    with pytest.raises(Refused, match="reverts it already"):
        await decide.revert(project.services, "kim", project.report_id)

    await decide.merge(project.services, "kim", made.report_id)
    assert (project.repo / "a.txt").read_text() == "start\n"
    assert not (project.repo / "new.txt").exists()
    assert (project.repo / "b.txt").read_text() == "later work\n"
    assert (await project.change()).state == "reverted"
    assert (await project.report()).status is Status.FAILED

    await decide.unmerge(project.services, "kim", made.report_id)
    assert (await project.change()).state == "merged"
    assert (await project.report()).status is Status.SHIPPED
    assert (project.repo / "a.txt").read_text() == "done\n"


async def test_a_merge_that_was_taken_back_leaves_nothing_to_revert(project: Project) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    made = await run_revert(project)
    await decide.unmerge(project.services, "kim", project.report_id)
    left = await made.report()
    assert (left.status, left.status_reason) == (
        Status.DECLINED, f"the merge of report {project.report_id}, which it was to revert, was taken back",
    )  # fmt: skip


async def test_the_history_asks_git_whether_a_merge_can_be_taken_back(project: Project) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    (told,) = await decide.history(project.services, "kim")
    assert (told["action"], told["can_undo"]) == ("merge", True)
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    (told,) = await decide.history(project.services, "kim")
    assert not told["can_undo"]
    assert f"loop revert {project.report_id}" in told["why_not"]


async def test_a_revert_that_clashes_fails_with_the_reason_and_can_be_asked_for_again(project: Project) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    (project.repo / "a.txt").write_text("rewritten\n")
    git(project.repo, "commit", "-qam", "Later")
    made = await run_revert(project)
    report = await made.report()
    assert report.status is Status.FAILED
    assert "later commits changed the same lines" in report.status_reason
    (project.repo / "a.txt").write_text("done\n")
    git(project.repo, "commit", "-qam", "Back")
    assert (await run_revert(project)).report_id == made.report_id
    assert (await made.report()).status is Status.REVIEW


async def test_changes_asked_of_a_revert_are_answered_plainly(project: Project) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    git(project.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    made = await run_revert(project)
    head = (await made.change()).head_sha
    await decide.request_changes(project.services, "kim", made.report_id, "Keep the new file.")
    await propose(project.services, made.report_id, (await made.report()).round)
    assert (await made.report()).status is Status.REVIEW
    assert (await made.change()).head_sha == head
    assert "nothing else" in (await made.report()).status_reason


async def test_only_what_was_merged_can_be_reverted(project: Project) -> None:
    await project.propose(FILES)
    with pytest.raises(Refused, match="only what was merged"):
        await decide.revert(project.services, "kim", project.report_id)


async def test_the_change_row_of_an_older_store_reads_as_merged_by_a_merge(project: Project) -> None:
    await project.propose(FILES)
    await decide.merge(project.services, "kim", project.report_id)
    async with project.services.store.write() as session:
        change = (await session.exec(select(Change))).one()
        change.merge_method = ""
        session.add(change)
    assert "Took back" in await decide.unmerge(project.services, "kim", project.report_id)
