"""An agent investigates, makes a change and reviews one; and every way in which it fails ends with a sentence."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from agents.config import AcpSettings
from agents.harness import Diffed, Unavailable, harness
from agents.models import Severity, Verdict
from agents.sandbox.bare import BareProvider
from tests.unit.agent.conftest import ANSWER, KEY, MADE, Room
from tests.unit.llm.conftest import BAD, GOOD, REPRODUCED, TEST

TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
CHAT = {"messages": [{"role": "user", "content": "Hello"}], "tools": [TOOL]}
DONE = ["write", {ANSWER: {"why_none": "It is meant to be."}}]


def _edited(path: str) -> list[Any]:
    return ["update", {"sessionUpdate": "tool_call", "toolCallId": path, "title": f"Edit {path}", "kind": "edit",
                       "status": "completed", "locations": [{"path": f"/work/{path}"}]}]  # fmt: skip


async def test_the_change_is_what_the_sandbox_holds(room: Room) -> None:
    room.plan([["write", {"app.py": GOOD, "test_half.py": TEST, "left.txt": "a command left it",
                          ANSWER: {**MADE, "test_path": "test_half.py"}}]])  # fmt: skip
    made = await room.harness.propose(room.brief)
    assert made.files == {"app.py": GOOD}
    assert (made.test_path, made.test_source) == ("test_half.py", TEST)
    assert (made.title, made.cause, made.change) == (MADE["title"], MADE["cause"], MADE["change"])
    assert "fake 1.2.3 works in bubblewrap" in room.said()


async def test_new_files_count_when_they_are_told_of(room: Room) -> None:
    told = {"named.py": "a = 1\n", "edited.py": "b = 2\n"}
    answer = {**MADE, "new_files": ["named.py", "/etc/passwd", "../out.py", "nowhere.py"]}
    room.plan([_edited("edited.py"), ["write", {**told, "app.py": GOOD, "junk.py": "c = 3\n", ANSWER: answer}]])
    made = await room.harness.propose(room.brief)
    assert made.files == {"app.py": GOOD, **told}


async def test_a_report_is_investigated_and_its_test_is_run(room: Room) -> None:
    answer = {
        "summary": "It divides by 0.", "verdict": "actionable", "verdict_reason": "A constant is wrong.", "priority": 2,
        "priority_reason": "Some fail.", "test_path": "test_half.py",
        "findings": [{"text": "The divisor is 0.", "file": "app.py", "line": 2, "verified": True, "is_cause": True},
                     {"text": "Nobody read this.", "file": "test_app.py", "line": 1, "verified": True}],
    }  # fmt: skip
    read = {"sessionUpdate": "tool_call", "toolCallId": "r", "title": "Read app.py", "kind": "read",
            "status": "completed", "locations": [{"path": "/work/app.py"}]}  # fmt: skip
    room.plan([["update", read], ["write", {"test_half.py": TEST, ANSWER: answer}]])
    found = await room.harness.investigate(room.brief)
    assert (found.verdict, found.summary, found.priority) == (Verdict.ACTIONABLE, "It divides by 0.", 2)
    assert [finding.verified for finding in found.findings] == [True, False]
    assert (found.reproduction.confirmed, found.reproduction.test_source) == (True, TEST)


async def test_a_change_is_reviewed(room: Room) -> None:
    remark = {"severity": "must-fix", "text": "It still divides by 0.", "path": "app.py", "line": 2}
    room.plan([["write", {ANSWER: {"remarks": [remark]}}]])
    diffed = Diffed(room.brief.tree, room.brief.tree, "+    return n / 0\n", ("app.py",), {"app.py": (2,)})
    found = await room.harness.review(room.brief, diffed)
    assert [(r.severity, r.text, r.path, r.line) for r in found.remarks] == [
        (Severity.MUST_FIX, "It still divides by 0.", "app.py", 2)
    ]


async def test_the_agent_is_told_all_of_it_and_what_is_data(room: Room) -> None:
    first = room.brief.occurrences[0]
    brief = replace(
        room.brief, guidance=("app.py:2 “return n / 0”: halve it by two",), attempt={"app.py": GOOD},
        occurrences=(first, replace(first, message="the second of them")), objections=("app.py:2 It is a trap.",),
    )  # fmt: skip
    room.plan([["run", "cat app.py /tmp/prompt"], DONE])
    await room.harness.propose(brief)
    told = room.said()
    for text in ("halve it by two", "It is a trap.", "the second of them", "return n / 2", "# Propose", ANSWER,
                 "why_none", "new_files", "/work", "<data-",
                 "Dev: Start"):  # fmt: skip
        assert text in told
    assert "{nonce}" not in told


async def test_what_the_agent_does_is_told_step_by_step(room: Room) -> None:
    text = {"type": "text", "text": "I think \x1b[31mit is"}
    plan = {"sessionUpdate": "plan", "entries": [{"content": "Look", "priority": "high", "status": "pending"}]}
    diff = {"type": "diff", "path": "/work/app.py", "oldText": BAD, "newText": GOOD}
    run = {"sessionUpdate": "tool_call", "toolCallId": "1", "title": "pytest -q", "kind": "execute"}
    out = {"type": "content", "content": {"type": "text", "text": "1 failed"}}
    edit = {"sessionUpdate": "tool_call", "toolCallId": "2", "title": "Edit app.py", "kind": "edit", "content": [diff]}
    room.plan([
        ["update", {"sessionUpdate": "agent_thought_chunk", "content": text}],
        ["update", {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": " a constant"}}],
        ["update", plan], ["update", plan], ["update", run],
        ["update", {"sessionUpdate": "tool_call_update", "toolCallId": "1", "status": "failed", "content": [out]}],
        ["update", edit], ["update", {"sessionUpdate": "of another version", "x": 1}], ["update", {}],
        ["say", "Half "], ["say", "of it."], DONE,
    ])  # fmt: skip
    await room.harness.propose(room.brief)
    told = room.told.steps[1:]
    assert told[0] == ("note", "fake thought: I think ␛[31mit is a constant", "I think ␛[31mit is a constant", None)
    assert told[1] == ("note", "fake plans", "pending: Look", None)
    assert told[2] == ("command", "pytest -q", "1 failed", False)
    assert told[3] == ("note", "fake said: Half of it.", "Half of it.", None)
    assert told[4] == ("candidate", "Edit app.py", f"/work/app.py\n{GOOD}", None)


async def test_a_flood_of_updates_is_bounded(room: Room) -> None:
    step = {"sessionUpdate": "tool_call", "toolCallId": "x", "title": "again", "kind": "read", "status": "completed"}
    chunk = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "x" * 5000}}
    calls = [["update", {**step, "toolCallId": str(number)}] for number in range(450)]
    room.plan([["many", {"times": 3000, "update": chunk}], *calls, DONE])
    await room.harness.propose(room.brief)
    assert len(room.told.steps) < 410
    assert max(len(output) for _, _, output, _ in room.told.steps) < 25_000
    assert "more steps of fake are left out" in room.said()


def _asks(kind: str, number: str = "1") -> list[Any]:
    options = [{"optionId": f"{name}!", "name": name, "kind": name} for name in
               ("allow_always", "allow_once", "reject_once")]  # fmt: skip
    call = {"toolCallId": number, "title": f"to {kind} something", "kind": kind}
    return ["permit", {"toolCall": call, "options": options}]


async def test_permissions_are_answered_by_policy_and_told(room: Room) -> None:
    kinds = ("read", "edit", "execute", "fetch", "switch_mode", "other")
    room.plan([*[_asks(kind) for kind in kinds], ["permit", {"toolCall": {"toolCallId": "9"}, "options": []}], DONE])
    await room.harness.propose(room.brief)
    titles = room.told.titles()
    for kind in kinds[:3]:
        assert f"Allowed: {kind}: to {kind} something" in titles
    for kind in kinds[3:]:
        assert f"Denied: {kind}: to {kind} something" in titles
    said = "".join(output for _, title, output, _ in room.told.steps if title.startswith("fake said"))
    assert (said.count("allow_once!"), said.count("reject_once!"), said.count("allow_always!")) == (3, 3, 0)
    assert said.count('"cancelled"') == 1


async def test_files_and_terminals_of_the_host_are_not_given(room: Room) -> None:
    room.plan([["ask", "fs/read_text_file"], ["ask", "terminal/create"], DONE])
    await room.harness.propose(room.brief)
    assert room.said().count("Method not found") >= 2


async def test_the_key_is_nowhere_in_the_sandbox_and_there_is_no_network(room: Room) -> None:
    places = "/proc/*/environ /proc/*/cmdline /run /tmp /work /etc /opt /var"
    look = (
        f"grep -ral 's3[c]ret' {places} 2>/dev/null; echo;"
        f" grep -ral 'c0nt[r]ol' {places} 2>/dev/null | sort -u | tail -3;"
        " ls -a /run/agent/* /root /home 2>&1; cat /proc/net/dev;"
        " python -c 'import socket; print(socket.create_connection((\"192.0.2.1\", 80), 2))' 2>&1"
    )
    room.server.forever = "Hello"
    room.settings.acp.env = {"SHOWN": "c0ntrol"}
    room.plan([["model", ["POST", "/v1/chat/completions", CHAT]], ["run", look], DONE])
    made = await room.harness.propose(room.brief)
    (found,) = (output for _, title, output, _ in room.told.steps if title.startswith("fake said"))
    answer, _, rest = found.partition("\n")
    assert "Hello" in answer
    assert rest.startswith("/proc/")  # what is in the environment is found, and the key is not
    assert "model.sock" in rest
    assert "Network is unreachable" in rest
    assert "eth0" not in rest
    assert "s3cret" not in room.said()
    assert room.server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "not-a-key" not in json.dumps(room.server.headers)
    assert made.tokens == 1100
    assert made.usd > 0


async def test_an_agent_that_is_cancelled_is_told_so_and_killed(room: Room) -> None:
    room.plan([["say", "I begin"], ["until cancelled", 0]])
    work = asyncio.create_task(room.harness.propose(room.brief))
    async with asyncio.timeout(120):
        while "works in" not in room.said():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert "I was told to stop" in room.said()


@pytest.mark.parametrize("verb", ["sleep", "until cancelled"])
async def test_one_that_never_ends_is_ended(room: Room, verb: str) -> None:
    room.settings.acp.seconds = 1
    room.plan([[verb, 600]])
    async with asyncio.timeout(120):
        made = await room.harness.propose(room.brief)
    assert made.why_none == "fake gave no result within 1 s; raise [acp] seconds in loop.toml."


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"before": [["exit", 3]]}, "fake ended with exit code 3 (the end is near)."),
        ({"before": [["raw", "Welcome to the agent!\n"], ["exit", 0]]}, "fake ended with exit code 0"),
        ({"before": [["raw", "no JSON\n" * 300], ["sleep", 60]]}, "fake does not speak the protocol; it said no JSON"),
        ({"before": [["raw", "x" * 3_000_000 + "\n"], ["exit", 0]]}, "fake ended with exit code 0"),
        ({"before": [["raw", '{"id": 0, "result": 5}\n'], ["sleep", 60]]}, "what is no answer"),
        ({"before": [["raw", '{"id": 0, "error": {"code": [], "message": 5}}\n'], ["sleep", 60]]}, "fake refused init"),
        ({"version": 7}, "fake speaks version 7 of the protocol and Loop version 1"),
        ({"errors": {"session/new": {"code": -32000, "message": "Log in first"}}}, "wants a login of its own"),
        ({"errors": {"initialize": {"code": -32603, "message": "no\nway"}}}, "fake refused initialize (no way"),
        ({"session": {"nothing": 1}}, "fake answers session/new with what is no answer"),
        ({"turns": [[["exit", 9]]]}, "fake ended with exit code 9 (the end is near)."),
    ],
    ids=["ends at once", "a banner and no more", "chatter", "a long line", "an odd answer",
         "an odd error", "another version", "a login", "refuses",
         "no session", "dies at work"],
)  # fmt: skip
async def test_one_that_cannot_work_says_why(room: Room, plan: dict[str, Any], said: str) -> None:
    room.plan(**{"turns": [], **plan}) if "turns" not in plan else room.plan(*plan["turns"])
    with pytest.raises(Unavailable) as error:
        await room.harness.propose(room.brief)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([[], []], "There is no answer"),
        ([[["write", {ANSWER: "{"}]]] * 2, "is not JSON"),
        ([[["write", {ANSWER: "[]"}]]] * 2, "has to be one JSON object"),
        ([[["write", {ANSWER: {"title": 5}}]]] * 2, "title: Input should be a valid string"),
        ([[["write", {ANSWER: MADE}]]] * 2, "Nothing is changed in the sandbox"),
        ([[["run", f"ln -s /etc/passwd {ANSWER}"]]] * 2, "There is no answer"),
        ([[["end", "refusal"]]], "fake refused to go on."),
        ([[["end", "max_tokens"]]], "ran out of its model's tokens"),
        ([[["end", "max_turn_requests"]]], "ran out of its own turns"),
    ],
    ids=["silent", "half a file", "a list", "another type", "no change", "a link", "refusal", "tokens", "turns"],
)
async def test_what_is_no_answer_ends_with_a_sentence(room: Room, turns: list[Any], said: str) -> None:
    room.plan(*turns)
    made = await room.harness.propose(room.brief)
    assert made.files == {}
    assert said in made.why_none
    assert made.why_none.endswith(".")


async def test_an_answer_that_does_not_hold_goes_back_once(room: Room) -> None:
    brief = replace(room.brief, reproduction=REPRODUCED)
    wrong, right = BAD.replace("/ 0", "/ 3"), {ANSWER: MADE, "app.py": GOOD}
    room.plan([["write", {"app.py": wrong, ANSWER: MADE}]], [["run", "cat /tmp/prompt"], ["write", right]])
    made = await room.harness.propose(brief)
    assert made.files == {"app.py": GOOD}
    assert "The regression test fails with the change" in room.said()


async def test_odd_messages_are_passed_over(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    odd = ['{"id": [1], "result": 1}', '{"id": 1, "error": "no"}', '{"method": 5, "id": 1}', "[" * 5000, "[]", "null",
           '{"method": "session/update"}', '{"method": "session/update", "params": [1]}', '{"method": "odd"}',
           '{"id": "x", "result": 1}', '{"method": "session/request_permission", "id": 7, "params": {}}']  # fmt: skip
    room.plan([["raw", "".join(f"{line}\n" for line in odd)], DONE])
    assert (await room.harness.propose(room.brief)).why_none == "It is meant to be."
    assert not caplog.records


async def test_an_answer_may_be_the_end_of_what_is_said(room: Room) -> None:
    room.plan([["say", 'I looked {everywhere}.\n```json\n{"why_none": "It is meant to be."}\n```\n']])
    assert (await room.harness.propose(room.brief)).why_none == "It is meant to be."


async def test_another_harness_takes_over_where_the_agent_cannot_work(room: Room) -> None:
    room.settings.acp = AcpSettings(agent="goose", model="openai-chat:x", base_url=room.settings.acp.base_url)
    brief = replace(room.brief, budget=1.0)
    await harness(("acp", "search"), room.settings).propose(brief)
    assert "acp cannot work now: Loop does not know how goose starts" in room.said()


async def test_it_never_runs_unconfined(room: Room) -> None:
    brief = replace(room.brief, sandboxes=BareProvider(room.settings.sandbox, room.settings.repo))
    with pytest.raises(Unavailable, match="only where it is confined"):
        await room.harness.propose(brief)
