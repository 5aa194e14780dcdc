"""The change of a report that takes another report's merged change out again."""

from __future__ import annotations

from sqlmodel import select

from agents.harness import Brief, Proposal
from agents.models import Change, Link, Report
from agents.repository import Repository
from agents.services import Services
from agents.text import one_line


async def revert_of(services: Services, brief: Brief) -> Proposal | None:
    """The patch of a report that reverts a merge, by git and not by a harness; None for every other report."""
    other = await reverts(services, brief.report_id)
    if other is None:
        return None
    async with services.store.read() as session:
        original = await session.get_one(Report, other)
        change = (await session.exec(select(Change).where(Change.report_id == other))).one()
        own = (await session.exec(select(Change).where(Change.report_id == brief.report_id))).first()
    if own is not None and own.state == "open" and own.base_sha == brief.base_sha:
        return Proposal(why_none="A revert takes out what was merged and nothing else; decline it to keep the merge.")
    merged = change.merged_sha or ""
    before = change.base_sha if merged == change.head_sha else f"{merged}^1"
    files = await _backwards(services.repository, brief.base_sha, merged, before)
    if isinstance(files, str):
        return Proposal(why_none=f"The merge {merged[:9]} cannot be taken out: {files}.")
    return Proposal(
        files=files,
        title=f"Revert {one_line(change.title, 90)}",
        cause=f"The change of report {original.id} was merged as {merged[:9]} and is to be taken out again.",
        change=f"Takes out what the merge {merged[:9]} brought; what came after it stays.",
        opened=tuple(files),
        tried=1,
    )


async def reverts(services: Services, report_id: int) -> int | None:
    """The report whose merged change this one is to take out, None for every other report."""
    async with services.store.read() as session:
        links = select(Link.other_id).where(Link.report_id == report_id, Link.kind == "reverts")
        return (await session.exec(links)).first()


async def _backwards(repository: Repository, tip: str, merged: str, before: str) -> dict[str, str | None] | str:
    """The files of `tip` without what came from `before` to `merged`, or why there are none."""
    tree = await repository.merge_trees(merged, tip, before)
    if tree is None:
        return "later commits changed the same lines; revert it by hand"
    raw = await repository.raw("diff-tree", "-r", "--no-renames", "--name-only", "-z", tip, tree)
    paths = [part.decode("utf-8", "surrogateescape") for part in raw.split(b"\0") if part]
    files: dict[str, str | None] = {}
    for path in paths:
        text = await repository.show(tree, path)
        if text is not None and "\ufffd" in text:
            return f"{path!r} is no text; revert it by hand"
        files[path] = text
    return files or "nothing of it is left there"
