"""The three ways providers speak, and every way in which they fail: an answer, another harness, or a sentence."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import keyring.core
import pytest

from agents.config import LlmSettings, Settings
from agents.harness import Proposal, Unavailable, harness
from agents.harness.llm import provider
from agents.harness.llm.doctor import answers
from agents.models import Verdict
from agents.setup import examine
from tests.unit.llm import sse
from tests.unit.llm.conftest import GOOD, Desk
from tests.unit.llm.server import Answer, Calls, Raw, call, chat, final, responses

DONE = final(why_none="It is meant to be.")
MADE = {"title": "Halve by two", "cause": "It divides by 0.", "change": "Divide by 2."}


def _limited(**headers: str) -> Raw:
    return Raw(429, b'{"error": {"message": "slow down", "type": "rate_limit"}}', {"retry-after-ms": "1", **headers})


BROKEN = Raw(500, b'{"error": {"message": "oops"}}', {"retry-after-ms": "1"})


@pytest.mark.parametrize(
    ("model", "base", "path"),
    [
        ("openai-chat:gpt-4o-mini", "/v1", "/v1/chat/completions"),
        ("openai:gpt-4o-mini", "/v1", "/v1/responses"),
        ("anthropic:claude-3-5-haiku-latest", "", "/v1/messages"),
        ("google:gemini-2.0-flash", "", "/v1beta/models/gemini-2.0-flash:streamGenerateContent"),
        ("ollama:qwen2.5-coder", "", "/v1/chat/completions"),
        ("ollama:qwen2.5-coder", "/v1/", "/v1/chat/completions"),
    ],
)
async def test_each_provider_makes_the_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, model: str, base: str, path: str
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    desk.settings.llm = LlmSettings(model=model, base_url=f"{desk.server.url}{base}", key_env="MY_KEY", retries=1)
    edit = ("edit_file", {"path": "app.py", "old": "n / 0", "new": "n / 2"})
    desk.server.answers = [Calls([("read_file", {"path": "app.py"}), edit]), _limited(), final(**MADE)]
    made = await desk.harness.propose(desk.brief)
    assert made.files == {"app.py": GOOD}
    assert made.tokens == 2200
    assert (made.usd > 0) != model.startswith("ollama")  # which has no price
    assert {each.split("?")[0] for each in desk.server.paths} == {path}
    headers = {name.lower(): value for name, value in desk.server.headers[0].items()}
    assert "s3cret" in "".join(headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key"))
    assert "s3cret" not in str(desk.told.steps)
    assert "s3cret" not in "".join(file.read_text() for file in (desk.settings.state / "llm").iterdir())


@pytest.mark.parametrize("trouble", [_limited(), BROKEN, Raw(529)], ids=["429", "500", "529"])
async def test_a_passing_trouble_is_waited_out(desk: Desk, trouble: Raw) -> None:
    trouble = replace(trouble, headers={"retry-after-ms": "1"})
    desk.server.answers = [trouble, DONE]
    assert (await desk.harness.propose(desk.brief)).why_none == "It is meant to be."


def _cut(number: int, reason: str, **message: object) -> Raw:
    answer = chat(number, "")
    answer["choices"][0]["finish_reason"] = reason
    answer["choices"][0]["message"].update(message)
    return Raw(body=json.dumps(answer).encode())


HALF = [{"id": "c", "type": "function", "function": {"name": "final_result", "arguments": '{"why_none": "It'}}]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([Raw(body=b"<html>Welcome</html>")] * 4, "Failed to decode"),
        ([Raw(body=b'{"choices": []}')] * 4, "no answer"),
        ([_cut(1, "length", tool_calls=HALF)] * 3, "was cut off"),
        ([_cut(1, "content_filter")], "refused to answer"),
        ([_cut(1, "stop", refusal="I cannot help with that.")] * 3, "refus"),
        (["I think it is fine."] * 4, "no answer that could be used"),
        ([final(nonsense=1), "no", "no"], "no answer that could be used"),
        ([call("rm_rf", path="/")] * 8, "no answer that could be used"),
        ([Raw(400, b'{"error": {"message": "no tools here"}}')], "no tools here"),
    ],
    ids=["a web page", "an empty answer", "cut off", "filtered", "a refusal", "chat", "no such field", "no such tool",
         "400"],
)  # fmt: skip
async def test_what_is_no_answer_ends_with_a_sentence(desk: Desk, answers: list[Answer], said: str) -> None:
    desk.settings.llm.stream = False
    desk.server.answers = list(answers)
    made = await harness(("llm",), desk.settings).propose(desk.brief)
    assert made.files == {}
    assert said in made.why_none
    assert made.why_none.endswith(".")
    assert "Traceback" not in made.why_none


@pytest.mark.parametrize(
    ("where", "odd"), [("name", True), ("call_id", []), ("arguments", "\ud800"), ("model", True), ("usage", "lots")]
)
async def test_an_answer_of_odd_types_is_none(desk: Desk, where: str, odd: object) -> None:
    desk.settings.llm.model, desk.settings.llm.stream = "openai:gpt-4o-mini", False
    answer = responses(1, call("read_file", path="app.py"))
    (answer if where in answer else answer["output"][0])[where] = odd
    desk.server.answers = [Raw(body=json.dumps(answer).encode()), *[DONE] * 3]
    assert (await harness(("llm",), desk.settings).propose(desk.brief)).why_none.endswith(".")


async def test_a_loop_without_end_is_ended(desk: Desk) -> None:
    desk.settings.llm.requests = 5
    desk.server.forever = call("list_files")
    left = await desk.harness.investigate(desk.brief)
    assert left.verdict is Verdict.NEEDS_INPUT
    assert left.question is not None
    assert "within the limits of [llm]" in left.verdict_reason
    assert len(desk.server.seen) == 5
    assert left.tokens == 5500


@pytest.mark.parametrize(("limit", "value"), [("tokens", 3000), ("usd", 0.0004), ("seconds", 0.7)])
async def test_each_limit_holds(desk: Desk, limit: str, value: float) -> None:
    setattr(desk.settings.llm, limit, value)
    desk.server.forever = call("run", command="sleep 0.2")
    made = await desk.harness.propose(desk.brief)
    assert "loop.toml" in made.why_none
    assert len(desk.server.seen) < 8


async def test_an_unknown_price_counts_as_nothing_and_is_told(desk: Desk) -> None:
    desk.settings.llm.stream = False
    answer = {**chat(1, DONE), "model": "our-own-7b"}
    desk.server.answers = [Raw(body=json.dumps(answer).encode())]
    made = await desk.harness.propose(desk.brief)
    assert (made.usd, made.tokens) == (0.0, 1100)
    assert any("price" in title and "not known" in title for title in desk.told.titles())


@pytest.mark.parametrize("stream", [True, False])
async def test_a_server_that_does_not_say_what_it_used_is_limited_too(desk: Desk, stream: bool) -> None:
    whole = {**chat(1, call("list_files")), "usage": None}
    events = b"".join(sse.wire(event) for event in sse.chat(whole)[:-1]) + b"data: [DONE]\n\n"
    header = {"Content-Type": "text/event-stream"}
    desk.server.forever = Raw(body=events, headers=header) if stream else Raw(body=json.dumps(whole).encode())
    desk.settings.llm = desk.settings.llm.model_copy(update={"stream": stream, "tokens": 2000})
    made = await desk.harness.propose(desk.brief)
    assert "within the limits of [llm]" in made.why_none
    assert made.tokens >= 2000
    assert 1 < len(desk.server.seen) < 40


async def _unavailable(desk: Desk) -> str:
    with pytest.raises(Unavailable) as error:
        await desk.harness.propose(desk.brief)
    return str(error.value)


async def test_a_server_that_is_not_there_is_named(desk: Desk) -> None:
    desk.settings.llm = LlmSettings(model="openai-chat:x", base_url="http://127.0.0.1:1/v1", retries=0)
    assert "http://127.0.0.1:1/v1 cannot be reached" in await _unavailable(desk)


@pytest.mark.parametrize("model", ["openai-chat:x", "anthropic:x"])
@pytest.mark.parametrize("url", ["localhost:1", "http://[", "http://127.0.0.1:99999999/v1", "nowhere"])
async def test_an_address_that_is_none_is_named(desk: Desk, model: str, url: str) -> None:
    desk.settings.llm = LlmSettings(model=model, base_url=url, retries=0)
    said = await _unavailable(desk)
    assert url in said
    assert "base_url" in said


async def test_a_server_that_never_answers_is_given_up(desk: Desk) -> None:
    desk.settings.llm.timeout, desk.settings.llm.retries = 0.2, 0
    desk.server.forever = Raw(after=0.6)
    assert "cannot be reached" in await _unavailable(desk)


async def test_an_answer_that_breaks_off_is_a_lost_connection(desk: Desk) -> None:
    desk.settings.llm.retries = 0
    desk.server.forever = Raw(body=b'{"id": "r1", "choi', length=4000)
    assert "cannot be reached" in await _unavailable(desk)


@pytest.mark.parametrize(("status", "said"), [(401, "does not take the key"), (404, "is not known"), (429, "failed")])
async def test_what_the_next_request_would_not_mend(desk: Desk, status: int, said: str) -> None:
    desk.server.forever = Raw(status, b'{"error": {"message": "no"}}', {"retry-after-ms": "1"})
    assert said in await _unavailable(desk)


async def test_a_missing_key_names_the_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    desk.settings.llm = LlmSettings(model="anthropic:claude-3-5-haiku-latest")
    assert "set ANTHROPIC_API_KEY in the environment" in await _unavailable(desk)
    desk.settings.llm = LlmSettings()
    assert "No model is named" in await _unavailable(desk)
    desk.settings.llm = LlmSettings(model="nobody:x")
    assert "nobody:x cannot be used" in await _unavailable(desk)


async def test_a_client_that_is_not_installed_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.genai.client", None)
    monkeypatch.delitem(sys.modules, "pydantic_ai.models.google", raising=False)
    monkeypatch.delitem(sys.modules, "pydantic_ai.providers.google", raising=False)
    monkeypatch.setenv("GOOGLE_API_KEY", "s3cret")
    desk.settings.llm = LlmSettings(model="google:gemini-2.0-flash")
    assert "pip install 'loop-inbox[google]'" in await _unavailable(desk)


async def test_a_key_may_be_in_the_keyring(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = SimpleNamespace(get_password=lambda service, name: f"from {service} {name}")
    monkeypatch.setattr(keyring.core, "_keyring_backend", ring)
    monkeypatch.delenv("MY_KEY", raising=False)
    desk.settings.llm.key_env = "MY_KEY"
    desk.server.answers = [DONE]
    await desk.harness.propose(desk.brief)
    assert "Bearer from loop MY_KEY" in desk.server.headers[0].values()


async def test_a_key_of_a_provider_is_not_sent_elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    desk.server.answers = [DONE]
    await desk.harness.propose(desk.brief)
    assert "s3cret" not in str(desk.server.headers)


async def test_the_next_harness_takes_over(desk: Desk) -> None:
    desk.settings.llm.retries = 0
    desk.server.forever = Raw(500)
    both = harness(("llm", "search"), desk.settings)
    made = await both.propose(desk.brief)
    assert "could not be reproduced" in made.why_none  # the search says that
    assert both.name == "search"
    assert any(title.startswith("llm cannot work now: ") for title in desk.told.titles())


async def test_where_no_harness_can_work_a_person_is_asked(desk: Desk) -> None:
    desk.settings.llm = LlmSettings()
    alone = harness(("llm",), desk.settings)
    left = await alone.investigate(desk.brief)
    assert left.verdict is Verdict.NEEDS_INPUT
    assert left.question is not None
    assert await alone.propose(desk.brief) == Proposal(
        why_none='No model is named; set [llm] model in loop.toml, as "anthropic:NAME" or "openai-chat:NAME".'
    )


def test_a_stage_names_one_harness_or_several() -> None:
    settings = Settings.model_validate({"harness": {"propose": ["llm", "search"], "review": "llm"}})
    assert [settings.harness.chosen(stage) for stage in ("investigate", "propose", "review")] == [
        ("search",), ("llm", "search"), ("llm",),
    ]  # fmt: skip


async def test_doctor_asks_the_model(desk: Desk) -> None:
    desk.settings.sandbox.kind = "none"
    desk.settings.harness.review = ["llm", "search"]
    desk.server.answers = ["ok", Raw(401, b"{}")]
    (row,) = [row for row in await examine(desk.settings) if row["name"] == "llm"]
    assert (row["ok"], row["needed"], row["detail"]) == (True, False, "openai-chat:gpt-4o-mini answers")
    ok, detail = await answers(desk.settings.llm)
    assert not ok
    assert "does not take the key" in detail


@pytest.mark.parametrize(
    ("url", "hosts", "sent"),
    [
        ("http://gateway.example/v1", "", False),
        ("http://gateway.example/v1", "other.example, GATEWAY.example", True),
        ("http://127.0.0.1.evil.example/v1", "", False),
        ("http://localhost@evil.example/v1", "", False),
        ("http://192.168.0.4:11434/v1", "", False),
        ("http://[::1]:11434/v1", "", True),
        ("http://localhost:11434/v1", "", True),
    ],
)
def test_a_repository_alone_sends_nothing_to_another_machine(
    monkeypatch: pytest.MonkeyPatch, url: str, hosts: str, sent: bool
) -> None:
    monkeypatch.setenv("LOOP_LLM_HOSTS", hosts)
    monkeypatch.delenv("LOOP_LLM__BASE_URL", raising=False)
    settings = LlmSettings(model="openai-chat:x", base_url=url)
    if sent:
        provider.model(settings)
        return
    with pytest.raises(Unavailable, match="LOOP_LLM_HOSTS"):
        provider.model(settings)
    monkeypatch.setenv("LOOP_LLM__BASE_URL", url)
    provider.model(settings)
