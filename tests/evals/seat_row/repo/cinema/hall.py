"""Rows of a hall."""

from __future__ import annotations


def find_row(hall: dict, label: str) -> dict | None:
    """The row of that label."""
    return next((row for row in hall["rows"] if row["label"] == label), None)
