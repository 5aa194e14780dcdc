"""Code in place: from the commit that ran, whatever path the machine gave it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from agents.inbox import Inbox
from agents.models import Change, Report, Signal
from tests.conftest import git

OLD = "def pay(order):\n    total = 0\n    return order['sum']\n"
NEW = "import json\n\n\n" + OLD


@pytest.fixture
async def inbox(make_repo: Callable[..., Path]) -> AsyncIterator[Inbox]:
    repo = make_repo({"shop/pay.py": OLD, "shop/__init__.py": ""})
    git(repo, "tag", "v1.0")
    (repo / "shop/pay.py").write_text(NEW)
    git(repo, "commit", "-qam", "Import json")
    async with await Inbox.open(repo, who="kim") as opened:
        yield opened


async def report(inbox: Inbox, *things: object, release: str | None = "shop@1.0") -> None:
    async with (await inbox.services()).store.write() as session:
        session.add(Report(title="Pay fails"))
        await session.flush()
        session.add(Signal(source="s", external_id="1", title="E", report_id=1, release=release))
        session.add_all(things)


async def test_the_line_that_ran_not_the_line_that_is_there_now(inbox: Inbox) -> None:
    await report(inbox)
    found = await inbox.source(1, "/srv/app/shop/pay.py", 3, 1)
    assert found["path"] == "shop/pay.py"
    assert found["commit"] == git(inbox.settings.repo, "rev-parse", "v1.0")
    assert (found["first"], found["lines"]) == (2, ["    total = 0", "    return order['sum']"])


async def test_the_base_where_no_release_tells(inbox: Inbox) -> None:
    await report(inbox, release="nightly")
    found = await inbox.source(1, "shop/pay.py", 6, 0)
    assert found["commit"] == git(inbox.settings.repo, "rev-parse", "main")
    assert found["lines"] == ["    return order['sum']"]


async def test_a_finding_points_into_the_base_of_its_change_and_a_remark_into_its_head(inbox: Inbox) -> None:
    old, new = (git(inbox.settings.repo, "rev-parse", name) for name in ("v1.0", "main"))
    await report(inbox, Change(report_id=1, branch="b", base="main", base_sha=old, head_sha=new))
    assert (await inbox.source(1, "shop/pay.py", 1, 0, at="base"))["lines"] == ["def pay(order):"]
    assert (await inbox.source(1, "shop/pay.py", 1, 0, at="head"))["lines"] == ["import json"]


@pytest.mark.parametrize(
    "path", ["/usr/lib/python3.11/json/decoder.py", "/x/site-packages/shop/pay.py", "../../etc/passwd", "", "gone.py"]
)
async def test_what_is_not_of_this_repository_has_no_lines(inbox: Inbox, path: str) -> None:
    await report(inbox)
    assert (await inbox.source(1, path, 3))["lines"] == []


@pytest.mark.parametrize("line", [0, -5, 10_000])
async def test_a_line_that_is_not_there_is_no_trouble(inbox: Inbox, line: int) -> None:
    await report(inbox)
    assert isinstance((await inbox.source(1, "shop/pay.py", line, 2))["lines"], list)
