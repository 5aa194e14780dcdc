"""A run that is killed goes on: nothing that was answered is asked again, and the sandbox is as it was."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from agents.harness.llm.recording import Recording
from tests.unit.llm.conftest import GOOD, Desk
from tests.unit.llm.server import Answer, Calls, Cut, Raw, Server, call, final

_RUN = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from agents.config import LlmSettings, Settings
    from agents.harness.llm import LlmHarness
    from tests.unit.llm.conftest import Told, brief_of

    repo, tree, sha, url, python = sys.argv[1:]
    settings = Settings(repo=Path(repo))
    settings.llm = LlmSettings(model="openai-chat:gpt-4o-mini", base_url=url)
    settings.sandbox.kind, settings.sandbox.python = "none", python
    asyncio.run(LlmHarness(settings).propose(brief_of(settings, Path(tree), sha, Told())))
    """
)
MADE = final(title="Halve by two", cause="It divides by 0.", change="Divide by 2.")


async def _until(server: Server, count: int) -> None:
    async with asyncio.timeout(60):
        while len(server.seen) < count:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("slow", [Raw(after=3.0), Cut(MADE, 4, silence=3.0)], ids=["waiting", "in an answer"])
async def test_what_was_answered_before_kill_9_is_not_asked_again(desk: Desk, slow: Answer) -> None:
    first = Calls([("read_file", {"path": "app.py"}), ("edit_file", {"path": "app.py", "old": "n / 0", "new": "n"})])
    second = call("run", command="sed -i 's/return n/return n \\/ 2/' app.py")
    desk.server.answers = [first, second, slow]
    brief, python = desk.brief, desk.settings.sandbox.python
    arguments = [str(desk.settings.repo), str(brief.tree), brief.base_sha, desk.settings.llm.base_url, python]
    process = subprocess.Popen([sys.executable, "-c", _RUN, *arguments])
    try:
        await _until(desk.server, 3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    desk.server.answers = [MADE]
    made = await desk.harness.propose(brief)
    assert made.files == {"app.py": GOOD}  # the edit and the command, once each
    assert made.opened == ("app.py",)
    asked = [len(body["messages"]) for body in desk.server.seen]
    assert asked == [2, 5, 7, 7]  # the third was never answered, so it alone is asked twice
    assert desk.server.seen[3]["messages"][:6] == desk.server.seen[2]["messages"][:6]
    assert made.tokens == 3300
    assert "edit app.py" in desk.told.titles()


async def test_a_run_that_ended_is_not_asked_again(desk: Desk) -> None:
    desk.server.answers = [call("edit_file", path="app.py", old="n / 0", new="n / 2"), MADE]
    made = await desk.harness.propose(desk.brief)
    assert await desk.harness.propose(desk.brief) == made
    assert len(desk.server.seen) == 2


@pytest.mark.parametrize("other", [{"round": 2}, {"base_sha": "f" * 40}, {"report_id": 2}], ids=str)
async def test_another_run_is_asked_anew(desk: Desk, other: dict[str, object]) -> None:
    desk.server.answers = [final(why_none="One."), final(why_none="Two.")]
    assert (await desk.harness.propose(desk.brief)).why_none == "One."
    assert (await desk.harness.propose(replace(desk.brief, **other))).why_none == "Two."  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"subject": 1}', '{"subject": "openai-chat:gpt-4o-mini x"}'])
async def test_a_recording_that_cannot_be_read_is_not_used(desk: Desk, text: str) -> None:
    folder = desk.settings.ensure_state() / "llm"
    folder.mkdir()
    (folder / "1-1-propose.json").write_text(text)
    desk.server.answers = [final(why_none="Anew.")]
    assert (await desk.harness.propose(desk.brief)).why_none == "Anew."


def test_recordings_of_older_rounds_go(desk: Desk) -> None:
    folder = desk.settings.ensure_state() / "llm"
    folder.mkdir()
    for name in ("1-1-investigate", "1-2-review", "11-1-propose", "5-1-propose"):
        (folder / f"{name}.json").write_text("{}")
    os.utime(folder / "5-1-propose.json", (0, 0))
    Recording.begin(folder, (1, "propose", 2), "m x")
    assert sorted(file.stem for file in folder.iterdir()) == ["1-2-review", "11-1-propose"]
