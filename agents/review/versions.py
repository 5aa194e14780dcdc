"""Each head that a change has had: kept in git, written down, and found again."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Change, ChangeVersion, now
from agents.refusal import Refused
from agents.repository import Repository

_PREFIX = 7  # the shortest piece of a commit id that names one


async def keep(repository: Repository, report_id: int, head: str) -> None:
    """Hold a head by a ref of its own, so that neither a moved branch nor `git gc` loses it; may run twice."""
    if await repository.resolve(head) is None:
        return  # lost before it could be held, in a store from before heads were kept
    await repository.git("update-ref", f"refs/loop/{report_id}/{head}", head)


async def held(repository: Repository) -> set[int]:
    """The reports of which heads are held."""
    names = (await repository.git("for-each-ref", "--format=%(refname)", "refs/loop/")).split()
    return {int(part) for name in names if (part := name.split("/")[2]).isdigit()}


async def let_go(repository: Repository, report_id: int) -> None:
    """Hold none of a report's heads any more; git collects those that no branch has."""
    names = (await repository.git("for-each-ref", "--format=%(refname)", f"refs/loop/{report_id}/")).split()
    commands = "".join(f"delete {name}\n" for name in names)
    await repository.git("update-ref", "--stdin", data=commands.encode())


async def write_down(session: AsyncSession, change: Change) -> None:
    """Add the head that a change has to its history, unless it is there already."""
    if not change.head_sha or change.id is None:
        return
    same = select(ChangeVersion).where(ChangeVersion.change_id == change.id, ChangeVersion.head_sha == change.head_sha)
    if (await session.exec(same)).first() is None:
        session.add(_present(change))


def _present(change: Change) -> ChangeVersion:
    return ChangeVersion(
        change_id=change.id or 0, round=change.round, base_sha=change.base_sha, head_sha=change.head_sha, at=now()
    )


async def history(session: AsyncSession, change: Change) -> list[ChangeVersion]:
    """The heads of a change, oldest first; the present one is among them even where nobody wrote it down."""
    mine = select(ChangeVersion).where(ChangeVersion.change_id == change.id).order_by(col(ChangeVersion.id))
    found = list((await session.exec(mine)).all())
    if change.head_sha and change.head_sha not in {version.head_sha for version in found}:
        found.append(_present(change))
    return found


def named(found: list[ChangeVersion], head: str, report_id: int) -> ChangeVersion:
    """The version whose head begins with `head`.

    Raises:
        Refused: none does, or several do.
    """
    fits = [version for version in found if len(head) >= _PREFIX and version.head_sha.startswith(head)]
    if len(fits) == 1:
        return fits[0]
    known = ", ".join(version.head_sha[:9] for version in found) or "none"
    raise Refused(f"The change of report {report_id} never was at {head!r}; its heads are {known}.")
