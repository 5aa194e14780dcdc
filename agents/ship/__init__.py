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


@dataclass(frozen=True)
class Published:
    """A change as a forge holds it."""

    branch: str
    head_sha: str
    url: str | None = None


class Forge(Protocol):
    """Where changes are merged. Every call looks before it creates: it may run twice."""

    name: str

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

    async def merge(
        self, *, branch: str, base: str, base_sha: str, head_sha: str, message: str, who: str, at: datetime
    ) -> str:
        """Merge `head_sha` into `base`; returns the merge commit. A second call finds the first one's merge.

        Raises:
            HeadMoved: the branch no longer is at `head_sha`.
            BaseMoved: the base moved on since `base_sha`.
            ForgeError: anything else, with the next step.
        """
        ...

    async def merged(self, *, base: str, head_sha: str) -> str | None:
        """The commit by which `head_sha` came into `base`, None when it has not."""
        ...

    async def close(self, *, branch: str, head_sha: str) -> None:
        """Remove the branch if it still is at `head_sha`."""
        ...
