"""One verb on many reports: one transaction, one batch in the journal, one undo."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from agents.decide.grouping import join
from agents.decide.shared import Verb
from agents.decide.snooze import snooze, wake
from agents.decide.triage import answer, claim, decline, note, release, retry, set_priority, stop, suppress, unsuppress
from agents.refusal import Refused
from agents.services import Services
from agents.store import journal

# Named as on the command line. A merge is not here: each reaches into git and is decided by itself.
VERBS: dict[str, Verb[Any]] = {
    "decline": decline, "suppress": suppress, "unsuppress": unsuppress, "snooze": snooze, "wake": wake, "claim": claim,
    "release": release, "retry": retry, "stop": stop, "priority": set_priority, "join": join, "note": note,
    "answer": answer,
}  # fmt: skip


async def bulk(
    services: Services, who: str, verb: str, ids: Iterable[int], *args: Any, **named: Any
) -> list[tuple[int, bool, str]]:
    """Do `verb` on each report; those that cannot take part are told why and do not stop the others.

    Returns (report id, whether it was done, sentence) in the order given.

    Raises:
        Refused: the verb is not one that is done on many.
    """
    if verb not in VERBS:
        raise Refused(f"“{verb}” is done on one report at a time; on many: {', '.join(VERBS)}.")
    wanted = list(dict.fromkeys(ids))
    told: dict[int, tuple[bool, str]] = {}
    async with services.store.write() as session:
        session.info[journal.BATCH] = uuid.uuid4().hex if len(wanted) > 1 else ""
        for report_id in sorted(wanted):
            try:
                async with session.begin_nested():
                    told[report_id] = True, await VERBS[verb].core(session, who, report_id, *args, **named)
            except Refused as error:
                told[report_id] = False, str(error)
    return [(report_id, *told[report_id]) for report_id in wanted]
