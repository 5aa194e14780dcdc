"""What runs cost: of one report, of today, by stage."""

from __future__ import annotations

from datetime import UTC, datetime

from agents.store.read import Json, Reader

_SUM = "SELECT coalesce(sum(usd), 0) AS usd, coalesce(sum(tokens), 0) AS tokens FROM run WHERE "
_TODAY = "(started_at >= :day OR ended_at >= :day)"


def of_report(reader: Reader, report_id: int) -> Json:
    """{usd, tokens} of all runs of a report."""
    return _sum(reader.rows(f"{_SUM} report_id = :report", report=report_id))


def of_today(reader: Reader) -> Json:
    """{usd, tokens} of the runs that ran at some time since midnight, where this machine is."""
    return _sum(reader.rows(f"{_SUM} {_TODAY}", day=_midnight()))


def by_stage(reader: Reader) -> list[Json]:
    """{stage, harness, runs, usd, tokens, usd_today, tokens_today} of each stage and harness."""
    return reader.rows(
        "SELECT stage, harness, count(*) AS runs, coalesce(sum(usd), 0) AS usd, coalesce(sum(tokens), 0) AS tokens, "
        f"coalesce(sum(CASE WHEN {_TODAY} THEN usd ELSE 0 END), 0) AS usd_today, "
        f"coalesce(sum(CASE WHEN {_TODAY} THEN tokens ELSE 0 END), 0) AS tokens_today "
        "FROM run GROUP BY stage, harness ORDER BY stage, harness",
        day=_midnight(),
    )


def _midnight() -> str:
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC).isoformat(sep=" ")


def _sum(rows: list[Json]) -> Json:
    (row,) = rows
    return {"usd": float(row["usd"]), "tokens": int(row["tokens"])}
