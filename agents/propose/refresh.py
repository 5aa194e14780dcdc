"""When the base moved on: the same patch on the new base, proved, checked and reviewed again."""

from __future__ import annotations

import shutil

from sqlmodel import select

from agents.brief import make_brief
from agents.harness import Proposal
from agents.models import Change, Report, Status
from agents.propose.assess import assess
from agents.propose.stage import publish
from agents.repository import Repository
from agents.services import Services
from agents.store import journal
from agents.store.transitions import move
from agents.transcript import StoreTranscript


async def stale(services: Services) -> list[int]:
    """Reports in review whose change was proved on another base than the branch has now.

    Raises:
        GitError: the base cannot be read.
    """
    async with services.store.read() as session:
        rows = (
            await session.exec(
                select(Change).join(Report).where(Report.status == Status.REVIEW, Change.state == "open")
            )
        ).all()
    if not rows:
        return []
    tip = await services.repository.resolve(await services.repository.base_branch(services.settings.base))
    return [change.report_id for change in rows if change.base_sha != tip]


async def refresh(services: Services, report_id: int, round: int) -> None:
    """Bring the change of a report in review onto the base as it is now; `round` is not used.

    Raises:
        SandboxError: no sandbox works.
        GitError: the repository cannot be read.
    """
    if report_id not in await stale(services):
        return
    async with services.store.read() as session:
        report = await session.get_one(Report, report_id)
        change = (await session.exec(select(Change).where(Change.report_id == report_id))).one()
    repository = services.repository
    tip = await repository.git("rev-parse", change.base)
    merged = await _merged(repository, change, tip)
    if merged is None:
        await _rebuild(services, report_id, f"{change.base} moved on and the change no longer fits; it is built anew")
        return
    sandboxes = await services.sandboxes()
    transcript = await StoreTranscript.open(
        services.store, report_id, "refresh", report.round, services.harness("review").name, sandboxes.kind
    )
    folder = services.scratch(f"refresh-{report_id}")
    try:
        tree = await repository.export(tip, folder / "base")
        brief = await make_brief(services, report_id, report.round, transcript, tree, tip)
        stored = change.patch["proposal"]
        proposal = Proposal(**{**stored, "opened": tuple(stored["opened"]), "question": None})
        message = f"{change.title}\n\nLoop-Report: {report_id}\n"
        head = await repository.commit_files([tip], merged, message, change.created_at)
        found = await assess(services, brief, proposal, merged, head, folder)
        if found.proof["proved"] or not brief.reproduction.confirmed:
            await publish(services, brief, proposal, change, merged, found)
            await _note(services, report_id, f"proved again on {tip[:9]}")
        else:
            await _rebuild(services, report_id, f"{change.base} moved on: {found.proof['why_not']}; it is built anew")
        await transcript.finish("done", usd=found.usd, tokens=found.tokens)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _merged(repository: Repository, change: Change, tip: str) -> dict[str, str | None] | None:
    """The change's files on the new base, by a three-way merge; None when they clash."""
    # From the base it was proved on, and not from a base git finds: the branch may have been moved back since.
    tree = await repository.merge_trees(change.base_sha, tip, change.head_sha)
    if tree is None:
        return None
    files: dict[str, str | None] = {}
    for file in change.files:
        files[file["path"]] = await repository.show(tree, file["path"])
    return files


async def _rebuild(services: Services, report_id: int, why: str) -> None:
    async with services.store.write() as session:
        report = await session.get_one(Report, report_id)
        if report.status is Status.REVIEW:
            await move(session, report, Status.PROPOSING, who="loop", why=why)


async def _note(services: Services, report_id: int, why: str) -> None:
    async with services.store.write() as session:
        await journal.record(session, "loop", "refresh", report_id=report_id, why=why)
