"""Pages behind the gate."""

from __future__ import annotations

from access.gate import allowed


def delete_page(member: dict, page: str) -> tuple[int, str]:
    """Delete a page for a member who may."""
    if not allowed(member["role"], "delete"):
        return 403, "You may not delete pages."
    return 200, f"{page} is deleted"
