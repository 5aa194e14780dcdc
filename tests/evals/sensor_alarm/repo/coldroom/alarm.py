"""Whether goods are in danger."""

from __future__ import annotations

from coldroom.readings import valid

LIMIT = 7.0


def too_warm(degrees: list[float]) -> bool:
    """Whether the newest reading is above the limit."""
    return degrees[-1] > LIMIT


def check(room: dict) -> str:
    """What is sent to the caretaker: `ok` or `alarm`."""
    return "alarm" if too_warm(valid(room["readings"])) else "ok"
