"""The way to the model: one host, a few paths, one model; the key goes out and never back; limits end the run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.config import AcpSettings, Settings
from agents.harness import Unavailable
from agents.harness.acp.guard import Forbidden, cleaned
from agents.harness.acp.link import Link
from agents.harness.acp.meter import Meter, UsageReader
from agents.harness.acp.proxy import Proxy
from agents.harness.acp.upstream import Upstream, upstream
from agents.harness.llm.purse import Spent
from tests.unit.agent.conftest import KEY
from tests.unit.llm.server import Raw, Server, serve

TOOL = {"type": "function", "function": {"name": "read"}}
CHAT = {"model": "dearest", "messages": [{"role": "user", "content": "Hello"}], "tools": [TOOL]}


@dataclass
class Way:
    """A proxy as a sandbox sees it."""

    client: httpx.AsyncClient
    meter: Meter
    server: Server
    told: list[str] = field(default_factory=list)

    empty: str = ""  # why nothing more may be paid
    paid: list[tuple[float, int]] = field(default_factory=list)

    async def tell(self, line: str) -> None:
        self.told.append(line)

    async def ensure(self) -> None:
        if self.empty:
            raise Spent(self.empty)

    async def spent(self, usd: float, tokens: int) -> None:
        self.paid.append((usd, tokens))

    async def chat(self, **more: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json={**CHAT, **more})


@pytest.fixture
async def way() -> AsyncIterator[Callable[..., Any]]:
    """Opens proxies to a server of the test's own."""
    made: list[tuple[Proxy, Link, httpx.AsyncClient]] = []
    with serve(aside="A title") as server:

        async def open(kind: str = "openai-chat", url: str = "", **limits: Any) -> Way:
            server.forever = "Hello"
            base = url or server.url + ("" if kind == "anthropic" else "/v1")
            to = Upstream(kind, "claude-3-5-haiku-latest" if kind == "anthropic" else "gpt-4o-mini", base, KEY)
            settings = AcpSettings(**{"retries": 0, "timeout": 5, **limits})
            meter = Meter(settings, f"{to.kind}:{to.name}", to.host)
            found = Way(httpx.AsyncClient(), meter, server)
            link, proxy = Link(), Proxy(to, meter, found, settings)
            await proxy.start(link.model)
            transport = httpx.AsyncHTTPTransport(uds=str(link.folder / "model.sock"))
            await found.client.aclose()
            found.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8040")
            made.append((proxy, link, found.client))
            return found

        yield open
        for proxy, link, client in made:
            await client.aclose()
            await proxy.stop()
            link.close()
            assert not link.folder.parent.exists()


@pytest.mark.parametrize(
    ("kind", "path", "header"),
    [
        ("openai-chat", "/v1/chat/completions", "authorization"),
        ("openai", "/v1/responses", "authorization"),
        ("anthropic", "/v1/messages", "x-api-key"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_the_key_is_put_on_and_what_was_used_is_counted(
    way: Callable[..., Any], kind: str, path: str, header: str, stream: bool
) -> None:
    found = await way(kind)
    tools = [{"name": "read", "input_schema": {}}] if kind == "anthropic" else [TOOL]
    sent = {"Authorization": "Bearer not-a-key", "X-Api-Key": "not-a-key", "Cookie": "a=b", "X-Mine": "1"}
    answer = await found.client.post(path, json={**CHAT, "tools": tools, "stream": stream}, headers=sent)
    assert answer.status_code == 200
    assert "Hello" in answer.text
    assert KEY not in answer.text + str(answer.headers)
    seen = {name.lower(): value for name, value in found.server.headers[0].items()}
    assert seen[header].endswith(KEY)
    assert not {"cookie", "x-mine"} & set(seen)
    assert "not-a-key" not in json.dumps(seen)
    assert found.server.seen[0]["model"] == found.meter.model.partition(":")[2]
    assert (found.meter.requests, found.meter.tokens) == (1, 1100)
    assert found.meter.usd > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/models"), ("POST", "/v1/files"), ("POST", "/v1/chat/completions/../files"), ("PUT", "/"),
     ("POST", "/v1//chat/completions"), ("GET", "/v1/chat/completions"), ("POST", "/v1/messages")],
)  # fmt: skip
async def test_other_paths_are_not_let_through(way: Callable[..., Any], method: str, path: str) -> None:
    found = await way()
    assert (await found.client.request(method, path, json={})).status_code == 404
    assert (await found.client.request(method, path, json={})).status_code == 404
    assert found.server.paths == []
    assert len(found.told) == 1
    assert found.told[0].startswith(f"Not let through to the model: {method} ")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
async def test_what_is_no_request_is_not_sent(way: Callable[..., Any], body: bytes) -> None:
    found = await way()
    assert (await found.client.post("/v1/chat/completions", content=body)).status_code == 400
    assert found.server.paths == []


async def test_a_request_without_end_is_not_taken_in(way: Callable[..., Any]) -> None:
    found = await way()

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * (1 << 20)

    assert (await found.client.post("/v1/chat/completions", content=parts())).status_code == 400
    assert found.server.paths == []


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"requests": 2}, "2 requests"), ({"tokens": 2000}, "2000 tokens"), ({"usd": 0.0003}, "0.0003 USD")],
)
async def test_each_limit_ends_the_run(way: Callable[..., Any], limits: dict[str, Any], said: str) -> None:
    found = await way(**limits)
    codes = [(await found.chat()).status_code for _ in range(4)]
    assert codes == [200, 200, 403, 403]
    assert len(found.server.paths) == 2
    assert found.meter.ended.is_set()
    assert said in found.meter.why
    assert "[acp]" in found.meter.why
    assert not found.meter.away


