"""A report as JSON: the stable shape that `--json`, the screen and scripts share."""

from __future__ import annotations

from typing import Any

from agents.store.read import Json, Reader
from agents.store.series import share

_PLAIN = (
    "id", "title", "kind", "status", "status_reason", "priority_reason", "verdict", "verdict_reason", "summary",
    "signal_count", "user_count", "sources", "trend", "first_seen", "last_seen", "claimed_by", "snoozed_until",
    "snooze_condition", "merged_into", "round", "declined_as", "suppressed", "news_at",
)  # fmt: skip


def reports(reader: Reader, wanted: list[int]) -> list[Json]:
    """The reports with these ids, in this order, without signals, findings, runs and journal."""
    if not wanted:
        return []
    rows = {rid: found[0] for rid, found in _reports(reader, wanted).items()}
    questions = reader.by_report("question", wanted)
    changes = _changes(reader, wanted)
    contracts = reader.by_report("contract", wanted, order="report_id")
    outcomes = reader.by_report("outcome", wanted)
    runs = reader.by_report("run", wanted)
    result = []
    for rid in wanted:
        if rid not in rows:
            continue
        row = rows[rid]
        card = {name: row[name] for name in _PLAIN}
        card["priority"] = None if row["priority"] is None else f"P{row['priority']}"
        card["question"] = _question(questions[rid])
        card["change"] = changes.get(rid)
        card["contract"] = _contract(contracts[rid])
        card["outcome"] = _outcome(outcomes[rid])
        card["cost"] = _cost(runs[rid])
        result.append(card)
    return result


def _reports(reader: Reader, wanted: list[int]) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {}
    for start in range(0, len(wanted), 500):
        part = ",".join(str(int(i)) for i in wanted[start : start + 500])
        for row in reader.rows(f"SELECT * FROM report WHERE id IN ({part})"):
            found[row["id"]] = [row]
    return found


def _question(rows: list[Json]) -> Json | None:
    standing = [row for row in rows if row["answered_at"] is None]
    if not standing:
        return None
    newest = standing[-1]
    choices = [
        {"number": number, **{key: choice.get(key, "") for key in ("label", "detail", "example")}}
        for number, choice in enumerate(newest["choices"], 1)
    ]
    return {"text": newest["text"], "choices": choices, "asked_at": newest["asked_at"]}


def _contract(rows: list[Json]) -> Json | None:
    if not rows:
        return None
    return {key: rows[0][key] for key in ("metric", "denominator", "direction", "min_effect", "baseline")}


def _outcome(rows: list[Json]) -> Json | None:
    if not rows:
        return None
    keys = ("verdict", "reason", "before", "after", "ratio", "interval", "n", "as_of")
    return {key: rows[-1][key] for key in keys}


def _cost(rows: list[Json]) -> Json:
    from datetime import datetime

    seconds = 0.0
    for row in rows:
        if row["ended_at"]:
            seconds += (
                datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["started_at"])
            ).total_seconds()
    return {
        "usd": round(sum(row["usd"] for row in rows), 6),
        "tokens": sum(row["tokens"] for row in rows),
        "seconds": round(seconds, 3),
    }


def _changes(reader: Reader, wanted: list[int]) -> dict[int, Json]:
    result: dict[int, Json] = {}
    for rid, rows in reader.by_report("change", wanted).items():
        for row in rows:
            checks = reader.rows('SELECT * FROM "check" WHERE change_id = :id ORDER BY id', id=row["id"])
            remarks = reader.rows("SELECT * FROM review_comment WHERE change_id = :id ORDER BY id", id=row["id"])
            now = [check for check in checks if check["round"] == row["round"]]
            reviews = _reviews(reader, row)
            result[rid] = {
                "id": row["id"], "title": row["title"], "description": row["description"], "state": row["state"],
                "branch": row["branch"], "base": row["base"], "base_sha": row["base_sha"], "head": row["head_sha"],
                "forge": row["forge"], "url": row["url"], "round": row["round"], "files": row["files"],
                "proof": row["proof"] or {"red": "", "green": "", "proved": False},
                "checks": [{key: check[key] for key in ("name", "status", "log", "seconds")} for check in now],
                "review": [_remark(remark) for remark in remarks if remark["round"] == row["round"]],
                "comments": _comments(remarks, reviews),
                "reviews": reviews,
                "versions": _versions(reader, row["id"]),
                "notes": row["notes"], "merged_sha": row["merged_sha"], "merged_at": row["merged_at"],
                "merged_by": row["merged_by"],
            }  # fmt: skip
    return result


def _remark(row: Json) -> Json:
    keys = (
        "id", "severity", "path", "line", "text", "author", "at", "round", "by_person", "side", "start_line", "quote",
        "review_id",
    )  # fmt: skip
    return {key: row[key] for key in keys} | {"head": row["head_sha"]}


def _reviews(reader: Reader, change: Json) -> list[Json]:
    """What people said of the change as a whole."""
    rows = reader.rows("SELECT * FROM review WHERE change_id = :id ORDER BY id", id=change["id"])
    keys = ("id", "who", "kind", "text", "at", "round")
    return [{**{key: row[key] for key in keys}, "head": row["head_sha"]} for row in rows]


