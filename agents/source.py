"""The repository's own code at a place that an event or a finding names."""

from __future__ import annotations

from agents.brief import release_commit
from agents.frames import Tree
from agents.repository import GitError, Repository
from agents.store.read import Json, Reader

_MOST = 2_000_000  # characters of one file
_KEPT = 30  # files
_COMMITS = 4  # whose paths are kept
_RELEASES = 50  # newest signals whose release is asked


class Code:
    """Reads files of a project as they were where the trouble was seen.

    Args:
        repository: the project's.
        reader: its store.
        base: the configured base branch, "" to find it.
    """

    def __init__(self, repository: Repository, reader: Reader, base: str = "") -> None:
        self._repository, self._reader, self._base = repository, reader, base
        self._releases: dict[tuple[str, ...], str | None] = {}
        self._trees: dict[str, Tree] = {}
        self._texts: dict[tuple[str, str], str | None] = {}

    async def source(self, report_id: int, path: str, line: int, around: int, at: str) -> Json:
        """{path, commit, first, lines}: the lines around one, none of them where the file is not of this repository.

        Args:
            report_id: the report that names the place.
            path: in the repository, or on the machine where it ran.
            line: counted from 1.
            around: lines before and after it.
            at: `release`: as it ran, when the release tells its commit; `base` or `head` of its change.
        """
        try:
            commit = await self._commit(report_id, at)
            found = await self._find(commit, path)
            text = await self._text(commit, found) if found else None
        except GitError:
            commit, found, text = "", None, None
        if text is None:
            return {"path": found or path, "commit": commit, "first": 0, "lines": []}
        # Split as git and editors count: a form feed or a Unicode separator ends no line.
        lines = [part.removesuffix("\r") for part in text[:_MOST].removesuffix("\n").split("\n")]
        first = max(1, line - around)
        return {"path": found, "commit": commit, "first": first, "lines": lines[first - 1 : max(line, 1) + around]}

    async def _commit(self, report_id: int, at: str) -> str:
        if at == "release":
            rows = self._reader.rows(
                f"SELECT release FROM signal WHERE report_id = :id AND release IS NOT NULL ORDER BY at DESC, id DESC "
                f"LIMIT {_RELEASES}", id=report_id,
            )  # fmt: skip
            names = tuple(row["release"] for row in rows)
            if names and names not in self._releases:
                self._releases[names] = await release_commit(self._repository, list(names))
            if names and (sha := self._releases[names]) is not None:
                return sha
        for change in self._reader.rows("SELECT base_sha, head_sha FROM change WHERE report_id = :id", id=report_id):
            sha = change["head_sha"] if at == "head" else change["base_sha"]
            if sha and await self._repository.resolve(sha) is not None:
                return str(sha)
        return await self._repository.git("rev-parse", await self._repository.base_branch(self._base))

    async def _find(self, commit: str, path: str) -> str | None:
        if commit not in self._trees:
            if len(self._trees) >= _COMMITS:
                self._trees.clear()
            self._trees[commit] = Tree(await self._repository.files(commit))
        return self._trees[commit].find({"abs_path": path, "path": path})

    async def _text(self, commit: str, path: str) -> str | None:
        if (commit, path) not in self._texts:
            if len(self._texts) >= _KEPT:
                self._texts.clear()
            self._texts[commit, path] = await self._repository.show(commit, path)
        return self._texts[commit, path]
