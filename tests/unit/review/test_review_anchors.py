"""A comment stays on its line: exactly where the same text is now, or outdated."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.models import ChangeVersion
from agents.repository import Repository
from agents.review.anchors import Anchor, Delta, Hunk, carry, hunks, line_now
from agents.review.carrying import Carrier, Landed
from tests.conftest import git

AT = datetime(2026, 3, 1, tzinfo=UTC)
# Few different lines, so that texts share many; some look like what a diff is made of.
texts = st.lists(st.sampled_from(["a", "b", "c", "", "-x", "+x", "@@ -1 +1 @@", "--- a", "+++ b"]), max_size=14)


def plain_diff(old: list[str], new: list[str]) -> str:
    return "\n".join(difflib.unified_diff(old, new, n=0, lineterm=""))


@settings(max_examples=400)
@given(texts, texts)
def test_a_line_that_is_carried_has_the_same_text(old: list[str], new: list[str]) -> None:
    found = hunks(plain_diff(old, new))
    for line, text in enumerate(old, 1):
        now = line_now(found, line)
        assert now is None or new[now - 1] == text


@settings(max_examples=400)
@given(texts, texts)
def test_every_line_the_diff_left_alone_is_carried_and_every_other_is_outdated(old: list[str], new: list[str]) -> None:
    found = hunks(plain_diff(old, new))
    kept = {
        i + k + 1: j + k + 1
        for i, j, size in difflib.SequenceMatcher(None, old, new).get_matching_blocks()
        for k in range(size)
    }
    assert {line: line_now(found, line) for line in range(1, len(old) + 1)} == {
        line: kept.get(line) for line in range(1, len(old) + 1)
    }


@settings(max_examples=200)
@given(texts, texts, st.data())
def test_a_carried_range_is_word_for_word_what_it_was(old: list[str], new: list[str], data: st.DataObject) -> None:
    if not old:
        return
    line = data.draw(st.integers(1, len(old)))
    start = data.draw(st.integers(1, line))
    now = carry(Anchor("a", line, start), Delta("a", hunks(plain_diff(old, new))))
    if now is not None:
        assert now.start is not None
        assert new[now.start - 1 : now.line] == old[start - 1 : line]


@settings(max_examples=200)
@given(texts)
def test_a_text_that_is_the_same_keeps_every_line(text: list[str]) -> None:
    assert [line_now(hunks(plain_diff(text, text)), n) for n in range(1, len(text) + 1)] == list(
        range(1, len(text) + 1)
    )


def test_lines_inserted_inside_a_range_make_it_outdated() -> None:
    assert carry(Anchor("a", 6, 4), Delta("a", (Hunk(4, 0, 5, 2),))) is None
    assert carry(Anchor("a", 6, 5), Delta("a", (Hunk(4, 0, 5, 2),))) == Anchor("a", 8, 7)


def test_a_file_that_is_gone_takes_its_comments_with_it() -> None:
    assert carry(Anchor("a", 1), Delta(None)) is None


class History:
    """Heads of a change, each a commit of files on one base."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder)
        self.base = git(folder, "rev-parse", "HEAD")
        self.made: list[ChangeVersion] = []

    async def head(self, files: dict[str, str | None]) -> ChangeVersion:
        sha = await self.repository.commit_files([self.base], files, "Change\n", AT)
        self.made.append(ChangeVersion(change_id=1, round=len(self.made) + 1, base_sha=self.base, head_sha=sha))
        return self.made[-1]

    async def carried(self, made: ChangeVersion, path: str, line: int, **other: object) -> Landed:
        carrier = Carrier(self.repository, self.made, self.made[-1])
        place = {"side": "new", "start": None, "round": made.round, "head": made.head_sha, **other}
        return await carrier.carry(path=path, line=line, **place)


TEXT = [f"line {n}" for n in range(1, 31)]


def joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def past(make_repo: Callable[..., Path]) -> History:
    return History(make_repo({"a b.txt": joined(TEXT), "ü.txt": joined(TEXT)}))


async def test_git_says_where_a_line_is_now(past: History) -> None:
    old = await past.head({"a b.txt": joined([*TEXT, "added"])})
    await past.head({"a b.txt": joined(["new", *TEXT[:9], "edited", *TEXT[10:], "added"])})
    assert await past.carried(old, "a b.txt", 31) == Landed("a b.txt", 32, None, False)
    assert await past.carried(old, "a b.txt", 9) == Landed("a b.txt", 10, None, False)
    assert (await past.carried(old, "a b.txt", 10)).outdated
    assert await past.carried(old, "ü.txt", 3) == Landed("ü.txt", 3, None, False)


async def test_a_renamed_file_is_followed(past: History) -> None:
    old = await past.head({"ü.txt": joined([*TEXT, "added"])})
    await past.head({"ü.txt": None, "dir/ö.txt": joined(["first", *TEXT, "added"])})
    assert await past.carried(old, "ü.txt", 31) == Landed("dir/ö.txt", 32, None, False)


async def test_a_removed_file_and_an_unknown_head_are_outdated(past: History) -> None:
    old = await past.head({"ü.txt": joined([*TEXT, "added"])})
    await past.head({"ü.txt": None})
    assert (await past.carried(old, "ü.txt", 3)).outdated
    assert (await past.carried(old, "a b.txt", 3, head="f" * 40)).outdated


async def test_a_comment_on_the_old_side_counts_in_the_base(past: History) -> None:
    old = await past.head({"ü.txt": joined(["x", *TEXT])})
    past.base = await past.repository.commit_files([past.base], {"ü.txt": joined(["0", *TEXT])}, "Base\n", AT)
    await past.head({"ü.txt": joined(["x", *TEXT])})
    assert await past.carried(old, "ü.txt", 3, side="old") == Landed("ü.txt", 4, None, False)
    assert await past.carried(old, "ü.txt", 3) == Landed("ü.txt", 3, None, False)


async def test_an_agents_remark_of_a_round_stands_on_that_rounds_head(past: History) -> None:
    old = await past.head({"ü.txt": joined(["x", *TEXT])})
    await past.head({"ü.txt": joined(["w", "x", *TEXT])})
    assert await past.carried(old, "ü.txt", 1, head="") == Landed("ü.txt", 2, None, False)
