"""The repository in the pictures: a small shop with one proposed change, the same commits every time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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

from billing.rates import EU
from billing.text import money


def vat_line(order):
    company = order.company
    if order.country not in EU:
        return ""
    return order.meta["vat_id"]


def total_line(order):
    return money(order.total, order.currency)


def footer(order):
    lines = [order.company.name]
    if order.country in EU:
        lines.append("VAT " + vat_line(order))
    return "\\n".join(lines)
'''
_AFTER = (
    _BEFORE.replace("    company = order.company\n", "")
    .replace(
        '    return order.meta["vat_id"]\n',
        '    own = order.meta.get("vat_id")\n    return own or order.company.vat_id\n',
    )
    .replace(
        '    if order.country in EU:\n        lines.append("VAT " + vat_line(order))\n',
        '    vat = vat_line(order)\n    if vat:\n        lines.append(f"VAT {vat}")\n',
    )
)
_VIEWS = '''"""Pages about money."""

from billing.pdf import footer, total_line
from billing.store import find


def invoice(request, number):
    order = find(number, request.user)
    return render(footer(order), total_line(order))
'''
_TEST = """from billing.pdf import vat_line
from tests.orders import eu_order


def test_eu_order_without_vat_id():
    order = eu_order(meta={})
    assert vat_line(order) == order.company.vat_id
"""


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
    (folder / "billing/views.py").write_text(_VIEWS)
    (folder / ".gitignore").write_text(".loop/\n")
    base = _commit(folder, "Invoices")
    git(folder, "checkout", "-q", "-b", "loop/invoice-vat-id")
    (folder / "billing/pdf.py").write_text(_AFTER)
    (folder / "tests").mkdir()
    (folder / "tests/test_pdf.py").write_text(_TEST)
    head = _commit(folder, "Invoice PDF: fall back to the company's VAT id")
    git(folder, "checkout", "-q", "main")
    return base, head


def _commit(folder: Path, message: str) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")
