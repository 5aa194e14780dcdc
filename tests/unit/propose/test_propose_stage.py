"""From a proposal to a change: proof, checks, policy, requests, refresh; cut off anywhere, and begun again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlmodel import select

from agents import decide
from agents.config import Settings
from agents.harness import Ask, Brief, Choice, Diffed, Harness, Investigation, Proposal, Remark, Reproduction, Review
from agents.models import Change, Check, Question, Report, ReviewComment, Run, Severity, Status
from agents.propose import stage
from agents.propose.policy import violation
from agents.propose.refresh import refresh, stale
from agents.propose.stage import propose
from agents.repository import Repository
from agents.services import Services
from agents.store import Store
from agents.store.read import Reader
from tests.conftest import git, plain_python

BAD = "def half(n):\n    return n / 0\n"
GOOD = "def half(n):\n    return n / 2\n"
TEST = "from app import half\n\n\ndef test_half_regression():\n    assert half(4) == 2\n"
FOUND = Reproduction(
    confirmed=True, test_path="test_half_1.py", test_source=TEST, file="app.py", function="half",
    line=2,
    test_command=["{python}", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_half_1.py"],
    exception="ZeroDivisionError",
)  # fmt: skip
FIX = Proposal(
    files={"app.py": GOOD}, test_path="test_half_1.py", test_source=TEST, title="Halve by two",
    cause="It divides by 0.", change="Divide by 2.", opened=("app.py",), tried=1,
)  # fmt: skip


@dataclass
class Canned:
    """A harness that answers what a test says."""

    proposal: Proposal = FIX
    mended: Proposal | None = None  # what it makes of objections
    objects_to: str = ""  # a file with this text must be fixed
    briefs: list[Brief] = field(default_factory=list)
    name: str = "canned"

    async def investigate(self, brief: Brief) -> Investigation:
        raise AssertionError("not asked here")

    async def propose(self, brief: Brief) -> Proposal:
        self.briefs.append(brief)
        return self.mended or Proposal(why_none="No.") if brief.objections else self.proposal

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        if self.objects_to and self.objects_to in diffed.diff:
            return Review((Remark(Severity.MUST_FIX, "This is a trap.", "app.py", 2),), usd=0.25, tokens=5)
        return Review((), usd=0.25, tokens=5)


class WithHarness(Services):
    """Services whose harness is a test's."""

    canned: Canned

    def harness(self, stage: str) -> Harness:
        return self.canned


@pytest.fixture
async def services(make_repo: Callable[..., Path], store_setting: str) -> AsyncIterator[WithHarness]:
    repo = make_repo({"app.py": BAD, "test_app.py": "import app\n\n\ndef test_app():\n    assert app\n"})
    settings = Settings(repo=repo, store=store_setting)
    settings.sandbox.kind, settings.sandbox.python = "none", plain_python()
    settings.harness.faults = 0  # its own tests are elsewhere
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    made = WithHarness(settings, store, Repository(repo))
    made.canned = Canned()
    yield made
    await store.close()


async def actionable(services: Services) -> int:
    async with services.store.write() as session:
        found = replace(FOUND, base_sha=git(services.settings.repo, "rev-parse", "main"))
        report = Report(title="ZeroDivisionError", status=Status.PROPOSING, round=1, reproduction=found.as_json())
        session.add(report)
    assert report.id is not None
    return report.id


async def look(services: Services, report_id: int) -> tuple[Report, Change | None]:
    async with services.store.read() as session:
        report = await session.get_one(Report, report_id)
        change = (await session.exec(select(Change).where(Change.report_id == report_id))).first()
    return report, change


