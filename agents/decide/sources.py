"""Switching sources on and off, and reading them from the beginning."""

from __future__ import annotations

from agents.collect.registry import names
from agents.models import SourceState
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal
from agents.text import one_line


def known(services: Services, name: str) -> None:
    """Refuse a name that no source which is polled here has.

    Raises:
        Refused: it is not polled here.
    """
    polled = names(services.settings)
    if name not in polled:
        those = f"those that are: {', '.join(polled)}" if polled else "give one a section in loop.toml"
        raise Refused(f"No source {one_line(name, 40)} is polled here; {those}.")


async def switch_source(services: Services, who: str, name: str, on: bool) -> str:
    """Switch a source on or off; what it has given stays, and it goes on where it was."""
    known(services, name)
    async with services.store.write() as session:
        state = await session.get(SourceState, name) or SourceState(name=name)
        if state.enabled is on:
            return f"{name} is {'on' if on else 'off'} already."
        state.enabled = on
        session.add(state)
        hint = f"loop sources {'disable' if on else 'enable'} {name}"
        action = f"source {'enable' if on else 'disable'}"
        await journal.record(session, who, action, report_id=None, why=name, undo_hint=hint)
    return f"{name} is {'on' if on else 'off'} now; `{hint}` turns that round."


async def backfill_source(services: Services, who: str, name: str) -> str:
    """Read a source from the beginning of its window again; what is known already stays one signal each."""
    known(services, name)
    async with services.store.write() as session:
        state = await session.get(SourceState, name) or SourceState(name=name)
        state.cursor, state.read_to, state.tried_at = {}, None, None
        session.add(state)
        await journal.record(session, who, "source backfill", report_id=None, why=name)
    return f"{name} is read from the beginning of its window again, from the next poll on."
