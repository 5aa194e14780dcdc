"""An agent of the tests: speaks the protocol over its input and output, and does what `plan.json` beside it says.

A plan is a list of turns, a turn a list of [verb, value]. Standard library alone, as it runs in a sandbox.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PLAN = json.loads((Path(__file__).parent / "plan.json").read_text())
TURNS = list(PLAN["turns"])
MODEL = "http://127.0.0.1:8040"


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def receive() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def update(value: dict[str, Any]) -> None:
    send({"method": "session/update", "params": {"sessionId": "s1", "update": value}})


def say(text: str) -> None:
    update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}})


def ask(method: str, params: dict[str, Any]) -> dict[str, Any]:
    send({"id": f"a-{method}", "method": method, "params": {"sessionId": "s1", **params}})
    while (message := receive()).get("id") != f"a-{method}":
        pass
    return message


def model(method: str, path: str, body: Any) -> str:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json", "Authorization": "Bearer not-a-key"}
    try:
        with urllib.request.urlopen(urllib.request.Request(MODEL + path, data, headers, method=method)) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def write(files: dict[str, Any]) -> None:
    for path, text in files.items():
        Path(path).write_text(text if isinstance(text, str) else json.dumps(text))


def many(value: dict[str, Any]) -> None:
    for _ in range(value["times"]):
        update(value["update"])


def raw(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def end(code: int) -> None:
    print("the end is near", file=sys.stderr)
    os._exit(code)


def wait(_: Any) -> str:
    while receive().get("method") != "session/cancel":
        pass
    say("I was told to stop")
    return "cancelled"


VERBS = {
    "write": write,
    "say": say,
    "update": update,
    "many": many,
    "raw": raw,
    "exit": end,
    "sleep": time.sleep,
    "until cancelled": wait,
    "end": str,
    "permit": lambda value: say(json.dumps(ask("session/request_permission", value).get("result"))),
    "ask": lambda value: say(json.dumps(ask(value, {}).get("error"))),
    "model": lambda value: say(model(*value)),
    "run": lambda line: say(subprocess.run(line, shell=True, capture_output=True, text=True, check=False).stdout),
}


def act(verb: str, value: Any) -> str | None:
    """Do one thing; gives the reason to stop when the turn ends here."""
    return VERBS[verb](value)


def main() -> None:
    for line in PLAN.get("before", []):
        if act(*line):
            return
    while True:
        message = receive()
        method, number = message.get("method"), message.get("id")
        if method in PLAN.get("errors", {}):
            send({"id": number, "error": PLAN["errors"][method]})
        elif method == "initialize":
            info = {"name": "fake", "version": "1.2.3"}
            send({"id": number, "result": {"protocolVersion": PLAN.get("version", 1), "agentInfo": info}})
        elif method == "session/new":
            send({"id": number, "result": PLAN.get("session", {"sessionId": "s1"})})
        elif method == "session/prompt":
            Path("/tmp/prompt").write_text(message["params"]["prompt"][0]["text"])
            reason = next((end for step in TURNS.pop(0) if (end := act(*step))), "end_turn")
            send({"id": number, "result": {"stopReason": reason}})


main()
