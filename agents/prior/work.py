"""Who else works on a place, or has: looked up in the store and in the local repository, newest first."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import col, select

from agents.harness import Brief
from agents.models import Change, Report, Status
from agents.prior.place import Place, place_of, touches
from agents.prior.proving import later, passes
from agents.repository import GitError, Repository
from agents.sandbox import Source
from agents.services import Services
from agents.text import one_line

_BRANCHES = 30  # the newest ones that are not merged
_CHANGES = 30
_PROVED = 3  # heads on which the regression test is run
_STANDING = ("open", "merging")
_OFFERED = (Status.REVIEW, Status.PROPOSING)


@dataclass(frozen=True)
class Work:
    """Somebody else's work on the place of a report.

    `key` names it through time ("report:12", "branch:fix-cart", "commits"), `text` is a sentence, `short` a few words.
    `standing`: it may yet be merged. `settles`: the report's regression test passes on it.
    """

    key: str
    text: str
    short: str
    place: Place
    sha: str = ""
    report_id: int | None = None
    standing: bool = False
    settles: bool = False


async def prior_work(services: Services, brief: Brief) -> list[Work]:
    """What there is for the place of a report; told in the transcript."""
    place = place_of(brief)
    if place is None:
        return []
    await brief.transcript.progress("work that exists already")
    found = [work async for work in _changes(services, brief, place)]
    found += [work async for work in _branches(services.repository, brief, place)]
    found += await _commits(services.repository, brief, place)
    found = [await _tried(services, brief, work) if at < _PROVED else work for at, work in enumerate(found)]
    if found:
        title = f"Work that exists already on {place.name}"
        await brief.transcript.step("read", title, "\n".join(work.text for work in found))
    return found


async def _changes(services: Services, brief: Brief, place: Place) -> AsyncIterator[Work]:
    """Changes of other reports: open ones, merged ones, and those that people declined."""
    async with services.store.read() as session:
        others = select(Change, Report).where(Change.report_id == Report.id, Change.report_id != brief.report_id)
        rows = (await session.exec(others.order_by(col(Change.id).desc()).limit(_CHANGES * 10))).all()
    near = [(change, report) for change, report in rows if any(f["path"] == place.file for f in change.files)]
    near.sort(key=lambda row: not standing(*row))
    for change, report in near[:_CHANGES]:
        told = _told(change, report) if change.head_sha else None
        if told and await touches(services.repository, change.base_sha, change.head_sha, place):
            yield Work(
                f"report:{report.id}", f"{told} {place.name} too: {one_line(change.title, 100)}.",
                f"#{report.id}'s change", place, change.head_sha, report.id,
                standing(change, report),
            )  # fmt: skip


def standing(change: Change, report: Report) -> bool:
    """Whether a change may yet be merged."""
    return change.state in _STANDING and report.status in _OFFERED


def _told(change: Change, report: Report) -> str | None:
    if report.status is Status.DECLINED:
        why = f" ({one_line(report.declined_as, 40)})" if report.declined_as else ""
        return f"#{report.id}'s change, which was declined{why}, touched"
    if standing(change, report):
        return f"#{report.id}'s change, which is open, touches"
    if change.state == "merged":
        return f"#{report.id}'s change, merged as {(change.merged_sha or '')[:9]}, touched"
    return f"#{report.id}'s change, merged and taken out again, touched" if change.state == "reverted" else None


async def _branches(repository: Repository, brief: Brief, place: Place) -> AsyncIterator[Work]:
    """Branches of people that are not merged and touch the place, or name the report."""
    try:
        out = await repository.git(
            "for-each-ref", f"--no-merged={brief.base_sha}", "--sort=-committerdate", f"--count={_BRANCHES}",
            "--format=%(refname:short)%00%(objectname)%00%(authorname)%00%(contents)%01", "refs/heads", "refs/remotes",
        )  # fmt: skip
    except GitError:
        return
    seen: set[str] = set()
    names = re.compile(rf"(?i)\b(?:loop-report|report|loop)\b[-_/#: ]*{brief.report_id}\b")
    for row in out.split("\1\n"):
        name, sha, author, message = [*row.rstrip("\1").split("\0"), "", "", ""][:4]
        if not sha or sha in seen or name.startswith("loop/") or "/loop/" in name:
            continue
        seen.add(sha)
        try:
            fork = await repository.git("merge-base", brief.base_sha, sha)
        except GitError:
            continue
        named = names.search(name) or names.search(message)
        touched = await touches(repository, fork, sha, place)
        if named or touched:
            what = f"touches {place.name}" if touched else f"names report {brief.report_id}"
            shown, summary = one_line(name, 80), one_line(message.split("\n", 1)[0], 100)
            text = f"The branch {shown} by {one_line(author, 60)}, not merged, {what}: {sha[:9]} ({summary})."
            yield Work(f"branch:{name}", text, f"the branch {shown}", place, sha, standing=True)


async def _commits(repository: Repository, brief: Brief, place: Place) -> list[Work]:
    """What came to the base after the release that the failures are of."""
    if brief.release_sha in (None, brief.base_sha):
        return []
    commits = await later(repository, brief.release_sha or "", brief.base_sha, place)
    if not commits:
        return []
    text = f"Since the release these failures are of, {place.name} was changed: {', '.join(commits)}."
    return [Work("commits", text, "later commits", place)]


async def _tried(services: Services, brief: Brief, work: Work) -> Work:
    """The same with whether it ends the failure, where that can be told."""
    found = brief.reproduction
    if not work.standing or not found.confirmed:
        return work
    folder = services.scratch(f"prior-{brief.report_id}")
    try:
        tree: Path = await services.repository.export(work.sha, folder / "head")
        settles = await passes(brief, found, Source(tree, label=f"prior work {work.sha[:9]}"))
    except GitError:
        return work
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    said = "this report's regression test passes there" if settles else "this report's regression test fails there too"
    return replace(work, settles=settles, text=f"{work.text.rstrip('.')}; {said}.")
