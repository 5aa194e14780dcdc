"""What a person may do with a report, and the sentence where they may not: one table for screen and commands alike.

Pure on purpose: a screen asks for each key it draws. A card is what `Inbox.cards` gives; of its keys only `id`,
`status`, `change_state`, `claimed_by`, `suppressed`, `snoozed_until`, `snooze_condition` and `merged_into` are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Card = Mapping[str, Any]

# A claim says that the report is wrong, so new evidence opens it again; a preference says that it is unwanted.
CLAIMS = {
    "already-fixed": "already fixed",
    "not-reproducible": "not reproducible",
    "wrong-analysis": "wrong analysis",
}
PREFERENCES = {"wont-fix": "won't fix", "intended": "intended", "not-now": "not now"}

_WORDS = {"needs_input": "waiting for an answer", "not_actionable": "not actionable", "review": "in review"}
_WORKING = frozenset({"queued", "investigating", "proposing"})
_SHIPPED = frozenset({"shipped", "measured"})
_OPEN = frozenset({"gathering", "needs_input", "not_actionable", "review", "failed"}) | _WORKING
_ANY = _OPEN | _SHIPPED | {"declined"}


@dataclass(frozen=True)
class Right:
    """Where a verb may be done.

    Args:
        states: the statuses in which it may.
        otherwise: what is told in any other; `{id}` and `{is_}` (what the report is, in words) are filled in.
        also: looks at the rest of the card; "" or what is missing.
    """

    states: frozenset[str]
    otherwise: str = "Report {id} is {is_}; `loop show {id}` says where it stands."
    also: Callable[[Card, str], str] | None = None


def _to_merge(card: Card, _: str) -> str:
    if card.get("change_state") in ("open", "merging"):
        return ""
    return "Report {id} has no change that can be merged; `loop show {id}` says where it stands."


def _to_read(card: Card, _: str) -> str:
    return "" if card.get("change_state") else "Report {id} has no change to read yet."


def _to_change(card: Card, _: str) -> str:
    if card.get("change_state") == "open":
        return ""
    return "Report {id} has no open change to ask changes of; `loop show {id}` says where it stands."


def _unclaimed(card: Card, who: str) -> str:
    theirs = card.get("claimed_by")
    if not theirs or not who or theirs == who:
        return ""
    return f"Report {{id}} is claimed by {_escaped(theirs)}; they can `loop release {{id}}`."


def _claimed(card: Card, _: str) -> str:
    return "" if card.get("claimed_by") else "Nobody has claimed report {id}."


def _snoozed(card: Card, _: str) -> str:
    return "" if card.get("snoozed_until") or card.get("snooze_condition") else "Report {id} is not snoozed."


def _suppressed(card: Card, _: str) -> str:
    return "" if card.get("suppressed") else "Report {id} is not suppressed."


def _heard(card: Card, _: str) -> str:
    return "Report {id} is suppressed already." if card.get("suppressed") else ""


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


_HISTORY = "Report {id} is {is_}; its history stays its own."

# Verbs are named as on the command line; `wake` is `snooze --until ""`.
RIGHTS: dict[str, Right] = {
    "show": Right(_ANY),
    "diff": Right(_ANY, also=_to_read),
    "merge": Right(frozenset({"review"}), "Report {id} is {is_}, not ready to merge.", _to_merge),
    "request-changes": Right(
        frozenset({"review"}), "Report {id} is {is_}; changes are asked of one that is in review.", _to_change
    ),
    "approve": Right(frozenset({"review"}), "Report {id} is {is_}; approval is for one that is in review.", _to_change),
    "answer": Right(frozenset({"needs_input"}), "Report {id} is {is_} and asks nothing."),
    "decline": Right(_OPEN, "Report {id} is {is_}; there is nothing left to decline."),
    "suppress": Right(_OPEN | {"declined"}, _HISTORY, _heard),
    "unsuppress": Right(frozenset({"declined"}), "Report {id} is {is_}, not suppressed.", _suppressed),
    "snooze": Right(_OPEN, "Report {id} is {is_}; there is nothing to hide."),
    "wake": Right(_ANY, also=_snoozed),
    "claim": Right(_ANY, also=_unclaimed),
    "release": Right(_ANY, also=_claimed),
    "retry": Right(
        frozenset({"gathering", "needs_input", "not_actionable", "review", "failed", "declined"}),
        "Report {id} is {is_}; only what stands still can be started again.",
    ),
    "stop": Right(_WORKING, "Nothing runs on report {id}: it is {is_}."),
    "priority": Right(_ANY),
    "join": Right(_OPEN, _HISTORY),
    "split": Right(_OPEN | {"declined"}, _HISTORY),
    "note": Right(_ANY),
    "revert": Right(_SHIPPED, "Report {id} is {is_}; only what was merged can be reverted."),
    "mark-read": Right(_ANY),
}  # fmt: skip


def words(status: str) -> str:
    """A status as people say it."""
    return _WORDS.get(status, status)


def why_not(verb: str, card: Card, who: str = "") -> str:
    """Why a person may not do `verb` with the report of a card; "" when they may.

    Args:
        verb: as on the command line.
        card: the report.
        who: the person; empty leaves out what depends on who asks.
    """
    right = RIGHTS[verb]
    status = str(card["status"])
    if status == "merged_into":
        into = card.get("merged_into")
        return f"Report {card['id']} was joined into {into or 'another'}; act on that one."
    if status not in right.states:
        return right.otherwise.format(id=card["id"], is_=words(status))
    sentence = right.also(card, who) if right.also is not None else ""
    return sentence.format(id=card["id"])
