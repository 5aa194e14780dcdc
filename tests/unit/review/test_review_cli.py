"""The commands behind the keys of a review: a person with a shell can do all of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import git
from tests.unit.review.project import LINES, Project

pytestmark = pytest.mark.e2e  # a process for each command

EDITED = LINES.replace("line 9\n", "nine\n")


class Shell:
    """Runs `loop` as processes of their own."""

    def __init__(self, project: Project) -> None:
        self.project = project
        git(project.repo, "config", "user.name", "kim")

    async def __call__(self, *args: str, fails: int = 0) -> str:
        store = self.project.services.settings.store
        env = {**os.environ, **({"LOOP_STORE": store} if store else {})}
        command = [sys.executable, "-m", "loop_tui.cli", *args, "--repo", str(self.project.repo)]
        done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
        assert done.returncode == fails, done.stderr
        return done.stdout if not fails else done.stderr

    async def json(self, *args: str) -> Any:
        return json.loads(await self(*args, "--json"))


@pytest.fixture
def loop(project: Project) -> Shell:
    return Shell(project)


async def test_comments_are_drafted_listed_dropped_and_sent(project: Project, loop: Shell) -> None:
    head = await project.propose({"b.txt": EDITED})
    number = str(project.report_id)
    made = await loop.json("comment", number, "b.txt:8-9", "-m", "Why \x1b[31mnine?")
    gone = await loop.json("comment", number, "b.txt:9", "-m", "Was fine.", "--old")
    listed = await loop("drafts", number)
    assert "b.txt:8-9" in listed
    assert "\x1b" not in listed
    assert "b.txt:9 (old side)" in listed
    assert "Dropped" in await loop("drafts", number, "--drop", str(gone["id"]))
    assert [draft["id"] for draft in await loop.json("drafts", number)] == [made["id"]]
    assert "no draft" in await loop("drafts", number, "--drop", "99", fails=1)
    assert "There is no b.txt:99" in await loop("comment", number, "b.txt:99", "-m", "Why?", fails=1)
    assert "say one of" in await loop("review", number, fails=2)
    assert "with 1 comment" in await loop("review", number, "--request-changes", "-m", "Not yet.", "--head", head[:9])
    change = (await loop.json("show", number))["change"]
    assert [(r["who"], r["kind"]) for r in change["reviews"]] == [("kim", "request-changes")]

    later = await project.propose({"b.txt": EDITED.replace("nine\n", "9\n")})
    fresh = await loop.json("diff", number, "--since", head[:9])
    assert (fresh["head"], [version["head"] for version in fresh["versions"]]) == (later, [head, later])
    assert "-nine\n+9\n" in fresh["diff"]
    assert "line 1\n" in await loop("diff", number, "--context", "30")
    assert "never was at" in await loop("diff", number, "--since", "abcdef01", fails=1)


async def test_a_change_is_merged_as_asked_and_reverted(project: Project, loop: Shell) -> None:
    head = await project.propose({"b.txt": EDITED})
    number = str(project.report_id)
    assert "Approved" in await loop("review", number, "--approve")
    assert "Commented" in await loop("comment", number, "b.txt:9", "-m", "Nice.", "--send")
    plan = await loop.json("merge", number, "--plan")
    assert (plan["head"], [review["kind"] for review in plan["reviews"]]) == (head, ["approve", "comment"])
    assert "missing: You have not read its diff." in await loop("merge", number, "--plan")
    assert "choose merge, squash, rebase" in await loop("merge", number, "--method", "octopus", fails=1)
    assert "Merged" in await loop("merge", number, "--method", "squash", "--head", head)
    assert len(git(project.repo, "show", "-s", "--format=%P", "main").split()) == 1
    assert "Took back the merge" in await loop("undo")
    assert git(project.repo, "rev-parse", "main") == plan["base_sha"]
    assert "Merged" in await loop("merge", number, "--method", "rebase")
    assert git(project.repo, "rev-parse", "main") == head
    assert "reverts report" in await loop("revert", number)
    assert "reverts it already" in await loop("revert", number, fails=1)
