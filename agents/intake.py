"""The way in: whatever a source gives is recorded once and grouped at once.

Collecting and grouping do not know each other; this is where they are put in a row, for the endpoint, for imports
and for polls alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agents.collect import CollectError, Item, Taken
from agents.collect import Refused as RefusedItem
from agents.models import Json
from agents.refusal import Refused
from agents.services import Services

if TYPE_CHECKING:
    from agents.collect.ingest.server import IngestServer
    from agents.group.stage import Grouped

GROUPED_AT_ONCE = 2_000  # items between two groupings
_REASONS = 20  # of rejected items, told to the person who imports


async def take(services: Services, items: list[Item]) -> Taken:
    """Record items and group the signals among them; returns what became of each."""
    taken = await keep(services, items)
    if taken.signals:
        _add(taken, await place(services))
    return taken


async def keep(services: Services, items: list[Item]) -> Taken:
    """Record items alone: of many, it takes less to group some thousands at once."""
    from agents.collect.record import record
    from agents.collect.registry import bots
    from agents.group.quarantine import judge

    return await record(services.store, items, judge=judge, bots=bots(services.settings))


async def place(services: Services) -> Grouped:
    """Group what was recorded."""
    from agents.group.stage import group_new

    return await group_new(services)


def _add(taken: Taken, grouped: Grouped) -> None:
    taken.reports |= grouped.reports
    taken.quarantined += grouped.held


async def listen(services: Services) -> IngestServer:
    """Start the ingest endpoint.

    Raises:
        Refused: the port is taken.
    """
    from agents.collect.hooks import hooks
    from agents.collect.ingest.server import IngestServer
    from agents.ingest_key import ingest_key

    async def sink(items: list[Item]) -> Taken:
        return await take(services, items)

    key = await ingest_key(services.store)
    server = IngestServer(sink, key, services.settings.ingest, hooks(services.settings))
    try:
        await server.start()
    except CollectError as error:
        raise Refused(str(error)) from error
    return server


async def import_paths(services: Services, paths: list[Path], format: str) -> Json:
    """Import files and folders; returns {signals, duplicates, quarantined, rejected, reasons}.

    Raises:
        Refused: a path or format that does not exist.
    """
    from agents.collect.importers import read_items
    from agents.collect.record import record
    from agents.group.stage import group_new

    total = Taken()
    reasons: list[str] = []
    waiting = 0
    try:
        for path in paths:
            for batch in read_items(path, format):
                total.add(await record(services.store, batch))
                reasons += [item.reason for item in batch if isinstance(item, RefusedItem)][: _REASONS - len(reasons)]
                waiting += len(batch)
                if waiting >= GROUPED_AT_ONCE:
                    waiting = 0
                    _add(total, await group_new(services))
    except CollectError as error:
        raise Refused(str(error)) from error
    finally:
        _add(total, await group_new(services))
    return {
        "signals": total.signals, "duplicates": total.duplicates, "quarantined": total.quarantined,
        "rejected": total.rejected, "reasons": reasons,
    }  # fmt: skip
