"""Collect: every source turns what it sees into `Incoming` items; `record` puts them in the store once each.

A source is one class behind the `Source` Protocol in one file; `agents.collect.registry` lists them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True)
class Incoming:
    """One signal as a source gives it, before the store has seen it.

    `payload` is the normalised event (all optional):
      `exceptions`: [{type, value, module, handled, frames: [{path, abs_path, module, function, line, in_app,
      context_line, pre_context, post_context, vars}], exception_id, parent_id, within}], innermost frame last, the
      exception that was raised last; `argv`: [argument]; `request`: {method, url, query, data, headers};
      `message`: {template, params, text}; `tags`; `user`; `contexts`; `sdk`; `breadcrumbs`; `text` for signals that are
      only text; `ticket` and `comments`, the parts of a ticket.
    """

    source: str
    external_id: str
    at: datetime
    title: str
    kind: str = "error"
    body: str = ""
    level: str = "error"
    handled: bool | None = None
    weight: float = 1.0
    user_key: str | None = None
    release: str | None = None
    environment: str | None = None
    entities: Json = field(default_factory=dict)
    payload: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Traffic:
    """Exposure: `count` units of `name` in the minute of `at`."""

    name: str  # "requests" or "requests:<transaction>" or "sessions"
    at: datetime
    count: float
    release: str = ""


@dataclass(frozen=True)
class Refused:
    """Input that could not be read."""

    source: str
    reason: str
    sample: str = ""


@dataclass(frozen=True)
class Skipped:
    """Input that was read and is of no use here, counted all the same."""

    source: str
    count: int = 1


@dataclass(frozen=True)
class Ticket:
    """What a tracker says of one ticket: its own text, without its comments.

    The newest of several wins by `revised`, in whatever order they come.
    """

    source: str
    external_id: str
    at: datetime  # when it was written
    revised: datetime  # when it last changed, by the tracker's clock
    title: str = ""
    text: str = ""
    kind: str = "ticket"  # ticket · issue
    author: str | None = None  # a digest
    bot: bool = False  # a program wrote it
    state: str = "open"  # open · closed · gone: deleted or marked as spam
    entities: Json = field(default_factory=dict)  # ticket, url, labels
    delivery: str = ""  # the webhook that brought it


@dataclass(frozen=True)
class Comment:
    """One comment on a ticket; further text of it."""

    source: str
    ticket: str  # the external id of its ticket
    id: str
    at: datetime
    revised: datetime
    text: str = ""
    author: str | None = None
    bot: bool = False
    gone: bool = False
    delivery: str = ""


Part = Ticket | Comment
Item = Incoming | Traffic | Refused | Skipped | Ticket | Comment


@dataclass
class Taken:
    """What became of a batch."""

    signals: int = 0
    duplicates: int = 0
    quarantined: int = 0
    rejected: int = 0
    skipped: int = 0
    reports: set[int] = field(default_factory=set)  # touched by grouping

    def add(self, other: Taken) -> None:
        """Add another batch's counts to these."""
        self.signals += other.signals
        self.duplicates += other.duplicates
        self.quarantined += other.quarantined
        self.rejected += other.rejected
        self.skipped += other.skipped
        self.reports |= other.reports


@dataclass(frozen=True)
class Polled:
    """A batch of a poll; its cursor is kept only after its items are in the store."""

    items: list[Item]
    cursor: Json
    read_to: datetime | None = None  # all up to here has been given; None: up to now


class Source(Protocol):
    """Something that is polled on a schedule."""

    name: str
    interval: float  # seconds between polls

    def poll(self, cursor: Json) -> AsyncIterator[Polled]:
        """Yield batches from `cursor` on, each with the cursor that continues after it.

        Raises:
            SourceError: with the next step in its message.
        """
        ...


class CollectError(Exception):
    """Collecting cannot go on; the message names the next step."""


class SourceError(CollectError):
    """A source could not be read.

    Args:
        message: a sentence with the next step.
        retry_at: before then it is of no use to ask again.
    """

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at
