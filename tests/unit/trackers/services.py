"""The trackers, as the driver takes them."""

from __future__ import annotations

from agents.collect.github import GithubSource
from agents.collect.linear import LinearSource
from agents.collect.zendesk import ZendeskSource
from tests.unit.trackers import fake_github, fake_linear, fake_zendesk
from tests.unit.trackers.driver import Service

GITHUB = Service(
    name="github",
    section={"repositories": ["Shop/web"]},
    fake=fake_github.FakeGithub,
    source=lambda settings, transport: GithubSource(settings.github, transport),
    webhook=fake_github.webhook,
    secret=fake_github.SECRET,
    external_id=lambda thing: f"7#{thing.number}",
)
LINEAR = Service(
    name="linear",
    section={"teams": ["eng"]},
    fake=fake_linear.FakeLinear,
    source=lambda settings, transport: LinearSource(settings.linear, transport),
    webhook=fake_linear.webhook,
    secret=fake_linear.SECRET,
    external_id=lambda thing: f"issue-{thing.number}",
    without=frozenset({"pull"}),
)
ZENDESK = Service(
    name="zendesk",
    section={"subdomain": "shop"},
    fake=fake_zendesk.FakeZendesk,
    source=lambda settings, transport: ZendeskSource(settings.zendesk, transport),
    webhook=fake_zendesk.webhook,
    secret=fake_zendesk.SECRET,
    external_id=lambda thing: str(thing.number),
    without=frozenset({"pull", "bot", "edit comment", "delete comment"}),  # its comments never change
)
