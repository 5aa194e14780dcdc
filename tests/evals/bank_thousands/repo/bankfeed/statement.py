"""One statement in the bank's CSV, which writes 1,250.00 from a thousand on."""

from __future__ import annotations

import csv
import io

from bankfeed.amounts import parse_amount


def read_statement(text: str) -> list[dict]:
    """The rows of a statement: date, payee, amount."""
    rows = csv.DictReader(io.StringIO(text))
    return [{"date": r["date"], "payee": r["payee"], "amount": parse_amount(r["amount"])} for r in rows]


def balance(rows: list[dict]) -> float:
    """What the rows come to."""
    return round(sum(row["amount"] for row in rows), 2)
