"""The proposed change: files, proof, checks, review, rounds, and the start of the diff."""

from __future__ import annotations

from loop_tui.widgets.lines import Line, block, line
from loop_tui.widgets.report.parts import GAP, Json, View, fold, log_lines, place_of, rows, said, size, telling
from loop_tui.widgets.report.proof import LEVELS, mark, missing
from loop_tui.widgets.words import Span, fit, plural, when

_DIFF = 40_000  # characters of the diff that are shown here
_BAR = 5  # cells of a file's bar
_TAIL = 8  # lines of each proof log


def change(report: Json, view: View) -> list[Line]:
    """The tab."""
    found = report["change"]
    if not found:
        return [line(("There is no change yet. ", "bold"), _why_none(report))]
    parts = [
        head(found), files(found), proof(found, view), checks(found, view), remarks(found), rounds(found),
        about(found, view),
    ]  # fmt: skip
    lines: list[Line] = []
    for part in parts:
        lines += [*part, GAP] if part else []
    return [*lines, *_diff(view)]


def _why_none(report: Json) -> str:
    if report["question"]:
        return "It is built once the question is answered."
    return {
        "failed": f"{report['status_reason']}", "not_actionable": f"{report['verdict_reason']}",
        "proposing": "It is being built.",
    }.get(report["status"], "It is built when the investigation ends with something to do.")  # fmt: skip


def head(found: Json) -> list[Line]:
    """Title, and what is missing."""
    lines = [line((found["title"], "bold"))]
    lacking = missing(found)
    if lacking and not found["merged_sha"]:
        lines.append(line(("Missing: ", "warn"), "; ".join(lacking), hang=2))
    return lines


def about(found: Json, view: View) -> list[Line]:
    """Where it is, what no test runs, how large it may be, and its description."""
    lines: list[Line] = []
    lines += rows(view, "Branch", found["branch"], (f" at {found['head'][:9]} → {found['base']}", "dim"))
    if found["url"]:
        lines += rows(view, "At", found["url"])
    if found["merged_sha"]:
        by = f"{found['merged_sha'][:9]} by {found['merged_by']} {when(found['merged_at'])}"
        lines += rows(view, "Merged", by)
    notes = found["notes"] or {}
    if notes.get("untested"):
        places = ", ".join(f"{path}:{at}" for path, at in notes["untested"][:8])
        lines += rows(view, "Not tested", (places, "warn"))
    lines += _faults(notes.get("faults") or {}, view)
    for other in (notes.get("alternatives") or [])[:8]:
        why = f" — not chosen: {other.get('why_not') or ''}"
        lines += rows(view, "Instead of", f"{other.get('harness')}: {other.get('title') or 'no change'}", (why, "dim"))
    if notes.get("never_opened"):
        lines += rows(view, "Never opened", (", ".join(str(path) for path in notes["never_opened"][:8]), "warn"))
    budget = notes.get("budget") or {}
    if budget:
        over = budget.get("used", 0) > budget.get("limit", 0)
        told = f"{plural(int(budget.get('used', 0)), 'line')} changed of {budget.get('limit', 0)} allowed"
        lines += rows(view, "Size", (told, "warn" if over else ""))
    if found["description"]:
        lines.append(fold(view, "description", ("description", "dim")))
        if view.opened("description"):
            lines += _description(found["description"])
    return lines


def _faults(found: Json, view: View) -> list[Line]:
    """How many small faults in the changed lines the tests notice."""
    tried, noticed = int(found.get("tried") or 0), int(found.get("noticed") or 0)
    if not tried:
        return []
    told = f"the tests notice {noticed} of {plural(tried, 'small fault')} put into the changed lines"
    return rows(view, "Tests", (told, "warn" if noticed < tried else ""))


def _description(text: str) -> list[Line]:
    """Paragraphs; what stands between double asterisks is bold."""
    lines: list[Line] = []
    for item in block(text):
        parts = item.spans[0][0].split("**")
        lines.append(Line(tuple((part, "bold" if at % 2 else "") for at, part in enumerate(parts) if part)))
    return lines


def files(found: Json) -> list[Line]:
    """The files, with what each adds and removes."""
    if not found["files"]:
        return []
    counts = [(int(file.get("added") or 0), int(file.get("removed") or 0)) for file in found["files"]]
    most = max(map(sum, counts)) or 1
    wide = len(str(max(map(max, counts)))) + 1
    lines = [line((size(found), "bold"))]
    for file, (added, removed) in zip(found["files"], counts, strict=True):
        cells = max((added > 0) + (removed > 0), round((added + removed) / most * _BAR))
        green = round(cells * added / (added + removed)) if added + removed else 0
        green = min(max(green, int(added > 0)), cells - (removed > 0))
        spans: list[Span | str] = [
            (f"{f'+{added}':>{wide}} ", "good" if added else "dim"),
            (f"{f'−{removed}':>{wide}}  ", "bad" if removed else "dim"), ("▇" * green, "good"),
            ("▇" * (cells - green), "bad"), " " * (_BAR - cells + 2), str(file["path"]),
        ]  # fmt: skip
        lines.append(line(*spans, indent=2, hang=2))
    return lines


