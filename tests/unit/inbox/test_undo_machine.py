"""Any sequence of decisions, undos, redos, restarts and moves of the engine gives the state that a model says."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents import decide
from agents.config import Settings
from agents.group.fingerprint import keys
from agents.intake import take
from agents.models import Question, Report, Status
from agents.refusal import Refused
from agents.repository import Repository
from agents.services import Services
from agents.store import Store
from agents.store.read import Reader
from agents.store.transitions import move
from tests.unit.inbox.conftest import aside, signal
from tests.unit.inbox.undo_model import Act, Model

COLUMNS = (
    "status", "merged_into", "declined_as", "suppressed", "priority", "priority_reason", "claimed_by",
    "snooze_condition",
)  # fmt: skip
PLACES = ("cart", "pay", "ship")
KEYS = {key: p for p in PLACES for key in keys("sentry", "error", "", {}, signal(p, 0).payload)}
WHO = st.sampled_from(["kim", "robin"])
PICK = st.integers(min_value=0, max_value=11)  # one of what there is, counted round
ENGINE = {
    "queued": ("investigating",),
    "investigating": ("needs_input", "not_actionable", "proposing", "failed"),
    "proposing": ("review", "failed", "needs_input"),
    "review": ("proposing",),
}
VERBS: dict[str, Any] = {
    "decline": st.sampled_from([("intended",), ("already-fixed", "in 3.8")]),
    "suppress": st.just(("noise",)),
    "unsuppress": st.just(()),
    "snooze": st.sampled_from([("users>50",), ("signals>6",)]),
    "wake": st.just(()),
    "claim": st.just(()),
    "release": st.just(()),
    "retry": st.just(()),
    "stop": st.just(()),
    "priority": st.sampled_from([(0, "big customer"), (3, "rare")]),
    "note": st.just(("known since May",)),
    "answer": st.just(("the second",)),
}
NOTES = {("known since May",): "known since May", ("already-fixed", "in 3.8"): "declined as already fixed: in 3.8"}
DECISION = st.sampled_from(list(VERBS)).flatmap(lambda verb: st.tuples(st.just(verb), VERBS[verb]))


@cache
def empty_store() -> Path:
    """A database with the schema, made once."""
    path = Path(tempfile.mkdtemp(prefix="loop-undo-")) / "empty.db"

    async def prepare() -> None:
        await (await Store.open(f"sqlite+aiosqlite:///{path}")).close()

    aside(lambda: asyncio.run(prepare()))
    return path


class Triage(RuleBasedStateMachine):
    """Two people, a few reports, and the engine between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="loop-undo-"))
        self.thread = ThreadPoolExecutor(1)  # its loop lives there, beside pytest's
        self.runner = asyncio.Runner()
        options = Settings(repo=self.folder)
        options.ensure_state()
        shutil.copy(empty_store(), options.store_url.partition(":///")[2])
        store = self.run(Store.open(options.store_url))
        self.services = Services(options, store, Repository(self.folder))
        self.model = Model()
        self.reader = Reader(options.store_url)
        self.of: dict[tuple[str, int], int] = {}  # question → its report
        self.came = 0
        self.known = 0  # the newest entry of the journal that the model knows

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.thread.submit(self.runner.run, what).result()

    def teardown(self) -> None:
        self.reader.close()
        self.run(self.services.store.close())
        self.thread.submit(self.runner.close).result()
        self.thread.shutdown()
        shutil.rmtree(self.folder)

    # The store, as the model sees it --------------------------------------------------------------------------

    def cells(self) -> dict[tuple[str, int, str], Any]:
        found: dict[tuple[str, int, str], Any] = {}
        for report in self.reader.rows(f"SELECT id, {', '.join(COLUMNS)} FROM report"):
            found |= {("report", report["id"], column): report[column] for column in COLUMNS}
        for row in self.reader.rows("SELECT id, report_id, answer FROM question"):
            found["question", row["id"], "answer"] = row["answer"]
            self.of["question", row["id"]] = row["report_id"]
        return found

    def new_acts(self) -> list[Act]:
        rows = self.reader.rows(
            "SELECT id, who, action, report_id, batch FROM journal WHERE id > :known AND undoable ORDER BY id",
            known=self.known,
        )
        self.known = max([self.known, *(row["id"] for row in rows)])
        return [Act(row["id"], row["who"], row["action"], row["report_id"], row["batch"]) for row in rows]

    def did(self, acts: list[Act]) -> None:
        """A person's verbs wrote what is in the store now; each its own report's cells."""
        now = self.cells()
        for act in acts:
            mine = {c: v for c, v in now.items() if self.of.get(c[:2], c[1]) == act.report}
            self.model.act(act, mine)

    def reports(self) -> list[int]:
        return sorted({key for table, key, _ in self.model.cells if table == "report"})

    def pick(self, number: int) -> int:
        reports = self.reports()
        return reports[number % len(reports)]

    # What can happen -------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        for place in PLACES:
            self.arrive(place, 2)

    @rule(place=st.sampled_from(PLACES), count=st.integers(min_value=1, max_value=3))
    def arrive(self, place: str, count: int) -> None:
        """Signals come; what they make the loop do is the loop's, and nobody's to undo."""
        target = self.model.keys.get(place)
        claimed_wrong = target is not None and self.model.get(target, "declined_as") == "already-fixed"
        quiet = target is not None and self.model.get(target, "suppressed")
        for _ in range(count):
            self.came += 1
            name = f"{place}{self.came}"
            self.run(take(self.services, [signal(place, self.came, user=f"u{self.came % 4}")]))
            self.model.place[name] = place
            if target is None:
                target = self.model.keys[place] = max(self.reports(), default=0) + 1
            self.model.signals[name] = 0 if quiet else target
            self.model.write(self.cells(), object())
        assert target is not None
        if quiet:
            assert self.model.get(target, "status") == "declined"
        elif claimed_wrong:
            assert self.model.get(target, "status") == "queued"

    @rule(number=PICK, step=PICK)
    def engine(self, number: int, step: int) -> None:
        """The engine moves a report on."""
        report = self.pick(number)
        choices = ENGINE.get(self.model.get(report, "status"), ())
        if choices:
            self.run(self._move(report, Status(choices[step % len(choices)])))
            self.model.write(self.cells(), object())

    async def _move(self, report_id: int, to: Status) -> None:
        async with self.services.store.write() as session:
            if to is Status.NEEDS_INPUT:
                session.add(Question(report_id=report_id, text="Which?"))
            await move(session, await session.get_one(Report, report_id), to, who="loop", why="")

    @rule(who=WHO, number=PICK, decision=DECISION)
    def decide(self, who: str, number: int, decision: tuple[str, tuple[Any, ...]]) -> None:
        """One person decides one thing."""
        self._decide(who, decision, [self.pick(number)])

    @rule(who=WHO, numbers=st.sets(PICK, min_size=2, max_size=4), decision=DECISION)
    def bulk(self, who: str, numbers: set[int], decision: tuple[str, tuple[Any, ...]]) -> None:
        """One person decides the same on several."""
        self._decide(who, decision, sorted({self.pick(number) for number in numbers}))

    def _decide(self, who: str, decision: tuple[str, tuple[Any, ...]], reports: list[int]) -> None:
        verb, args = decision
        self.run(decide.bulk(self.services, who, verb, reports, *args))
        acts = self.new_acts()
        for act in acts:
            act.note = NOTES.get(args, "")
        self.did(acts)

    @rule(who=WHO, one=PICK, two=PICK)
    def join(self, who: str, one: int, two: int) -> None:
        """One report into another."""
        source, into = self.pick(one), self.pick(two)
        try:
            self.run(decide.join(self.services, who, source, into))
        except Refused:
            return
        (act,) = self.new_acts()
        self.model.pour(act, source, into)
        self.did([act])

    @rule(who=WHO, number=PICK, chosen=st.sets(PICK, min_size=1, max_size=3))
    def split(self, who: str, number: int, chosen: set[int]) -> None:
        """Some signals out of a report."""
        report = self.pick(number)
        mine = sorted(name for name, where in self.model.signals.items() if where == report)
        names = {mine[n] for n in chosen if n < len(mine)}
        rows = self.reader.rows("SELECT id, external_id FROM signal")
        ids = [row["id"] for row in rows if row["external_id"] in names]
        try:
            self.run(decide.split(self.services, who, report, ids))
        except Refused:
            return
        (act,) = self.new_acts()
        self.model.write(self.cells(), object())
        made = max(self.reports())
        self.model.take_out(act, report, made, names)
        self.model.act(act, {})

    @rule(who=WHO, times=st.integers(min_value=1, max_value=3), redo=st.booleans())
    def turn(self, who: str, times: int, redo: bool) -> None:
        """Undo or redo, a few times."""
        for _ in range(times):
            expected = self.model.turn(self.model.to_redo(who) if redo else self.model.to_undo(who))
            self._turn(who, expected, redo=redo)

    @precondition(lambda self: self.model.acts)
    @rule(number=PICK)
    def turn_older(self, number: int) -> None:
        """Undo an entry of the history, wherever it stands."""
        act = self.model.acts[-1 - number % len(self.model.acts)]
        expected = 0 if act.undone else self.model.turn([act])
        told = {e["id"]: e for e in self.run(decide.history(self.services, act.who))}[act.entry]
        assert told["can_undo"] == bool(expected), told
        self._turn(act.who, expected, act.entry)

    def _turn(self, who: str, expected: int, entry: int | None = None, *, redo: bool = False) -> None:
        try:
            said = self.run(decide.turn(self.services, who, entry, redo=redo))
            assert expected, said
            assert expected == 1 or f"on {expected} reports" in said
        except Refused as error:
            if expected:
                raise AssertionError(f"it should be turned: {error}") from error

    @rule()
    def restart(self) -> None:
        """The process ends and another opens the store."""
        self.run(self.services.store.close())
        self.services.store = self.run(Store.open(self.services.settings.store_url))

    # What must hold --------------------------------------------------------------------------------------------

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        wanted = {cell: value for cell, value in self.model.cells.items() if cell[0] == "report" or value is not None}
        found = {cell: value for cell, value in self.cells().items() if cell[0] == "report" or value is not None}
        for cell in wanted.keys() | found.keys():
            assert found.get(cell) == wanted.get(cell), cell
        rows = self.reader.rows("SELECT external_id, coalesce(report_id, 0) AS report FROM signal")
        assert {row["external_id"]: row["report"] for row in rows} == self.model.signals
        rows = self.reader.rows("SELECT report_id, text FROM note")
        assert sorted((row["report_id"], row["text"]) for row in rows) == self.model.notes()
        rows = self.reader.rows("SELECT key, report_id FROM report_key")
        assert {(row["report_id"], KEYS[row["key"]]) for row in rows} == {(r, p) for p, r in self.model.keys.items()}

    @invariant()
    def numbers_are_what_the_rows_say(self) -> None:
        for table, count, column in (("signal", "signal_count", "id"), ("report_user", "user_count", "user_key")):
            rows = self.reader.rows(
                f"SELECT r.id, r.{count} AS said, count(x.{column}) AS found FROM report r LEFT JOIN {table} x "
                "ON x.report_id = r.id WHERE r.status <> 'merged_into' GROUP BY r.id"
            )
            assert all(row["said"] == row["found"] for row in rows), rows
        users = "SELECT DISTINCT report_id, user_key FROM {} WHERE report_id IN (SELECT id FROM report WHERE {})"
        stands = "status <> 'merged_into'"
        assert (
            {tuple(row.values()) for row in self.reader.rows(users.format("report_user", stands))}
            == {tuple(row.values()) for row in self.reader.rows(users.format("signal", stands))}
        )  # fmt: skip


TestTriage = Triage.TestCase
TestTriage.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
