"""Polling sources on their schedule: cursor, health and crash safety, the same for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from agents.collect import Source, SourceError
from agents.collect.registry import polled
from agents.intake import take
from agents.models import Json, SourceState, now
from agents.services import Services


def polled_sources(services: Services) -> list[Source]:
    """The sources that settings switch on."""
    return polled(services.settings)


async def poll_due(services: Services, sources: Sequence[Source], *, force: bool = False) -> None:
    """Poll each source whose interval has passed; `force` polls all that are enabled."""
    for source in sources:
        async with services.store.read() as session:
            state = await session.get(SourceState, source.name)
        if state is not None and not state.enabled:
            continue
        waited = state.last_success if state is not None else None
        if force or waited is None or now() - waited >= timedelta(seconds=source.interval * 0.9):
            await _poll(services, source, dict(state.cursor) if state is not None else {})


async def _poll(services: Services, source: Source, cursor: Json) -> None:
    try:
        async for batch in source.poll(cursor):
            # The cursor moves only after its items are stored: a crash between the two gives duplicates, which
            # the store recognises, never a gap.
            await take(services, batch.items)
            await _note(services, source.name, cursor=batch.cursor)
    except SourceError as error:
        await _note(services, source.name, error=str(error))


async def _note(services: Services, name: str, *, cursor: Json | None = None, error: str = "") -> None:
    async with services.store.write() as session:
        state = await session.get(SourceState, name) or SourceState(name=name)
        if cursor is not None:
            state.cursor, state.last_success = cursor, now()
        state.last_error = error
        session.add(state)