async def test_a_patch_becomes_a_proved_and_checked_change(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, change = await look(services, report_id)
    assert report.status is Status.REVIEW
    assert change is not None
    assert change.state == "open"
    assert change.proof["proved"]
    assert "ZeroDivisionError" in change.proof["red"]
    assert change.notes["coverage_known"]
    assert git(services.settings.repo, "rev-parse", change.branch) == change.head_sha
    assert git(services.settings.repo, "status", "--porcelain") == ""
    async with services.store.read() as session:
        (check,) = (await session.exec(select(Check))).all()
    assert (check.name, check.status) == ("tests", "passed")
    for word in ("Problem", "Cause", "Change", "Proof", "Checks"):
        assert f"**{word}.**" in change.description


async def test_what_no_test_notices_stands_beside_the_change(services: WithHarness) -> None:
    services.settings.harness.faults = 20
    weak = TEST.replace("assert half(4) == 2", "half(4)")
    services.canned.proposal = replace(FIX, test_source=weak)
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    _, change = await look(services, report_id)
    assert change is not None
    assert change.notes["faults"]["tried"] > change.notes["faults"]["noticed"]
    async with services.store.read() as session:
        remarks = (await session.exec(select(ReviewComment).where(ReviewComment.author == "faults"))).all()
    assert [(remark.path, remark.line) for remark in remarks][:1] == [("app.py", 2)]


async def test_a_patch_that_does_not_settle_it_is_not_offered(services: WithHarness) -> None:
    services.canned.proposal = replace(FIX, files={"app.py": "def half(n):\n    return n\n"})
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, _ = await look(services, report_id)
    assert report.status is Status.FAILED
    assert "fails with the change" in report.status_reason
    assert git(services.settings.repo, "branch", "--list", "loop/*") == ""


async def test_a_test_that_passes_without_the_change_proves_nothing(services: WithHarness) -> None:
    services.canned.proposal = replace(FIX, test_source="def test_half_regression():\n    assert True\n")
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, _ = await look(services, report_id)
    assert report.status is Status.FAILED
    assert "passes without the change" in report.status_reason


@pytest.mark.parametrize("path", [".github/workflows/ci.yml", "../x.py", ".git/hooks/pre-commit", "pyproject.toml"])
async def test_a_path_that_may_not_be_changed_stops_it(services: WithHarness, path: str) -> None:
    services.canned.proposal = replace(FIX, files={path: "x"})
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, change = await look(services, report_id)
    assert report.status is Status.FAILED
    assert change is None
    assert violation(services.settings.repo, {path: "x"}) == report.status_reason


async def test_a_change_that_stays_too_large_is_not_offered(services: WithHarness) -> None:
    services.settings.harness.max_changed_lines = 3
    services.canned.proposal = replace(FIX, files={"app.py": GOOD, "notes.txt": "a\nb\nc\n"})
    services.canned.mended = replace(FIX, files={"app.py": GOOD, "notes.txt": "a\nb\nd\n"})
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, _ = await look(services, report_id)
    assert report.status is Status.FAILED
    assert "4 changed lines, over the limit of 3" in report.status_reason
    assert "over the budget of 3" in services.canned.briefs[1].objections[0]
    assert git(services.settings.repo, "branch", "--list", "loop/*") == ""


async def test_a_question_is_asked_and_its_answer_reaches_the_harness(services: WithHarness) -> None:
    services.canned.proposal = Proposal(question=Ask("Which?", (Choice("A"), Choice("B", payload={"k": 1}))))
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, _ = await look(services, report_id)
    assert report.status is Status.NEEDS_INPUT
    async with services.store.read() as session:
        (question,) = (await session.exec(select(Question))).all()
    assert [choice["label"] for choice in question.choices] == ["A", "B"]
    services.canned.proposal = FIX
    await decide.answer(services, "kim", report_id, choice=2)
    await propose(services, report_id, 2)
    assert services.canned.briefs[-1].chosen == Choice("B", payload={"k": 1})
    assert (await look(services, report_id))[0].status is Status.REVIEW


async def test_asked_changes_move_the_same_branch(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    _, before = await look(services, report_id)
    await decide.request_changes(services, "kim", report_id, "Say why.", "app.py:2")
    services.canned.proposal = replace(FIX, files={"app.py": "def half(n):\n    return n / 2  # two halves\n"})
    await propose(services, report_id, 2)
    report, after = await look(services, report_id)
    assert before is not None
    assert after is not None
    assert report.status is Status.REVIEW
    assert (after.branch, after.round) == (before.branch, 2)
    assert after.head_sha != before.head_sha
    assert "Say why." in services.canned.briefs[-1].guidance[-1]


async def test_a_request_that_cannot_be_carried_out_is_said_so(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    _, before = await look(services, report_id)
    await decide.request_changes(services, "kim", report_id, "Make it nicer.")
    services.canned.proposal = Proposal(why_none="The words name nothing that was tried.")
    await propose(services, report_id, 2)
    report, after = await look(services, report_id)
    assert before is not None
    assert after is not None
    assert report.status is Status.REVIEW
    assert after.head_sha == before.head_sha
    async with services.store.read() as session:
        said = [comment.text for comment in (await session.exec(select(ReviewComment))).all()]
    assert any("could not be carried out" in text for text in said)


async def test_work_for_an_older_round_does_nothing(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 7)
    assert services.canned.briefs == []


@pytest.mark.parametrize("at", ["_keep", "assessed", "mended", "publish", "describe"])
async def test_cut_off_anywhere_it_ends_the_same(
    services: WithHarness, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    report_id = await actionable(services)

    class Cut(BaseException):
        pass

    def cut(*args: object, **named: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(stage, at, cut)
        with pytest.raises(Cut):
            await propose(services, report_id, 1)
    await propose(services, report_id, 1)
    report, change = await look(services, report_id)
    assert report.status is Status.REVIEW
    assert change is not None
    assert len(git(services.settings.repo, "branch", "--list", "loop/*").splitlines()) == 1
    reader = Reader(services.settings.store_url)
    assert reader.value("SELECT count(*) FROM change") == 1
    assert reader.value('SELECT count(*) FROM "check"') == 1
    reader.close()
    assert not list((services.settings.state / "tmp").iterdir())


TRAP = "def half(n):\n    return n // 2\n"


async def test_what_must_be_fixed_goes_back_before_a_person_sees_it(services: WithHarness) -> None:
    services.canned.proposal = replace(FIX, files={"app.py": TRAP}, usd=1.0, tokens=10)
    services.canned.mended, services.canned.objects_to = replace(FIX, usd=2.0, tokens=20), "n // 2"
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, change = await look(services, report_id)
    assert report.status is Status.REVIEW
    assert change is not None
    assert git(services.settings.repo, "show", f"{change.branch}:app.py") == GOOD.strip()
    assert change.patch["proposal"]["files"] == {"app.py": GOOD}
    wanted = services.canned.briefs[1]
    assert wanted.objections == ("app.py:2 This is a trap.",)
    assert wanted.attempt == {"app.py": TRAP, "test_half_1.py": TEST}
    async with services.store.read() as session:
        (run,) = (await session.exec(select(Run))).all()
    assert (run.usd, run.tokens) == (3.5, 40)


@pytest.mark.parametrize(
    "mended",
    [None, replace(FIX, files={"app.py": TRAP}), replace(FIX, files={"app.py": BAD + "\n"}),
     replace(FIX, files={".git/hooks/x": "y"}), Proposal(question=Ask("Which?"))],
    ids=["nothing", "the same", "not proved", "not allowed", "a question"],
)  # fmt: skip
async def test_what_is_not_mended_is_shown_with_what_was_said(services: WithHarness, mended: Proposal | None) -> None:
    services.canned.proposal = replace(FIX, files={"app.py": TRAP})
    services.canned.mended, services.canned.objects_to = mended, "n // 2"
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    report, change = await look(services, report_id)
    assert report.status is Status.REVIEW
    assert change is not None
    assert git(services.settings.repo, "show", f"{change.branch}:app.py") == TRAP.strip()
    async with services.store.read() as session:
        remarks = (await session.exec(select(ReviewComment))).all()
    assert "This is a trap." in [remark.text for remark in remarks]


async def test_a_check_that_the_change_broke_goes_back_too_and_not_for_ever(services: WithHarness) -> None:
    services.settings.ci.command = "grep -q 'n / 2' app.py || grep -q 'n / 0' app.py"
    services.canned.proposal = replace(FIX, files={"app.py": TRAP})
    services.canned.mended = replace(FIX, files={"app.py": TRAP + "# again\n"})
    await propose(services, await actionable(services), 1)
    assert len(services.canned.briefs) == 2 + 1
    assert services.canned.briefs[1].objections[0].startswith("The check ci fails")


async def test_a_base_that_moved_on_is_proved_again(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    _, before = await look(services, report_id)
    repo = services.settings.repo
    (repo / "other.txt").write_text("x\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "Other")
    assert await stale(services) == [report_id]
    await refresh(services, report_id, 0)
    report, after = await look(services, report_id)
    assert before is not None
    assert after is not None
    assert report.status is Status.REVIEW
    assert after.base_sha == git(repo, "rev-parse", "main") != before.base_sha
    assert after.proof["proved"]
    assert git(repo, "show", f"{after.branch}:other.txt") == "x"
    assert await stale(services) == []


async def test_a_change_that_no_longer_fits_is_built_anew(services: WithHarness) -> None:
    report_id = await actionable(services)
    await propose(services, report_id, 1)
    repo = services.settings.repo
    (repo / "app.py").write_text("def half(n):\n    return n / (0 * 1)\n")
    git(repo, "commit", "-qam", "Rewrite")
    await refresh(services, report_id, 0)
    report, _ = await look(services, report_id)
    assert (report.status, report.round) == (Status.PROPOSING, 2)
