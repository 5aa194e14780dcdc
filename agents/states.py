"""The words that states have. Apart from the tables, so that a quick command need not import those."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a report stands; the moves between them are `agents.store.transitions`."""

    GATHERING = "gathering"
    QUEUED = "queued"
    INVESTIGATING = "investigating"
    NEEDS_INPUT = "needs_input"
    NOT_ACTIONABLE = "not_actionable"
    PROPOSING = "proposing"
    REVIEW = "review"
    SHIPPED = "shipped"
    MEASURED = "measured"
    FAILED = "failed"
    DECLINED = "declined"
    MERGED_INTO = "merged_into"


class Verdict(StrEnum):
    """Is there a concrete change to make?"""

    ACTIONABLE = "actionable"
    NEEDS_INPUT = "needs_input"
    NOT_ACTIONABLE = "not_actionable"
    ALREADY_ADDRESSED = "already_addressed"


class OutcomeVerdict(StrEnum):
    """What measuring said."""

    IMPROVED = "improved"
    NO_CHANGE = "no_change"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


class Severity(StrEnum):
    """How strongly a review comment binds."""

    MUST_FIX = "must-fix"
    SHOULD_FIX = "should-fix"
    CONSIDER = "consider"


class SignalState(StrEnum):
    """What became of a signal after it was taken in."""

    NEW = "new"
    GROUPED = "grouped"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"
