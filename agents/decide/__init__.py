"""What a person decides: the verbs behind every key and command, each one transaction with its journal entry.

Every verb answers with a sentence for the person, and refuses with `Refused`, whose sentence names the next step.
"""

from __future__ import annotations

from agents.decide.bulk import bulk
from agents.decide.grouping import join, quarantine, split
from agents.decide.merge import merge, settle, unmerge
from agents.decide.plan import merge_plan
from agents.decide.reading import look_at, looking, mark_read
from agents.decide.revert import revert
from agents.decide.review import request_changes, send_review
from agents.decide.snooze import parse_until, snooze, wake
from agents.decide.sources import backfill_source, switch_source
from agents.decide.triage import (
    answer,
    claim,
    decline,
    note,
    release,
    retry,
    set_priority,
    stop,
    suppress,
    unsuppress,
)
from agents.decide.turn import history, turn

__all__ = [
    "answer", "backfill_source", "bulk", "claim", "decline", "history", "join", "look_at", "looking", "mark_read",
    "merge", "merge_plan", "note", "parse_until", "quarantine", "release", "request_changes", "retry", "revert",
    "send_review", "set_priority", "settle", "snooze", "split", "stop", "suppress", "switch_source", "turn", "unmerge",
    "unsuppress", "wake",
]  # fmt: skip