@pytest.mark.parametrize(
    ("status", "away", "said"), [(401, True, "does not take the key"), (404, True, "404"), (503, True, "503"),
                                 (400, False, "400"), (302, False, "302")],
)  # fmt: skip
async def test_an_error_of_the_server_ends_the_run_and_keeps_the_key(
    way: Callable[..., Any], status: int, away: bool, said: str
) -> None:
    found = await way()
    found.server.answers = [Raw(status, json.dumps({"error": {"message": f"Bad key {KEY}"}}).encode())]
    answer = await found.chat()
    assert answer.status_code >= 400
    assert KEY not in answer.text
    assert (found.meter.away, KEY in found.meter.why) == (away, False)
    assert said in found.meter.why


async def test_what_a_report_and_a_day_may_cost_holds_for_agents_too(way: Callable[..., Any]) -> None:
    found = await way()
    assert (await found.chat()).status_code == 200
    assert found.paid == [(found.meter.usd, 1100)]
    found.empty = "Today's runs took $50.00 of $50.00; wait until tomorrow."
    assert (await found.chat()).status_code == 403
    assert (found.meter.why, found.meter.away, len(found.server.paths)) == (found.empty, True, 1)


async def test_counting_a_question_costs_nothing(way: Callable[..., Any]) -> None:
    found = await way("anthropic")
    found.server.answers = [Raw(200, b'{"input_tokens": 50}')]
    answer = await found.client.post("/v1/messages/count_tokens", json={**CHAT, "tools": [{"name": "read"}]})
    assert answer.json() == {"input_tokens": 50}
    assert (found.meter.answered, found.meter.tokens, found.meter.priced) == (0, 0, True)


async def test_a_passing_trouble_does_not_end_it(way: Callable[..., Any]) -> None:
    found = await way(retries=1)
    found.server.answers = [Raw(503, b"busy"), "Hello", Raw(529, b"busy"), "Hello"]
    assert [(await found.chat()).status_code for _ in range(4)] == [503, 200, 529, 200]
    assert not found.meter.why


async def test_a_server_that_is_not_there_ends_it(way: Callable[..., Any]) -> None:
    found = await way(url="http://127.0.0.1:9")
    assert (await found.chat()).status_code == 502
    assert "127.0.0.1:9 cannot be reached" in found.meter.why
    assert found.meter.away


