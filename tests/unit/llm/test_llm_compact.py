"""A conversation that outgrows what a model can read goes on, and ends right."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from agents.config import LlmSettings
from agents.harness.llm.compact import compacted, room, size
from agents.harness.llm.desk import marked
from tests.unit.llm.conftest import GOOD, Desk
from tests.unit.llm.server import Answer, Calls, Raw, call, final

LIMIT = 20_000
TOO_LONG = Raw(400, b'{"error": {"message": "the request exceeds the available context size (4096 tokens)"}}')
MADE = final(title="Halve by two", cause="It divides by 0.", change="Divide by 2.")


def conversation(lengths: list[int]) -> list[ModelMessage]:
    messages: list[ModelMessage] = [ModelRequest([UserPromptPart("The brief.")])]
    for number, length in enumerate(lengths):
        text = marked("ab", f"read f{number}.py", f"line of {number}\n" + "x" * length, 10**9)
        messages.append(ModelResponse([ToolCallPart("read_file", {"path": f"f{number}.py"}, str(number))]))
        messages.append(ModelRequest([ToolReturnPart("read_file", text, str(number))]))
    return messages


@given(st.lists(st.integers(0, 15_000), max_size=25))
def test_it_fits_and_every_result_has_its_call(lengths: list[int]) -> None:
    found = compacted(conversation(lengths), LIMIT, "ab")
    assert size(found) <= LIMIT * 1.1
    assert "The brief." in str(found[0].parts[0])
    calls = [part.tool_call_id for each in found for part in each.parts if isinstance(part, ToolCallPart)]
    results = [part.tool_call_id for each in found for part in each.parts if isinstance(part, ToolReturnPart)]
    assert calls == results
    assert calls == [str(number) for number in range(len(lengths) - len(calls), len(lengths))]


def test_most_requests_begin_as_the_one_before() -> None:
    """Else a provider's cache of the beginning would never hold."""
    whole = conversation([2_000] * 30)
    sent = [
        [
            str(getattr(part, "content", ""))
            for each in compacted(whole[: 2 * n + 1], LIMIT, "ab")
            for part in each.parts
        ]
        for n in range(1, 31)
    ]
    moved = sum(later[: len(earlier)] != earlier for earlier, later in pairwise(sent))
    assert 0 < moved < 8


def test_what_goes_is_told_in_a_line_each() -> None:
    found = compacted(conversation([9_000] * 60), LIMIT, "ab")
    summary = str(found[0].parts[1].content)
    assert summary.count("<data-ab") == summary.count("</data-ab>") == 1
    assert '- read_file {"path":"f0.py"} → line of 0' in summary
    short = compacted(conversation([3_000] * 8), LIMIT, "ab")
    assert len(short) == 17
    assert ["left out" in str(each) for each in short[2::2]] == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("settings", "known", "fits"),
    [
        ({"context": 50_000}, 200_000, (50_000 - 8192) * 3 - 12_000),
        ({}, 200_000, (200_000 - 8192) * 3 - 12_000),
        ({}, None, (128_000 - 8192) * 3 - 12_000),
        ({"context": 4096}, None, 6_000),
    ],
)
def test_the_room_is_what_the_answer_leaves(settings: dict[str, Any], known: int | None, fits: int) -> None:
    assert room(LlmSettings(**settings), known) == fits


def printing(number: int) -> Calls:
    return call("run", command=f"python -c 'print(\"{number}\" * 12000)'")


async def test_a_run_that_outgrows_the_model_goes_on(desk: Desk) -> None:
    desk.settings.llm.context, desk.settings.llm.answer_tokens = 12_000, 2_000
    fix = call("edit_file", path="app.py", old="n / 0", new="n / 2")
    desk.server.answers = [fix, *(printing(n) for n in range(1, 9)), MADE]
    assert (await desk.harness.propose(desk.brief)).files == {"app.py": GOOD}
    sizes = [len(json.dumps(body["messages"])) for body in desk.server.seen]
    assert max(sizes) < 40_000
    last = desk.server.results()
    assert "ZeroDivisionError" in last  # the brief
    assert "What you did before, in short" in last
    assert "8" * 12_000 in last  # the newest result, whole
    assert "2" * 2_000 not in last


async def test_where_the_server_says_it_is_too_much_less_is_sent(desk: Desk) -> None:
    script: list[Answer] = [*(printing(n) for n in range(1, 6)), final(why_none="It is meant to be.")]

    def thinking(body: dict[str, Any]) -> Answer:
        return TOO_LONG if len(json.dumps(body["messages"])) > 30_000 else script.pop(0)

    desk.server.thinking = thinking
    assert (await desk.harness.propose(desk.brief)).why_none == "It is meant to be."
    assert any("cannot read that much at once" in title for title in desk.told.titles())


async def test_a_brief_that_does_not_fit_ends_with_a_sentence(desk: Desk) -> None:
    desk.server.forever = TOO_LONG
    assert "is too long for" in (await desk.harness.propose(desk.brief)).why_none
    assert len(desk.server.seen) == 1
