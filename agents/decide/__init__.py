"""What a person decides: the verbs behind every key and command, each one transaction with its journal entry.

Every verb answers with a sentence for the person, and refuses with `Refused`, whose sentence names the next step.
"""

from __future__ import annotations

from agents.decide.grouping import join, quarantine, split
from agents.decide.merge import merge, settle, unmerge
from agents.decide.plan import merge_plan
from agents.decide.revert import revert
from agents.decide.review import request_changes, send_review
from agents.decide.snooze import parse_until, snooze
from agents.decide.triage import CLAIMS, PREFERENCES, answer, claim, decline, retry, set_priority, stop
from agents.decide.turn import turn

__all__ = [
    "CLAIMS", "PREFERENCES", "answer", "claim", "decline", "join", "merge", "merge_plan", "parse_until", "quarantine",
    "request_changes", "retry", "revert", "send_review", "set_priority", "settle", "snooze", "split", "stop", "turn",
    "unmerge",
]  # fmt: skip
