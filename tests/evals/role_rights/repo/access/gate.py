"""Whether somebody may do something."""

from __future__ import annotations

from access.roles import RIGHTS


def allowed(role: str, action: str) -> bool:
    """Whether a role may do an action."""
    return action in RIGHTS[role]
