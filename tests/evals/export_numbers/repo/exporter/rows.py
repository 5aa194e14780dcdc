"""Rows of the export."""

from __future__ import annotations

from exporter.fields import full_name, phone


def row(person: dict) -> list[str]:
    """Name, phone and number of children, as text."""
    return [full_name(person), phone(person), "children: " + person["children"]]


def export(people: list[dict]) -> str:
    """All rows as CSV with semicolons."""
    return "\n".join(";".join(row(person)) for person in people)
