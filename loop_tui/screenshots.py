"""Pictures of the inbox: `python -m loop_tui.screenshots [FOLDER]` writes them as SVG.

A store in a temporary folder is filled with fixed reports at fixed times, so the same program gives the same pictures.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agents.inbox import Inbox
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
    Report,
    ReviewComment,
    Run,
    Severity,
    Signal,
    Status,
    Step,
    Verdict,
)
from loop_tui.app import LoopApp
from loop_tui.widgets import words

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
SIZE = (120, 36)
_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.com",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.com",
    "GIT_AUTHOR_DATE": "2026-03-10T09:00:00Z",
    "GIT_COMMITTER_DATE": "2026-03-10T09:00:00Z",
}
_BEFORE = '''"""Invoices as PDF."""


def vat_line(order):
    company = order.company
    if order.country not in EU:
        return ""
    return order.meta["vat_id"]


def total_line(order):
    return f"{order.total:.2f} {order.currency}"
'''
_AFTER = _BEFORE.replace('order.meta["vat_id"]', 'order.meta.get("vat_id", company.vat_id)')
_TEST = """from billing.pdf import vat_line
from tests.orders import eu_order


def test_eu_order_without_vat_id():
    order = eu_order(meta={})
    assert vat_line(order) == order.company.vat_id
"""
_FRAMES = [
    {"path": "flask/app.py", "function": "dispatch_request", "line": 1802, "in_app": False},
    {"path": "billing/views.py", "function": "invoice", "line": 41, "in_app": True,
     "context_line": "    return render(vat_line(order), total_line(order))", "vars": {"order": "<Order 7731>"}},
    {"path": "billing/pdf.py", "function": "vat_line", "line": 8, "in_app": True,
     "context_line": '    return order.meta["vat_id"]', "vars": {"order.country": "'FR'", "order.meta": "{}"}},
]  # fmt: skip


def git(folder: Path, *args: str) -> str:
    """Run git with fixed names and dates."""
    done = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **_ENV}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def make_repo(folder: Path) -> tuple[str, str]:
    """A repository with a proposed change on a branch; returns base and head."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "billing").mkdir()
    (folder / "billing/pdf.py").write_text(_BEFORE)
    (folder / ".gitignore").write_text(".loop/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Invoices")
    base = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "-b", "loop/invoice-vat-id")
    (folder / "billing/pdf.py").write_text(_AFTER)
    (folder / "tests").mkdir()
    (folder / "tests/test_pdf.py").write_text(_TEST)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Invoice PDF: fall back to the company's VAT id")
    head = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "main")
    return base, head


def _ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def _report(title: str, status: Status, users: int, hours: float, **fields: Any) -> Report:
    values: dict[str, Any] = {
        "priority": 2, "signal_count": users * 2 + 1, "sources": ["sentry"], "trend": [0, 0, 1, 2, 3, 3, 4, 6, 5, 7, 8],
        "first_seen": _ago(hours=hours + 46), "last_seen": _ago(hours=hours), "created_at": _ago(hours=hours),
        "updated_at": _ago(hours=hours),
    }  # fmt: skip
    return Report(title=title, status=status, user_count=users, **{**values, **fields})


REPORTS = (
    _report("Invoice PDF: KeyError 'vat_id' for EU orders", Status.REVIEW, 61, 0.4, priority=0,
            sources=["sentry", "zendesk"], verdict=Verdict.ACTIONABLE, priority_reason="2.3 % of invoices, rising",
            verdict_reason="one function reads an optional key; a test reproduces it",
            summary="Invoices of EU orders without a VAT id fail since Tuesday 14:10 (release 3.8.0): "
            "billing/pdf.py reads a key that guests and old orders do not have.", trend=[0, 0, 1, 1, 2, 4, 5, 7, 6, 8]),
    _report("Refund of a partly shipped order: full or part?", Status.NEEDS_INPUT, 18, 5, priority=1,
            sources=["zendesk", "sentry"], verdict=Verdict.NEEDS_INPUT, trend=[2, 2, 2, 3, 2, 2, 2, 3, 2],
            summary="refund() raises ValueError when some lines have shipped; support sees three tickets a day.",
            verdict_reason="two changes pass every test and differ in what the customer gets back"),
    _report("Checkout fails when a cart has no coupon", Status.PROPOSING, 214, 0.1, priority=0, claimed_by="you"),
    _report("Search times out on quotes", Status.FAILED, 9, 26, status_reason="No candidate kept all tests green.",
            verdict=Verdict.ACTIONABLE, trend=[1, 5, 1, 1, 1, 4]),
    _report("Login page says “undefined” after a password reset", Status.GATHERING, 3, 3, priority=3, trend=[0, 0, 1]),
    _report("Avatar upload refuses WebP", Status.DECLINED, 7, 80, priority=3,
            status_reason="preference: intended — we support PNG and JPEG"),
    _report("Order export: dates shift by a day in Auckland", Status.MEASURED, 33, 70, priority=1, trend=[4, 5, 4, 0]),
    _report("Newsletter link 404", Status.SHIPPED, 12, 30, priority=3, trend=[3, 2, 0]),
    _report("Slow dashboard for teams over 500", Status.REVIEW, 22, 2, snoozed_until=datetime(2199, 1, 1, tzinfo=UTC)),
)  # fmt: skip


