"""Sources as lines of text."""

from __future__ import annotations

from typing import Any

from agents.text import one_line
from loop_tui.widgets import words


def source_lines(sources: list[dict[str, Any]]) -> list[str]:
    """A line for each source, and below it what is wrong and what to do."""
    if not sources:
        return [
            "Nothing has been collected yet; see `loop listen`, `loop import`, or a section for [github], [linear], "
            "[zendesk] or [[health.check]] in loop.toml."
        ]
    return [line for source in sources for line in _lines(source)]


def _lines(source: dict[str, Any]) -> list[str]:
    name = one_line(source["name"], 40)
    state = "on " if source["enabled"] else "off"
    last = f"{words.age(source['last_success'])} ago" if source["last_success"] else "never"
    items = f"{source['items']:>8,} items  {source['today']:>6,} today"
    lines = [f"{name:<12} {state}  last success {last:<9}  {behind(source):<14}  {items}".rstrip()]
    if not source["enabled"]:
        lines.append(f"  → `loop sources enable {name}` switches it on")
    elif source["last_error"]:
        lines.append(f"  → {one_line(source['last_error'], 400)}")
        if source["retry_at"]:
            lines.append(f"  → asked again at {source['retry_at']}")
    return lines


def behind(source: dict[str, Any]) -> str:
    """How far a source's reading is behind, in words; "" where that is not known."""
    lag = source.get("lag")
    return "" if lag is None else f"{words.span(lag)} behind"
