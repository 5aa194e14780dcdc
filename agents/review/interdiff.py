"""What changed in a change itself between two of its heads, with the movement of its base taken out.

The older head is carried onto the newer base by a three-way merge, and the tree that gives is compared with the newer
head: what the base brought is then on both sides. This is what `git range-diff` is after, as a diff of code.
"""

from __future__ import annotations

from agents.models import ChangeVersion
from agents.repository import Repository

CLASHED = (
    "The base moved, and the older head does not fit on it without conflicts: "
    "this is all that differs between the two heads, what the base brought included.\n\n"
)


async def interdiff(
    repository: Repository, old: ChangeVersion, new: ChangeVersion, *, context: int = 3, whitespace: bool = True
) -> str:
    """The unified diff from what `old` did to what `new` does, both on the base of `new`.

    Where the older head clashes with the newer base, the plain difference of the two heads under one line that says so.
    """
    start: str | None = old.head_sha
    if old.base_sha != new.base_sha:
        start = await repository.merge_trees(old.base_sha, new.base_sha, old.head_sha)
    text = await repository.diff(start or old.head_sha, new.head_sha, context=context, whitespace=whitespace)
    return text if start is not None else CLASHED + text
