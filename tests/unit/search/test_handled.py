"""Exceptions that the product raises on purpose and answers, and those that only look like it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agents.harness import Brief, Frame, Occurrence
from agents.harness.search.codemap import CodeMap
from agents.harness.search.handled import answered

CODE = """class Refusal(Exception):
    pass

class SoldOut(Refusal):
    pass

def take(seats):
    if seats < 1:
        raise SoldOut("no seat is left")
    return seats - 1

def page(seats):
    try:
        return {"left": take(seats)}
    except HANDLER
"""


def said(tree: Path, handler: str, *, handled: bool = True, raised: str = "SoldOut") -> str | None:
    text = CODE.replace("HANDLER", handler).replace("raise SoldOut", f"raise {raised}")
    (tree / "app.py").write_text(text)
    rows = text.splitlines()
    frames = tuple(
        Frame("app.py", "app.py", "app", name, next(n for n, row in enumerate(rows, 1) if part in row), True)
        for name, part in (("page", '"left": take'), ("take", "raise "))
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    seen = Occurrence(1, now, raised, "", "app", frames, handled, "error", None, None)
    return answered(CodeMap(tree), cast(Brief, SimpleNamespace(occurrences=(seen,))))


def test_an_exception_that_is_answered_is_no_fault(tmp_path: Path) -> None:
    found = said(tmp_path, 'Refusal as error:\n        report(error)\n        return {"error": str(error)}')
    assert found is not None
    assert "page()" in found


@pytest.mark.parametrize(
    "handler",
    [
        'SoldOut:\n        log.exception("no")\n        raise',
        "SoldOut:\n        pass",
        "SoldOut as error:\n        report(error)\n        return None",
        "KeyError:\n        return {}",
    ],
)
def test_one_that_is_only_logged_or_raised_on_may_be(tmp_path: Path, handler: str) -> None:
    assert said(tmp_path, handler) is None


def test_one_that_reached_nobody_or_is_not_the_products_may_be(tmp_path: Path) -> None:
    assert said(tmp_path, "SoldOut:\n        return {}", handled=False) is None
    assert said(tmp_path, "KeyError:\n        return {}", raised="KeyError") is None
