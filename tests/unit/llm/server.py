"""A server on the loopback that speaks what model providers speak, and says what a test has written down."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.llm import sse


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


@dataclass
class Cut:
    """An answer that is streamed and does not end: at most so many events of it, and never the last."""

    answer: str | Calls
    events: int
    silence: float = 0.0  # seconds before the connection ends
    short: bool = False  # the connection ends before what Content-Length says
    error: dict[str, Any] | None = None  # an event that ends it


def call(name: str, **arguments: Any) -> Calls:
    return Calls([(name, arguments)])


def final(**arguments: Any) -> Calls:
    return call("final_result", **arguments)


Answer = str | Calls | Raw | Cut


class Server:
    """What it says, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.forever: Answer | None = None
        self.thinking: Callable[[dict[str, Any]], Answer] | None = None  # answers by what it is asked
        self.url = ""
        self._lock = threading.Lock()

    def next(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Answer]:
        with self._lock:
            self.seen.append(body)
            self.paths.append(path)
            self.headers.append(headers)
            if self.answers:
                return len(self.seen), self.answers.pop(0)
            if self.thinking is not None:
                return len(self.seen), self.thinking(body)
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


def gemini(number: int, answer: str | Calls) -> dict[str, Any]:
    parts: list[dict[str, Any]]
    if isinstance(answer, Calls):
        parts = [
            {"functionCall": {"id": f"c{number}-{n}", "name": name, "args": arguments}}
            for n, (name, arguments) in enumerate(answer.calls)
        ]
    else:
        parts = [{"text": answer}]
    return {
        "candidates": [{"index": 0, "content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1000, "candidatesTokenCount": 100, "totalTokenCount": 1100},
        "modelVersion": "gemini-2.0-flash", "responseId": f"r{number}",
    }  # fmt: skip


_FORMS = {
    "/chat/completions": (chat, sse.chat),
    "/responses": (responses, sse.responses),
    "/v1/messages": (messages, sse.messages),
    ":generateContent": (gemini, sse.gemini),
    ":streamGenerateContent": (gemini, sse.gemini),
}


def _raw(path: str, number: int, answer: str | Calls | Cut, streamed: bool) -> Raw:
    """An answer as it goes over the wire."""
    form, events = next(forms for end, forms in _FORMS.items() if path.split("?")[0].endswith(end))
    cut = answer if isinstance(answer, Cut) else None
    whole = form(number, cut.answer if cut else answer)  # type: ignore[arg-type]
    if not streamed:
        return Raw(body=json.dumps(whole).encode())
    parts = [sse.wire(event) for event in events(whole)]
    if cut is None:
        end = [b"data: [DONE]\n\n"] if form in (chat, responses) else []
        return Raw(body=b"".join([*parts, *end]), headers={"Content-Type": "text/event-stream"})
    sent = b"".join([*parts[:-1][: cut.events], *([sse.wire(cut.error)] if cut.error else [])])
    length = len(sent) + 1000 if cut.short or cut.silence else None
    return Raw(body=sent, headers={"Content-Type": "text/event-stream"}, length=length)


@contextmanager
def serve(server: Server | None = None, aside: str | None = None) -> Iterator[Server]:
    """A server that runs until the block ends; `aside` answers what comes without tools, as for a title."""
    server = server or Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if aside is not None and not body.get("tools"):
                number, answer = 0, aside
            else:
                number, answer = server.next(self.path, dict(self.headers), body)
            if isinstance(answer, Raw):
                time.sleep(answer.after)
                raw = answer
            else:
                streamed = bool(body.get("stream")) or ":streamGenerateContent" in self.path
                raw = _raw(self.path, number, answer, streamed)
            try:
                self.send_response(raw.status)
                for name, value in {"Content-Type": "application/json", **raw.headers}.items():
                    self.send_header(name, value)
                if not (isinstance(answer, Cut) and raw.length is None):  # else its end is the connection's
                    self.send_header("Content-Length", str(len(raw.body) if raw.length is None else raw.length))
                self.end_headers()
                self.wfile.write(raw.body)
                self.wfile.flush()
                if isinstance(answer, Cut):
                    time.sleep(answer.silence)
                self.close_connection = raw.length is not None or isinstance(answer, Cut)
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
