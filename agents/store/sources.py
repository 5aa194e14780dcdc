"""How each source fares, as plain dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from agents.store.read import Json, Reader

_COLUMNS = "name, enabled, cursor, last_success, last_error, items, tried_at, read_to, retry_at"
_NEW: Json = {
    "enabled": True, "cursor": {}, "last_success": None, "last_error": "", "items": 0, "tried_at": None,
    "read_to": None, "retry_at": None,
}  # fmt: skip


def sources(reader: Reader, today: Mapping[str, int], polled: Iterable[str] = ()) -> list[Json]:
    """Every source that is polled, known or ever gave anything, those in trouble first.

    Args:
        reader: the store.
        today: items of today, by source.
        polled: names of those that settings switch on.

    Returns:
        {name, enabled, polled, last_success, last_error, items, today, tried_at, read_to, retry_at, cursor, lag}; lag
        is the seconds since the time up to which all is read, None where that is not known.
    """
    known = {row["name"]: row for row in reader.rows(f"SELECT {_COLUMNS} FROM source_state")}
    wanted = set(polled)
    found = [
        _NEW | {"name": name} | known.get(name, {}) | {"today": today.get(name, 0), "polled": name in wanted}
        for name in {*known, *today, *wanted}
    ]
    for source in found:
        source["lag"] = _lag(source["read_to"])
    return sorted(found, key=lambda source: (not source["last_error"], source["name"]))


def _lag(read_to: str | None) -> int | None:
    if read_to is None:
        return None
    return max(0, int((datetime.now(UTC) - datetime.fromisoformat(read_to)).total_seconds()))
