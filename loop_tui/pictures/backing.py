"""What stands behind the reports in the pictures: change and review, question, traffic and outcome, runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.models import (
    Change,
    Check,
    Contract,
    Exposure,
    Finding,
    Intake,
    JournalEntry,
    Outcome,
    OutcomeVerdict,
    Question,
    ReviewComment,
    Run,
    Severity,
    Signal,
    Step,
)
from loop_tui.pictures.reports import ago

Ids = dict[str, int]
Changes = dict[str, Change]
_FRAMES = [
    {"path": "flask/app.py", "function": "dispatch_request", "line": 1802, "in_app": False},
    {"path": "billing/views.py", "function": "invoice", "line": 9, "in_app": True,
     "context_line": "    return render(footer(order), total_line(order))", "vars": {"order": "<Order 7731>"}},
    {"path": "billing/pdf.py", "function": "footer", "line": 21, "in_app": True,
     "context_line": '        lines.append("VAT " + vat_line(order))'},
    {"path": "billing/pdf.py", "function": "vat_line", "line": 11, "in_app": True,
     "context_line": '    return order.meta["vat_id"]', "vars": {"order.country": "'FR'", "order.meta": "{}"}},
]  # fmt: skip


def change(ids: Ids, name: str, title: str, base: str, head: str, **fields: Any) -> Change:
    """What the list shows of a change."""
    values: dict[str, Any] = {
        "branch": f"loop/{name}",
        "state": "open",
        "proof": {"proved": True},
        "created_at": ago(hours=8),
    }
    return Change(report_id=ids[name], title=title, base="main", base_sha=base, head_sha=head,
                  **{**values, **fields})  # fmt: skip


def merged(ids: Ids, name: str, title: str, base: str, head: str, hours: float) -> Change:
    """A change that went in."""
    return change(ids, name, title, base, head, state="merged", merged_sha=head, merged_at=ago(hours=hours),
                  merged_by="you")  # fmt: skip


def changes(ids: Ids, base: str, head: str) -> Changes:
    """The invoice's in full, and two more."""
    return {
        "invoice": change(
            ids, "invoice", "Invoice PDF: fall back to the company's VAT id", base, head, created_at=ago(hours=0.5),
            branch="loop/invoice-vat-id",
            description="Orders of guests carry no VAT id; the company's is what order_lines() uses as well.",
            files=[{"path": "billing/pdf.py", "added": 5, "removed": 4},
                   {"path": "tests/test_pdf.py", "added": 7, "removed": 0}],
            proof={"test": "tests/test_pdf.py::test_eu_order_without_vat_id", "red": "KeyError: 'vat_id'",
                   "green": "1 passed", "proved": True},
            notes={"untested": [["billing/pdf.py", 9]], "never_opened": ["billing/tax.py"],
                   "budget": {"used": 16, "limit": 200}}),
        "export": merged(ids, "export", "Export dates in the order's zone", base, head, 66),
        "teams": change(ids, "teams", "Page the team list", base, head),
    }  # fmt: skip


def behind(ids: Ids, made: Changes) -> list[Any]:
    """What stands behind one report of each kind."""
    return [*_invoice(made["invoice"]), _question(ids["refund"]), *_outcome(made["export"]),
            *_traffic(ids["export"]), *_collected()]  # fmt: skip


def _invoice(made: Change) -> list[Any]:
    """Checks, review, findings, signals, contract and journal of the report that is opened."""
    when, report = ago(hours=0.5), made.report_id
    return [
        Check(change_id=made.id or 0, name="tests", status="passed", seconds=8.4),
        Check(change_id=made.id or 0, name="lint", status="passed", seconds=0.6),
        ReviewComment(change_id=made.id or 0, author="review", severity=Severity.CONSIDER, path="billing/pdf.py",
                      line=11, text="company may be None for guests", at=when),
        Finding(report_id=report, text="vat_line() reads meta['vat_id'], which guests' orders do not have",
                verified=True, is_cause=True, file="billing/pdf.py", function="vat_line", line=11, commit="9d3c1fe07",
                evidence='return order.meta["vat_id"]'),
        Finding(report_id=report, text="The first failure came 9 minutes after release 3.8.0", verified=True),
        Finding(report_id=report, text="Orders imported before 2019 may lack a company"),
        Signal(source="sentry", external_id="a1", at=ago(hours=0.4), received_at=when, title="KeyError: 'vat_id'",
               body="GET /invoices/7731", user_key="u-118", release="3.8.0", environment="production",
               payload={"exceptions": [{"type": "KeyError", "value": "'vat_id'", "frames": _FRAMES}]},
               report_id=report),
        Signal(source="zendesk", kind="ticket", external_id="z9", at=ago(hours=2), received_at=when,
               title="I cannot download my invoice", body="It says something went wrong. Order 7731, from Lyon.",
               report_id=report),
        Contract(report_id=report, metric="errors of this report", denominator="requests:/invoices",
                 baseline={"events": 139, "exposure": 6041}, declared_at=when),
        JournalEntry(at=ago(hours=1), who="loop", action="propose", report_id=report, why="verdict: actionable"),
        JournalEntry(at=ago(hours=0.5), who="loop", action="review", report_id=report, why="proved, CI green"),
    ]  # fmt: skip


