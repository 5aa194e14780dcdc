"""A change with every kind of file in it, on a store with its report, for the tests of the diff."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from agents.inbox import Inbox
from agents.models import Change, Report, ReviewComment, Severity, Status, Verdict
from loop_tui.pictures.reports import NOW
from loop_tui.pictures.repository import git

SHA_OLD = "a" * 40
BASE: dict[str, str | bytes] = {
    "shop/pricing.py": '''"""Prices.

Everything is in cents; "quotes" and # signs in here are text.
"""

from decimal import Decimal

RATES = {"EUR": 1, "USD": Decimal("1.09")}


def discount(customer, total):
    if customer.partner is None:
        return 0
    return total * customer.partner.rate


def net(total, rate):
    return total / (1 + rate)


def gross(total, rate):
    # rounded half up
    return round(total * (1 + rate), 2)
''',
    "shop/cart.py": "".join(f"def step_{n}(cart):\n    return cart.items[{n}]\n\n\n" for n in range(40)),
    "shop/old_name.py": "".join(f"VALUE_{n} = {n}\n" for n in range(30)),
    "shop/unused.py": "def nobody():\n    return None\n",
    "bin/run.sh": "#!/bin/sh\nexec python -m shop\n",
    "web/logo.png": b"\x89PNG\r\n\x1a\n\x00\x00",
    "web/app.js": "export const total = (cart) => cart.items.reduce((sum, item) => sum + item.price, 0);\n",
    "docs/windows.txt": b"one\r\ntwo\r\nthree\r\n",
    "package-lock.json": '{\n  "lockfileVersion": 2\n}\n',
}
HEAD: dict[str, str | bytes | None] = {
    "shop/pricing.py": BASE["shop/pricing.py"].replace(  # type: ignore[arg-type,union-attr]
        "    if customer.partner is None:\n        return 0\n    return total * customer.partner.rate\n",
        "    partner = customer.partner\n    if partner is None or not partner.active:\n        return Decimal(0)\n"
        "    return total * partner.rate\n",
    ).replace('"quotes" and # signs', '"quotes", numbers and # signs'),
    "shop/cart.py": BASE["shop/cart.py"].replace("cart.items[3]", "cart.items.get(3)").replace(  # type: ignore[arg-type,union-attr]
        "cart.items[30]", "cart.items.get(30)"
    ),
    "shop/old_name.py": None,
    "shop/new_name.py": BASE["shop/old_name.py"].replace("VALUE_7 = 7", "VALUE_7 = 70"),  # type: ignore[arg-type,union-attr]
    "shop/unused.py": None,
    "web/logo.png": b"\x89PNG\r\n\x1a\n\x00\x01\x02",
    "web/app.js": "export const total = (cart) =>\n"
    "  cart.items.reduce((sum, item) => sum + item.price * item.count, 0);\n"
    f"export const table = [{', '.join(map(str, range(400)))}];\n",
    "docs/windows.txt": b"one\r\ntwo and a half\r\nthree\r\n",
    "docs/日本語.md": "# 日本語\n\n漢字\tafter a tab, e\u0301 and \u202e hidden\nno newline",
    "package-lock.json": '{\n  "lockfileVersion": 3\n}\n',
}  # fmt: skip


def _write(repo: Path, files: dict[str, str | bytes | None] | dict[str, str | bytes]) -> None:
    for path, text in files.items():
        target = repo / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            target.unlink()
        else:
            target.write_bytes(text if isinstance(text, bytes) else text.encode())


def make(repo: Path) -> tuple[str, str]:
    """The repository; returns base and head."""
    repo.mkdir(parents=True, exist_ok=True)
    git(repo, "init", "-q", "-b", "main")
    _write(repo, {**BASE, ".gitignore": ".loop/\n"})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Shop")
    base = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "loop/partners")
    head = push(repo, HEAD, "Partners that ended give no discount", executable="bin/run.sh")
    return base, head


def push(repo: Path, files: dict[str, str | bytes | None], message: str, executable: str = "") -> str:
    """Another commit on the branch of the change; the working tree is back on main afterwards."""
    git(repo, "checkout", "-q", "loop/partners")
    _write(repo, files)
    if executable:
        (repo / executable).chmod(0o755)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", message)
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "main")
    return head


async def seed(inbox: Inbox, base: str, head: str) -> int:
    """Report, change and the remarks of the agents' review; returns the report's id."""
    services = await inbox.services()
    at = NOW - timedelta(hours=1)
    async with services.store.write() as session:
        report = Report(title="Ended partners still get a discount", status=Status.REVIEW, verdict=Verdict.ACTIONABLE,
                        priority=1, user_count=18, signal_count=40, first_seen=at, last_seen=at)  # fmt: skip
        session.add(report)
        await session.flush()
        names = git(inbox.settings.repo, "diff", "--name-only", "--no-renames", "-z", base, head)
        change = Change(
            report_id=report.id or 0, title="Partners that ended give no discount", branch="loop/partners", base="main",
            base_sha=base, head_sha=head, state="open", round=1, created_at=at,
            files=[{"path": name, "added": 1, "removed": 1} for name in names.split("\0") if name],
            proof={"test": "tests/test_pricing.py::test_ended_partner", "red": "1 failed", "green": "1 passed",
                   "proved": True},
            notes={"untested": [["shop/pricing.py", 14]], "never_opened": ["shop/tax.py"],
                   "budget": {"used": 24, "limit": 200}},
        )  # fmt: skip
        session.add(change)
        await session.flush()
        session.add_all([
            ReviewComment(change_id=change.id or 0, round=1, author="review", severity=Severity.SHOULD_FIX, line=13,
                          path="shop/pricing.py", text="partner.active is None for partners from before 2019", at=at,
                          head_sha=head),
            ReviewComment(change_id=change.id or 0, round=1, author="review", severity=Severity.CONSIDER, line=20,
                          path="shop/pricing.py", text="net() has no test", at=at, head_sha=head),
        ])  # fmt: skip
        return report.id or 0