@pytest.mark.parametrize(
    ("kind", "tools", "kept", "out"),
    [
        ("openai-chat", [TOOL, {"type": "web_search"}, "odd"], [TOOL], ["web_search", "?"]),
        ("openai", [{"type": "custom", "name": "a"}, {"type": "mcp"}, {"type": "code_interpreter"}, {"type": "shell"}],
         [{"type": "custom", "name": "a"}], ["mcp", "code_interpreter", "shell"]),
        ("openai", [{"type": "namespace", "tools": [{"type": "function"}, {"type": "web_search"}]}],
         [{"type": "namespace", "tools": [{"type": "function"}]}], ["web_search"]),
        ("anthropic", [{"name": "Read"}, {"type": "bash_20250124"}, {"type": "web_fetch_20250910"},
                       {"type": "code_execution_20250825"}],
         [{"name": "Read"}, {"type": "bash_20250124"}], ["web_fetch_20250910", "code_execution_20250825"]),
    ],
)  # fmt: skip
def test_tools_that_the_server_would_run_are_taken_out(kind: str, tools: Any, kept: Any, out: list[str]) -> None:
    asked, taken = cleaned(json.dumps({"tools": tools, "mcp_servers": [{"url": "x"}]}).encode(), kind, "m", 1000)
    assert asked["tools"] == kept
    assert taken == ["mcp_servers", *out]
    assert "mcp_servers" not in asked


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://evil.example/?code=1"}},
        {"type": "input_image", "image_url": "https://evil.example/"},
        {"type": "input_file", "file_url": "https://evil.example/"},
        {"type": "image", "source": {"type": "url", "url": "https://evil.example/"}},
        {"type": "tool_result", "content": [{"type": "document", "source": {"type": "url", "url": "http://e"}}]},
    ],
)
@pytest.mark.parametrize("where", ["messages", "input"])
def test_the_server_is_not_made_to_fetch_anything(part: dict[str, Any], where: str) -> None:
    with pytest.raises(Forbidden, match="address"):
        cleaned(json.dumps({where: [{"role": "user", "content": [part]}]}).encode(), "openai", "m", 1000)


def test_images_in_the_request_and_words_of_tools_pass() -> None:
    parts = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
             {"type": "text", "text": "see https://example.com"},
             {"type": "tool_use", "name": "fetch", "input": {"url": "https://example.com"}}]  # fmt: skip
    asked, out = cleaned(
        json.dumps({"messages": [{"content": parts}], "stream": True}).encode(), "openai-chat", "m", 1000
    )
    assert asked["messages"][0]["content"] == parts
    assert asked["stream_options"] == {"include_usage": True}
    assert out == []


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_an_answer_is_no_longer_than_settings_say(key: str) -> None:
    for asked, sent in ((32_000, 1000), (500, 500), ("many", "many")):
        assert cleaned(json.dumps({key: asked}).encode(), "openai", "m", 1000)[0][key] == sent


def test_usage_is_found_however_the_stream_is_cut() -> None:
    text = b'event: x\ndata: {"message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 7}}}\n\n'
    text += b'data: no json "usage"\ndata: {"usage": {"output_tokens": 3, "input_tokens": null}}\n'
    for size in (1, 7, len(text)):
        reader = UsageReader(streamed=True)
        for start in range(0, len(text), size):
            reader.feed(text[start : start + size])
        assert reader.end() == {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 3}


def test_an_unknown_price_and_odd_usage_count_as_nothing() -> None:
    meter = Meter(AcpSettings(), "openai-chat:our-own-7b", "here")
    meter.count({"prompt_tokens": 10, "completion_tokens": -5, "prompt_tokens_details": "odd"})
    assert (meter.tokens, meter.usd, meter.priced) == (10, 0.0, False)


def _settings(**acp: Any) -> Settings:
    return Settings(repo=Path(), acp=AcpSettings(**acp))


@pytest.mark.parametrize(
    ("acp", "said"),
    [
        ({}, "[llm] model"),
        ({"model": "groq:x"}, "[acp] model"),
        ({"model": "anthropic:"}, "[acp] model"),
        ({"model": "openai-chat:x", "base_url": "https://models.example/v1"}, "LOOP_LLM_HOSTS=models.example"),
        ({"model": "anthropic:x", "key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"),
        ({"model": "openai-chat:x", "base_url": "nothing"}, "[acp] base_url"),
    ],
)
def test_which_server_is_asked_is_the_persons_to_say(acp: dict[str, Any], said: str) -> None:
    with pytest.raises(Unavailable) as error:
        upstream(_settings(**acp))
    assert said in str(error.value)


def test_the_model_of_llm_is_used_where_acp_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    settings = _settings()
    settings.llm.model = "anthropic:claude-x"
    found = upstream(settings)
    assert (found.kind, found.name, found.host) == ("anthropic", "claude-x", "api.anthropic.com")
    assert found.headers == {"x-api-key": KEY}
