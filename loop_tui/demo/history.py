"""The shop's git history: its files arrive commit by commit, as a small team would have written them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from agents.inbox import create_history

SHOP = Path(__file__).parent / "shop"
_COMMITS = (
    ("2026-03-02", "Catalogue and carts", ("README.md", "shop/__init__.py", "shop/catalogue.py", "shop/cart.py")),
    ("2026-03-09", "Delivery prices", ("shop/delivery.py",)),
    ("2026-03-16", "Stock levels from the warehouse", ("shop/stock.py",)),
    ("2026-03-23", "Card payments", ("shop/payments.py",)),
    ("2026-04-06", "Memberships", ("shop/members.py",)),
    ("2026-04-08", "The shop over HTTP", ("shop/web.py", "serve.py")),
    ("2026-04-09", "Tests and CI", ("tests/test_shop.py", ".ci/run")),
    ("2026-04-10", "Settings for Loop", ("loop.toml",)),
)
_CONFIG = """\
name = "corner-shop"
base = "main"

[tests]
command = "python -m pytest -q"

[ci]
command = ".ci/run"

[ingest]
port = 0

[measure]
soak = 0
"""


async def create(folder: Path) -> Path:
    """Make the shop's repository in `folder`, which must not exist yet or be empty; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in SHOP.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            target = folder / path.relative_to(SHOP)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    (folder / ".ci/run").chmod(0o755)
    (folder / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n")
    (folder / "loop.toml").write_text(_CONFIG)
    commits = [
        (datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC), text, (*paths, ".gitignore") if not number else paths)
        for number, (day, text, paths) in enumerate(_COMMITS)
    ]
    await create_history(folder, "main", ("Shop team", "team@shop.example"), commits)
    return folder
