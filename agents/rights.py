"""placeholder until the table of rights is merged"""

from __future__ import annotations

from typing import Any


def why_not(verb: str, card: dict[str, Any]) -> str:
    """Why a person may not do this to the report, "" when they may."""
    return ""
