"""A report's rate over time, and how much traffic it was part of: what the measure plot and the summary show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agents.store.read import Json, Reader, iso

_MOST = 48  # buckets
_SIZES = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 7 * 86400)  # seconds
_MINUTE = timedelta(minutes=1)


def series(reader: Reader, report_id: int, *, baseline: float, soak: float, window: float) -> Json:
    """Events and exposure of a report in equal buckets, from before its change until the last look.

    Args:
        reader: the store.
        report_id: the report.
        baseline: seconds looked at before the merge.
        soak: seconds after the merge until anything counts, when no release is known.
        window: seconds looked at once it is live.

    Returns:
        {metric, unit, size, buckets: [{at, events, exposure}], merged_at, live_at, starts, ends, before, after,
        interval, ledger: {verdict: count}}; `unit` is what exposure counts ("requests:/checkout", "hours"), `size` a
        bucket's seconds, `live_at` None while no release tells, `starts` and `ends` bound what is looked at after the
        merge.
    """
    contract = _first(reader, "contract", report_id, "report_id")
    change = _first(reader, "change", report_id)
    outcome = _first(reader, "outcome", report_id, "id DESC")
    unit = contract["denominator"] if contract else "hours"
    merged, live = _moment(change.get("merged_at")), _moment(change.get("live_at"))
    starts = live or (merged + timedelta(seconds=soak) if merged else None)
    ends = starts + timedelta(seconds=window) if starts else None
    result: Json = {
        "metric": contract.get("metric") or "signals of this report", "unit": unit, "size": 0, "buckets": [],
        "merged_at": iso(merged), "live_at": iso(live), "starts": iso(starts), "ends": iso(ends),
        "before": outcome.get("before"), "after": outcome.get("after"), "interval": outcome.get("interval") or [],
    }  # fmt: skip
    verdicts = reader.rows("SELECT verdict, count(*) AS n FROM outcome GROUP BY verdict")
    result["ledger"] = {row["verdict"]: int(row["n"]) for row in verdicts}
    span = _span(reader, report_id, unit, merged, baseline, ends)
    if span is not None:
        result |= _buckets(reader, report_id, unit, *span)
    return result


def share(reader: Reader, report: Json, unit: str) -> Json | None:
    """{unit, events, exposure} while a report was seen; None where no traffic was counted.

    Args:
        reader: the store.
        report: its row, with `id`, `first_seen`, `last_seen`.
        unit: the exposure's name.
    """
    since, until = _moment(report["first_seen"]), _moment(report["last_seen"])
    if since is None or until is None or unit == "hours":
        return None
    since = since.replace(second=0, microsecond=0)
    span = {"since": _stored(reader, since), "until": _stored(reader, until + _MINUTE)}
    exposure = reader.value(
        "SELECT sum(count) AS n FROM exposure WHERE name = :unit AND bucket >= :since AND bucket < :until",
        unit=unit, **span,
    )  # fmt: skip
    if not exposure:
        return None
    events = reader.value(
        "SELECT count(*) AS n FROM signal WHERE report_id = :id AND kind <> 'outcome' AND at >= :since AND at < :until",
        id=report["id"], **span,
    )  # fmt: skip
    return {"unit": unit, "events": int(events), "exposure": float(exposure)}


def _first(reader: Reader, table: str, report_id: int, order: str = "id") -> Json:
    return next(iter(reader.rows(f"SELECT * FROM {table} WHERE report_id = :id ORDER BY {order}", id=report_id)), {})


def _moment(value: Any) -> datetime | None:
    text = iso(value)
    return datetime.fromisoformat(text) if text else None


def _stored(reader: Reader, moment: datetime) -> Any:
    """A time as the database compares it."""
    if not reader.is_sqlite:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _span(
    reader: Reader, report_id: int, unit: str, merged: datetime | None, baseline: float, ends: datetime | None
) -> tuple[datetime, datetime] | None:
    """What there is to show: from the first event on (at most the baseline before the merge) to the newest number."""
    seen = reader.rows(
        "SELECT min(at) AS first_seen, max(at) AS last_seen FROM signal WHERE report_id = :id AND kind <> 'outcome'",
        id=report_id,
    )[0]
    first, last = _moment(seen["first_seen"]), _moment(seen["last_seen"])
    if first is None or last is None:
        return None
    counted = _moment(reader.value("SELECT max(bucket) AS at FROM exposure WHERE name = :unit", unit=unit))
    judged = _moment(reader.value("SELECT max(as_of) AS as_of FROM outcome WHERE report_id = :id", id=report_id))
    until = max(moment for moment in (last, counted, merged, judged) if moment is not None)
    since = max(first, merged - timedelta(seconds=baseline)) if merged else first
    return since, max(min(until, ends) if ends else until, since)


def _buckets(reader: Reader, report_id: int, unit: str, since: datetime, until: datetime) -> Json:
    length = (until - since).total_seconds()
    size = next((size for size in _SIZES if length / size < _MOST - 1), _SIZES[-1])
    start, end = int(since.timestamp()) // size, int(until.timestamp()) // size
    bounds = {
        "since": _stored(reader, datetime.fromtimestamp(start * size, UTC)),
        "until": _stored(reader, datetime.fromtimestamp((end + 1) * size, UTC)),
    }
    events = _counted(
        reader, f"SELECT {_slot(reader, 'at', size)} AS slot, count(*) AS n FROM signal WHERE report_id = :id "
        "AND kind <> 'outcome' AND at >= :since AND at < :until GROUP BY slot", id=report_id, **bounds,
    )  # fmt: skip
    exposure = dict.fromkeys(range(start, end + 1), size / 3600)
    if unit != "hours":
        exposure = _counted(
            reader, f"SELECT {_slot(reader, 'bucket', size)} AS slot, sum(count) AS n FROM exposure "
            "WHERE name = :unit AND bucket >= :since AND bucket < :until GROUP BY slot", unit=unit, **bounds,
        )  # fmt: skip
    slots = range(max(start, end - _MOST + 1), end + 1)
    buckets = [
        {"at": iso(datetime.fromtimestamp(slot * size, UTC)), "events": int(events.get(slot, 0)),
         "exposure": exposure.get(slot, 0.0)}
        for slot in slots
    ]  # fmt: skip
    return {"size": size, "buckets": buckets}


def _slot(reader: Reader, column: str, size: int) -> str:
    """Seconds since 1970, in whole buckets: one of the few things the two databases say differently."""
    if reader.is_sqlite:
        return f"CAST(strftime('%s', {column}) AS INTEGER) / {size}"
    return f"CAST(floor(extract(epoch FROM {column}) / {size}) AS bigint)"


def _counted(reader: Reader, sql: str, **values: Any) -> dict[int, float]:
    return {int(row["slot"]): float(row["n"]) for row in reader.rows(sql, **values)}