def _comments(remarks: list[Json], reviews: list[Json]) -> list[Json]:
    """What people said, oldest first: at lines, and of the whole change in their reviews."""
    whole = [
        {
            **dict.fromkeys(("id", "path", "line", "start_line")),
            "severity": "must-fix" if review["kind"] == "request-changes" else "consider",
            "text": review["text"], "author": review["who"], "at": review["at"], "round": review["round"],
            "by_person": True, "side": "new", "quote": "", "review_id": review["id"], "head": review["head"],
        }
        for review in reviews
        if review["text"]
    ]  # fmt: skip
    return sorted(
        [*whole, *(_remark(remark) for remark in remarks if remark["by_person"])], key=lambda remark: remark["at"]
    )


def _versions(reader: Reader, change_id: int) -> list[Json]:
    rows = reader.rows("SELECT * FROM change_version WHERE change_id = :id ORDER BY id", id=change_id)
    return [{key: row[key] for key in ("round", "base_sha", "at")} | {"head": row["head_sha"]} for row in rows]


def report(reader: Reader, report_id: int, *, signals: int = 50) -> Json | None:
    """One report with its newest signals, findings, runs with steps, and journal; None when there is none."""
    found = reports(reader, [report_id])
    if not found:
        return None
    result: dict[str, Any] = found[0]
    result["signals"] = [
        _signal(row)
        for row in reader.rows(
            f"SELECT * FROM signal WHERE report_id = :id ORDER BY at DESC, id DESC LIMIT {int(signals)}", id=report_id
        )
    ]
    result |= _origin(reader, result)
    result["links"] = _links(reader, report_id)
    keys = ("text", "verified", "is_cause", "file", "function", "line", "commit", "evidence")
    result["findings"] = [
        {key: row[key] for key in keys} for row in reader.by_report("finding", [report_id])[report_id]
    ]
    runs = reader.by_report("run", [report_id])[report_id]
    for run in runs:
        run["steps"] = reader.rows("SELECT * FROM step WHERE run_id = :id ORDER BY id", id=run["id"])
    result["runs"] = runs
    journal = reader.rows("SELECT * FROM journal WHERE report_id = :id ORDER BY id DESC LIMIT 500", id=report_id)
    kept = ("id", "at", "who", "action", "why", "undoable", "undone", "undo_hint", "batch")
    result["journal"] = [{key: row[key] for key in kept} for row in journal]
    result["links"] = _links(reader, report_id)
    notes = reader.by_report("note", [report_id])[report_id]
    result["notes"] = [{key: note[key] for key in ("id", "who", "kind", "text", "at")} for note in notes]
    result["reproduction"] = reader.rows("SELECT reproduction FROM report WHERE id = :id", id=report_id)[0][
        "reproduction"
    ]
    return result


def _origin(reader: Reader, result: Json) -> Json:
    """How many signals each source gave, the release that showed it first, and the share of traffic it hit."""
    report_id = result["id"]
    counts = reader.rows(
        "SELECT source, count(*) AS n FROM signal WHERE report_id = :id GROUP BY source ORDER BY n DESC, source",
        id=report_id,
    )
    first = reader.value("SELECT release FROM signal WHERE report_id = :id ORDER BY at, id LIMIT 1", id=report_id)
    names = [signal["entities"].get("transaction") for signal in result["signals"] if signal["entities"]]
    unit = (result["contract"] or {}).get("denominator") or next((f"requests:{name}" for name in names if name), "")
    return {
        "source_counts": {row["source"]: int(row["n"]) for row in counts},
        "first_release": first,
        "share": share(reader, result, unit) if unit else None,
    }


def _links(reader: Reader, report_id: int) -> list[Json]:
    """The reports this one is tied to; `outgoing`: the tie was made from this one."""
    found: list[Json] = []
    for outgoing, mine, theirs in ((True, "report_id", "other_id"), (False, "other_id", "report_id")):
        rows = reader.rows(
            f"SELECT r.id, r.title, r.status, l.kind, l.why, l.at FROM link l JOIN report r ON r.id = l.{theirs} "
            f"WHERE l.{mine} = :id ORDER BY l.id", id=report_id,
        )  # fmt: skip
        found += [{**row, "outgoing": outgoing} for row in rows]
    return found


def _signal(row: Json) -> Json:
    keys = (
        "id", "source", "kind", "external_id", "at", "title", "body", "level", "handled", "user_key", "release",
        "environment", "entities",
    )  # fmt: skip
    signal = {key: row[key] for key in keys}
    payload = row["payload"] or {}
    exceptions = payload.get("exceptions") or []
    signal["exceptions"] = exceptions
    signal["frames"] = (exceptions[-1].get("frames") or []) if exceptions else []
    signal |= {key: payload.get(key) or {} for key in ("request", "tags", "contexts")}
    signal |= {key: payload.get(key) or [] for key in ("breadcrumbs", "dropped")}
    return signal
