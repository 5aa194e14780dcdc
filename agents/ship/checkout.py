"""Keeping a checked-out branch and its ref together.

A ref may be moved under another branch's working tree at will. Where the branch itself is checked out, index and
files have to follow, and only when nothing of the user's would be lost.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from agents.repository import GitError, Repository
from agents.ship import ForgeError, Unfinished

# Files in a git directory that mean an operation of the user's is under way, and what it is called.
_UNDER_WAY = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}


async def checkouts(repository: Repository, branch: str) -> list[Repository]:
    """Every working tree that has `branch` checked out, linked ones too.

    Raises:
        ForgeError: a rebase of that branch is under way, which will move it when it ends.
    """
    found: list[Repository] = []
    for block in (await repository.git("worktree", "list", "--porcelain")).split("\n\n"):
        rows = dict(row.partition(" ")[::2] for row in block.splitlines())
        path = Path(rows.get("worktree", ""))
        if "bare" in rows or not path.is_dir():
            continue
        tree = Repository(path)
        if rows.get("branch") == f"refs/heads/{branch}":
            found.append(tree)
        elif "detached" in rows and await _rebasing(tree, branch):
            raise ForgeError(f"A rebase of {branch} is under way in {path}; finish or abort it, then try again.")
    return found


async def _git_dir(tree: Repository) -> Path:
    return Path(await tree.git("rev-parse", "--absolute-git-dir"))


async def _rebasing(tree: Repository, branch: str) -> bool:
    folder = await _git_dir(tree)
    names = (folder / kind / "head-name" for kind in ("rebase-merge", "rebase-apply"))
    return any(name.is_file() and name.read_text().strip() == f"refs/heads/{branch}" for name in names)


async def ensure_clean(tree: Repository, branch: str, old: str, new: str) -> None:
    """Check that the files can follow from `old` to `new`; nothing is changed.

    Raises:
        ForgeError: work of the user's would be lost.
    """
    folder = await _git_dir(tree)
    for name, what in _UNDER_WAY.items():
        if (folder / name).exists():
            raise ForgeError(
                f"{branch} is checked out in {tree.path} with {what} under way; finish it, then try again."
            )
    if (folder / "index.lock").exists():
        raise ForgeError(
            f"The index of {tree.path} is locked; wait for the other git to end (or remove {folder / 'index.lock'} "
            "when none runs), then try again."
        )
    dirty = ForgeError(
        f"{branch} is checked out with uncommitted work in {tree.path}; commit or stash it, then try again."
    )
    if await tree.git("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"):
        raise dirty
    # An untracked file, ignored or not, is the user's: it must not be overwritten by one the change adds.
    for path in await _paths(tree, old, new, "A"):
        if await asyncio.to_thread(_in_the_way, tree.path, path):
            raise ForgeError(
                f"{branch} is checked out in {tree.path}, where the untracked file {path!r} is in the way of the "
                "change; move it away, then try again."
            )
    try:
        await tree.git("read-tree", "-m", "-u", "--dry-run", old, new)
    except GitError as error:
        raise dirty from error


def _in_the_way(root: Path, path: str) -> bool:
    target = root / path
    return target.is_symlink() or target.exists()


async def _paths(tree: Repository, old: str, new: str, kinds: str = "") -> list[str]:
    flags = ("--no-ext-diff", "--no-renames", "--name-only", "-z", *((f"--diff-filter={kinds}",) if kinds else ()))
    raw = await tree.raw("diff-tree", "-r", *flags, old, new)
    return [part.decode("utf-8", "surrogateescape") for part in raw.split(b"\0") if part]


async def follow(tree: Repository, branch: str, old: str, new: str) -> None:
    """Bring index and files of `tree` from `old` to `new`, after the ref has moved.

    Does nothing when they are there already; finishes what a killed run began.

    Raises:
        Unfinished: files differ from both sides, so somebody works there.
    """
    if not await _index_is(tree, old):
        return
    try:
        await _put_back(tree, old, new)
        await ensure_clean_index(tree)
        await tree.git("read-tree", "-m", "-u", old, new)
    except (GitError, ForgeError) as error:
        raise Unfinished(
            f"{branch} is now at {new[:12]}, but its files in {tree.path} could not follow ({error}); save your work "
            "there, then try again to finish."
        ) from error


async def ensure_clean_index(tree: Repository) -> None:
    """Refresh what the index knows of the files' times, so that `read-tree` trusts it.

    Raises:
        GitError: a tracked file differs from the index.
    """
    await tree.git("update-index", "-q", "--refresh", "--ignore-submodules")


async def _index_is(tree: Repository, commit: str) -> bool:
    try:
        await tree.git("diff-index", "--cached", "--quiet", "--ignore-submodules=all", commit)
    except GitError:
        return False
    return True


async def _put_back(tree: Repository, old: str, new: str) -> None:
    """Undo a checkout that was killed halfway: files that are new, cut off or gone become old again."""
    for path in await _paths(tree, old, new):
        target = tree.path / path
        before, after = await _blob(tree, old, path), await _blob(tree, new, path)
        here = await asyncio.to_thread(_content, target)
        if here == before:
            continue
        if here is not None and (after is None or not after.startswith(here)):
            raise ForgeError(f"{path!r} was edited")
        if before is None:
            target.unlink(missing_ok=True)
        else:
            await tree.git("checkout-index", "-f", "-q", "--", path)


def _content(target: Path) -> bytes | None:
    if target.is_symlink():
        return str(target.readlink()).encode("utf-8", "surrogateescape")
    return target.read_bytes() if target.is_file() else None


async def _blob(tree: Repository, commit: str, path: str) -> bytes | None:
    try:
        return await tree.raw("cat-file", "blob", f"{commit}:{path}")
    except GitError:
        return None
