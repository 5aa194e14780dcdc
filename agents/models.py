"""The nouns of Loop as SQLModel tables.

Times are aware UTC datetimes. JSON columns hold plain dicts and lists. Text that came from
outside (titles, bodies, payloads) is data: whoever renders it escapes it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Enum, Index, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from agents.states import OutcomeVerdict as OutcomeVerdict
from agents.states import Severity as Severity
from agents.states import SignalState as SignalState
from agents.states import Status as Status
from agents.states import Verdict as Verdict

Json = dict[str, Any]


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; timestamptz on Postgres, naive UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: give an aware one")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand back aware UTC whatever the database kept."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _time(*, index: bool = False, nullable: bool = False) -> Any:
    column: Column[Any] = Column(UtcDateTime(), nullable=nullable, index=index)
    return Field(default=None, sa_column=column) if nullable else Field(default_factory=now, sa_column=column)


def _json(factory: type = dict) -> Any:
    return Field(default_factory=factory, sa_column=Column(JSON, nullable=False))


def _enum(kind: type[StrEnum], default: StrEnum | None, *, nullable: bool = False) -> Any:
    # Plain text holding the value, not the name: what SQL, the CLI and JSON say is one word.
    words = Enum(kind, values_callable=lambda e: [item.value for item in e], native_enum=False, length=24)
    return Field(default=default, sa_column=Column(words, nullable=nullable))


def _text() -> Any:
    return Field(default="", sa_column=Column(Text, nullable=False))


class Signal(SQLModel, table=True):
    """One observation of something wrong or worth doing."""

    __tablename__ = "signal"
    __table_args__ = (
        UniqueConstraint("source", "external_id", name="uq_signal_source_external_id"),
        Index("ix_signal_report_at", "report_id", "at"),
        Index("ix_signal_state_id", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str
    kind: str = "error"  # error · message · health · ticket · issue · replay · outcome · scout
    external_id: str
    at: datetime = _time()
    received_at: datetime = _time()
    title: str = _text()
    body: str = _text()
    level: str = "error"  # fatal · error · warning · info · debug
    handled: bool | None = None
    weight: float = 1.0
    user_key: str | None = None
    release: str | None = None
    environment: str | None = None
    entities: Json = _json()  # transaction, url, session, function, file, …
    payload: Json = _json()  # the normalised event; shape in agents/collect/README.md
    fingerprint: str | None = None  # strict key: exception type + in-app frames
    state: SignalState = _enum(SignalState, SignalState.NEW)
    state_reason: str = ""
    report_id: int | None = Field(default=None, foreign_key="report.id")


class Report(SQLModel, table=True):
    """The signals that one change would settle."""

    __tablename__ = "report"
    id: int | None = Field(default=None, primary_key=True)
    title: str = _text()
    kind: str = "error"
    status: Status = _enum(Status, Status.GATHERING)
    status_reason: str = _text()
    priority: int | None = None  # 0 (drop everything) … 4 (some day)
    priority_reason: str = _text()
    verdict: Verdict | None = _enum(Verdict, None, nullable=True)
    verdict_reason: str = _text()
    summary: str = _text()  # what happens and why, in two or three sentences
    sources: list[str] = _json(list)
    signal_count: int = 0
    user_count: int = 0
    weight: float = 0.0
    first_seen: datetime = _time()
    last_seen: datetime = _time()
    trend: list[int] = _json(list)  # signals in each of the last 12 two-hour buckets, oldest first
    next_trigger: int = 1  # signal count at which the next investigation starts: 1, 2, 4, 10, 20, 40, 100 …
    round: int = 0  # how many times work has been started; part of each workflow id
    snoozed_until: datetime | None = _time(nullable=True)
    snooze_condition: str = ""  # e.g. "users>50", "signals>200"; empty: time alone
    claimed_by: str | None = None
    merged_into: int | None = Field(default=None, foreign_key="report.id")
    declined_as: str = ""  # the typed reason of a decline, e.g. "wont-fix"; empty: not declined
    suppressed: bool = False  # further signals are counted and never bring it back
    news_at: datetime | None = _time(nullable=True)  # when something last happened that a person should read
    reproduction: Json = _json()  # agents.harness.Reproduction as a dict; empty when there is none
    created_at: datetime = _time()
    updated_at: datetime = _time()


class ReportKey(SQLModel, table=True):
    """A key that leads straight to a report: a fingerprint or a text centroid's id."""

    __tablename__ = "report_key"

    key: str = Field(primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)


class ReportUser(SQLModel, table=True):
    """One distinct user touched by a report."""

    __tablename__ = "report_user"

    report_id: int = Field(foreign_key="report.id", primary_key=True)
    user_key: str = Field(primary_key=True)


