"""Every head of a change stays: written down, reachable for git, and comparable whatever the base did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.models import ChangeVersion
from agents.refusal import Refused
from agents.repository import Repository
from agents.review import reading, versions
from agents.review.interdiff import CLASHED, interdiff
from agents.services import Services
from tests.conftest import git
from tests.unit.review.project import Project

AT = datetime(2026, 3, 1, tzinfo=UTC)
LINES = "".join(f"line {n}\n" for n in range(1, 21))


class Two:
    """A repository in which a change has an older and a newer head."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = Repository(folder)

    async def head(self, base: str, text: str) -> ChangeVersion:
        made = await self.repository.commit_files([base], {"a.txt": text}, "Change\n", AT)
        return ChangeVersion(change_id=1, round=1, base_sha=base, head_sha=made)

    async def base(self, parent: str, text: str) -> str:
        return await self.repository.commit_files([parent], {"a.txt": text, "other.txt": text}, "Base\n", AT)


@pytest.fixture
def two(make_repo: Callable[..., Path]) -> Two:
    return Two(make_repo({"a.txt": LINES}))


def changed(diff: str) -> list[str]:
    return [row for row in diff.splitlines() if row.startswith(("+", "-")) and row[:3] not in ("+++", "---")]


async def test_an_interdiff_on_one_base_is_what_differs_between_the_heads(two: Two) -> None:
    base = git(two.folder, "rev-parse", "HEAD")
    old = await two.head(base, LINES.replace("line 5\n", "five\n"))
    new = await two.head(base, LINES.replace("line 5\n", "FIVE\n"))
    assert changed(await interdiff(two.repository, old, new)) == ["-five", "+FIVE"]


async def test_an_interdiff_leaves_out_what_a_moved_base_brought(two: Two) -> None:
    base = git(two.folder, "rev-parse", "HEAD")
    old = await two.head(base, LINES.replace("line 5\n", "five\n"))
    moved = LINES.replace("line 18\n", "eighteen\n")
    later = await two.base(base, moved)
    same = await two.head(later, moved.replace("line 5\n", "five\n"))
    assert await interdiff(two.repository, old, same) == ""
    new = await two.head(later, moved.replace("line 5\n", "FIVE\n"))
    assert changed(await interdiff(two.repository, old, new)) == ["-five", "+FIVE"]
    assert "eighteen" in await two.repository.diff(
        old.head_sha, new.head_sha
    )  # the plain diff has the base's work in it


async def test_an_interdiff_works_where_the_base_was_moved_back(two: Two) -> None:
    base = git(two.folder, "rev-parse", "HEAD")
    moved = LINES.replace("line 18\n", "eighteen\n")
    later = await two.base(base, moved)
    old = await two.head(later, moved.replace("line 5\n", "five\n"))
    new = await two.head(base, LINES.replace("line 5\n", "FIVE\n"))
    assert changed(await interdiff(two.repository, old, new)) == ["-five", "+FIVE"]


async def test_an_older_head_that_clashes_with_the_base_gives_the_plain_diff_and_says_so(two: Two) -> None:
    base = git(two.folder, "rev-parse", "HEAD")
    old = await two.head(base, LINES.replace("line 5\n", "five\n"))
    later = await two.base(base, LINES.replace("line 5\n", "FIFTH\n"))
    new = await two.head(later, LINES.replace("line 5\n", "5\n"))
    text = await interdiff(two.repository, old, new)
    assert text.startswith(CLASHED)
    assert changed(text)[:2] == ["-five", "+5"]


async def test_a_head_the_branch_left_survives_garbage_collection(project: Project) -> None:
    first = await project.propose({"a.txt": "one\n"})
    second = await project.propose({"a.txt": "two\n"})
    git(project.repo, "reflog", "expire", "--expire=now", "--all")
    git(project.repo, "gc", "-q", "--prune=now")
    found = await reading.versions(project.services, project.report_id)
    assert [version["head"] for version in found] == [first, second]
    assert [version["round"] for version in found] == [1, 2]
    assert git(project.repo, "show", f"{first}:a.txt") == "one"
    assert changed(await reading.diff(project.services, project.report_id, since=first[:7])) == ["-one", "+two"]


async def test_proposing_the_same_twice_is_one_version(project: Project) -> None:
    head = await project.propose({"a.txt": "one\n"})
    assert await project.propose({"a.txt": "one\n"}) == head
    assert len(await reading.versions(project.services, project.report_id)) == 1


async def test_a_head_that_never_was_is_refused_with_those_that_were(project: Project) -> None:
    head = await project.propose({"a.txt": "one\n"})
    with pytest.raises(Refused, match=head[:9]):
        await reading.diff(project.services, project.report_id, since="abcdef1")


async def test_context_and_white_space_are_as_asked(project: Project) -> None:
    await project.propose({"b.txt": LINES.replace("line 9\n", "line  9\n").replace("line 12\n", "twelve\n")})
    ask = reading.diff
    assert changed(await ask(project.services, project.report_id, whitespace=False)) == ["-line 12", "+twelve"]
    assert " line 11" not in (await ask(project.services, project.report_id, context=0)).splitlines()
    assert " line 1" in (await ask(project.services, project.report_id, context=50)).splitlines()


async def test_a_file_of_the_change_is_read_at_head_and_base(project: Project) -> None:
    await project.propose({"a.txt": "one\n", "new.txt": "n\n"})
    read = reading.file_at
    assert await read(project.services, project.report_id, "a.txt") == "one\n"
    assert await read(project.services, project.report_id, "a.txt", "base") == "start\n"
    assert await read(project.services, project.report_id, "new.txt", "base") == ""
    assert await read(project.services, project.report_id, "../../etc/passwd") == ""
    assert await read(project.services, project.report_id, ".") == ""


async def test_a_report_without_a_change_has_an_empty_diff(services: Services, project: Project) -> None:
    assert await reading.diff(project.services, project.report_id) == ""
    with pytest.raises(Refused, match="no change to read"):
        await reading.versions(project.services, project.report_id)


def test_a_prefix_must_be_long_enough_to_name_one() -> None:
    with pytest.raises(Refused):
        versions.named([ChangeVersion(change_id=1, round=1, base_sha="b", head_sha="abcdef0123")], "abcdef", 1)