def proof(found: Json, view: View) -> list[Line]:
    """The test, red on the base and green on the head, with the end of both logs."""
    shown = found["proof"]
    if not shown.get("test"):
        return [line(("Not proved: ", "warn"), str(shown.get("why_not") or "no test shows the fault"), hang=2)]
    lines = [line(("Proof  ", "bold"), str(shown["test"]), hang=2)]
    if not shown.get("proved"):
        lines.append(line(("not proved: ", "warn"), str(shown.get("why_not") or ""), indent=2, hang=2))
    if shown.get("command"):
        lines.append(line((f"$ {shown['command']}", "dim"), indent=2, hang=2))
    for name, style, sha, where in (
        ("red", "bad", found["base_sha"], "base"),
        ("green", "good", found["head"], "head"),
    ):
        log = str(shown.get(name) or "")
        lines.append(line((f"{name} ", style), (f"on the {where}, {sha[:9]}", "dim"), indent=2))
        lines += log_lines(view, f"proof:{name}", log, 4, _TAIL)
    return lines


def checks(found: Json, view: View) -> list[Line]:
    """What CI said; the log of what failed is unfolded."""
    if not found["checks"]:
        return [line(("CI  ", "bold"), ("none ran", "warn"), (" — set `ci` in loop.toml", "dim"))]
    lines = [line(("CI", "bold"))]
    for number, check in enumerate(found["checks"]):
        glyph, style = mark(check["status"])
        bad = check["status"] in ("failed", "error")
        spans: list[Span] = [(f"{glyph} ", style), (check["name"], ""), (f"  {check['status']}", style),
                             (f"  {check['seconds']:.1f} s", "dim")]  # fmt: skip
        if not str(check["log"]).strip():
            lines.append(line(*spans, indent=4, hang=2))
            continue
        last = telling(check["log"], 1)[0]
        lines.append(fold(view, f"check:{number}", *spans, (f"  {last}", "dim"), at_first=bad, indent=2))
        if view.opened(f"check:{number}", bad):
            lines += log_lines(view, f"check:{number}:all", check["log"], 6)
    return lines


def remarks(found: Json) -> list[Line]:
    """What agents and people said of it, the most binding first."""
    seen: list[Json] = []
    for remark in [*found["review"], *found["comments"]]:
        of_the_whole = remark.get("review_id") and not remark["path"]  # stands with its round
        if remark not in seen and not of_the_whole:
            seen.append(remark)
    if not seen:
        return [line(("Review  ", "bold"), "nothing to say")]
    order = list(LEVELS)
    lines = [line(("Review", "bold"), (f"  {plural(len(seen), 'remark')}", "dim"))]
    for remark in sorted(seen, key=lambda item: order.index(item["severity"]) if item["severity"] in order else 9):
        place = place_of(remark, "head") if remark["line"] else None
        by = f"{remark['author']}, a person" if remark.get("by_person") else str(remark["author"])
        earlier = remark.get("round") not in (None, found["round"])
        outdated: Span = (f"of round {remark['round']}  ", "dim") if earlier else ("", "")
        lines.append(
            line((f"{remark['severity']}  ", LEVELS.get(remark["severity"], "dim")), outdated, remark["text"],
                 (f"  — {by}", "dim"), indent=2, hang=2, to=place)
        )  # fmt: skip
        if remark["path"]:
            at = said(place) if place else str(remark["path"])
            lines.append(line((at, "accent"), indent=4))
    return lines


def rounds(found: Json) -> list[Line]:
    """The heads it has had and what was said of each."""
    versions, reviews = found.get("versions") or [], found.get("reviews") or []
    if len(versions) < 2 and not reviews:
        return []
    lines = [line(("Rounds", "bold"), (f"  {plural(max(1, len(versions)), 'version')}", "dim"))]
    events = [(str(item.get("at") or ""), _version(item)) for item in versions]
    events += [(str(item.get("at") or ""), _review(item)) for item in reviews]
    lines += [made for _, made in sorted(events, key=lambda event: event[0])]
    return lines


def _version(item: Json) -> Line:
    head = str(item.get("head") or item.get("head_sha") or "")[:9]
    return line((f"{when(item.get('at'))}  ", "dim"), f"round {item.get('round', '')} ", (head, "dim"), indent=2)


_KINDS = {"approve": ("✓ approved", "good"), "request-changes": ("✕ asked for changes", "warn"),
          "comment": ("· commented", "")}  # fmt: skip


def _review(item: Json) -> Line:
    word = _KINDS.get(str(item.get("kind")), (fit(item.get("kind") or "", 20).rstrip(), ""))
    text = f"  {item['text']}" if item.get("text") else ""
    by = f"  {item.get('who') or ''}"
    return line((f"{when(item.get('at'))}  ", "dim"), word, (by, "dim"), text, indent=2, hang=18)


def _diff(view: View) -> list[Line]:
    lines: list[Line] = []
    for item in block(view.diff[:_DIFF], "", 0, wrap=False) if view.diff else []:
        text = item.spans[0][0]
        if text.startswith(("diff --git", "index ", "--- ", "new file", "similarity")):
            continue
        row = {"+": "add", "-": "del", "@": "hunk"}.get(text[:1], "")
        if text.startswith("+++ "):
            lines.append(Line(((text[6:], "bold"),)))
        else:
            lines.append(Line(((text, row if row != "hunk" else "dim"),), 0, 0, False, row if row != "hunk" else ""))
    return [*lines, line((view.hints(("diff", "reads it in full")), "dim"))] if lines else []
