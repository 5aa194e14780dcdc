"""Real coding agents, confined: from events to a reviewed change, and to another when asked; the key stays out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.sandbox import SandboxError
from agents.sandbox.engine import address
from tests.conftest import git
from tests.e2e.product import FILES, environment, events
from tests.unit.llm.server import Answer, Server, call, serve

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("agents")]

KEY = "sk-s3cret-of-the-person"
TEST = """from billing.quotes import quote_total


def test_total_without_a_partner():
    lines = [{"name": "Desk", "quantity": 1, "price": 12000}]
    assert quote_total({"name": "A", "partner": None}, lines) == 12000
"""
BAD = '    return total - total * partner["percent"] // 100'
FIXED = '    return total - total * (partner["percent"] if partner else 0) // 100'
BETTER = "    return total - total * partner_discount(customer) // 100"
ANSWERS = {
    "investigate": {
        "summary": "Quotes without a partner fail.", "verdict": "actionable", "verdict_reason": "None is not handled.",
        "priority": 2, "priority_reason": "Some quotes fail.", "test_path": "tests/test_no_partner.py",
        "findings": [{"text": "The partner may be None.", "file": "billing/quotes.py", "line": 18, "is_cause": True}],
    },
    "propose": {"title": "Quote without a partner", "cause": "It is None.", "change": "No partner, no discount."},
    "review": {"remarks": []},
}  # fmt: skip
# Each of these looks for a text without being found itself.
LOOK = (
    "echo KEYS $(grep -ral 's3[c]ret' /proc/*/environ /proc/*/cmdline /run /tmp /work /etc 2>/dev/null | wc -l)"
    " SEEN $(grep -al 'LANG=C[.]UTF-8' /proc/*/environ 2>/dev/null | wc -l) LINKS $(grep -c : /proc/net/dev) END"
)


@dataclass(frozen=True)
class Agent:
    """How an agent's tools are called."""

    name: str
    model: str
    shell: Callable[[str], Answer]
    read: Callable[[str], Answer]
    edit: Callable[[str, str, str], Answer]


def _patch(path: str, old: str, new: str) -> Answer:
    patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n-{old}\n+{new}\n*** End Patch\n"
    return call("exec_command", cmd=f"apply_patch <<'P'\n{patch}P")


OPENCODE = Agent(
    "opencode", "openai-chat:gpt-4o-mini",
    lambda line: call("bash", command=line, description="run it"),
    lambda path: call("read", filePath=f"/work/{path}"),
    lambda path, old, new: call("edit", filePath=f"/work/{path}", oldString=old, newString=new),
)  # fmt: skip
CLAUDE = Agent(
    "claude", "anthropic:claude-3-5-haiku-latest",
    lambda line: call("Bash", command=line, description="run it"),
    lambda path: call("Read", file_path=f"/work/{path}"),
    lambda path, old, new: call("Edit", file_path=f"/work/{path}", old_string=old, new_string=new),
)  # fmt: skip
CODEX = Agent(
    "codex", "openai:gpt-4o-mini",
    lambda line: call("exec_command", cmd=line),
    lambda path: call("exec_command", cmd=f"cat {path}"),
    _patch,
)  # fmt: skip


