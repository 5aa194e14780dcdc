"""Checks of what customers upload."""

from __future__ import annotations


class InvalidUpload(Exception):
    """The file is not what was asked for; the customer is told why."""


def check(rows: list[dict]) -> list[dict]:
    """The rows, when each has a name and a price.

    Raises:
        InvalidUpload: one has not.
    """
    for number, row in enumerate(rows, 1):
        missing = [field for field in ("name", "price") if not row.get(field)]
        if missing:
            raise InvalidUpload(f"row {number} has no {' and no '.join(missing)}")
    return rows
