"""Git on the user's own repository: read it, and write objects and refs without touching the working tree.

Every call runs with hooks, fsmonitor, external diff and global configuration off. Nothing here may run in a tree
whose git directory a sandbox could write.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from git import Git
from git.exc import GitCommandError

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "diff.external=", "-c", "gc.auto=0")
_ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
AUTHOR = ("Loop", "loop@localhost")


class GitError(Exception):
    """git refused; the message is what it said, in one sentence."""


@dataclass(frozen=True)
class Blamed:
    """Who last wrote a line."""

    sha: str
    author: str
    email: str
    at: datetime
    summary: str
    line: int


@dataclass(frozen=True)
class Commit:
    """One commit of a log."""

    sha: str
    author: str
    at: datetime
    summary: str


class Repository:
    """A git repository on this machine.

    Args:
        path: its root.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git = Git(str(path))

    async def git(self, *args: str, env: Mapping[str, str] | None = None, data: bytes | None = None) -> str:
        """Run git and return its stdout without the last newline.

        Raises:
            GitError: it exited non-zero.
        """
        return (await self.raw(*args, env=env, data=data)).decode("utf-8", "replace").rstrip("\n")

    async def raw(self, *args: str, env: Mapping[str, str] | None = None, data: bytes | None = None) -> bytes:
        """Run git and return its stdout as bytes.

        Raises:
            GitError: it exited non-zero.
        """

        def call() -> bytes:
            source = None
            if data is not None:
                source = tempfile.TemporaryFile()  # noqa: SIM115  (closed below)
                source.write(data)
                source.seek(0)
            try:
                output = self._git.execute(
                    ["git", *_SAFE, *args],
                    env={**_ENV, **(env or {})},
                    istream=source,
                    stdout_as_string=False,
                    strip_newline_in_stdout=False,
                )
            except GitCommandError as error:
                text = error.stderr.strip().removeprefix("stderr: ").strip("'\" \n")
                raise GitError(f"git {args[0]} failed: {text or error.status}") from error
            finally:
                if source is not None:
                    source.close()
            return output if isinstance(output, bytes) else str(output).encode()

        return await asyncio.to_thread(call)

    async def resolve(self, name: str) -> str | None:
        """The commit a name stands for, None when there is none."""
        try:
            return await self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitError:
            return None

    async def current_branch(self) -> str | None:
        """The branch HEAD names (it may have no commit yet), None when detached."""
        try:
            return await self.git("symbolic-ref", "--quiet", "--short", "HEAD")
        except GitError:
            return None

    async def base_branch(self, configured: str = "") -> str:
        """The branch that changes are merged into.

        Raises:
            GitError: it cannot be told, or has no commit yet.
        """
        branch = configured or await self._guess_base()
        if await self.resolve(f"refs/heads/{branch}") is None:
            if await self.resolve("HEAD") is None:
                raise GitError("This repository has no commit yet; commit something first.")
            raise GitError(f"There is no branch {branch!r} here; set `base` in loop.toml.")
        return branch

    async def _guess_base(self) -> str:
        for name in ("main", "master", "trunk"):
            if await self.resolve(f"refs/heads/{name}") is not None:
                return name
        branch = await self.current_branch()
        if branch is None:
            raise GitError("HEAD is detached; set `base` in loop.toml.")
        return branch

    async def files(self, sha: str) -> list[str]:
        """Every path of a commit."""
        raw = await self.raw("ls-tree", "-r", "-z", "--name-only", sha)
        return [part.decode("utf-8", "surrogateescape") for part in raw.split(b"\0") if part]

    async def show(self, sha: str, path: str) -> str | None:
        """The text of a file at a commit, None when it is not there."""
        try:
            return (await self.raw("cat-file", "blob", f"{sha}:{path}")).decode("utf-8", "replace")
        except GitError:
            return None

    async def export(self, sha: str, folder: Path) -> Path:
        """Write a commit's files (no `.git`) into `folder`, which must not exist yet or be empty.

        Every tracked file is there as committed, also those that attributes would leave out of an archive.
        """
        folder.mkdir(parents=True, exist_ok=True)
        async with self._index_of(sha) as index:
            flags = ("-c", "core.autocrlf=false", "-c", "core.sparseCheckout=false")
            await self.git(*flags, "checkout-index", "--all", "--quiet", f"--prefix={folder.resolve()}/", env=index)
        return folder

    @asynccontextmanager
    async def _index_of(self, sha: str) -> AsyncIterator[dict[str, str]]:
        """The environment of an index file of its own that holds a commit's tree."""
        folder = Path(tempfile.mkdtemp(prefix="loop-index-"))
        try:
            index = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_LFS_SKIP_SMUDGE": "1"}
            await self.git("read-tree", sha, env=index)
            yield index
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def commit_files(
        self, parents: Sequence[str], files: Mapping[str, str | bytes | None], message: str, at: datetime,
        *, author: tuple[str, str] = AUTHOR,
    ) -> str:  # fmt: skip
        """Make a commit of the first parent's tree with `files` changed; same input, same commit.

        Args:
            parents: full ids; the tree starts from the first.
            files: path → new content, None removes it. A changed file keeps its mode.
            message: the commit message.
            at: author and committer time.
            author: name and e-mail of both.
        """
        async with self._index_of(parents[0]) as index:
            for path, content in files.items():
                if content is None:
                    await self.git("update-index", "--force-remove", "--", path, env=index)
                    continue
                data = content.encode() if isinstance(content, str) else content
                blob = await self.git("hash-object", "-w", "--no-filters", "--stdin", data=data)
                mode = (await self.git("ls-tree", parents[0], "--", path)).split(" ")[0] or "100644"
                await self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", env=index)
            tree = await self.git("write-tree", env=index)
        return await self.commit_tree(tree, parents, message, at, author=author)

    async def commit_tree(
        self, tree: str, parents: Sequence[str], message: str, at: datetime, *, author: tuple[str, str] = AUTHOR,
        committer: tuple[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Make a commit of a tree; same input, same commit. Without a committer it is the author."""
        stamp = f"{int(at.timestamp())} +0000"
        by = committer or author
        who = {
            "GIT_AUTHOR_NAME": author[0], "GIT_AUTHOR_EMAIL": author[1], "GIT_AUTHOR_DATE": stamp,
            "GIT_COMMITTER_NAME": by[0], "GIT_COMMITTER_EMAIL": by[1], "GIT_COMMITTER_DATE": stamp,
        }  # fmt: skip
        flags = [flag for parent in parents for flag in ("-p", parent)]
        return await self.git("commit-tree", tree, *flags, "-F", "-", env=who, data=message.encode())

    async def update_ref(self, ref: str, new: str, old: str) -> None:
        """Move a ref from `old` to `new` (40 zeros or "" as `old`: it must not exist; "" as `new`: delete it).

        Raises:
            GitError: the ref is not at `old`.
        """
        if new:
            await self.git("update-ref", ref, new, old or "0" * 40)
        else:
            await self.git("update-ref", "-d", ref, old)

    async def diff(
        self, old: str, new: str, *, context: int = 3, paths: Sequence[str] = (), whitespace: bool = True
    ) -> str:
        """The unified diff from one commit or tree to another; `whitespace=False` ignores white space."""
        flags = ["--no-ext-diff", "--no-textconv", "--no-color", "-M", f"-U{context}", *([] if whitespace else ["-w"])]
        return await self.git("diff", *flags, old, new, "--", *paths)

    async def merge_trees(self, base: str, ours: str, theirs: str) -> str | None:
        """The tree of `ours` with what changed from `base` to `theirs`; None where the two clash.

        The sides are given parents of our own, because `git merge-tree` learned to be told its base only in 2.40.
        """
        sides = []
        for side in (ours, theirs):
            tree = await self.git("rev-parse", f"{side}^{{tree}}")
            sides.append(await self.commit_tree(tree, [base], "side\n", datetime(2000, 1, 1, tzinfo=UTC)))
        try:
            return (await self.git("merge-tree", "--write-tree", *sides)).splitlines()[0]
        except GitError:
            return None

    async def numstat(self, old: str, new: str) -> list[tuple[str, int, int]]:
        """(path, added, removed) of each changed file; binary files count as 0 and 0."""
        out = await self.git("diff", "--no-ext-diff", "--no-textconv", "--numstat", "--no-renames", "-z", old, new)
        rows = [row.split("\t", 2) for row in out.split("\0") if row]
        return [(path, int(a) if a.isdigit() else 0, int(r) if r.isdigit() else 0) for a, r, path in rows]

    async def blame(self, sha: str, path: str, first: int, last: int) -> list[Blamed]:
        """Who wrote lines `first` … `last` of a file as of `sha`, whitespace changes and ignored revisions skipped."""
        args = ["blame", "--porcelain", "-w", "-M", "-L", f"{first},{last}"]
        if (self.path / ".git-blame-ignore-revs").is_file():
            args += ["--ignore-revs-file", ".git-blame-ignore-revs"]
        return _parse_blame(await self.git(*args, sha, "--", path))

    async def log(self, spec: str, *paths: str, limit: int = 50) -> list[Commit]:
        """Commits of a revision range that touch the paths, newest first."""
        out = await self.git("log", f"-{limit}", "--format=%H%x00%an%x00%ct%x00%s", spec, "--", *paths)
        rows = [line.split("\0") for line in out.split("\n") if line]
        return [Commit(r[0], r[1], datetime.fromtimestamp(int(r[2])).astimezone(), r[3]) for r in rows]

    async def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new` or came before it."""
        try:
            await self.git("merge-base", "--is-ancestor", old, new)
        except GitError:
            return False
        return True


def _parse_blame(text: str) -> list[Blamed]:
    known: dict[str, dict[str, str]] = {}
    result: list[Blamed] = []
    sha, line = "", 0
    for row in text.removesuffix("\n").split("\n"):  # a form feed in the code ends no line
        if row.startswith("\t"):
            info = known[sha]
            at = datetime.fromtimestamp(int(info.get("author-time", "0"))).astimezone()
            email = info.get("author-mail", "").strip("<>")
            result.append(Blamed(sha, info.get("author", ""), email, at, info.get("summary", ""), line))
        elif len(head := row.split(" ")) >= 3 and len(head[0]) == 40 and head[1].isdigit():
            sha, line = head[0], int(head[2])
            known.setdefault(sha, {})
        else:
            key, _, value = row.partition(" ")
            known[sha][key] = value
    return result