class Thinking(Server):
    """Answers by what it is asked: the stage, and how many tools were called already."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.agent = agent

    def next(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Answer]:
        number, _ = super().next(path, headers, body)
        text = json.dumps(body, ensure_ascii=False)
        done = sum(text.count(mark) for mark in ('"role": "tool"', '"type": "tool_result"', '"function_call_output"'))
        stage = next(each for each in ANSWERS if f"# {each.capitalize()}\\n" in text)
        steps = self._steps(stage, sorted(set(re.findall(r"- comment (\d+) at billing/quotes.py:18: ", text))))
        return number, steps[done] if done < len(steps) else "Done."

    def _steps(self, stage: str, asked: list[str]) -> list[Answer]:
        agent = self.agent
        replies = [{"comment": int(number), "text": "It is used now."} for number in asked]
        said = {**ANSWERS[stage], **({"replies": replies} if stage == "propose" else {})}
        answer = f"cat > .loop-answer.json <<'E'\n{json.dumps(said)}\nE\n"
        test = f"cat > tests/test_no_partner.py <<'E'\n{TEST}E\n"
        if stage == "investigate":
            return [agent.shell(f"{test}{answer}")]
        if stage == "review":
            return [agent.shell(answer)]
        run = agent.shell(f"{LOOK}; python -m pytest -q tests && {answer}")
        edit = (FIXED, BETTER) if asked else (BAD, FIXED)
        return [agent.read("billing/quotes.py"), agent.edit("billing/quotes.py", *edit), run]


@pytest.fixture(scope="module")
def agents() -> Path:
    """Where agents are installed; kept from run to run."""
    kept = os.environ.get("LOOP_TEST_AGENTS") or str(Path.home() / ".cache" / "loop-test-agents")
    Path(kept).mkdir(parents=True, exist_ok=True)
    return Path(kept)


def _installed(name: str, agents: Path) -> None:
    listed = _loop("agents", "--json", agents=agents)
    if next(row["installed"] for row in json.loads(listed.stdout) if row["name"] == name):
        return
    done = _loop("agents", "install", name, agents=agents)
    if done.returncode:
        if os.environ.get("LOOP_REQUIRE_AGENTS") == "1":
            pytest.fail(f"LOOP_REQUIRE_AGENTS=1, but {done.stderr}")
        pytest.skip(done.stderr.strip())


def _works(sandbox: str) -> None:
    """Skip where there is no such sandbox and none is asked for."""
    if sandbox == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    if sandbox == "docker" and os.environ.get("LOOP_REQUIRE_DOCKER") != "1":
        try:
            address()
        except SandboxError as error:
            pytest.skip(str(error))


def _loop(*args: str, agents: Path) -> subprocess.CompletedProcess[str]:
    env = environment(LOOP_AGENTS=str(agents), THE_KEY=KEY)
    command = [sys.executable, "-m", "loop_tui.cli", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=env)


@pytest.mark.parametrize(
    ("agent", "sandbox"),
    [
        pytest.param(OPENCODE, "bubblewrap", id="opencode-bubblewrap"),
        pytest.param(CLAUDE, "bubblewrap", id="claude-bubblewrap"),
        pytest.param(CODEX, "bubblewrap", id="codex-bubblewrap"),
        pytest.param(OPENCODE, "docker", id="opencode-docker", marks=pytest.mark.docker),
    ],
)
def test_an_agent_takes_a_report_to_a_change_and_changes_it_when_asked(
    agent: Agent, sandbox: str, agents: Path, make_repo: Callable[..., Path], tmp_path: Path
) -> None:
    _works(sandbox)
    _installed(agent.name, agents)
    repo = make_repo(FILES, "quotes")

    def loop(*args: str) -> str:
        done = _loop(*args, "--repo", str(repo), agents=agents)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with serve(Thinking(agent), aside="A title") as server:
        base = server.url if agent.model.startswith("anthropic:") else f"{server.url}/v1"
        (repo / "loop.toml").write_text(
            f'[harness]\ninvestigate = "acp"\npropose = "acp"\nreview = "acp"\n[sandbox]\nkind = "{sandbox}"\n'
            f'[acp]\nagent = "{agent.name}"\nmodel = "{agent.model}"\nbase_url = "{base}"\nkey_env = "THE_KEY"\n'
        )
        loop("import", str(events(repo, tmp_path / "events.jsonl")))
        loop("run", "--until-idle", "--timeout", "240")
        shown = json.loads(loop("show", "1", "--json"))
        change = shown["change"]
        assert change["proof"]["proved"], shown
        assert FIXED in git(repo, "show", f"{change['head']}:billing/quotes.py")
        assert TEST.strip() == git(repo, "show", f"{change['head']}:tests/test_no_partner.py")

        loop("comment", "1", "billing/quotes.py:18", "-m", "There is partner_discount for this.")
        loop("review", "1", "--request-changes", "-m", "Use what there is.")
        loop("run", "--until-idle", "--timeout", "240")
        later = json.loads(loop("show", "1", "--json"))["change"]
    assert (later["branch"], later["proof"]["proved"]) == (change["branch"], True)
    assert later["head"] != change["head"]
    assert BETTER in git(repo, "show", f"{later['head']}:billing/quotes.py")
    assert "It is used now." in loop("show", "1", "--json")
    asked = json.dumps(server.seen)
    assert "There is partner_discount for this." in asked

    looked = [part.split(" END")[0].split() for part in asked.split("KEYS ")[1:] if part[0].isdigit()]
    assert looked
    for keys, _, seen, _, links in looked:
        assert (keys, links) == ("0", "1")  # the loopback alone
        assert int(seen) > 1
    assert KEY not in asked
    sent = [{name.lower(): value for name, value in each.items()} for each in server.headers]
    assert all(KEY in each.get("authorization", "") + each.get("x-api-key", "") for each in sent)
    assert KEY not in loop("log", "1") + loop("show", "1")


def test_the_doctor_says_whether_the_agent_and_its_model_answer(agents: Path, make_repo: Callable[..., Path]) -> None:
    _works("bubblewrap")
    _installed("opencode", agents)
    repo = make_repo(FILES, "quotes")
    with serve(aside="A title") as server:
        (repo / "loop.toml").write_text(
            '[harness]\npropose = ["acp", "search"]\n[sandbox]\nkind = "bubblewrap"\n'
            f'[acp]\nmodel = "openai-chat:gpt-4o-mini"\nbase_url = "{server.url}/v1"\n'
        )
        rows = json.loads(_loop("doctor", "--json", "--repo", str(repo), agents=agents).stdout)
        (row,) = (row for row in rows if row["name"] == "acp")
        assert (row["ok"], row["needed"]) == (True, False)
        assert row["detail"] == "opencode 1.18.33 starts in bubblewrap; openai-chat:gpt-4o-mini answers"
    rows = json.loads(_loop("doctor", "--json", "--repo", str(repo), agents=agents / "none").stdout)
    (row,) = (row for row in rows if row["name"] == "acp")
    assert not row["ok"]
    assert "run `loop agents install opencode`" in row["detail"]
