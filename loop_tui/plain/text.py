"""Reports as lines of words: no glyph, colour or column carries a meaning of its own."""

from __future__ import annotations

from typing import Any

from agents.text import counted, one_line
from loop_tui.widgets.words import age, status

Json = dict[str, Any]
_NAME, _LONG = 300, 2000  # characters of a name and of a text on one line


def card(row: Json) -> str:
    """A report of the list in one line."""
    _, word, _ = status(row)
    facts = [counted(row["user_count"], "user"), f"seen {age(row['last_seen'])} ago"]
    if row["checks"]:
        facts.append(f"checks {row['checks']}")
    if row["proved"] is not None and row["change_state"]:
        facts.append("proved" if row["proved"] else "not proved")
    if row["review"]:
        facts.append(f"review says {row['review']}")
    if row["choices"]:
        facts.append(counted(row["choices"], "choice"))
    if row["claimed_by"]:
        facts.append(f"claimed by {one_line(row['claimed_by'], 30)}")
    if row["unread"]:
        facts.append("unread")
    head = f"{row['id']}, {row['priority'] or 'no priority'}, {word}"
    return f"{head}: {one_line(row['title'], 200)} ({', '.join(facts)})"


def report(found: Json) -> list[str]:
    """A report: the answer first, then the evidence."""
    title, sources = one_line(found["title"], _NAME), ", ".join(one_line(name, 60) for name in found["sources"])
    lines = [
        f"Report {found['id']}, {found['priority'] or 'no priority'}, {status(found)[1]}: {title}",
        f"{counted(found['user_count'], 'user')}, {counted(found['signal_count'], 'signal')}, "
        f"{found['first_seen']} to {found['last_seen']}, from {sources}",
    ]
    for name, text in (
        ("", found["summary"]),
        ("Now", found["status_reason"]),
        ("Verdict", f"{found['verdict']}: {found['verdict_reason']}" if found["verdict"] else ""),
        ("Priority", found["priority_reason"]),
    ):
        if text:
            lines += ["", f"{name}: {text}" if name else text]
    return [*lines, *_question(found), *_findings(found), *_change(found["change"]), *_outcome(found["outcome"])]


def _question(found: Json) -> list[str]:
    asked = found["question"]
    if not asked:
        return []
    lines = ["", f"Question: {asked['text']}"]
    for choice in asked["choices"]:
        about = ", ".join(one_line(part, _LONG) for part in (choice["detail"], choice["example"]) if part)
        lines.append(f"  {choice['number']}  {one_line(choice['label'], _NAME)}" + (f": {about}" if about else ""))
    how = "--choice N" if asked["choices"] else '"in words"'
    return [*lines, f"  answer with: loop answer {found['id']} {how}"]


def _findings(found: Json) -> list[str]:
    lines = ["", "Findings"] if found["findings"] else []
    for finding in found["findings"]:
        place = f"{one_line(finding['file'], _NAME)}:{finding['line']}  " if finding["file"] else ""
        kind = ("cause, " if finding["is_cause"] else "") + ("verified" if finding["verified"] else "not verified")
        lines.append(f"  {place}{finding['text']} ({kind})")
    return lines


def _change(change: Json | None) -> list[str]:
    if not change:
        return []
    title, branch = one_line(change["title"], _NAME), one_line(change["branch"], _NAME)
    lines = ["", f"Change: {title}  ({branch}, {change['head'][:9]}, {change['state']})"]
    lines.append(f"  proof: {proof(change)}")
    for check in change["checks"]:
        why = f" ({one_line(check['log'], 200)})" if check["status"] == "skipped" and check["log"] else ""
        lines.append(f"  check {one_line(check['name'], 60)}: {check['status']}{why}")
    for remark in change["review"]:
        place = f"{one_line(remark['path'], _NAME)}:{remark['line']}  " if remark["path"] else ""
        lines.append(f"  {remark['severity']}: {place}{one_line(remark['text'], _LONG)}")
    return lines


def _outcome(outcome: Json | None) -> list[str]:
    return ["", f"Outcome: {outcome['verdict']}, {outcome['reason']}"] if outcome else []


def proof(change: Json) -> str:
    """What the proof of a change says."""
    found = change["proof"]
    test = f": {one_line(found['test'], _NAME)}" if found.get("test") else ""
    if found.get("proved"):
        return f"red before, green after{test}"
    return one_line(found.get("why_not") or "not proved", 300)


def journal(found: Json) -> list[str]:
    """What was done on a report: its journal, oldest first, and the steps of each run."""
    lines = [
        f"{entry['at']}  {one_line(entry['who'], 60)}  {one_line(entry['action'], 60)}  {one_line(entry['why'], _LONG)}"
        for entry in reversed(found["journal"])
    ]
    for run in found["runs"]:
        lines += ["", ", ".join(one_line(run[name], 60) for name in ("stage", "harness", "sandbox", "status"))]
        for step in run["steps"]:
            went = {True: "ok", False: "failed", None: "noted"}[step["ok"]]
            kind, title = one_line(step["kind"], 60), one_line(step["title"], _NAME)
            lines.append(f"  {went:<6}  {kind:<10} {title}  {step['seconds']:.2f} s")
    return lines


def decision(entry: Json) -> str:
    """One of your decisions in one line."""
    about = f", report {entry['report_id']}: {one_line(entry['title'], 80)}" if entry["report_id"] else ""
    why = f" ({one_line(entry['why'], 100)})" if entry["why"] else ""
    state = "taken back" if entry["undone"] else "" if entry["can_undo"] else "stays"
    return f"{entry['id']}, {age(entry['at'])} ago, {one_line(entry['action'], 60)}{about}{why}" + (
        f", {state}" if state else ""
    )


def draft(found: Json) -> str:
    """A comment that is not sent yet in one line."""
    where = f"{one_line(found['path'], _NAME)}:{found['line']}" + (", outdated" if found["outdated"] else "")
    return f"{found['id']}, {where}: {one_line(found['text'], 300)}"


def plan(found: Json) -> list[str]:
    """What is said before a merge."""
    checks = ", ".join(f"{one_line(check['name'], 60)} {check['status']}" for check in found["checks"]) or "none ran"
    sent = ", ".join(
        f"{one_line(review['who'], 40)}: {review['kind']}" + ("" if review["current"] else " of an older head")
        for review in found["reviews"]
    )
    moved = ", which has moved" if found["base_moved"] else ""
    lines = [
        f"head: {found['head'][:12]}, branch {one_line(found['branch'], _NAME)}",
        f"base: {found['base_sha'][:12]}, branch {one_line(found['base'], _NAME)}{moved}",
        f"proof: {proof(found)}", f"checks: {checks}", f"reviews: {sent or 'none sent'}",
    ]  # fmt: skip
    lines += [f"missing: {one_line(reason, 300)}" for reason in found["missing"]]
    return [*lines, *(f"note: {one_line(said, 300)}" for said in found["cannot_undo"])]
