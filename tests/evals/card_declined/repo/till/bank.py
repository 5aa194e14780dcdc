"""The bank's answers."""

from __future__ import annotations

APPROVED = "00"
REASONS = {"05": "do not honour", "51": "not enough money", "54": "the card has expired"}


class CardDeclined(Exception):
    """The bank said no; the customer can try another card."""


def settle(answer: dict) -> str:
    """The reference of an approved payment.

    Raises:
        CardDeclined: the bank said no.
    """
    if answer["code"] != APPROVED:
        raise CardDeclined(REASONS.get(answer["code"], f"code {answer['code']}"))
    return answer["reference"]
