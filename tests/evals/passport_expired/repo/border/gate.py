"""The gate."""

from __future__ import annotations

import logging

from border.papers import PapersRefused, check

log = logging.getLogger("border.gate")


def enter(paper: dict, today: int) -> dict:
    """What the gate's screen shows."""
    try:
        number = check(paper, today)
    except PapersRefused as refused:
        log.error("refused", exc_info=True)
        return {"open": False, "say": f"Please see an officer: {refused}"}
    return {"open": True, "say": f"Welcome, {number}"}
