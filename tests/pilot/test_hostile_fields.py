"""Outside text in every field of every noun: drawn as text, in its place, whatever it holds."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agents.models import (
    Change,
    Check,
    Contract,
    Finding,
    JournalEntry,
    Outcome,
    OutcomeVerdict,
    Question,
    Report,
    ReviewComment,
    Run,
    Severity,
    Signal,
    Status,
    Step,
)
from loop_tui.pictures.reports import NOW
from loop_tui.pictures.repository import git
from loop_tui.widgets.lines import line, wrap
from loop_tui.widgets.report import TABS
from loop_tui.widgets.words import fit
from tests.pilot.conftest import Desk, Open

# Colour, title, clipboard and cursor sequences in 7 and 8 bits, a bell, NUL, bidi overrides, Rich and Textual markup.
STEER = (
    "\x1b[31m\x1b]0;owned\x07\x1b]52;c;aGk=\x07\x9b2J\x00\x7f\u202egnp.exe\u202c\u2066\r\b[bold]x[/] [@click=quit]y[/]"
)
WIDE = "漢字 한글 e\u0301\u0301 👨\u200d👩\u200d👧 ⚠\ufe0f नमस्ते สวัสดี"
NASTY = f"MARK {STEER} {WIDE} "
SIZES = [(80, 24), (120, 40)]


def harmless(text: str) -> bool:
    """Nothing in it steers a terminal or hides."""
    return not any(unicodedata.category(char) in ("Cc", "Cs") or char in "\u202e\u202c\u2066\u200d" for char in text)


def check(d: Desk, size: tuple[int, int], where: str) -> str:
    lines = d.screen().split("\n")
    assert len(lines) == size[1]
    for number, drawn in enumerate(lines):
        assert harmless(drawn), f"{where}, line {number}: {drawn!r}"
        assert cell_len(drawn) == size[0], f"{where}, line {number} is {cell_len(drawn)} cells: {drawn!r}"
    return "\n".join(lines)


async def fill(d: Desk, status: Status) -> int:
    """One report, hostile in every text column of every row that hangs on it."""
    t = NOW - timedelta(hours=1)
    report = Report(
        title=NASTY, summary=NASTY * 3, status=status, status_reason=NASTY, priority=1, priority_reason=NASTY,
        verdict_reason=NASTY, sources=[NASTY], claimed_by=NASTY, user_count=3, signal_count=3, first_seen=t,
        last_seen=t, trend=[0, 1, 2],
    )  # fmt: skip
    await d.store(report)
    rid = (await d.inbox.ids("all"))[0]
    repo = d.inbox.settings.repo
    base, head = git(repo, "rev-parse", "main"), git(repo, "rev-parse", "loop/invoice-vat-id")
    change = Change(report_id=rid, title=NASTY, description=NASTY, branch=NASTY, base="main", base_sha=base,
                    head_sha=head, state="open", url=NASTY, files=[{"path": NASTY, "added": 1, "removed": 1}],
                    proof={"test": NASTY, "red": NASTY, "green": NASTY, "proved": False,
                           "why_not": NASTY},
                    notes={"untested": [[NASTY, 7]], "never_opened": [NASTY],
                           "budget": {"used": 1, "limit": 2}})  # fmt: skip
    run = Run(report_id=rid, stage="propose", harness=NASTY, sandbox=NASTY, status="failed", error=NASTY, started_at=t)
    await d.store(change, run)
    frame = {"path": NASTY, "function": NASTY, "line": 8, "in_app": True, "context_line": NASTY, "vars": {NASTY: NASTY}}
    await d.store(
        Check(change_id=1, name=NASTY, status="failed", log=NASTY),
        ReviewComment(change_id=1, author=NASTY, severity=Severity.MUST_FIX, path="billing/pdf.py", line=8, text=NASTY),
        Finding(report_id=rid, text=NASTY, is_cause=True, file=NASTY, function=NASTY, line=1, commit=NASTY,
                evidence=NASTY),
        Signal(source=NASTY, external_id="1", title=NASTY, body=NASTY, user_key=NASTY, release=NASTY, environment=NASTY,
               report_id=rid, payload={"exceptions": [{"type": NASTY, "value": NASTY, "frames": [frame]}]}),
        Step(run_id=1, kind=NASTY, title=NASTY, output=NASTY * 3, ok=False),
        Contract(report_id=rid, metric=NASTY, denominator=NASTY, baseline={"events": 1, "exposure": 2}),
        Outcome(report_id=rid, change_id=1, verdict=OutcomeVerdict.WORSE, reason=NASTY, ratio=2.0, interval=[1.0, 3.0],
                before={"rate": 1}, after={"rate": 2}),
        JournalEntry(who=NASTY, action=NASTY, report_id=rid, why=NASTY, undo_hint=NASTY),
        Question(report_id=rid, text=NASTY, choices=[{"label": NASTY, "detail": NASTY, "example": NASTY}] * 2),
    )  # fmt: skip
    return rid


@pytest.mark.parametrize("size", SIZES)
async def test_every_field_is_drawn_as_text_on_every_tab(desk: Open, size: tuple[int, int]) -> None:
    async with desk([], size=size, name=NASTY) as d:
        await fill(d, Status.REVIEW)
        await d.until(lambda: bool(d.main.rows.order))
        assert "MARK" in check(d, size, "list")
        await d.press("enter")
        for tab in TABS:
            assert "MARK" in check(d, size, tab)
            await d.press("right_square_bracket")


async def test_every_dialog_draws_it_as_text(desk: Open) -> None:
    size = (80, 24)
    async with desk([], size=size) as d:
        await fill(d, Status.REVIEW)
        await d.until(lambda: bool(d.main.rows.order))
        for key in ("m", "x", "s", "r", "d"):
            await d.press(key)
            check(d, size, f"after {key}")
            await d.press("escape", "escape")


async def test_a_question_draws_it_as_text(desk: Open) -> None:
    size = (80, 24)
    async with desk([], size=size) as d:
        await fill(d, Status.NEEDS_INPUT)
        await d.until(lambda: bool(d.main.rows.order))
        await d.press("a")
        assert "MARK" in check(d, size, "answer")


async def test_a_refusal_that_quotes_it_is_told_as_text(desk: Open) -> None:
    async with desk([], size=(120, 40)) as d:
        await fill(d, Status.FAILED)
        await d.until(lambda: bool(d.main.rows.order))
        d.app.tell(NASTY, warn=True)
        await d.pilot.pause(0.1)
        assert "MARK" in check(d, (120, 40), "toast")


@given(st.text(max_size=30) | st.sampled_from(WIDE.split()), st.integers(1, 24), st.booleans())
def test_a_column_is_as_wide_as_it_was_asked_for_whatever_the_script(text: str, cells: int, right: bool) -> None:
    assert cell_len(fit(text, cells, right=right)) == cells


@given(st.text(max_size=60) | st.just(WIDE), st.integers(10, 30))
def test_no_wrapped_row_is_wider_than_its_room(text: str, cells: int) -> None:
    assert all(cell_len("".join(part for part, _ in row.spans)) <= cells for row in wrap(line(text), cells))