async def seed(inbox: Inbox, base: str, head: str) -> None:
    """Fill the store of an open inbox."""
    services = await inbox.services()
    async with services.store.write() as session:
        made = [Report(**report.model_dump()) for report in REPORTS]
        session.add_all(made)
        await session.flush()
        invoice, refund, checkout, search, measured, slow = (made[at].id or 0 for at in (0, 1, 2, 3, 6, 8))
        change = _change(invoice, base, head)
        old = Change(report_id=measured, title="Export dates in the order's zone", branch="loop/export", base="main",
                     base_sha=base, head_sha=head, state="merged", merged_sha=head, merged_at=_ago(hours=66),
                     merged_by="you", proof={"proved": True, "test": "tests/test_export.py::test_auckland"},
                     created_at=_ago(hours=70))  # fmt: skip
        quick = Change(report_id=slow, title="Page the team list", branch="loop/teams", base="main", base_sha=base,
                       head_sha=head, state="open", created_at=_ago(hours=2))  # fmt: skip
        session.add_all([change, old, quick])
        runs = _runs(invoice, checkout, search)
        session.add_all(runs)
        await session.flush()
        session.add_all([*_traffic(), *_errors(measured)])
        session.add_all([*_backing(invoice, change.id or 0), *_question(refund), *_outcome(measured, old.id or 0)])
        session.add_all(_steps(runs))
        session.add_all(
            Intake(day="2026-03-12", source="sentry", kind=kind, count=count)
            for kind, count in (("collected", 4212), ("duplicate", 4020), ("quarantined", 2))
        )


def _change(report: int, base: str, head: str) -> Change:
    return Change(
        report_id=report, title="Invoice PDF: fall back to the company's VAT id", branch="loop/invoice-vat-id",
        description="Orders of guests carry no VAT id; the company's is what order_lines() uses as well.",
        base="main", base_sha=base, head_sha=head, state="open", created_at=_ago(hours=0.5),
        files=[{"path": "billing/pdf.py", "added": 1, "removed": 1},
               {"path": "tests/test_pdf.py", "added": 7, "removed": 0}],
        proof={"test": "tests/test_pdf.py::test_eu_order_without_vat_id", "red": "KeyError: 'vat_id'",
               "green": "1 passed", "proved": True},
        notes={"untested": [["billing/pdf.py", 7]], "never_opened": ["billing/tax.py"],
               "budget": {"used": 9, "limit": 200}},
    )  # fmt: skip


def _backing(report: int, change: int) -> list[Any]:
    when = _ago(hours=0.5)
    return [
        Check(change_id=change, name="tests", status="passed", seconds=8.4),
        Check(change_id=change, name="lint", status="passed", seconds=0.6),
        ReviewComment(change_id=change, author="review", severity=Severity.CONSIDER, path="billing/pdf.py", line=8,
                      text="company may be None for guests", at=when),
        Finding(report_id=report, text="vat_line() reads meta['vat_id'], which guests' orders do not have",
                verified=True, is_cause=True, file="billing/pdf.py", function="vat_line", line=8, commit="9d3c1fe07",
                evidence='return order.meta["vat_id"]'),
        Finding(report_id=report, text="The first failure came 9 minutes after release 3.8.0", verified=True),
        Finding(report_id=report, text="Orders imported before 2019 may lack a company"),
        Signal(source="sentry", external_id="a1", at=_ago(hours=0.4), received_at=when, title="KeyError: 'vat_id'",
               body="GET /invoices/7731", user_key="u-118", release="3.8.0", environment="production",
               payload={"exceptions": [{"type": "KeyError", "value": "'vat_id'", "frames": _FRAMES}]},
               report_id=report),
        Signal(source="zendesk", kind="ticket", external_id="z9", at=_ago(hours=2), received_at=when,
               title="I cannot download my invoice", body="It says something went wrong. Order 7731, from Lyon.",
               report_id=report),
        Contract(report_id=report, metric="errors of this report", denominator="requests:/invoices",
                 baseline={"events": 139, "exposure": 6041}, declared_at=when),
        JournalEntry(at=_ago(hours=1), who="loop", action="propose", report_id=report, why="verdict: actionable"),
        JournalEntry(at=_ago(hours=0.5), who="loop", action="review", report_id=report, why="proved, CI green"),
    ]  # fmt: skip


def _question(report: int) -> list[Any]:
    return [
        Question(report_id=report, asked_at=_ago(hours=5),
                 text="Both changes pass every test. They differ in what the customer gets back. Which one is right?",
                 choices=[
                     {"label": "Refund only what has not shipped", "detail": "",
                      "example": "order of €90, one of three shipped → €60"},
                     {"label": "Refund all, reclaim shipped goods", "detail": "",
                      "example": "order of €90, one of three shipped → €90 and a return label"},
                 ]),
    ]  # fmt: skip


