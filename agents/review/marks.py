"""What a person has read of a change: the newest head whose diff they saw, and files marked as viewed."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, Json, Seen
from agents.refusal import Refused
from agents.repository import GitError, Repository
from agents.review.reading import change_of, present
from agents.review.versions import named
from agents.services import Services
from agents.store.read import iso

_GONE = "gone"  # stands for the blob of a file that the change deletes


async def seen(services: Services, who: str, report_id: int) -> Json:
    """What a person has read of a report: {at, head, files}; nothing yet: None, "" and {}."""
    async with services.store.read() as session:
        row = await session.get(Seen, (report_id, who))
    if row is None:
        return {"at": None, "head": "", "files": {}}
    return {"at": iso(row.at), "head": row.head_sha, "files": dict(row.files)}


async def _row(session: AsyncSession, who: str, report_id: int) -> Seen:
    return await session.get(Seen, (report_id, who)) or Seen(report_id=report_id, who=who)


async def saw_diff(services: Services, who: str, report_id: int, head: str) -> None:
    """Remember that a person has read the diff at `head`.

    Raises:
        Refused: the change never was there.
    """
    _, versions = await present(services, report_id)
    version = named(versions, head, report_id)
    async with services.store.write() as session:
        row = await _row(session, who, report_id)
        row.head_sha = version.head_sha
        session.add(row)


async def mark_viewed(services: Services, who: str, report_id: int, path: str, viewed: bool) -> None:
    """Mark a file of the change as viewed in its present text, or take the mark away.

    Raises:
        Refused: the change does not touch it.
    """
    async with services.store.read() as session:
        change = await change_of(session, report_id)
    now = await _blobs(services.repository, change)
    if path not in now:
        raise Refused(f"The change of report {report_id} does not touch {path!r}.")
    async with services.store.write() as session:
        row = await _row(session, who, report_id)
        files = {name: blob for name, blob in row.files.items() if name != path}
        row.files = {**files, path: now[path]} if viewed else files
        session.add(row)


async def viewed(services: Services, who: str, report_id: int) -> dict[str, bool]:
    """For each file of the change whether its present text was marked as viewed.

    Raises:
        Refused: there is no change to read.
    """
    async with services.store.read() as session:
        change = await change_of(session, report_id)
        row = await session.get(Seen, (report_id, who))
    marked = row.files if row is not None else {}
    return {path: marked.get(path) == blob for path, blob in (await _blobs(services.repository, change)).items()}


async def _blobs(repository: Repository, change: Change) -> dict[str, str]:
    """The blob at the head of each file that the change touches."""
    paths = [str(file["path"]) for file in change.files]
    try:
        flags = ("--literal-pathspecs", "ls-tree", "-r", "-z", change.head_sha, "--")
        raw = (await repository.raw(*flags, *paths)).decode("utf-8", "surrogateescape") if paths else ""
    except GitError as error:
        raise Refused(f"The change of report {change.report_id} cannot be read: {error}.") from error
    rows = [row.partition("\t") for row in raw.split("\0") if row]
    there = {path: head.split(" ")[2] for head, _, path in rows}
    return {path: there.get(path, _GONE) for path in paths}
