"""The trackers, as the driver takes them."""

from __future__ import annotations

from agents.collect.github import GithubSource
from tests.unit.trackers import fake_github
from tests.unit.trackers.driver import Service

GITHUB = Service(
    name="github",
    section={"repositories": ["Shop/web"]},
    fake=fake_github.FakeGithub,
    source=lambda settings, transport: GithubSource(settings.github, transport),
    webhook=fake_github.webhook,
    secret=fake_github.SECRET,
    external_id=lambda thing: f"7#{thing.number}",
    pulls=True,
    shows_deleted=False,
)
