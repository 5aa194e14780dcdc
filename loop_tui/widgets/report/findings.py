"""What was found out: the cause first, each with whether it was checked and what backs it."""

from __future__ import annotations

from loop_tui.widgets.code import highlight, numbered
from loop_tui.widgets.lines import Line, Place, block, line
from loop_tui.widgets.report.parts import GAP, Json, View, log_lines, place_of, said
from loop_tui.widgets.words import Span

_AFTER = 2  # lines shown after the one that is meant
_SHORT = 8  # lines of evidence that need no fold


def findings(report: Json, view: View) -> list[Line]:
    """Each finding."""
    found = report["findings"]
    if not found:
        return [
            line(("Nothing was found out yet. ", "bold"), (view.hints(("retry", "starts an investigation")), "dim"))
        ]
    lines: list[Line] = []
    checked = sum(finding["verified"] for finding in found)
    lines += [
        line(
            (f"{checked} of {len(found)} checked", "dim"),
            (f" · {view.hints(('target', 'opens the code'), ('edit', 'the editor'))}", "dim"),
        ),
        GAP,
    ]
    for number, finding in sorted(enumerate(found), key=lambda item: not item[1]["is_cause"]):
        lines += [*_finding(finding, f"finding:{number}", view), GAP]
    return lines


def _finding(finding: Json, id: str, view: View) -> list[Line]:
    mark: Span = ("✓ ", "good") if finding["verified"] else ("? ", "warn")
    head: list[Span] = [("Cause  ", "accent")] if finding["is_cause"] else []
    lines = [line(mark, *head, (finding["text"], "bold" if finding["is_cause"] else ""), hang=2)]
    if not finding["verified"]:
        lines.append(line(("not verified", "warn"), indent=2))
    place = place_of(finding)
    if place is not None:
        function: Span = (f" in {finding['function']}()" if finding["function"] else "", "dim")
        lines.append(line((said(place), "accent"), function, indent=2, hang=2, to=place))
    if finding["commit"]:
        lines.append(line((f"commit {str(finding['commit'])[:9]}", "dim"), indent=2))
    return lines + _backing(finding, place, id, view)


def _backing(finding: Json, place: Place | None, id: str, view: View) -> list[Line]:
    """Code where the repository has it, else what the finding brought along."""
    if finding["is_cause"] and place is not None:
        code = in_place(view, place)
        if code:
            return code
    text = str(finding["evidence"] or "")
    if not text.strip():
        return []
    if text.count("\n") < _SHORT:
        return block(text, "code", 4, wrap=False)
    return log_lines(view, id, text, most=4)


def in_place(view: View, place: Place, indent: int = 4) -> list[Line]:
    """The repository's own code around a place, as it was read."""
    source = view.code.get(place)
    if not source or not source["lines"]:
        return []
    first = source["first"]
    texts = list(source["lines"])[: place.line - first + 1 + _AFTER]
    while texts and not texts[0].strip():
        texts, first = texts[1:], first + 1
    while texts and not texts[-1].strip():
        texts.pop()
    spans = numbered(texts, first, source["path"], place.line)
    return [Line(tuple(part), indent, 0, False) for part in spans]


def given(texts: list[str], path: str, first: int, mark: int, indent: int = 4) -> list[Line]:
    """Code that an event brought along."""
    if first < 1:
        return [Line(tuple(part), indent, 0, False) for part in highlight(texts, path)]
    return [Line(tuple(part), indent, 0, False) for part in numbered(texts, first, path, mark)]
