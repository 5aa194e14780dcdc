"""A project with one report."""

from __future__ import annotations

import pytest

from agents.models import Report, Status
from agents.services import Services
from tests.conftest import git
from tests.unit.review.project import LINES, Project


@pytest.fixture
async def project(services: Services) -> Project:
    repo = services.settings.repo
    (repo / "a.txt").write_text("start\n")
    (repo / "b.txt").write_text(LINES)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Files")
    async with services.store.write() as session:
        report = Report(title="Checkout fails", status=Status.PROPOSING)
        session.add(report)
    assert report.id is not None
    return Project(services, report.id)