class Finding(SQLModel, table=True):
    """A checked fact about a report."""

    __tablename__ = "finding"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    text: str = _text()
    verified: bool = False
    is_cause: bool = False
    file: str | None = None
    function: str | None = None
    line: int | None = None
    commit: str | None = None
    evidence: str = _text()  # code excerpt, query or log that backs it


class Question(SQLModel, table=True):
    """What only a person can settle, with choices where there are any."""

    __tablename__ = "question"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    round: int = 0
    text: str = _text()
    choices: list[Json] = _json(list)  # {label, detail, example, payload}
    answer: str | None = None
    choice: int | None = None  # counts from 1
    answered_by: str | None = None
    asked_at: datetime = _time()
    answered_at: datetime | None = _time(nullable=True)


class Run(SQLModel, table=True):
    """One run of a stage's harness on a report."""

    __tablename__ = "run"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    stage: str
    round: int = 0
    harness: str = ""
    sandbox: str = ""
    status: str = "running"  # running · done · failed · stopped
    error: str = _text()
    started_at: datetime = _time()
    ended_at: datetime | None = _time(nullable=True)
    usd: float = 0.0
    tokens: int = 0
    progress: str = ""  # one short line shown while running


class Step(SQLModel, table=True):
    """One step of a run's transcript."""

    __tablename__ = "step"

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id", index=True)
    at: datetime = _time()
    kind: str = "note"  # note · read · command · candidate · proof · check · review
    title: str = _text()
    output: str = _text()
    ok: bool | None = None
    seconds: float = 0.0


class Change(SQLModel, table=True):
    """The proposed pull request."""

    __tablename__ = "change"
    __table_args__ = (UniqueConstraint("report_id", name="uq_change_report"),)

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id")
    round: int = 0
    title: str = _text()
    description: str = _text()
    branch: str
    base: str
    base_sha: str
    head_sha: str = ""
    forge: str = "local"
    url: str | None = None
    state: str = "building"  # building · open · merging · merged · unmerging · reverted · closed
    files: list[Json] = _json(list)  # {path, added, removed}
    patch: Json = _json()  # path → full new text (null: deleted); what the branch is made from
    proof: Json = _json()  # {test, command, red, green, proved, why_not}
    notes: Json = (
        _json()
    )  # {never_opened: [], untested: [[path, line]], budget: {used, limit}, faults: {tried, noticed}}
    merged_sha: str | None = None
    merged_at: datetime | None = _time(nullable=True)
    merged_by: str | None = None
    merge_method: str = ""  # merge · squash · rebase, from when the merge begins
    live_at: datetime | None = _time(nullable=True)  # release or deploy time, when known
    created_at: datetime = _time()


class Check(SQLModel, table=True):
    """One CI result of a change."""

    __tablename__ = "check"

    id: int | None = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="change.id", index=True)
    round: int = 0
    name: str
    status: str  # passed · failed · skipped · error
    log: str = _text()
    seconds: float = 0.0


class ReviewComment(SQLModel, table=True):
    """One comment on a change, by an agent or a person."""

    __tablename__ = "review_comment"

    id: int | None = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="change.id", index=True)
    round: int = 0
    author: str
    by_person: bool = False
    severity: Severity = _enum(Severity, Severity.CONSIDER)
    path: str | None = None
    line: int | None = None
    text: str = _text()
    at: datetime = _time()
    review_id: int | None = None  # the review it was sent with
    reply_to: int | None = None  # the comment it answers
    head_sha: str = ""  # the head it was written on
    side: str = "new"  # new · old: which text `line` counts in
    start_line: int | None = None  # first line of a range that ends at `line`; None: that line alone
    quote: str = _text()  # the lines it stands on, as they were


class Review(SQLModel, table=True):
    """What a reader said of a change as a whole; its comments hang on it."""

    __tablename__ = "review"

    id: int | None = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="change.id", index=True)
    round: int = 0
    head_sha: str
    who: str
    kind: str  # approve · comment · request-changes
    text: str = _text()
    at: datetime = _time()


class Draft(SQLModel, table=True):
    """A comment that a person has written and not sent."""

    __tablename__ = "draft"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    who: str
    head_sha: str
    path: str
    side: str = "new"
    start_line: int | None = None
    line: int
    quote: str = _text()
    text: str = _text()
    at: datetime = _time()


class ChangeVersion(SQLModel, table=True):
    """One head that a change has had, so that what is new since one looked can be shown."""

    __tablename__ = "change_version"
    __table_args__ = (UniqueConstraint("change_id", "head_sha", name="uq_change_version_head"),)

    id: int | None = Field(default=None, primary_key=True)
    change_id: int = Field(foreign_key="change.id")
    round: int
    base_sha: str
    head_sha: str
    at: datetime = _time()


class Seen(SQLModel, table=True):
    """What a person has read of a report."""

    __tablename__ = "seen"

    report_id: int = Field(foreign_key="report.id", primary_key=True)
    who: str = Field(primary_key=True)
    at: datetime = _time()
    head_sha: str = ""  # the newest head whose diff was read
    files: Json = _json()  # path → the file's blob when it was marked as viewed


