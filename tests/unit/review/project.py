"""A project with one report whose change is proposed as often as a test wants, through the real publishing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from agents.harness import Brief, Numbers, Proposal, Reproduction
from agents.models import Change, Report, Status, now
from agents.propose.assess import Assessed
from agents.propose.stage import publish
from agents.services import Services
from tests.conftest import git

LINES = "".join(f"line {n}\n" for n in range(1, 21))


class Unused:
    """Stands where a brief needs a part that publishing never calls."""

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0
    ) -> None:
        raise AssertionError

    async def progress(self, line: str) -> None:
        raise AssertionError


@dataclass
class Project:
    """One report on a small repository."""

    services: Services
    report_id: int
    found: Assessed = field(default_factory=lambda: Assessed({"proved": True, "test": "t", "why_not": ""}, [], [], {}))

    @property
    def repo(self) -> Path:
        return self.services.settings.repo

    async def propose(self, files: dict[str, str | None], base: str = "main") -> str:
        """Publish these files as the next round of the change; returns its head."""
        base_sha = git(self.repo, "rev-parse", base)
        async with self.services.store.write() as session:
            report = await session.get_one(Report, self.report_id)
            report.status, report.round = Status.PROPOSING, report.round + 1
            change = (await session.exec(select(Change).where(Change.report_id == self.report_id))).first()
            if change is None:
                change = Change(
                    report_id=self.report_id, branch=f"loop/{self.report_id}-fix", base="main", base_sha=base_sha
                )
            session.add_all([report, change])
        proposal = Proposal(files=files, title="Fix it", cause="It was wrong.", change="Make it right.")
        moment = now()
        brief = Brief(
            report_id=self.report_id, title=report.title, occurrences=(), texts=(),
            numbers=Numbers(1, 1, moment, moment, (), 0.0, 0.0, ""), repo=self.repo, tree=self.repo, base_sha=base_sha,
            release_sha=None, tests="", sandboxes=None, transcript=Unused(), budget=1.0,
            reproduction=Reproduction(confirmed=False), round=report.round,
        )  # fmt: skip
        await publish(self.services, brief, proposal, change, files, self.found)
        return (await self.change()).head_sha

    async def change(self) -> Change:
        async with self.services.store.read() as session:
            return (await session.exec(select(Change).where(Change.report_id == self.report_id))).one()

    async def report(self) -> Report:
        async with self.services.store.read() as session:
            return await session.get_one(Report, self.report_id)
