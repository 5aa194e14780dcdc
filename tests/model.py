"""A model on the loopback as coding agents ask one: the answers of `tests.unit.llm.server`, also as streams."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.llm.server import Raw, Server, chat, messages, responses

Events = list[dict[str, Any]]


def _chat(answer: dict[str, Any]) -> Events:
    head = {"id": answer["id"], "object": "chat.completion.chunk", "created": 1_700_000_000, "model": answer["model"]}
    choice = answer["choices"][0]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": n, **call} for n, call in enumerate(delta["tool_calls"])]
    return [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]},
        {**head, "choices": [], "usage": answer["usage"]},
    ]


def _responses(answer: dict[str, Any]) -> Events:
    events: Events = [{"type": "response.created", "response": {**answer, "output": [], "status": "in_progress"}}]
    for number, item in enumerate(answer["output"]):
        events.append({"type": "response.output_item.added", "output_index": number, "item": item})
        for text in [part["text"] for part in item.get("content", [])]:
            place = {"item_id": item["id"], "output_index": number, "content_index": 0}
            events.append({"type": "response.output_text.delta", **place, "delta": text})
        events.append({"type": "response.output_item.done", "output_index": number, "item": item})
    events.append({"type": "response.completed", "response": answer})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _messages(answer: dict[str, Any]) -> Events:
    usage = {"input_tokens": answer["usage"]["input_tokens"], "output_tokens": 1}
    head = {**answer, "content": [], "stop_reason": None, "usage": usage}
    events: Events = [{"type": "message_start", "message": head}]
    for number, block in enumerate(answer["content"]):
        if block["type"] == "text":
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events.append({"type": "content_block_start", "index": number, "content_block": start})
        events.append({"type": "content_block_delta", "index": number, "delta": delta})
        events.append({"type": "content_block_stop", "index": number})
    ended = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ended, "usage": {"output_tokens": 100}})
    return [*events, {"type": "message_stop"}]


_FORMS = {
    "/chat/completions": (chat, _chat),
    "/responses": (responses, _responses),
    "/v1/messages": (messages, _messages),
}


@contextmanager
def model(server: Server | None = None) -> Iterator[Server]:
    """A server that runs until the block ends; requests without tools (for a title, say) are answered beside."""
    server = server or Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = self.path.split("?")[0]
            aside = not body.get("tools")
            number, answer = (0, "A title") if aside else server.next(self.path, dict(self.headers), body)
            if isinstance(answer, Raw):
                self._send(answer.status, "application/json", answer.body)
                return
            whole, parts = next(forms for end, forms in _FORMS.items() if path.endswith(end))
            made = whole(number, answer)
            if not body.get("stream"):
                self._send(200, "application/json", json.dumps(made).encode())
                return
            rows = [f"event: {each.get('type', 'message')}\ndata: {json.dumps(each)}\n\n" for each in parts(made)]
            if whole is chat:
                rows = [f"data: {json.dumps(each)}\n\n" for each in parts(made)] + ["data: [DONE]\n\n"]
            self._send(200, "text/event-stream", "".join(rows).encode())

        def _send(self, status: int, kind: str, data: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
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