class Presence(SQLModel, table=True):
    """One open screen, and the report it shows."""

    __tablename__ = "presence"

    session: str = Field(primary_key=True)
    who: str
    report_id: int | None = None
    at: datetime = _time()


class Note(SQLModel, table=True):
    """What a person said about a report that later work should know."""

    __tablename__ = "note"

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    who: str
    kind: str  # decline · answer · note
    text: str = _text()
    at: datetime = _time()


class Link(SQLModel, table=True):
    """How a report is tied to another."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("report_id", "other_id", "kind", name="uq_link"),)

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    other_id: int = Field(foreign_key="report.id", index=True)
    kind: str  # same-cause · same-place · recurrence · joined · split · reverts
    why: str = _text()
    at: datetime = _time()


class Contract(SQLModel, table=True):
    """The metric declared before the code."""

    __tablename__ = "contract"

    report_id: int = Field(foreign_key="report.id", primary_key=True)
    metric: str  # e.g. "signals of this report"
    denominator: str  # an exposure name, e.g. "requests:/checkout", or "hours"
    direction: str = "down"
    min_effect: float = 0.5  # the ratio after/before that is worth seeing, or smaller
    baseline: Json = _json()  # {events, exposure, since, until}
    declared_at: datetime = _time()


class Exposure(SQLModel, table=True):
    """How much traffic there was: the denominator of a rate, in one-minute buckets."""

    __tablename__ = "exposure"

    name: str = Field(primary_key=True)  # "requests" or "requests:<transaction>", "sessions"
    bucket: datetime = Field(sa_column=Column(UtcDateTime(), primary_key=True))
    release: str = Field(default="", primary_key=True)
    count: float = 0.0


class Outcome(SQLModel, table=True):
    """What measuring said about a shipped change; the ledger is all of them."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("change_id", name="uq_outcome_change"),)

    id: int | None = Field(default=None, primary_key=True)
    report_id: int = Field(foreign_key="report.id", index=True)
    change_id: int = Field(foreign_key="change.id")
    verdict: OutcomeVerdict = _enum(OutcomeVerdict, None)
    reason: str = _text()
    before: Json = _json()  # {events, exposure, rate, since, until}
    after: Json = _json()
    ratio: float | None = None
    interval: list[float] = _json(list)  # [low, high] at 95 %
    n: float = 0.0  # exposure after
    as_of: datetime = _time()


class JournalEntry(SQLModel, table=True):
    """Who did what, when, why, and how to take it back."""

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _time()
    who: str
    action: str
    report_id: int | None = Field(default=None, index=True)
    why: str = _text()
    changes: list[Json] = _json(list)  # {table, key, before: {column: value}, after: {…}}; see agents/store/journal.py
    undoable: bool = False
    undo_hint: str = ""  # how to take it back when `undo` cannot
    undone: bool = False
    batch: str = Field(default="", index=True)  # what was done together is undone together; empty: alone
    turns: int | None = Field(default=None, index=True)  # the entry that this one takes back or puts back


class FeedEntry(SQLModel, table=True):
    """One row of the change feed: readers remember the last seq they saw."""

    __tablename__ = "feed"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True)
    table: str
    key: str
    report_id: int | None = None


class SourceState(SQLModel, table=True):
    """A source's cursor and health."""

    __tablename__ = "source_state"

    name: str = Field(primary_key=True)
    enabled: bool = True
    cursor: Json = _json()
    last_success: datetime | None = _time(nullable=True)
    last_error: str = _text()
    items: int = 0
    tried_at: datetime | None = _time(nullable=True)
    read_to: datetime | None = _time(nullable=True)  # all that happened there up to then has been read
    retry_at: datetime | None = _time(nullable=True)  # it is left alone until then, as it asked for


class Delivery(SQLModel, table=True):
    """A webhook that was taken: a repetition of it is none."""

    __tablename__ = "delivery"

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    at: datetime = _time(index=True)


class Intake(SQLModel, table=True):
    """The funnel: how many items each source gave on a day, and what became of them."""

    __tablename__ = "intake"

    day: str = Field(primary_key=True)  # YYYY-MM-DD, UTC
    source: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # collected · duplicate · quarantined · rejected · skipped · suppressed
    count: int = 0


class Rejected(SQLModel, table=True):
    """Input that could not be read, kept so that nothing is dropped silently."""

    __tablename__ = "rejected"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _time()
    source: str
    reason: str = _text()
    sample: str = _text()  # at most 2,000 characters, control characters escaped


class Meta(SQLModel, table=True):
    """Small facts about this store: ingest key, schema notes."""

    __tablename__ = "meta"

    key: str = Field(primary_key=True)
    value: str = _text()