def _question(report: int) -> Question:
    example = "order of €90, one of three shipped → "
    return Question(
        report_id=report, asked_at=ago(hours=5),
        text="Both changes pass every test. They differ in what the customer gets back. Which one is right?",
        choices=[{"label": "Refund only what has not shipped", "detail": "", "example": example + "€60"},
                 {"label": "Refund all, reclaim shipped goods", "detail": "",
                  "example": example + "€90 and a return label"}],
    )  # fmt: skip


def _outcome(made: Change) -> list[Any]:
    return [
        Contract(report_id=made.report_id, metric="errors of this report", denominator="requests:/export",
                 baseline={"events": 139, "exposure": 6041}, declared_at=ago(hours=70)),
        Outcome(report_id=made.report_id, change_id=made.id or 0, verdict=OutcomeVerdict.IMPROVED, ratio=0.02,
                interval=[0.004, 0.06], reason="0.4 against 23.1 errors per 1,000 exports", n=5377, as_of=ago(hours=3),
                before={"events": 139, "exposure": 6041, "rate": 0.0231},
                after={"events": 2, "exposure": 5377, "rate": 0.0004}),
    ]  # fmt: skip


_MERGED = 66  # hours ago
_HOURS = range(116, 3, -1)


def _traffic(export: int) -> list[Any]:
    """Exports in every hour, more by day; about 23 errors in 1,000 of them before the merge, hardly any after it."""
    found = [hours for hours in _HOURS if hours > _MERGED for _ in range(1 + (hours * 7 % 5 > 1) + (hours * 3 % 4 > 2))]
    return [
        *(Exposure(name="requests:/export", bucket=ago(hours=hours), count=40 + 60 * (6 < (15 - hours) % 24 < 20))
          for hours in _HOURS),
        *(Signal(source="sentry", external_id=f"e{number}", at=ago(hours=hours - 0.5), title="Date off by one day",
                 report_id=export) for number, hours in enumerate([*found, 31, 12])),
    ]  # fmt: skip


def _collected() -> list[Intake]:
    counts = (("collected", 4212), ("duplicate", 4020), ("quarantined", 2))
    return [Intake(day="2026-03-12", source="sentry", kind=kind, count=count) for kind, count in counts]


def runs(ids: Ids) -> list[Run]:
    """Two that are done, one that failed, one that goes on."""

    def run(name: str, stage: str, hours: float, **fields: Any) -> Run:
        values: dict[str, Any] = {
            "harness": "search", "sandbox": "docker", "status": "done", "started_at": ago(hours=hours),
            "ended_at": ago(hours=hours) + timedelta(seconds=74),
        }  # fmt: skip
        return Run(report_id=ids[name], stage=stage, **{**values, **fields})

    return [
        run("invoice", "investigate", 1.2),
        run("invoice", "propose", 1.0),
        run("checkout", "propose", 0.06, status="running", ended_at=None, progress="candidate 61/240"),
        run("quotes", "propose", 26, status="failed", error="No candidate kept all tests green."),
    ]


def steps(found: list[Run]) -> list[Step]:
    """What the invoice's two runs did."""
    first, second, at = found[0].id or 0, found[1].id or 0, ago(hours=1)
    return [
        Step(run_id=first, at=at, kind="command", title="reproduce", ok=True, seconds=4.1, output="KeyError: 'vat_id'"),
        Step(run_id=first, at=at, kind="read", title="billing/pdf.py", output="localised at line 11"),
        Step(run_id=second, at=at, kind="candidate", title="default the key to ''", ok=False, seconds=0.8,
             output="test_vat_line_is_printed failed"),
        Step(run_id=second, at=at, kind="candidate", title="company.vat_id", ok=True, seconds=0.7),
        Step(run_id=second, at=at, kind="proof", title="red on base, green on head", ok=True, seconds=8.4),
    ]  # fmt: skip
