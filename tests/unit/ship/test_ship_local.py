"""Merging into plain local git: what moves, what is refused, and what is never touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.repository import Repository
from agents.ship import BaseMoved, BuiltOn, ForgeError, HeadMoved, Unfinished
from agents.ship.local import LocalForge
from tests.conftest import git

AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Case:
    """A repository with a published change."""

    repo: Path
    forge: LocalForge
    base: str
    head: str

    async def merge(self, **other: Any) -> str:
        named = {
            "branch": "loop/1-fix", "base": "main", "base_sha": self.base, "head_sha": self.head,
            "message": "Merge: Fix", "who": "kim", "at": AT,
        }  # fmt: skip
        return await self.forge.merge(**{**named, **other})

    async def unmerge(self, merged: str) -> str:
        return await self.forge.unmerge(
            base="main", base_sha=self.base, branch="loop/1-fix", head_sha=self.head, merged_sha=merged
        )

    def stands_at(self, commit: str, text: str) -> None:
        """Base, index and files are all where they should be."""
        assert git(self.repo, "rev-parse", "main") == commit
        assert (self.repo / "a.txt").read_text() == text
        assert git(self.repo, "status", "--porcelain") == ""


@pytest.fixture
async def case(make_repo: Callable[..., Path]) -> Case:
    repo = make_repo({"a.txt": "one\n", "b.txt": "two\n"})
    forge = LocalForge(Repository(repo))
    base = git(repo, "rev-parse", "main")
    made = await forge.publish(
        branch="loop/1-fix", base="main", base_sha=base, files={"a.txt": "ONE\n", "c.txt": "new\n"}, title="Fix",
        body="Because.", at=AT,
    )  # fmt: skip
    return Case(repo, forge, base, made.head_sha)


async def test_publishing_twice_makes_one_branch_and_one_commit(case: Case) -> None:
    again = await case.forge.publish(
        branch="loop/1-fix", base="main", base_sha=case.base, files={"a.txt": "ONE\n", "c.txt": "new\n"}, title="Fix",
        body="Because.", at=AT,
    )  # fmt: skip
    assert again.head_sha == case.head
    assert git(case.repo, "rev-list", "--count", f"{case.base}..loop/1-fix") == "1"


async def test_a_clean_checkout_of_the_base_follows(case: Case) -> None:
    sha = await case.merge()
    assert git(case.repo, "rev-parse", "main") == sha
    assert git(case.repo, "show", "-s", "--format=%P", sha).split() == [case.base, case.head]
    assert case.head in git(case.repo, "show", "-s", "--format=%B", sha)
    assert (case.repo / "a.txt").read_text() == "ONE\n"
    assert git(case.repo, "status", "--porcelain") == ""


async def test_a_second_merge_finds_the_first(case: Case) -> None:
    assert await case.merge() == await case.merge()
    assert git(case.repo, "rev-list", "--count", "--merges", "main") == "1"


async def test_another_branch_with_unsaved_work_is_left_alone(case: Case) -> None:
    git(case.repo, "switch", "-q", "-c", "mine")
    (case.repo / "a.txt").write_text("my work\n")
    await case.merge()
    assert (case.repo / "a.txt").read_text() == "my work\n"
    assert git(case.repo, "show", "main:a.txt") == "ONE"


async def test_a_dirty_base_is_refused_and_nothing_moves(case: Case) -> None:
    (case.repo / "b.txt").write_text("my work\n")
    with pytest.raises(ForgeError, match="commit or stash"):
        await case.merge()
    assert git(case.repo, "rev-parse", "main") == case.base
    assert (case.repo / "b.txt").read_text() == "my work\n"


async def test_an_untracked_file_in_the_way_is_not_overwritten(case: Case) -> None:
    (case.repo / "c.txt").write_text("mine\n")
    with pytest.raises(ForgeError):
        await case.merge()
    assert (case.repo / "c.txt").read_text() == "mine\n"
    assert git(case.repo, "rev-parse", "main") == case.base


async def test_a_moved_base_is_an_error(case: Case) -> None:
    (case.repo / "b.txt").write_text("later\n")
    git(case.repo, "commit", "-qam", "Later")
    with pytest.raises(BaseMoved):
        await case.merge()


async def test_a_moved_head_is_an_error(case: Case) -> None:
    git(case.repo, "branch", "-f", "loop/1-fix", case.base)
    with pytest.raises(HeadMoved):
        await case.merge()


async def test_a_base_checked_out_in_another_worktree_follows_there(case: Case, tmp_path: Path) -> None:
    git(case.repo, "switch", "-q", "-c", "mine")
    git(case.repo, "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    await case.merge()
    assert (tmp_path / "tree" / "a.txt").read_text() == "ONE\n"
    assert (case.repo / "a.txt").read_text() == "one\n"


async def test_a_merge_cut_off_before_the_checkout_followed_is_finished(case: Case) -> None:
    # The ref is where the merge left it; the working tree is as it was before.
    git(case.repo, "switch", "-q", "-c", "mine")
    sha = await case.merge()
    git(case.repo, "symbolic-ref", "HEAD", "refs/heads/main")
    assert await case.merge() == sha
    assert (case.repo / "a.txt").read_text() == "ONE\n"
    assert git(case.repo, "status", "--porcelain") == ""


async def test_closing_removes_the_branch_and_only_at_its_head(case: Case) -> None:
    await case.forge.close(branch="loop/1-fix", head_sha=case.base)
    assert git(case.repo, "branch", "--list", "loop/*") != ""
    await case.forge.close(branch="loop/1-fix", head_sha=case.head)
    assert git(case.repo, "branch", "--list", "loop/*") == ""


METHODS = pytest.mark.parametrize("method", ["merge", "squash", "rebase"])


async def test_a_squash_is_one_commit_on_the_base_by_the_author_committed_by_the_person(case: Case) -> None:
    sha = await case.merge(method="squash", message="Fix\n\nBecause.")
    assert git(case.repo, "show", "-s", "--format=%P", sha) == case.base
    assert git(case.repo, "show", "-s", "--format=%an|%cn", sha) == "Loop|kim"
    assert f"Reviewed-head: {case.head}" in git(case.repo, "show", "-s", "--format=%B", sha)
    case.stands_at(sha, "ONE\n")


async def test_a_rebase_lands_the_very_commits_that_were_proved(case: Case) -> None:
    assert await case.merge(method="rebase") == case.head
    case.stands_at(case.head, "ONE\n")


async def test_a_branch_with_merges_is_not_rebased(case: Case) -> None:
    git(case.repo, "switch", "-q", "-c", "side", case.base)
    git(case.repo, "commit", "-q", "--allow-empty", "-m", "Side")
    git(case.repo, "switch", "-q", "loop/1-fix")
    git(case.repo, "merge", "-q", "--no-ff", "-m", "Both", "side")
    case.head = git(case.repo, "rev-parse", "loop/1-fix")
    with pytest.raises(ForgeError, match="cannot be rebased"):
        await case.merge(method="rebase")
    assert git(case.repo, "rev-parse", "main") == case.base


async def test_a_way_to_merge_that_there_is_not_is_refused(case: Case) -> None:
    with pytest.raises(ForgeError, match="choose merge, squash, rebase"):
        await case.merge(method="octopus")


@METHODS
async def test_merging_again_after_more_was_built_finds_the_first(case: Case, method: str) -> None:
    sha = await case.merge(method=method)
    git(case.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    assert await case.merge(method=method) == sha


@METHODS
async def test_every_method_is_finished_where_the_checkout_did_not_follow(case: Case, method: str) -> None:
    git(case.repo, "switch", "-q", "-c", "mine")
    sha = await case.merge(method=method)
    git(case.repo, "symbolic-ref", "HEAD", "refs/heads/main")
    assert await case.merge(method=method) == sha
    case.stands_at(sha, "ONE\n")


@METHODS
async def test_a_moved_base_or_head_is_an_error_for_every_method(case: Case, method: str) -> None:
    git(case.repo, "branch", "-f", "loop/1-fix", case.base)
    with pytest.raises(HeadMoved):
        await case.merge(method=method)
    git(case.repo, "branch", "-f", "loop/1-fix", case.head)
    git(case.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    with pytest.raises(BaseMoved):
        await case.merge(method=method)


@METHODS
async def test_a_merge_is_taken_back_with_its_files_and_its_branch(case: Case, method: str) -> None:
    sha = await case.merge(method=method)
    await case.forge.close(branch="loop/1-fix", head_sha=case.head)
    assert await case.unmerge(sha) == case.base
    case.stands_at(case.base, "one\n")
    assert git(case.repo, "rev-parse", "loop/1-fix") == case.head
    assert await case.unmerge(sha) == case.base  # twice is once
    assert await case.merge(method=method) == sha  # and it can be merged again


@METHODS
async def test_taking_back_is_finished_where_the_checkout_did_not_follow(case: Case, method: str) -> None:
    sha = await case.merge(method=method)
    git(case.repo, "update-ref", "refs/heads/main", case.base, sha)  # killed after the ref moved
    await case.unmerge(sha)
    case.stands_at(case.base, "one\n")


async def test_a_merge_something_was_built_on_is_not_taken_back(case: Case) -> None:
    sha = await case.merge()
    git(case.repo, "commit", "-q", "--allow-empty", "-m", "Later")
    later = git(case.repo, "rev-parse", "main")
    with pytest.raises(BuiltOn, match="no longer at the merge"):
        await case.unmerge(sha)
    assert git(case.repo, "rev-parse", "main") == later


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("branch", "feature"), "the branch feature"),
        (("tag", "v1"), "the tag v1"),
        (("update-ref", "refs/remotes/origin/main", "main"), "the remote branch origin/main"),
    ],
)
async def test_a_merge_that_others_hold_is_not_taken_back(case: Case, args: tuple[str, ...], what: str) -> None:
    sha = await case.merge()
    git(case.repo, *args)
    with pytest.raises(BuiltOn, match=what):
        await case.unmerge(sha)
    case.stands_at(sha, "ONE\n")


async def test_branches_of_other_changes_do_not_hold_a_merge(case: Case) -> None:
    sha = await case.merge()
    git(case.repo, "branch", "loop/2-other")
    assert await case.unmerge(sha) == case.base


async def test_unsaved_work_keeps_a_merge_from_being_taken_back(case: Case) -> None:
    sha = await case.merge()
    (case.repo / "b.txt").write_text("my work\n")
    with pytest.raises(ForgeError, match="commit or stash"):
        await case.unmerge(sha)
    assert git(case.repo, "rev-parse", "main") == sha
    assert (case.repo / "b.txt").read_text() == "my work\n"


async def test_a_name_that_was_given_to_another_branch_is_not_taken(case: Case) -> None:
    sha = await case.merge()
    git(case.repo, "branch", "-f", "loop/1-fix", case.base)
    with pytest.raises(ForgeError, match="rename it"):
        await case.unmerge(sha)
    case.stands_at(sha, "ONE\n")


async def test_files_that_cannot_follow_are_told_as_unfinished_and_the_next_call_finishes(case: Case) -> None:
    sha = await case.merge()
    git(case.repo, "update-ref", "refs/heads/main", case.base, sha)
    (case.repo / "a.txt").write_text("my work\n")
    with pytest.raises(Unfinished, match="try again"):
        await case.unmerge(sha)
    assert (case.repo / "a.txt").read_text() == "my work\n"
    (case.repo / "a.txt").write_text("ONE\n")
    await case.unmerge(sha)
    case.stands_at(case.base, "one\n")


async def test_what_would_be_in_the_way_is_said_beforehand(case: Case) -> None:
    named = {"base": "main", "base_sha": case.base, "head_sha": case.head}
    assert await case.forge.obstacle(**named) == ""
    (case.repo / "c.txt").write_text("mine\n")
    assert "c.txt" in await case.forge.obstacle(**named)
