"""Undo and redo."""

from __future__ import annotations

from agents.refusal import Refused
from agents.services import Services
from agents.store import journal


async def turn(services: Services, who: str, *, redo: bool = False) -> str:
    """Undo (or redo) this person's newest triage action."""
    async with services.store.write() as session:
        try:
            entry = await (journal.redo if redo else journal.undo)(session, who)
        except journal.CannotUndo as error:
            raise Refused(str(error)) from error
    about = f" on report {entry.report_id}" if entry.report_id else ""
    return f"{'Put back' if redo else 'Took back'} “{entry.action}”{about}."
