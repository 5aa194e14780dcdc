"""What trackers of tickets share as sources: lists that are read page by page, each with a cursor of its own.

A cursor says only what is true of the store: all before it is there. So any number of processes may poll at once, and a
crash at any point costs reading again, never a gap.
"""

from __future__ import annotations

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx

from agents.collect import Comment, Item, Json, Part, Polled, SourceError
from agents.collect.api import Api
from agents.collect.normalise import user_key
from agents.collect.tickets import stamp

OVERLAP = timedelta(seconds=60)  # read again, as a tracker may show late what it dated earlier
_REMEMBERED = 1_000  # items of the overlap that are known by name


class TrackerSettings(Protocol):
    """The settings that all trackers have."""

    since: str
    interval: float
    pages: int
    timeout: float
    ca_bundle: str


@dataclass(frozen=True)
class Page:
    """One page of a list: what it gave, the cursor after it, and whether more waits."""

    items: list[Item]
    cursor: Json
    more: bool


class Feed(Protocol):
    """One repository, team or account."""

    key: str

    def pages(self, api: Api, cursor: Json) -> AsyncIterator[Page]:
        """Pages from a cursor on. The cursor has `from`, where reading began, and gets `read_to`, a time."""
        ...


class Tracker(ABC):
    """A source of tickets.

    Args:
        settings: window, pace and limits.
        transport: what carries requests; None: the network.
    """

    name: str

    def __init__(self, settings: TrackerSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.interval = settings.interval
        self.transport = transport
        self._common = settings

    @abstractmethod
    def feeds(self) -> Sequence[Feed]:
        """What is read."""

    @abstractmethod
    def api(self) -> Api:
        """The service, with its key; blocking.

        Raises:
            SourceError: there is no key, or it must not go there.
        """

    @abstractmethod
    async def check(self) -> str:
        """Ask once whether the key is good and may read what is to be read; returns whom it belongs to.

        Raises:
            SourceError: with the next step.
        """

    async def poll(self, cursor: Json) -> AsyncIterator[Polled]:
        """Read each feed on from its cursor, as many pages as one poll may take; one that fails stops no other.

        Raises:
            SourceError: what could not be read, after all that could be.
        """
        errors: list[SourceError] = []
        async with await asyncio.to_thread(self.api) as api:
            for feed in self.feeds():
                left = self._common.pages
                try:
                    async for page in feed.pages(api, begun(cursor.get(feed.key), self._common.since)):
                        cursor = {**cursor, feed.key: page.cursor}
                        yield Polled(page.items, cursor, self._read_to(cursor))
                        left -= 1
                        if page.more and left <= 0:
                            break
                except SourceError as error:
                    errors.append(error)
                    if error.retry_at is not None:
                        break  # limits are of the key, not of what is read
        if errors:
            why = " ".join(dict.fromkeys(str(error) for error in errors))
            raise SourceError(why, retry_at=max((e.retry_at for e in errors if e.retry_at), default=None))

    def _read_to(self, cursor: Json) -> datetime:
        """Up to when all feeds are read."""
        return min(moment_of(begun(cursor.get(f.key), self._common.since)["read_to"]) for f in self.feeds())


def moment_of(text: str) -> datetime:
    """The time that `stamp` wrote."""
    return datetime.fromisoformat(text)


def begun(cursor: Any, since: str) -> Json:
    """A feed's cursor, new where there is none, or where `since` now reaches further back than reading ever began."""
    from_ = datetime.now(UTC) - timedelta(days=int(since[:-1])) if since.endswith("d") else _date(since)
    if isinstance(cursor, dict) and (cursor.get("since") == since or cursor.get("from", "~") <= stamp(from_)):
        return cursor
    return {"since": since, "from": stamp(from_), "read_to": stamp(from_)}


def when(said: Any) -> datetime | None:
    """A tracker's time, by its clock and not compared with ours; None where it is none."""
    try:
        return _date(str(said).strip())
    except ValueError:
        return None


def _date(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def digest(source: str, user: Any) -> str | None:
    """A person of a tracker as a short digest."""
    return user_key({"id": f"{source}:{user}"}) if user not in (None, "", -1) else None


class Window:
    """What the overlap of one reading with the next gives twice, known by what it says.

    Args:
        seen: {id: "time digest"}, as `state` gave it.
    """

    def __init__(self, seen: Any) -> None:
        self._seen: dict[str, str] = dict(seen) if isinstance(seen, dict) else {}

    def fresh(self, part: Part) -> bool:
        """Whether a part was not given like this before; it is from now on."""
        own = f"{part.ticket}@{part.id}" if isinstance(part, Comment) else part.external_id
        said = f"{stamp(part.revised)} {hashlib.sha256(repr(part).encode('utf-8', 'replace')).hexdigest()[:12]}"
        if self._seen.get(own) == said:
            return False
        self._seen[own] = said
        return True

    def state(self, since: datetime, until: datetime) -> dict[str, str]:
        """What is worth remembering: what the next reading, from `since`, gives again and `until` covers."""
        first, last = stamp(since), f"{stamp(until)}~"
        kept = sorted((item for item in self._seen.items() if first <= item[1] <= last), key=lambda item: item[1])
        return dict(kept[-_REMEMBERED:])
