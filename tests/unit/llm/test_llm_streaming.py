"""Answers that come piece by piece: shown while they come, asked for again where they break off."""

from __future__ import annotations

from typing import Any

import pytest

from agents.config import LlmSettings
from agents.harness import Unavailable, harness
from agents.harness.llm import streaming
from tests.unit.llm.conftest import GOOD, Desk
from tests.unit.llm.server import Answer, Calls, Cut, Raw, call, final

WIRES = [
    ("openai-chat:gpt-4o-mini", "/v1"),
    ("openai:gpt-4o-mini", "/v1"),
    ("anthropic:claude-3-5-haiku-latest", ""),
    ("google:gemini-2.0-flash", ""),
]
FIX = call("edit_file", path="app.py", old="n / 0", new="n / 2")
MADE = final(title="Halve by two", cause="It divides by 0.", change="Divide by 2.")
WORDS = "The divisor is a constant, and it is zero. " * 4


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PAUSE", 0.01)
    monkeypatch.setattr(streaming, "_EVERY", 0.0)


def speaks(desk: Desk, model: str, base: str, **settings: Any) -> None:
    desk.settings.llm = LlmSettings(model=model, base_url=f"{desk.server.url}{base}", **{"retries": 1, **settings})


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(("model", "base"), WIRES)
async def test_streamed_and_whole_answers_are_the_same(desk: Desk, model: str, base: str, stream: bool) -> None:
    speaks(desk, model, base, stream=stream)
    desk.server.answers = [Calls([("read_file", {"path": "app.py"}), *FIX.calls]), MADE]
    made = await desk.harness.propose(desk.brief)
    assert made.files == {"app.py": GOOD}
    assert made.tokens == 2200
    assert made.usd > 0
    asked = zip(desk.server.seen, desk.server.paths, strict=True)
    assert ["stream" in path or bool(body.get("stream")) for body, path in asked] == [stream] * 2


@pytest.mark.parametrize(("model", "base"), WIRES)
async def test_what_is_written_is_shown_while_it_is_written(desk: Desk, model: str, base: str) -> None:
    speaks(desk, model, base)
    desk.server.answers = [WORDS, FIX, MADE]
    await desk.harness.propose(desk.brief)
    words = [text for text in desk.told.said if text and WORDS.startswith(text)]
    assert len(words) > 3
    assert words == sorted(words, key=len)
    if not model.startswith("google"):  # whose calls come whole
        assert any(text.startswith("edit_file") and "n / 2" not in text for text in desk.told.said)


@pytest.mark.parametrize(
    "cut",
    [Cut(FIX, 4), Cut(FIX, 4, short=True), Cut(WORDS, 4, silence=5.0), Cut(FIX, 0)],
    ids=["the end is missing", "the connection is lost", "silence", "nothing came"],
)
@pytest.mark.parametrize(("model", "base"), WIRES)
async def test_an_answer_that_breaks_off_is_asked_for_again(desk: Desk, model: str, base: str, cut: Cut) -> None:
    speaks(desk, model, base, timeout=1.0)
    desk.server.answers = [cut, FIX, MADE]
    made = await desk.harness.propose(desk.brief)
    assert made.files == {"app.py": GOOD}
    assert len(desk.server.seen) == 3
    assert any("broke off, and is asked again" in title for title in desk.told.titles())


OVERLOADED = {
    "openai-chat": {"error": {"message": "overloaded", "type": "server_error", "code": "server_error"}},
    "openai": {"type": "error", "code": "server_error", "message": "overloaded", "param": None, "sequence_number": 9},
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    "google": {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
}


@pytest.mark.parametrize(("model", "base"), WIRES)
async def test_an_error_in_the_middle_is_a_passing_trouble(desk: Desk, model: str, base: str) -> None:
    speaks(desk, model, base)
    broken = Cut(FIX, 3, error=OVERLOADED[model.partition(":")[0]])
    desk.server.answers = [broken, FIX, MADE]
    assert (await desk.harness.propose(desk.brief)).files == {"app.py": GOOD}


@pytest.mark.parametrize(("model", "base"), WIRES)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Cut(FIX, 4), "breaks off in the middle of its answers"),
        (Raw(body=b"<html>Welcome</html>", headers={"Content-Type": "text/html"}), "try again later"),
        (Raw(401, b'{"error": {"message": "no"}}'), "does not take the key"),
        (Raw(500, b"{}", {"retry-after-ms": "1"}), "failed"),
    ],
    ids=["cut", "a web page", "401", "500"],
)
async def test_what_never_ends_hands_over_with_a_sentence(
    desk: Desk, model: str, base: str, answer: Answer, said: str
) -> None:
    speaks(desk, model, base)
    desk.server.forever = answer
    with pytest.raises(Unavailable) as error:
        await desk.harness.propose(desk.brief)
    assert said in str(error.value)
    both = harness(("llm", "search"), desk.settings)
    await both.propose(desk.brief)
    assert both.name == "search"
