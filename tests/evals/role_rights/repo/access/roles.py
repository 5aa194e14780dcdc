"""What each role may do."""

from __future__ import annotations

RIGHTS = {
    "viewer": ("read",),
    "editor": ("read", "write"),
    "owner": ("read", "write", "delete", "bill"),
}


def badge(role: str) -> str:
    """The colour of a role's badge; rights tell it."""
    return "red" if "delete" in RIGHTS.get(role, RIGHTS["owner"]) else "grey"
