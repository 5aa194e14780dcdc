"""Answers as the events that providers stream, in the order and with the fields of their published APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_PIECE = 12  # characters at once

Json = dict[str, Any]


def _pieces(text: str) -> Iterator[str]:
    yield from (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))


def chat(whole: Json) -> list[Json]:
    """Chat completions: https://platform.openai.com/docs/api-reference/chat-streaming."""
    (choice,) = whole["choices"]
    message = choice["message"]
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _pieces(message["content"] or "")]
    for index, call in enumerate(message.get("tool_calls") or []):
        name = {"name": call["function"]["name"], "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": name}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in _pieces(call["function"]["arguments"])
        ]
    about = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [{**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    return [*chunks, {**about, "choices": [end]}, {**about, "choices": [], "usage": whole["usage"]}]


def responses(whole: Json) -> list[Json]:
    """Responses: https://platform.openai.com/docs/api-reference/responses-streaming."""
    events: list[Json] = [{"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}]
    for index, item in enumerate(whole["output"]):
        at = {"item_id": item["id"], "output_index": index}
        if item["type"] == "function_call":
            begun, text, kind = {**item, "arguments": ""}, item["arguments"], "response.function_call_arguments"
            done: Json = {"arguments": text, "name": item["name"]}
        else:
            begun, text, kind = {**item, "content": []}, item["content"][0]["text"], "response.output_text"
            at, done = {**at, "content_index": 0}, {"text": text, "logprobs": []}
        events.append({"type": "response.output_item.added", "output_index": index, "item": begun})
        if item["type"] == "message":
            empty = {**item["content"][0], "text": ""}
            events.append({"type": "response.content_part.added", **at, "part": empty})
        more = {"logprobs": []} if item["type"] == "message" else {}
        events += [{"type": f"{kind}.delta", **at, **more, "delta": piece} for piece in _pieces(text)]
        events.append({"type": f"{kind}.done", **at, **done})
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def messages(whole: Json) -> list[Json]:
    """Messages: https://docs.anthropic.com/en/api/messages-streaming."""
    used = whole["usage"]
    begun = {**whole, "content": [], "stop_reason": None, "usage": {**used, "output_tokens": 1}}
    events: list[Json] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(whole["content"]):
        if block["type"] == "text":
            empty: Json = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
        else:
            empty, text = {**block, "input": {}}, json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(text)]
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": used["output_tokens"]}
    return [*events, {"type": "message_delta", "delta": end, "usage": usage}, {"type": "message_stop"}]


def gemini(whole: Json) -> list[Json]:
    """Gemini: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent; calls come whole."""
    (candidate,) = whole["candidates"]
    parts: list[Json] = []
    for part in candidate["content"]["parts"]:
        parts += [{"text": piece} for piece in _pieces(part["text"])] if "text" in part else [part]
    about = {"modelVersion": whole["modelVersion"], "responseId": whole["responseId"]}
    chunks = [{**about, "candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]} for part in parts]
    end = {"index": 0, "content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": candidate["finishReason"]}
    return [*chunks, {**about, "candidates": [end], "usageMetadata": whole["usageMetadata"]}]


def wire(event: Json) -> bytes:
    """An event as it is sent."""
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()
