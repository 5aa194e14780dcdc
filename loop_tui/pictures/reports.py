"""The reports in the pictures: one morning of a small shop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agents.models import Report, Status, Verdict

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
ME = "you@devbox"


def ago(**span: float) -> datetime:
    """A moment before the one that all pictures show."""
    return NOW - timedelta(**span)


def _report(title: str, status: Status, users: int, hours: float, **fields: Any) -> Report:
    values: dict[str, Any] = {
        "priority": 2, "signal_count": users * 2 + 1, "sources": ["sentry"], "trend": [0, 0, 1, 2, 3, 3, 4, 6, 5, 7, 8],
        "first_seen": ago(hours=hours + 46), "last_seen": ago(hours=hours), "created_at": ago(hours=hours),
        "updated_at": ago(hours=hours),
    }  # fmt: skip
    return Report(title=title, status=status, user_count=users, **{**values, **fields})


def few() -> dict[str, Report]:
    """One of each kind, in the order they came in; tests know them by their numbers."""
    return {
        "invoice": _report(
            "Invoice PDF: KeyError 'vat_id' for EU orders", Status.REVIEW, 61, 0.4, priority=0,
            sources=["sentry", "zendesk"], verdict=Verdict.ACTIONABLE, priority_reason="2.3 % of invoices, rising",
            verdict_reason="one function reads an optional key; a test reproduces it",
            summary="Invoices of EU orders without a VAT id fail since Tuesday 16:36 (release 3.8.0): "
            "billing/pdf.py reads a key that guests and old orders do not have.",
            trend=[0, 0, 1, 1, 2, 4, 5, 7, 6, 8]),
        "refund": _report(
            "Refund of a partly shipped order: full or part?", Status.NEEDS_INPUT, 18, 5, priority=1,
            sources=["zendesk", "sentry"], verdict=Verdict.NEEDS_INPUT, trend=[2, 2, 2, 3, 2, 2, 2, 3, 2],
            verdict_reason="two changes pass every test and differ in what the customer gets back",
            priority_reason="three tickets a day",
            summary="refund() raises ValueError when some lines have shipped; support sees three tickets a day."),
        "checkout": _report("Checkout fails when a cart has no coupon", Status.PROPOSING, 214, 0.1, priority=0,
                            claimed_by="you", trend=[0, 0, 0, 0, 0, 1, 2, 4, 7, 9, 12, 14]),
        "quotes": _report(
            "Search times out on quotes", Status.FAILED, 9, 26, status_reason="No candidate kept all tests green.",
            verdict=Verdict.ACTIONABLE, trend=[1, 5, 1, 1, 1, 4]),
        "login": _report("Login page says “undefined” after a password reset", Status.GATHERING, 3, 3, priority=3,
                         trend=[0, 0, 1]),
        "avatar": _report("Avatar upload refuses WebP", Status.DECLINED, 7, 80, priority=3,
                          status_reason="preference: intended — we support PNG and JPEG"),
        "export": _report("Order export: dates shift by a day in Auckland", Status.MEASURED, 33, 70, priority=1,
                          trend=[4, 5, 4, 0], verdict=Verdict.ACTIONABLE),
        "newsletter": _report("Newsletter link 404", Status.SHIPPED, 12, 30, priority=3, trend=[3, 2, 0]),
        "teams": _report("Slow dashboard for teams over 500", Status.REVIEW, 22, 2,
                         snoozed_until=datetime(2199, 1, 1, tzinfo=UTC)),
    }  # fmt: skip


def more() -> dict[str, Report]:
    """What makes a morning of them."""
    return {
        "rounding": _report(
            "Cart total is a cent off when tax rounds twice", Status.REVIEW, 87, 1.2, priority=1, claimed_by=ME,
            verdict=Verdict.ACTIONABLE, sources=["sentry"], trend=[3, 3, 4, 3, 5, 4, 4, 5, 6, 5, 6, 6],
            summary="cart/total.py rounds each line and then the sum."),
        "coupon": _report(
            "Coupon is refused when it is typed in small letters", Status.REVIEW, 48, 3, news_at=ago(hours=2.5),
            verdict=Verdict.ACTIONABLE, trend=[1, 1, 2, 1, 2, 3, 2, 3, 3, 3, 4, 3],
            summary="Codes are compared as they are typed; all stored ones are in capitals."),
        "images": _report(
            "Product pictures load twice on a slow line", Status.REVIEW, 31, 7, priority=3,
            verdict=Verdict.ACTIONABLE, trend=[4, 3, 4, 4, 3, 4, 4, 3, 4, 4, 3, 4]),
        "zip": _report(
            "Is a delivery address without a postcode valid?", Status.NEEDS_INPUT, 6, 20, priority=3,
            verdict=Verdict.NEEDS_INPUT, trend=[0, 1, 0, 0, 2, 0, 1, 0, 0, 1, 1, 1]),
        "webhook": _report("Payment webhook is handled twice", Status.INVESTIGATING, 27, 0.7, priority=1,
                           trend=[0, 1, 0, 2, 1, 2, 2, 3, 2, 3, 4, 4]),
        "session": _report("Session ends during a long checkout", Status.QUEUED, 14, 1.5,
                           trend=[1, 1, 0, 1, 2, 1, 1, 2, 2, 2, 1, 2]),
        "tiles": _report("Map of shops: tiles missing at zoom 19", Status.GATHERING, 2, 9, priority=4,
                         trend=[1, 0, 0, 1, 0]),
        "plus": _report("Mail to addresses with a + bounces", Status.SHIPPED, 19, 21, trend=[5, 4, 5, 3, 1, 0]),
        "csv": _report("CSV import skips the first row of some files", Status.MEASURED, 11, 160,
                       trend=[2, 1, 2, 2, 1, 2]),
        "robots": _report("Scanners ask for /wp-login.php", Status.NOT_ACTIONABLE, 0, 12, priority=4, signal_count=340,
                          verdict=Verdict.NOT_ACTIONABLE, verdict_reason="nothing of ours answers there"),
        "beta": _report("Beta banner covers the menu", Status.REVIEW, 4, 60, priority=3),
        "slow": _report("Report of sales takes a minute in January", Status.REVIEW, 5, 50, priority=3),
    }  # fmt: skip
