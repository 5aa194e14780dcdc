"""The local forge: changes are branches of the user's own repository, merged with plain git.

The user's working tree is left alone unless it has the very branch that moves checked out.
"""

from __future__ import annotations

import re
from datetime import datetime

from agents.repository import AUTHOR, GitError, Repository
from agents.ship import BaseMoved, BuiltOn, ForgeError, HeadMoved, Published
from agents.ship.checkout import checkouts, ensure_clean, follow

_CHANGE = re.compile(r"refs/(heads|remotes/[^/]+)/loop/")  # where changes are, here and where they were pushed


def _ref(branch: str) -> str:
    return f"refs/heads/{branch}"


class LocalForge:
    """Publishes and merges in a repository on this machine.

    Args:
        repository: the user's repository.
    """

    name = "local"
    methods: tuple[str, ...] = ("merge", "squash", "rebase")

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    async def publish(
        self, *, branch: str, base: str, base_sha: str, files: dict[str, str | None], title: str, body: str,
        at: datetime, expect: str = "",
    ) -> Published:  # fmt: skip
        """Make or move `branch` to one commit of `files` on `base_sha`; same input, same commit.

        Raises:
            ForgeError: the base is not there, or somebody else moved the branch.
        """
        await self._tip(base)
        if await self.repository.resolve(base_sha) is None:
            raise ForgeError(f"The commit {base_sha[:12]} is not in this repository; fetch it, then try again.")
        try:
            await self.repository.git("check-ref-format", _ref(branch))
            head = await self.repository.commit_files([base_sha], files, _message(title, body), at)
        except GitError as error:
            raise ForgeError(f"The branch {branch!r} could not be made: {error}.") from error
        there = await self.repository.resolve(_ref(branch))
        if there != head:
            if there is not None and there != expect:
                raise ForgeError(
                    f"The branch {branch} is at {there[:12]}, which is not the commit Loop put there; "
                    f"rename it (git branch -m {branch} NEW) or delete it, then try again."
                )
            await self._move(branch, head, there or "")
        return Published(branch, head)

    async def obstacle(self, *, base: str, base_sha: str, head_sha: str) -> str:
        """What of the user's would be in the way of merging now, as a sentence; "" when nothing would."""
        try:
            for tree in await checkouts(self.repository, base):
                await ensure_clean(tree, base, base_sha, head_sha)
        except (ForgeError, GitError) as error:
            return str(error)
        return ""

    async def merge(
        self, *, branch: str, base: str, base_sha: str, head_sha: str, message: str, who: str, at: datetime,
        method: str = "merge",
    ) -> str:  # fmt: skip
        """Merge `head_sha` into `base`; a second call finds what the first one made and finishes it.

        Raises:
            HeadMoved: the branch no longer is at `head_sha`.
            BaseMoved: the base moved on since `base_sha`.
            ForgeError: anything else, with the next step.
        """
        tip = await self._tip(base)
        new = await self._landing(method, base_sha, head_sha, message, who, at)
        done = await self.merged(base=base, head_sha=head_sha)
        if done is None and new is not None and await self.repository.is_ancestor(new, tip):
            done = new  # a squashed head is nowhere in the base; the commit made of it is
        if done is not None:
            if done == tip:
                await self._catch_up(base, base_sha if done == head_sha else f"{done}^1", done)
            return done
        await self._check_head(branch, head_sha)
        if tip != base_sha:
            raise _base_moved(base, base_sha, tip)
        if new is None or not await self.repository.is_ancestor(base_sha, head_sha):
            raise ForgeError(f"{head_sha[:12]} is not built on {base_sha[:12]}; ask for changes to have it rebuilt.")
        if method == "rebase" and await self.repository.git("rev-list", "--merges", f"{base_sha}..{head_sha}"):
            raise ForgeError(f"{branch} has merges in it, which cannot be rebased; merge or squash it.")
        await self._move(base, new, base_sha)
        return new

    async def _landing(
        self, method: str, base_sha: str, head_sha: str, message: str, who: str, at: datetime
    ) -> str | None:
        """The commit the base will be at; the same however often it is asked for, None when the head is not here."""
        if method not in self.methods:
            raise ForgeError(f"{method!r} is no way to merge; choose {', '.join(self.methods)}.")
        if await self.repository.resolve(head_sha) is None or await self.repository.resolve(base_sha) is None:
            return None
        if method == "rebase":
            return head_sha  # its base has not moved, or it is not merged: what was proved is what lands
        try:
            whole = await self.repository.git("rev-parse", f"{head_sha}^{{tree}}")
            text = _naming(message, head_sha)
            if method == "squash":
                return await self.repository.commit_tree(whole, [base_sha], text, at, committer=_person(who))
            return await self.repository.commit_tree(whole, [base_sha, head_sha], text, at, author=_person(who))
        except GitError as error:
            raise ForgeError(f"The commit could not be made: {error}.") from error

    async def why_not_unmerge(self, *, base: str, branch: str, merged_sha: str) -> str:
        """Why a merge cannot be taken back: the base moved on, or another branch, a remote or a tag holds it.

        Branches of other changes do not count: they are proved again on whatever the base is.
        """
        tip = await self._tip(base)
        if tip != merged_sha:
            return f"{base} is at {tip[:12]}, no longer at the merge {merged_sha[:12]}."
        kinds = ("refs/heads", "refs/remotes", "refs/tags")
        try:
            names = await self.repository.git("for-each-ref", f"--contains={merged_sha}", "--format=%(refname)", *kinds)
        except GitError as error:
            return f"Who holds the merge {merged_sha[:12]} cannot be told: {error}."
        own = (_ref(base), _ref(branch))
        others = [name for name in names.splitlines() if name not in own and not _CHANGE.match(name)]
        if not others:
            return ""
        kind, _, name = others[0].removeprefix("refs/").partition("/")
        what = {"heads": "the branch", "remotes": "the remote branch", "tags": "the tag"}[kind]
        return f"The merge {merged_sha[:12]} is in {what} {name} already."

    async def unmerge(self, *, base: str, base_sha: str, branch: str, head_sha: str, merged_sha: str) -> str:
        """Make the branch again and move the base back; a second call finds it moved back, and finishes.

        Raises:
            BuiltOn: the base does not end in `merged_sha`, or something else holds it.
            ForgeError: anything else, with the next step.
        """
        tip = await self._tip(base)
        before = base_sha if merged_sha == head_sha else await self.repository.resolve(f"{merged_sha}^1") or base_sha
        back = not await self.repository.is_ancestor(merged_sha, tip)
        if not back and (why := await self.why_not_unmerge(base=base, branch=branch, merged_sha=merged_sha)):
            raise BuiltOn(why)
        await self._restore(branch, head_sha)
        if not back:
            try:
                await self._move(base, before, merged_sha)
            except BaseMoved as error:
                raise BuiltOn(f"{base} moved while the merge was being taken back.") from error
        elif tip == before:
            await self._catch_up(base, merged_sha, before)
        return await self._tip(base)

    async def _restore(self, branch: str, head_sha: str) -> None:
        there = await self.repository.resolve(_ref(branch))
        if there is None:
            try:
                await self.repository.update_ref(_ref(branch), head_sha, "")
            except GitError as error:
                raise ForgeError(f"The branch {branch} could not be made again: {error}.") from error
        elif there != head_sha:
            raise ForgeError(
                f"The branch {branch} is at {there[:12]}, not at the change's {head_sha[:12]}; "
                f"rename it (git branch -m {branch} NEW), then try again."
            )

    async def _catch_up(self, base: str, old: str, new: str) -> None:
        """Bring the files of checkouts along that a killed process left at `old`."""
        for tree in await checkouts(self.repository, base):
            await follow(tree, base, old, new)

    async def merged(self, *, base: str, head_sha: str) -> str | None:
        """The commit by which `head_sha` came into `base`: the oldest on its first-parent line that contains it."""
        tip = await self.repository.resolve(_ref(base))
        if tip is None or not await self.repository.is_ancestor(head_sha, tip):
            return None
        line = (await self.repository.git("rev-list", "--first-parent", f"{head_sha}..{tip}")).split()
        above = set((await self.repository.git("rev-list", "--ancestry-path", f"{head_sha}..{tip}")).split())
        holding = [sha for sha in line if sha in above]
        if not holding or await self.repository.resolve(f"{holding[-1]}^1") == head_sha:
            return head_sha  # fast-forwarded: the head is on the line itself
        return holding[-1]

    async def close(self, *, branch: str, head_sha: str) -> None:
        """Remove the branch if it still is at `head_sha` and nobody has it checked out."""
        if await self.repository.resolve(_ref(branch)) != head_sha or await checkouts(self.repository, branch):
            return
        try:
            await self.repository.update_ref(_ref(branch), "", head_sha)
        except GitError as error:
            if await self.repository.resolve(_ref(branch)) == head_sha:
                raise ForgeError(f"The branch {branch} could not be removed: {error}.") from error

    async def _tip(self, base: str) -> str:
        tip = await self.repository.resolve(_ref(base))
        if tip is not None:
            return tip
        if not await self.repository.git("for-each-ref", "--count=1", "refs/heads"):
            raise ForgeError("This repository has no commit yet; commit something first.")
        raise ForgeError(f"There is no branch {base!r} here; set `base` in loop.toml to the branch to merge into.")

    async def _check_head(self, branch: str, head_sha: str) -> None:
        head = await self.repository.resolve(_ref(branch))
        if head is None:
            raise HeadMoved(f"The branch {branch} is gone; ask for changes to have it made again, then review it.")
        if head != head_sha:
            moved = f"The branch {branch} moved from the reviewed {head_sha[:12]} to {head[:12]}"
            raise HeadMoved(f"{moved}; review it again, then merge.")

    async def _move(self, branch: str, new: str, old: str) -> None:
        """Move a branch from `old` ("": make it), files of its checkouts included.

        The ref moves first: should this process die before the files followed, ref and index together tell the
        next call what is left to do.
        """
        trees = await checkouts(self.repository, branch)
        for tree in trees if old else ():
            await ensure_clean(tree, branch, old, new)
        try:
            await self.repository.update_ref(_ref(branch), new, old)
        except GitError as error:
            tip = await self.repository.resolve(_ref(branch))
            if tip not in (old or None, new):
                raise _base_moved(branch, old, tip or "nothing") from error
            raise ForgeError(f"The branch {branch} could not be moved: {error}.") from error
        for tree in trees if old else ():
            await follow(tree, branch, old, new)


def _base_moved(base: str, was: str, now: str) -> BaseMoved:
    return BaseMoved(
        f"{base} moved from {was[:12] or 'nothing'} to {now[:12]} since this change was proved; "
        "ask for changes to have it rebuilt on the new base, then merge."
    )


def _message(title: str, body: str) -> str:
    return f"{title.strip()}\n\n{body.strip()}".strip() + "\n"


def _naming(message: str, head_sha: str) -> str:
    text = message.strip()
    return f"{text}\n" if head_sha in text else f"{text}\n\nReviewed-head: {head_sha}\n"


def _person(who: str) -> tuple[str, str]:
    """A name git accepts: without the characters that end a name or a line."""
    name = re.sub(r"[<>\x00-\x1f\x7f]+", " ", who).strip(" .,:;\"'")
    return (name or AUTHOR[0], AUTHOR[1])
