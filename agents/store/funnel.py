"""The funnel: what was collected, from where, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agents.store import query
from agents.store.read import Json, Reader, iso
from agents.store.sources import sources

_KINDS = ("collected", "duplicate", "quarantined", "rejected", "skipped", "suppressed")


def funnel(reader: Reader, *, soak: float, window: float) -> Json:
    """Counts since the beginning, those of today, the sources' health, and when the next result may come.

    Args:
        reader: the store.
        soak: seconds after a merge until anything counts, when no release is known.
        window: seconds looked at once a change is live.

    Returns:
        {collected, duplicate, quarantined, rejected, skipped, suppressed: items ever; today: {the same};
        held: signals in quarantine now; gathering, gathering_signals, running, needs_you, snoozed, muted,
        declined, not_actionable, measuring: reports now; sources: see `agents.store.sources`;
        next_look, next_result: times, None when nothing is measured}.
    """
    today = datetime.now(UTC).date().isoformat()
    result: Json = dict.fromkeys(_KINDS, 0)
    result["today"] = dict.fromkeys(_KINDS, 0)
    by_source: dict[str, int] = {}
    for row in reader.rows("SELECT day, source, kind, sum(count) AS n FROM intake GROUP BY day, source, kind"):
        result[row["kind"]] = result.get(row["kind"], 0) + int(row["n"])
        by_source.setdefault(row["source"], 0)
        if row["day"] == today:
            result["today"][row["kind"]] = result["today"].get(row["kind"], 0) + int(row["n"])
            by_source[row["source"]] += int(row["n"]) if row["kind"] == "collected" else 0
    return result | _reports(reader) | {"sources": sources(reader, by_source)} | _next(reader, soak, window)


def _reports(reader: Reader) -> Json:
    rows = reader.rows("SELECT status, count(*) AS n, sum(signal_count) AS signals FROM report GROUP BY status")
    by = {row["status"]: row for row in rows}

    def many(status: str, column: str = "n") -> int:
        return int(by.get(status, {}).get(column) or 0)

    counts = query.counts(reader)
    return {
        "held": int(reader.value("SELECT count(*) AS n FROM signal WHERE state = 'quarantined'")),
        "muted": int(reader.value("SELECT count(*) AS n FROM report WHERE suppressed")),
        "gathering": many("gathering"), "gathering_signals": many("gathering", "signals"),
        "not_actionable": many("not_actionable"), "declined": many("declined"), "measuring": many("shipped"),
        **{name: counts[name] for name in ("needs_you", "running", "snoozed")},
    }  # fmt: skip


def _next(reader: Reader, soak: float, window: float) -> Json:
    """When the first of what is measured is looked at, and by when there is a result at the latest."""
    rows = reader.rows(
        "SELECT c.merged_at, c.live_at FROM change c JOIN report r ON r.id = c.report_id "
        "WHERE r.status = 'shipped' AND c.merged_at IS NOT NULL"
    )
    starts = [
        datetime.fromisoformat(row["live_at"])
        if row["live_at"]
        else datetime.fromisoformat(row["merged_at"]) + timedelta(seconds=soak)
        for row in rows
    ]
    first = min(starts, default=None)
    return {"next_look": iso(first), "next_result": iso(first + timedelta(seconds=window)) if first else None}
