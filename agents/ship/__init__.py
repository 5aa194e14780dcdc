"""Ship: forges are where changes are published and merged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ForgeError(Exception):
    """A forge refused; the message names the next step."""


class HeadMoved(ForgeError):
    """The change's head is not the one that was reviewed."""


class BaseMoved(ForgeError):
    """The base branch is not where the change was proved."""


class Unfinished(ForgeError):
    """The base has moved, but files that should follow could not; the same call again finishes."""


class BuiltOn(ForgeError):
    """A merge cannot be taken back: something was built on it, or somebody else has it."""


@dataclass(frozen=True)
class Published:
    """A change as a forge holds it."""

    branch: str
    head_sha: str
    url: str | None = None


class Forge(Protocol):
    """Where changes are merged. Every call looks before it creates: it may run twice."""

    name: str
    methods: tuple[str, ...]  # how it can merge, the usual one first: merge · squash · rebase

    async def publish(
        self,
        *,
        branch: str,
        base: str,
        base_sha: str,
        files: dict[str, str | None],
        title: str,
        body: str,
        at: datetime,
        expect: str = "",
    ) -> Published:
        """Make or move `branch` to one commit of `files` on `base_sha`.

        Args:
            branch: its name.
            base: the branch it is to be merged into.
            base_sha: the commit it is built on.
            files: path → new text, None removes.
            title: the first line of the commit.
            body: the rest of it.
            at: the commit's time, so that a second run makes the same commit.
            expect: the head the branch had, "" when it should be new or already be this very commit.
        """
        ...

    async def obstacle(self, *, base: str, base_sha: str, head_sha: str) -> str:
        """What would keep `base` from moving to the tree of `head_sha` now, as a sentence; "" when nothing would."""
        ...

    async def merge(
        self,
        *,
        branch: str,
        base: str,
        base_sha: str,
        head_sha: str,
        message: str,
        who: str,
        at: datetime,
        method: str = "merge",
    ) -> str:
        """Merge `head_sha` into `base`; returns the commit that `base` is at then. A second call finds the first one's.

        Args:
            branch: the change's branch.
            base: the branch to merge into.
            base_sha: the commit the change was proved on.
            head_sha: the head that was reviewed.
            message: of the commit that is made; a rebase makes none.
            who: the person merging.
            at: the time of that commit, so that a second run makes the same one.
            method: merge: a commit with both as parents; squash: one commit on the base; rebase: the change's own
                commits on the base.

        Raises:
            HeadMoved: the branch no longer is at `head_sha`.
            BaseMoved: the base moved on since `base_sha`.
            ForgeError: anything else, with the next step.
        """
        ...

    async def merged(self, *, base: str, head_sha: str) -> str | None:
        """The commit by which `head_sha` came into `base`, None when it has not."""
        ...

    async def why_not_unmerge(self, *, base: str, branch: str, merged_sha: str) -> str:
        """Why a merge cannot be taken back, as a sentence; "" when it can."""
        ...

    async def unmerge(self, *, base: str, base_sha: str, branch: str, head_sha: str, merged_sha: str) -> str:
        """Make the branch again and move `base` back from `merged_sha`; returns where it is then.

        A second call finds the base moved back, and finishes.

        Raises:
            BuiltOn: the base does not end in `merged_sha`, or something else holds it.
            ForgeError: anything else, with the next step.
        """
        ...

    async def close(self, *, branch: str, head_sha: str) -> None:
        """Remove the branch if it still is at `head_sha`."""
        ...
