"""Polling sources on their schedule: cursor, health and crash safety, the same for each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from agents.collect import Polled, Source, SourceError
from agents.collect.registry import polled
from agents.intake import GROUPED_AT_ONCE, keep, place
from agents.models import Json, SourceState, now
from agents.services import Services
from agents.text import one_line

log = logging.getLogger("loop.polling")

_under_way: set[int] = set()  # sources of this process that are being polled


def polled_sources(services: Services) -> list[Source]:
    """The sources that settings switch on."""
    return polled(services.settings)


async def poll_due(services: Services, sources: Sequence[Source], *, force: bool = False) -> None:
    """Poll, side by side, each source whose interval has passed; `force` polls all that are enabled.

    One that asked to be left alone for a while is left alone, whatever is forced.
    """
    await asyncio.gather(*(_poll_one(services, source, force) for source in sources if id(source) not in _under_way))


async def _poll_one(services: Services, source: Source, force: bool) -> None:
    _under_way.add(id(source))
    try:
        async with services.store.read() as session:
            state = await session.get(SourceState, source.name) or SourceState(name=source.name)
        moment = now()
        early = state.tried_at is not None and moment - state.tried_at < timedelta(seconds=source.interval * 0.9)
        if state.enabled and not (early and not force) and not (state.retry_at and state.retry_at > moment):
            await _poll(services, source, dict(state.cursor))
    finally:
        _under_way.discard(id(source))


async def _poll(services: Services, source: Source, cursor: Json) -> None:
    await _note(services, source.name)
    waiting = 0
    try:
        async for batch in source.poll(cursor):
            # The cursor moves only after its items are stored: a crash between the two gives duplicates, which
            # the store recognises, never a gap.
            waiting += (await keep(services, batch.items)).signals
            if not await _note(services, source.name, batch=batch):
                break
            if waiting >= GROUPED_AT_ONCE:
                await place(services)
                waiting = 0
    except SourceError as error:
        await _note(services, source.name, error=error)
    except Exception as error:  # one source that breaks stops no other, and says so where people look
        log.exception("polling %s failed", source.name)
        told = f"{type(error).__name__}: {one_line(error, 200)}"
        why = f"Reading it met an error of Loop's own ({told}); see {services.settings.state / 'engine.log'}."
        await _note(services, source.name, error=SourceError(why))
    if waiting:
        await place(services)


async def _note(
    services: Services, name: str, *, batch: Polled | None = None, error: SourceError | None = None
) -> bool:
    """Remember that a source is polled, what a batch of it brought, or why it could not be read.

    Returns whether polling may go on: not once somebody has switched the source off or begins it anew.
    """
    async with services.store.write() as session:
        state = await session.get(SourceState, name) or SourceState(name=name)
        if batch is not None and (not state.enabled or state.tried_at is None):
            return False
        state.retry_at = error.retry_at if error is not None else None
        if batch is not None:
            state.cursor, state.last_success, state.last_error = batch.cursor, now(), ""
            state.read_to = batch.read_to or now()
        elif error is not None:
            state.last_error = str(error)
        else:
            state.tried_at = now()
        session.add(state)
        return True
