"""A server on the loopback that speaks what model providers speak, and says what a test has written down."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Calls:
    """An answer that calls tools: (name, arguments)."""

    calls: list[tuple[str, dict[str, Any]]]


@dataclass
class Raw:
    """An answer as it goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0  # seconds
    length: int | None = None  # what Content-Length says, when it lies


def call(name: str, **arguments: Any) -> Calls:
    return Calls([(name, arguments)])


def final(**arguments: Any) -> Calls:
    return call("final_result", **arguments)


Answer = str | Calls | Raw


class Server:
    """What it says, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.forever: Answer | None = None
        self.url = ""
        self._lock = threading.Lock()

    def next(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Answer]:
        with self._lock:
            self.seen.append(body)
            self.paths.append(path)
            self.headers.append(headers)
            if self.answers:
                return len(self.seen), self.answers.pop(0)
            if self.forever is not None:
                return len(self.seen), self.forever
            return len(self.seen), Raw(500, b"the test has no answer left", {"retry-after-ms": "1"})

    def results(self) -> str:
        """All that the newest chat request had in it."""
        return json.dumps(self.seen[-1], ensure_ascii=False)


def chat(number: int, answer: str | Calls) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer if isinstance(answer, str) else None}
    if isinstance(answer, Calls):
        message["tool_calls"] = [
            {"id": f"c{number}-{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for n, (name, arguments) in enumerate(answer.calls)
        ]
    reason = "tool_calls" if isinstance(answer, Calls) else "stop"
    return {
        "id": f"r{number}", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }  # fmt: skip


def responses(number: int, answer: str | Calls) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    if isinstance(answer, Calls):
        for n, (name, arguments) in enumerate(answer.calls):
            output.append(
                {"type": "function_call", "id": f"f{number}-{n}", "call_id": f"c{number}-{n}", "name": name,
                 "arguments": json.dumps(arguments), "status": "completed"}
            )  # fmt: skip
    else:
        text = {"type": "output_text", "text": answer, "annotations": []}
        output.append(
            {"type": "message", "id": f"m{number}", "role": "assistant", "status": "completed", "content": [text]}
        )
    return {
        "id": f"r{number}", "object": "response", "created_at": 1_700_000_000, "model": "gpt-4o-mini",
        "status": "completed", "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100,
            "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
        },
    }  # fmt: skip


def messages(number: int, answer: str | Calls) -> dict[str, Any]:
    content: list[dict[str, Any]]
    if isinstance(answer, Calls):
        content = [
            {"type": "tool_use", "id": f"c{number}-{n}", "name": name, "input": arguments}
            for n, (name, arguments) in enumerate(answer.calls)
        ]
    else:
        content = [{"type": "text", "text": answer}]
    return {
        "id": f"m{number}", "type": "message", "role": "assistant", "model": "claude-3-5-haiku-latest",
        "content": content, "stop_reason": "tool_use" if isinstance(answer, Calls) else "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 1000, "output_tokens": 100},
    }  # fmt: skip


_FORMS = {"/chat/completions": chat, "/responses": responses, "/v1/messages": messages}


@contextmanager
def serve() -> Iterator[Server]:
    """A server that runs until the block ends."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            number, answer = server.next(self.path, dict(self.headers), body)
            if isinstance(answer, Raw):
                time.sleep(answer.after)
                raw = answer
            else:
                form = next(form for end, form in _FORMS.items() if self.path.split("?")[0].endswith(end))
                raw = Raw(body=json.dumps(form(number, answer)).encode())
            try:
                self.send_response(raw.status)
                for name, value in raw.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw.body) if raw.length is None else raw.length))
                self.end_headers()
                self.wfile.write(raw.body)
                self.close_connection = raw.length is not None
            except OSError:
                pass  # the client gave up, as a test wants it to

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