def _outcome(report: int, change: int) -> list[Any]:
    return [
        Contract(report_id=report, metric="errors of this report", denominator="requests:/export",
                 baseline={"events": 139, "exposure": 6041}, declared_at=_ago(hours=70)),
        Outcome(report_id=report, change_id=change, verdict=OutcomeVerdict.IMPROVED, ratio=0.02, interval=[0.004, 0.06],
                reason="0.4 against 23.1 errors per 1,000 exports", n=5377, as_of=_ago(hours=3),
                before={"events": 139, "exposure": 6041, "rate": 0.0231},
                after={"events": 2, "exposure": 5377, "rate": 0.0004}),
    ]  # fmt: skip


_MERGED = 66  # hours ago
_HOURS = range(116, 3, -1)


def _traffic() -> list[Exposure]:
    """Exports in every hour, more by day than by night."""
    return [
        Exposure(name="requests:/export", bucket=_ago(hours=hours), count=40 + 60 * (6 < (15 - hours) % 24 < 20))
        for hours in _HOURS
    ]


def _errors(report: int) -> list[Signal]:
    """About 23 errors in 1,000 exports before the merge, hardly any after it."""
    found = [hours for hours in _HOURS if hours > _MERGED for _ in range(1 + (hours * 7 % 5 > 1) + (hours * 3 % 4 > 2))]
    return [
        Signal(source="sentry", external_id=f"e{number}", at=_ago(hours=hours - 0.5), title="Date off by one day",
               report_id=report)
        for number, hours in enumerate([*found, 31, 12])
    ]  # fmt: skip


def _runs(invoice: int, checkout: int, search: int) -> list[Run]:
    def run(report: int, stage: str, hours: float, **fields: Any) -> Run:
        values: dict[str, Any] = {
            "harness": "search", "sandbox": "docker", "status": "done", "started_at": _ago(hours=hours),
            "ended_at": _ago(hours=hours) + timedelta(seconds=74),
        }  # fmt: skip
        return Run(report_id=report, stage=stage, **{**values, **fields})

    return [
        run(invoice, "investigate", 1.2),
        run(invoice, "propose", 1.0),
        run(checkout, "propose", 0.06, status="running", ended_at=None, progress="candidate 61/240"),
        run(search, "propose", 26, status="failed", error="No candidate kept all tests green."),
    ]


def _steps(runs: list[Run]) -> list[Step]:
    first, second = runs[0].id or 0, runs[1].id or 0
    at = _ago(hours=1)
    return [
        Step(run_id=first, at=at, kind="command", title="reproduce", ok=True, seconds=4.1, output="KeyError: 'vat_id'"),
        Step(run_id=first, at=at, kind="read", title="billing/pdf.py", output="localised at line 8"),
        Step(run_id=second, at=at, kind="candidate", title="default the key to ''", ok=False, seconds=0.8,
             output="test_vat_line_is_printed failed"),
        Step(run_id=second, at=at, kind="candidate", title="company.vat_id", ok=True, seconds=0.7),
        Step(run_id=second, at=at, kind="proof", title="red on base, green on head", ok=True, seconds=8.4),
    ]  # fmt: skip


PICTURES: dict[str, tuple[tuple[str, ...], bool]] = {
    "inbox": ((), True),
    "report": (("right_square_bracket",) * 4, True),
    "diff": (("d",), True),
    "question": (("j", "a"), True),
    "measure": (("g", "s", "j", *("right_square_bracket",) * 5), True),
    "empty": ((), False),
}


def app(folder: Path) -> LoopApp:
    """The application on a repository, without an engine."""
    return LoopApp(folder, engine=False, who="you@devbox", name="shop-api")


async def prepare(folder: Path, filled: bool) -> None:
    """Make the repository and the store."""
    base, head = make_repo(folder)
    async with await Inbox.open(folder, who="you@devbox", name="shop-api") as inbox:
        if filled:
            await seed(inbox, base, head)


async def take(folder: Path) -> list[Path]:
    """Write all pictures."""
    words.clock = lambda: NOW
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, (keys, filled) in PICTURES.items():
        with tempfile.TemporaryDirectory() as temporary:
            repo = Path(temporary) / "shop-api"
            await prepare(repo, filled)
            shown = app(repo)
            async with shown.run_test(size=SIZE) as pilot:
                await settle(pilot)
                for key in keys:
                    await pilot.press(key)
                    await settle(pilot)
                target = folder / f"{name}.svg"
                target.write_text(shown.export_screenshot(title="loop"), encoding="utf-8")
                written.append(target)
    return written


async def settle(pilot: Any) -> None:
    """Wait until nothing but the feed is waited for."""
    for _ in range(200):
        await pilot.pause(0.01)
        busy = [worker for worker in pilot.app.workers if worker.group != "watch" and not worker.is_finished]
        if not busy and pilot.app.is_mounted:
            break
    await pilot.pause()


def main() -> None:
    """Write the pictures into the folder named, or into screenshots/."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("screenshots")
    for path in asyncio.run(take(target)):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
