"""What the engine does now, as the store has it."""

from __future__ import annotations

from datetime import datetime

from agents.store.read import Json, Reader


def activity(reader: Reader) -> Json:
    """{running, queued, to_build, troubled, usd_today}; `running` are runs of reports whose state they belong to."""
    running = reader.rows(
        "SELECT u.report_id, r.title, u.stage, u.progress, u.started_at, u.sandbox FROM run u "
        "JOIN report r ON r.id = u.report_id WHERE u.status = 'running' "
        "AND r.status IN ('investigating', 'proposing', 'review') ORDER BY u.id"
    )
    queued = reader.value("SELECT count(*) AS n FROM report WHERE status = 'queued'")
    day = datetime.now().astimezone().date().isoformat()
    usd = reader.value("SELECT coalesce(sum(usd), 0) AS usd FROM run WHERE started_at >= :day", day=day)
    waits = "SELECT count(*) AS n FROM report r WHERE r.status = 'proposing' AND NOT EXISTS "
    to_build = reader.value(f"{waits} (SELECT 1 FROM run u WHERE u.report_id = r.id AND u.status = 'running')")
    troubled = reader.rows(
        "SELECT name, last_success, last_error FROM source_state WHERE enabled AND last_error <> '' ORDER BY name"
    )
    found = {"running": running, "queued": queued, "to_build": to_build, "troubled": troubled}
    return found | {"usd_today": float(usd)}
