"""Which of two releases came later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from packaging.version import InvalidVersion, Version
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.models import Signal

_NUMBERED = re.compile(r"v?\d+\.\d")  # a commit id may be all digits; a version has a dot


def version(release: str) -> Version | None:
    """The version in a release's name (`shop@1.4.2`, `v1.4`); None when it names none."""
    text = release.rpartition("@")[2]
    if not _NUMBERED.match(text):
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _package(release: str) -> str:
    return release.rpartition("@")[0]


def later(release: str, than: str, first_seen: Mapping[str, datetime]) -> bool:
    """Whether `release` came after `than`: by version where both have one, else by when each was first seen."""
    if _package(than) and _package(release) and _package(than) != _package(release):
        return False
    one, other = version(release), version(than)
    if one is not None and other is not None:
        return one > other
    return release in first_seen and than in first_seen and first_seen[release] > first_seen[than]


async def seen(session: AsyncSession, releases: list[str] | None = None) -> dict[str, datetime]:
    """When each release (or each of these) was first seen in a signal."""
    found = select(Signal.release, func.min(Signal.at)).where(col(Signal.release).is_not(None))
    if releases is not None:
        found = found.where(col(Signal.release).in_(releases))
    return {name: at for name, at in (await session.exec(found.group_by(col(Signal.release)))).all() if name}


def newest(first_seen: Mapping[str, datetime]) -> str:
    """The release that no other came after; "" when there is none."""
    best = ""
    for release in sorted(first_seen, key=lambda name: first_seen[name]):
        if not best or later(release, best, first_seen):
            best = release
    return best
