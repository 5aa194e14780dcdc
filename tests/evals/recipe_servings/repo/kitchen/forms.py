"""What people type into the page of a recipe."""

from __future__ import annotations


def oven(form: dict) -> int:
    """Degrees of the oven; the page sends text."""
    return int(form["degrees"]) + 10


def minutes(form: dict) -> int:
    """Minutes in the oven."""
    return int(form["minutes"])
