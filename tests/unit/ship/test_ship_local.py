"""Merging into plain local git: what moves, what is refused, and what is never touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.repository import Repository
from agents.ship import BaseMoved, ForgeError, HeadMoved
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
