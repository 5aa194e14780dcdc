"""The best of several builds: told apart by inputs that none of them has seen; real sandboxes, a real repository."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlmodel import select

from agents.config import Settings
from agents.harness import Ask, Brief, Diffed, Harness, Investigation, Proposal, Reproduction, Review
from agents.models import Change, Report, Run, Status, Step
from agents.propose.heldout import variants
from agents.propose.stage import propose
from agents.repository import Repository
from agents.sandbox.choose import provider
from agents.services import Services
from agents.store import Store
from tests.conftest import git, plain_python

BAD = """def total(cart):
    rate = {"A": 10, "B": 50}[cart["coupon"]]
    return sum(cart["prices"]) * (100 - rate) // 100
"""
CALL = "total({'prices': [30, 20], 'coupon': None})"
TEST = f"from shop import total\n\n\ndef test_total():\n    {CALL}\n"
FOUND = Reproduction(
    confirmed=True, test_path="test_total_1.py", test_source=TEST, file="shop.py", function="total", line=2,
    test_command=["{python}", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_total_1.py"], exception="KeyError",
)  # fmt: skip
RIGHT = BAD.replace('[cart["coupon"]]', '.get(cart["coupon"], 0)')
OVERFIT = BAD.replace("    rate", '    if cart == {"prices": [30, 20], "coupon": None}:\n        return 50\n    rate')
HARMFUL = RIGHT.replace("// 100", "/ 100").replace("return sum", "return -abs(0) + sum")
LONGER = RIGHT.replace("    return", "    rate = rate + 0\n    return")


def patch(text: str, title: str, expected: str = "== 50") -> Proposal:
    test = TEST.replace(CALL, f"assert {CALL} {expected}")
    return Proposal(
        files={"shop.py": text}, test_path="test_total_1.py", test_source=test, title=title, cause="No coupon.",
        change=title, opened=("shop.py",), tried=1, usd=0.5, tokens=7,
    )  # fmt: skip


@dataclass
class Canned:
    """A harness that answers what a test says."""

    name: str
    proposal: Proposal
    briefs: list[Brief] = field(default_factory=list)

    async def investigate(self, brief: Brief) -> Investigation:
        raise AssertionError("not asked here")

    async def propose(self, brief: Brief) -> Proposal:
        self.briefs.append(brief)
        return self.proposal

    async def review(self, brief: Brief, diffed: Diffed) -> Review:
        return Review(())


class Several(Services):
    """Services with the builders of a test."""

    made: list[Canned]

    def builders(self) -> list[Harness]:
        return list(self.made)

    def harness(self, stage: str) -> Harness:
        return self.made[0]


@pytest.fixture
async def services(make_repo: Callable[..., Path]) -> AsyncIterator[Several]:
    tests = "from shop import total\n\n\ndef test_b():\n    assert total({'prices': [10], 'coupon': 'B'}) == 5\n"
    repo = make_repo({"shop.py": BAD, "test_shop.py": tests})
    settings = Settings(repo=repo)
    settings.sandbox.kind, settings.sandbox.python = "bubblewrap", plain_python()
    if not (found := await provider("bubblewrap", settings.sandbox, repo).check()).ok:
        pytest.skip(found.detail)
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    yield Several(settings, store, Repository(repo))
    await store.close()


async def built(services: Several, *made: Canned) -> tuple[Report, Change | None, list[Step]]:
    services.made = list(made)
    async with services.store.write() as session:
        report = Report(title="KeyError", status=Status.PROPOSING, round=1, reproduction=FOUND.as_json())
        session.add(report)
    assert report.id is not None
    await propose(services, report.id, 1)
    async with services.store.read() as session:
        report = await session.get_one(Report, report.id)
        change = (await session.exec(select(Change))).first()
        steps = list((await session.exec(select(Step).where(Step.kind == "candidate"))).all())
    return report, change, steps


@pytest.mark.e2e
async def test_one_that_only_treats_the_case_it_knows_loses_to_one_that_is_right(services: Several) -> None:
    report, change, steps = await built(
        services, Canned("one", patch(OVERFIT, "Return fifty")), Canned("two", patch(RIGHT, "No rate without a coupon"))
    )
    assert report.status is Status.REVIEW
    assert change is not None
    assert git(services.settings.repo, "show", f"{change.branch}:shop.py") == RIGHT.strip()
    (other,) = change.notes["alternatives"]
    assert (other["harness"], other["title"]) == ("one", "Return fifty")
    assert "like those that failed still fail" in other["why_not"]
    assert [step.ok for step in steps] == [True, False]
    assert 'if cart == {"prices": [30, 20], "coupon": None}:' in steps[1].output
    assert [canned.briefs[0].candidate for canned in services.made] == [0, 1]
    async with services.store.read() as session:
        (run,) = (await session.exec(select(Run))).all()
    assert (run.usd, run.tokens) == (1.0, 14)


@pytest.mark.e2e
async def test_one_that_changes_what_did_not_fail_loses(services: Several) -> None:
    _, change, _ = await built(services, Canned("one", patch(HARMFUL, "Divide")), Canned("two", patch(RIGHT, "Get")))
    assert change is not None
    (other,) = change.notes["alternatives"]
    assert other["harness"] == "one"
    assert "gave that did not fail" in other["why_not"]


@pytest.mark.e2e
async def test_of_two_that_do_the_same_the_smaller_is_taken_and_then_the_first(services: Several) -> None:
    twice = [Canned("a", patch(LONGER, "Longer")), Canned("b", patch(RIGHT, "B")), Canned("b", patch(RIGHT, "Again"))]
    services.settings.harness.faults = 0
    _, change, _ = await built(services, *twice)
    assert change is not None
    assert change.title == "B"
    told = {each["harness"]: each["why_not"] for each in change.notes["alternatives"]}
    assert told == {
        "a": "it does the same with more: 3 changed lines, not 2", "b (2)": "it is the same as that of b",
    }  # fmt: skip


@pytest.mark.e2e
async def test_the_better_test_decides_where_the_changes_do_the_same(services: Several) -> None:
    weak, strong = patch(RIGHT + "\n", "Weak", "is not None"), patch(RIGHT + "\n\n", "Strong")
    _, change, _ = await built(services, Canned("weak", weak), Canned("strong", strong))
    assert change is not None
    assert change.title == "Strong"
    assert "small faults" in change.notes["alternatives"][0]["why_not"]


@pytest.mark.e2e
async def test_what_is_no_candidate_is_named_with_the_reason(services: Several) -> None:
    wrong = patch(RIGHT.replace(", 0)", ", 'x')"), "Wrong")
    _, change, _ = await built(
        services, Canned("asks", Proposal(question=Ask("Which rate?"))), Canned("nothing", Proposal(why_none="No.")),
        Canned("wrong", wrong), Canned("barred", replace(wrong, files={"Makefile": "x"})),
        Canned("right", patch(RIGHT, "Right")),
    )  # fmt: skip
    assert change is not None
    assert change.title == "Right"
    told = {each["harness"]: each["why_not"] for each in change.notes["alternatives"]}
    assert told["asks"] == "it asks: Which rate?"
    assert told["nothing"] == "No."
    assert told["wrong"] == "it is not proved: the regression test fails with the change"
    assert "Makefile" in told["barred"]


@pytest.mark.e2e
async def test_where_none_can_be_offered_the_question_is_asked(services: Several) -> None:
    report, change, _ = await built(
        services, Canned("nothing", Proposal(why_none="No.")), Canned("asks", Proposal(question=Ask("Which rate?")))
    )
    assert report.status is Status.NEEDS_INPUT
    assert change is None


def test_inputs_are_those_of_the_test_with_values_changed_and_never_what_is_expected() -> None:
    made = [body for _, body in variants(patch(RIGHT, "").test_source, ["A", 7])]
    assert CALL in made[0]
    assert all("== 50" in body for body in made)
    assert any("'coupon': None" in body and "[30, 20, 30, 20]" in body for body in made)
    assert any("[31, 20]" in body for body in made)
    assert any("'coupon': 'A'" in body for body in made)
    assert len(made) == len(set(made)) > 40
    assert list(variants("def test_a(:")) == []


def test_builders_take_turns_and_the_search_is_asked_once(tmp_path: Path) -> None:
    settings = Settings(repo=tmp_path)
    services = Services(settings, None, Repository(tmp_path))  # type: ignore[arg-type]
    assert [each.name for each in services.builders()] == ["search"]
    settings.harness.propose, settings.harness.candidates = ["llm", "search"], 4
    assert [each.name for each in services.builders()] == ["llm", "search", "llm"]
