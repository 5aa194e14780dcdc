"""What a reader of a change asks for: its diff, a file of it, its versions."""

from __future__ import annotations

from typing import Literal

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, ChangeVersion, Json
from agents.refusal import Refused
from agents.repository import GitError, Repository
from agents.review.interdiff import interdiff
from agents.review.versions import history, named
from agents.services import Services
from agents.store.read import iso

_LARGEST = 2_000_000  # bytes of a file that is handed out


async def change_of(session: AsyncSession, report_id: int) -> Change:
    """The change of a report, with a head to read.

    Raises:
        Refused: it has none yet.
    """
    change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    if change is None or not change.head_sha:
        raise Refused(f"Report {report_id} has no change to read yet; `loop show {report_id}` says where it stands.")
    return change


async def present(services: Services, report_id: int) -> tuple[Change, list[ChangeVersion]]:
    """The change of a report and every head it has had, oldest first.

    Raises:
        Refused: it has none yet.
    """
    async with services.store.read() as session:
        change = await change_of(session, report_id)
        return change, await history(session, change)


async def diff(
    services: Services, report_id: int, *, since: str = "", context: int = 3, whitespace: bool = True
) -> str:
    """The unified diff of a change.

    Args:
        services: the project.
        report_id: the report.
        since: an older head, or at least 7 characters of one: only what changed in the change since then.
        context: unchanged lines around each hunk.
        whitespace: False leaves out what differs in white space alone.

    Raises:
        Refused: there is no such head.
    """
    async with services.store.read() as session:
        change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
        if change is None or not change.head_sha:
            return ""
        found = await history(session, change)
    new = named(found, change.head_sha, report_id)
    context = max(0, context)
    try:
        if not since:
            return await services.repository.diff(new.base_sha, new.head_sha, context=context, whitespace=whitespace)
        old = named(found, since, report_id)
        return await interdiff(services.repository, old, new, context=context, whitespace=whitespace)
    except GitError as error:
        raise Refused(f"The change of report {report_id} cannot be read: {error}.") from error


async def file_at(services: Services, report_id: int, path: str, which: Literal["head", "base"] = "head") -> str:
    """The text of a file of a change, "" where it is absent; cut off after 2 MB.

    Raises:
        Refused: there is no change to read.
    """
    change, _ = await present(services, report_id)
    return await text_of(services.repository, change.head_sha if which == "head" else change.base_sha, path)


async def text_of(repository: Repository, commit: str, path: str) -> str:
    """The text of a file at a commit, "" where it is absent; cut off after 2 MB."""
    try:
        data = await repository.raw("cat-file", "blob", f"{commit}:{path}")
    except (GitError, ValueError):
        return ""
    return data[:_LARGEST].decode("utf-8", "replace")


async def versions(services: Services, report_id: int) -> list[Json]:
    """The heads of a change as {round, base_sha, head, at}, oldest first.

    Raises:
        Refused: there is no change to read.
    """
    _, found = await present(services, report_id)
    return [{"round": v.round, "base_sha": v.base_sha, "head": v.head_sha, "at": iso(v.at)} for v in found]
