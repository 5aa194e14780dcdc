"""What of an agent's request goes on to the model: its own, and nothing that would have the server act for it.

A model's server can search the web, fetch addresses, run code or call others for whoever asks. For a sandbox without
network that would be a way out, so only tools that the agent runs itself pass, and no addresses to fetch.
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

COUNTING = "/count_tokens"  # asks how long a question is, which costs nothing
PATHS = {
    "openai-chat": {"/v1/chat/completions": "/chat/completions"},
    "openai": {"/v1/responses": "/responses"},
    "anthropic": {each: each for each in ("/v1/messages", f"/v1/messages{COUNTING}")},
}
_OWN = {"function", "custom", "local_shell", "apply_patch", "namespace"}
_OWN_ANTHROPIC = ("custom", "bash_", "text_editor_", "memory_")
_SERVERS = ("mcp_servers", "container", "web_search_options", "plugins", "background")
_LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_ADDRESSES = ("image_url", "file_url", "url", "video_url")


class Forbidden(Exception):
    """The request may not be made; the message is a sentence for the agent and the transcript."""


def cleaned(body: bytes, kind: str, name: str, most: int) -> tuple[Json, list[str]]:
    """A request as it goes on, and what was taken out of it.

    Args:
        body: of the agent.
        kind: which of `PATHS` the server speaks.
        name: the one model that is asked, whatever the agent names.
        most: tokens of the answer.

    Raises:
        Forbidden: it is no request, or has addresses that the server would fetch.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Forbidden("The body of the request is no JSON object.")
    out = [key for key in _SERVERS if asked.pop(key, None)]
    asked["model"] = name
    asked |= {key: most for key in _LENGTHS if isinstance(asked.get(key), int) and asked[key] > most}
    if "tools" in asked:
        asked["tools"] = _tools(asked["tools"], kind, out)
    if _fetches([asked.get("messages"), asked.get("input"), asked.get("system")]):
        raise Forbidden("The request names an address for the server to fetch; put the content itself into it.")
    if kind == "openai-chat" and asked.get("stream"):
        asked["stream_options"] = {"include_usage": True}
    return asked, out


def _tools(tools: Any, kind: str, out: list[str]) -> list[Any]:
    """The tools that the agent runs itself; names of the others go to `out`."""
    kept = []
    for tool in tools if isinstance(tools, list) else ():
        sort = tool.get("type") if isinstance(tool, dict) else "?"
        usual = sort is None or str(sort).startswith(_OWN_ANTHROPIC)
        if not (usual if kind == "anthropic" else sort in _OWN):
            out.append(str(sort))
        elif sort == "namespace":
            kept.append({**tool, "tools": _tools(tool.get("tools"), kind, out)})
        else:
            kept.append(tool)
    return kept


def _fetches(found: Any) -> bool:
    """Whether parts of messages name addresses; what tools were called with is not looked into."""
    rows = [found]
    while rows:
        row = rows.pop()
        if isinstance(row, list):
            rows += row
        elif isinstance(row, dict):
            for key in _ADDRESSES:
                value = row.get(key)
                where = value.get("url") if isinstance(value, dict) else value
                if isinstance(where, str) and where and not where.startswith("data:"):
                    return True
            rows += [row[key] for key in ("content", "source", "output") if key in row]
    return False
