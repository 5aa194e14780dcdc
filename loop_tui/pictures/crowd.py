"""What makes a morning of one report of each kind: more changes, a colleague, sources, a comment in the making."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agents.models import (
    ChangeVersion,
    Check,
    Draft,
    Intake,
    Outcome,
    OutcomeVerdict,
    Question,
    ReviewComment,
    Run,
    Severity,
    Signal,
    SignalState,
    SourceState,
)
from loop_tui.pictures.backing import Changes, Ids, change, merged
from loop_tui.pictures.reports import ME, ago


def changes(ids: Ids, base: str, head: str) -> Changes:
    """Of each what the list shows."""
    return {
        "rounding": change(ids, "rounding", "Round the sum once", base, head),
        "coupon": change(ids, "coupon", "Compare codes in capitals", base, head),
        "images": change(ids, "images", "Ask for each picture once", base, head,
                         proof={"proved": False, "why_not": "no test shows it"}),
        "beta": change(ids, "beta", "Put the banner below the menu", base, head),
        "slow": change(ids, "slow", "Add the months up at night", base, head),
        "newsletter": merged(ids, "newsletter", "Link to the archive's new address", base, head, 28),
        "plus": merged(ids, "plus", "Keep the + of an address", base, head, 20),
        "csv": merged(ids, "csv", "Read files with a byte order mark", base, head, 150),
    }  # fmt: skip


def behind(ids: Ids, made: Changes) -> list[Any]:
    """Checks, remarks, a question in words, an outcome that is none, runs."""

    def check(name: str, status: str = "passed") -> Check:
        return Check(change_id=made[name].id or 0, name="tests", status=status, seconds=8.4)

    return [
        *(check(name) for name in ("rounding", "coupon", "beta", "slow")), check("images", "failed"),
        ReviewComment(change_id=made["rounding"].id or 0, author="review", severity=Severity.SHOULD_FIX,
                      text="the total of a gift card is rounded elsewhere", at=ago(hours=1)),
        Question(report_id=ids["zip"], asked_at=ago(hours=20), text="Ireland has addresses without one. Sell there?"),
        Outcome(report_id=ids["csv"], change_id=made["csv"].id or 0, verdict=OutcomeVerdict.NO_CHANGE, ratio=0.94,
                interval=[0.7, 1.25], reason="as many rows are skipped as before", n=812, as_of=ago(hours=40),
                before={"events": 90, "exposure": 790, "rate": 0.114},
                after={"events": 87, "exposure": 812, "rate": 0.107}),
        Run(report_id=ids["webhook"], stage="investigate", harness="search", sandbox="docker", status="running",
            started_at=ago(minutes=1.2), progress="reproduce"),
        *_collected(),
    ]  # fmt: skip


def _collected() -> list[Any]:
    """What came in today, by the calendar of the day the picture is taken, and from where."""
    today = datetime.now(UTC).date().isoformat()
    counts = {
        ("sentry", "collected"): 2406, ("sentry", "duplicate"): 2311, ("sentry", "rejected"): 3,
        ("zendesk", "collected"): 38, ("zendesk", "duplicate"): 11, ("health", "collected"): 6,
    }  # fmt: skip
    return [
        *(Intake(day=today, source=source, kind=kind, count=count) for (source, kind), count in counts.items()),
        SourceState(name="sentry", last_success=ago(minutes=1), items=4212),
        SourceState(name="zendesk", last_success=ago(minutes=4), items=38),
        SourceState(name="health", last_success=ago(minutes=1), items=6),
        *(Signal(source="zendesk", kind="ticket", external_id=f"q{n}", at=ago(hours=n), title="Hello",
                 state=SignalState.QUARANTINED, state_reason="asks the reader to run a command") for n in (4, 6)),
    ]  # fmt: skip


def written(invoice: int, made: int, base: str, head: str) -> list[Any]:
    """The invoice's change as it was read, and a comment that is not sent."""
    return [
        ChangeVersion(change_id=made, round=0, base_sha=base, head_sha=head, at=ago(hours=0.5)),
        Draft(report_id=invoice, who=ME, head_sha=head, path="billing/pdf.py", line=11, at=ago(minutes=3),
              quote="    return own or order.company.vat_id",
              text="Guests have no company. Return an empty line for them, please, and test it."),
    ]  # fmt: skip
