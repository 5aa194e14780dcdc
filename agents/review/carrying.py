"""Git's side of anchors: what became of a file between two commits, and comments carried along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.models import ChangeVersion, Json
from agents.repository import GitError, Repository
from agents.review.anchors import Anchor, Delta, carry, hunks


@dataclass(frozen=True)
class Landed:
    """Where a comment stands now; `line` is None, and `outdated` true, where its lines are no longer as they were."""

    path: str | None
    line: int | None
    start: int | None
    outdated: bool

    def as_json(self) -> Json:
        """What a comment's JSON says of it."""
        return {"now_path": self.path, "now_start": self.start, "now_line": self.line, "outdated": self.outdated}


_OUTDATED = Landed(None, None, None, True)


async def deltas(repository: Repository, old: str, new: str) -> dict[str, Delta | tuple[str, str, str]]:
    """What became of each file that differs: a `Delta`, or (path, old blob, new blob) whose hunks are still to be read.

    Raises:
        GitError: one of the commits is not here.
    """
    flags = ("--no-ext-diff", "--no-textconv", "--raw", "--no-abbrev", "-z", "-M")
    raw = (await repository.raw("diff", *flags, old, new)).decode("utf-8", "surrogateescape")
    parts = iter(raw.split("\0"))
    found: dict[str, Delta | tuple[str, str, str]] = {}
    for head in parts:
        if not head:
            continue
        _, _, before, after, kind = head.split(" ")
        path = next(parts)
        now = next(parts) if kind[0] in "RC" else path
        if kind[0] == "D":
            found[path] = Delta(None)
        elif kind[0] in "MRT":
            found[path] = (now, before, after) if before != after else Delta(now)
    return found


class Carrier:
    """Carries anchors from older heads of a change to its present one.

    Args:
        repository: the project's.
        versions: the heads of the change.
        present: the one to carry to.
    """

    def __init__(self, repository: Repository, versions: Sequence[ChangeVersion], present: ChangeVersion) -> None:
        self._repository = repository
        self._by_head = {version.head_sha: version for version in versions}
        self._last_of_round = {version.round: version for version in versions}
        self._present = present
        self._files: dict[tuple[str, str], dict[str, Delta | tuple[str, str, str]] | None] = {}

    async def carry(
        self, *, head: str, round: int, side: str, path: str | None, start: int | None, line: int | None
    ) -> Landed:
        """Where a comment that was made on `head` stands in the present one.

        Args:
            head: the commit it was written on; "": the last one of `round`.
            round: the round it was written in.
            side: new: its lines count in the head; old: in the base.
            path: its file; None: it is about the change as a whole and cannot be outdated.
            start: the first line of a range, None for one line.
            line: its (last) line, None for the whole file.
        """
        if path is None:
            return Landed(None, None, None, False)
        made = self._by_head.get(head) if head else self._last_of_round.get(round)
        if made is None:
            return _OUTDATED
        was, now = (made.base_sha, self._present.base_sha) if side == "old" else (made.head_sha, self._present.head_sha)
        delta = await self._delta(was, now, path)
        if delta is None or delta.path is None:
            return _OUTDATED
        if line is None:
            return Landed(delta.path, None, None, False)
        there = carry(Anchor(path, line, start), delta)
        return _OUTDATED if there is None else Landed(there.path, there.line, there.start, False)

    async def _delta(self, was: str, now: str, path: str) -> Delta | None:
        """What became of one file, None when it cannot be told."""
        if was == now:
            return Delta(path)
        if (was, now) not in self._files:
            try:
                self._files[was, now] = await deltas(self._repository, was, now)
            except GitError:
                self._files[was, now] = None
        files = self._files[was, now]
        if files is None:
            return None
        found = files.get(path, Delta(path))
        if isinstance(found, tuple):
            later, before, after = found
            flags = ("--no-ext-diff", "--no-textconv", "--no-color", "--text", "-U0")
            found = files[path] = Delta(later, hunks(await self._repository.git("diff", *flags, before, after)))
        return found
