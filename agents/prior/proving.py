"""Whether a report's failure is gone on some commit: its regression test is run there."""

from __future__ import annotations

from agents.harness import Brief, Reproduction
from agents.prior.place import Place, span
from agents.repository import GitError, Repository
from agents.sandbox import Source
from agents.text import one_line

_SECONDS = 120.0


async def passes(brief: Brief, found: Reproduction, tree: Source) -> bool:
    """Whether a reproduction that was confirmed on one commit passes on another tree."""
    async with await brief.sandboxes.open(tree) as sandbox:
        await sandbox.write({found.test_path: found.test_source.encode()})
        argv = [part.replace("{python}", sandbox.python) for part in found.test_command]
        result = await sandbox.run(argv, timeout=_SECONDS)
    await brief.transcript.step(
        "proof", f"{found.test_path} on {tree.label}", result.log, ok=result.ok, seconds=result.seconds
    )
    return result.ok


async def addressed(brief: Brief, found: Reproduction, place: Place | None) -> str:
    """The sentence that says that the failure is gone on the base; "" where it is not, or cannot be told.

    Args:
        brief: the report, on the base as it is now.
        found: the reproduction, from an earlier base.
        place: what it is about.
    """
    if not found.confirmed or found.base_sha == brief.base_sha:
        return ""
    if not await passes(brief, found, Source(brief.tree, label="the base as it is now")):
        return ""
    since = found.base_sha or brief.release_sha or ""
    commits = await later(Repository(brief.repo), since, brief.base_sha, place) if since and place else []
    by = f": {commits[0]} changed {place.name}" if commits and place else ""
    return f"It is addressed already: {found.test_path}, which failed, passes on the base as it is now{by}."


async def later(repository: Repository, old: str, new: str, place: Place) -> list[str]:
    """Commits between two that changed the place, newest first: `1a2b3c4d5 (What they say)`."""
    lines = span(await repository.show(new, place.file) or "", place)
    if lines is None:
        return []
    try:
        out = await repository.git(
            "log",
            "-3",
            "-s",
            "--no-color",
            "--format=%H%x00%s",
            f"-L{lines[0]},{lines[1]}:{place.file}",
            f"{old}..{new}",
        )
    except GitError:
        return []
    rows = [row.split("\0", 1) for row in out.splitlines() if "\0" in row]
    return [f"{sha[:9]} ({one_line(summary, 100)})" for sha, summary in rows]
