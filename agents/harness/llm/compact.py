"""A long conversation made to fit: old results are shortened first, then old turns become a line each.

What is sent depends on the messages and the room alone, and moves on in large steps, so that the beginning stays the
same from one request to the next and a provider's cache of it holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai.exceptions import ModelContextWindowExceededError, ModelHTTPError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from agents.config import LlmSettings
from agents.harness.llm.desk import clipped, marked
from agents.text import one_line

PER_TOKEN = 3  # characters; code has fewer to a token than prose
_FIXED = 12_000  # characters that rules, tools and the form of the answer take
_USUAL = 128_000  # tokens, where nobody knows
_LEAST = 6_000  # characters
_LEFT = 0.6  # of the room, after something had to go
_OLD = 600  # characters of an old result
_ROW = 160  # characters of a call, and of its result, in the summary


def room(settings: LlmSettings, known: int | None) -> int:
    """How many characters of conversation fit.

    Args:
        settings: `[llm]`; its `context` wins where it is set.
        known: tokens, from what is known of the model.
    """
    tokens = (settings.context or known or _USUAL) - settings.answer_tokens
    return max(_LEAST, tokens * PER_TOKEN - _FIXED)


def overflows(error: Exception) -> bool:
    """Whether a server says that the conversation is too long; llama.cpp and others say it in words of their own."""
    if isinstance(error, ModelHTTPError) and error.status_code in (400, 413):
        words = str(error).lower()
        return isinstance(error, ModelContextWindowExceededError) or "context" in words or "too long" in words
    return isinstance(error, ModelContextWindowExceededError)


def size(messages: Sequence[ModelMessage]) -> int:
    """The characters of a conversation."""
    return sum(len(_text(part)) for message in messages for part in message.parts)


@dataclass(frozen=True)
class _Turn:
    """What the model did once, and what came of it; `short` with its results cut, `row` as a line of the summary."""

    whole: tuple[ModelMessage, ...]
    short: tuple[ModelMessage, ...]
    row: str

    @property
    def sizes(self) -> tuple[int, int, int]:
        return size(self.whole), size(self.short), len(self.row)


def compacted(messages: Sequence[ModelMessage], limit: int, nonce: str) -> list[ModelMessage]:
    """The conversation within `limit` characters: the brief, a summary of what is old, and what is recent.

    Args:
        messages: the brief, then answers and results in turn.
        limit: from `room`.
        nonce: marks data.
    """
    if size(messages) <= limit:
        return list(messages)
    head, turns = messages[0], _turns(messages[1:])
    short, gone = _cuts(size([head]), [turn.sizes for turn in turns], limit)
    kept: list[ModelMessage] = []
    for number, turn in enumerate(turns[gone:], gone):
        kept += turn.short if number < short else turn.whole
    if gone and isinstance(head, ModelRequest):
        rows = marked(nonce, "earlier steps", "\n".join(turn.row for turn in turns[:gone]), limit // 4)
        told = f"## What you did before, in short; look again where you need a result\n\n{rows}"
        head = replace(head, parts=[*head.parts, UserPromptPart(told)])
    return _newest_cut([head, *kept], limit)


def _cuts(head: int, turns: list[tuple[int, int, int]], limit: int) -> tuple[int, int]:
    """Up to which turn results are shortened, and up to which turns are summed up.

    The turns are gone through as they came, so that the answer for ten of them follows from that for nine.
    """
    short = gone = 0
    for count in range(1, len(turns) + 1):
        if _taken(head, turns[:count], short, gone) <= limit:
            continue
        while short < count - 1 and _taken(head, turns[:count], short, gone) > limit * _LEFT:
            short += 1
        while gone < count - 1 and _taken(head, turns[:count], short, gone) > limit * _LEFT:
            gone += 1
    return short, gone


def _taken(head: int, turns: list[tuple[int, int, int]], short: int, gone: int) -> int:
    forms = (2 if number < gone else 1 if number < short else 0 for number in range(len(turns)))
    return head + sum(turn[form] for turn, form in zip(turns, forms, strict=True))


def _newest_cut(messages: list[ModelMessage], limit: int) -> list[ModelMessage]:
    """The results of the last turn, which no other turn stands in for, cut to what is left."""
    last, over = messages[-1], size(messages) - limit
    if over <= 0 or len(messages) == 1 or not isinstance(last, ModelRequest):
        return messages
    results = sum(isinstance(part, ToolReturnPart) for part in last.parts)
    each = max(_OLD, (size([last]) - over) // max(1, results))
    return [*messages[:-1], _shortened(last, each)]


def _turns(messages: Sequence[ModelMessage]) -> list[_Turn]:
    found: list[list[ModelMessage]] = []
    for message in messages:
        if isinstance(message, ModelResponse) or not found:
            found.append([])
        found[-1].append(message)
    return [
        _Turn(
            tuple(turn),
            tuple(_shortened(each, _OLD) if isinstance(each, ModelRequest) else each for each in turn),
            _row(turn),
        )
        for turn in found
    ]


def _shortened(request: ModelRequest, limit: int) -> ModelRequest:
    parts: list[Any] = list(request.parts)
    for number, part in enumerate(parts):
        if isinstance(part, ToolReturnPart):
            parts[number] = replace(part, content=clipped(part.model_response_str(), limit))
    return replace(request, parts=parts)


def _row(turn: Sequence[ModelMessage]) -> str:
    """What was called and how its result begins, after the line with the mark of data."""
    parts = [part for message in turn for part in message.parts]
    results = {part.tool_call_id: part.model_response_str() for part in parts if isinstance(part, ToolReturnPart)}
    rows = [f"- said: {one_line(part.content, _ROW)}" for part in parts if isinstance(part, TextPart) and part.content]
    for part in parts:
        if isinstance(part, ToolCallPart):
            result = results.get(part.tool_call_id, "").partition(">\n")[2]
            given = one_line(part.args_as_json_str(), _ROW)
            rows.append(f"- {one_line(part.tool_name, 40)} {given} → {one_line(result[:400], _ROW)}")
    return "\n".join(rows)


def _text(part: object) -> str:
    if isinstance(part, ToolCallPart):
        return part.args_as_json_str()
    if isinstance(part, ToolReturnPart):
        return part.model_response_str()
    content = getattr(part, "content", "")
    return content if isinstance(content, str) else json.dumps(content, default=str)
