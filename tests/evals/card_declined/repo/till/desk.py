"""Paying at the desk."""

from __future__ import annotations

from till.bank import CardDeclined, settle


def pay(answer: dict, report=lambda error: None) -> dict:
    """What the terminal shows; declined cards are counted by `report`."""
    try:
        return {"ok": True, "text": f"Paid, {settle(answer)}"}
    except CardDeclined as error:
        report(error)
        return {"ok": False, "text": f"Declined: {error}"}
