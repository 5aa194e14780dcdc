"""A Sentry event of any SDK, however odd, as an `Incoming`.

Shapes follow https://develop.sentry.dev/sdk/data-model/event-payloads/; where a field has another shape than written
there, what can be read is read and the rest is left out.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.collect import Incoming
from agents.collect.clean import bounded, line, words
from agents.collect.scrub import scrub, text

Json = dict[str, Any]

LEVELS = ("fatal", "error", "warning", "info", "debug")
_MAX_PAYLOAD = 200_000  # bytes of JSON
_LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python", "node_modules/", "<frozen", "<string>", "/usr/lib/")


def weight(level: str, handled: bool | None) -> float:
    """How much one event counts towards an investigation: a crash 1, what was handled half, warnings hardly."""
    if level in ("fatal", "error"):
        return 0.5 if handled else 1.0
    return 0.05 if level == "warning" else 0.01


def moment(value: Any, fallback: datetime | None = None) -> datetime:
    """A time from a number (Unix seconds) or ISO 8601 text; not believed when over a day in the future."""
    fallback = fallback or datetime.now(UTC)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        else:
            found = datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return fallback
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return fallback if found > datetime.now(UTC) + timedelta(days=1) or found.year < 2000 else found


def in_app(frame: Json) -> bool:
    """Whether a frame is of the product: what the SDK says, else what its path looks like."""
    said = frame.get("in_app")
    if isinstance(said, bool):
        return said
    path = str(frame.get("abs_path") or frame.get("filename") or "").replace("\\", "/")
    return not any(part in path for part in _LIBRARIES)


def user_key(user: Any) -> str | None:
    """A short digest by which the same person is counted once; nothing personal is kept as a key."""
    if not isinstance(user, dict):
        return None
    for name in ("id", "email", "username", "ip_address"):
        value = user.get(name)
        if value not in (None, "", "{{auto}}") and not isinstance(value, dict | list):
            return hashlib.sha256(f"{name}:{value}".encode("utf-8", "replace")).hexdigest()[:16]
    return None


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("values", [value] if "type" in value or "value" in value else [])
    return [item for item in value if item is not None] if isinstance(value, list) else []


def _pairs(value: Any) -> Json:
    """A mapping from a dict or from a list of [name, value]."""
    if isinstance(value, dict):
        return {words(k, 200): v for k, v in value.items()}
    if isinstance(value, list):
        return {words(i[0], 200): i[1] for i in value if isinstance(i, list | tuple) and len(i) == 2}
    return {}


def _frame(raw: Any) -> Json | None:
    if not isinstance(raw, dict):
        return None
    number = raw.get("lineno")
    return {
        "path": words(raw.get("filename"), 500),
        "abs_path": words(raw.get("abs_path"), 500),
        "module": words(raw.get("module"), 300),
        "function": words(raw.get("function"), 300),
        "line": number if isinstance(number, int) and 0 <= number < 2**31 else 0,
        "in_app": in_app(raw),
        "context_line": words(raw.get("context_line"), 500),
        "pre_context": bounded(raw.get("pre_context") or [], limit=300, items=5),
        "post_context": bounded(raw.get("post_context") or [], limit=300, items=5),
        "vars": bounded(scrub(_dict(raw.get("vars"))), items=60),
    }


def _exception(raw: Any) -> Json | None:
    if not isinstance(raw, dict):
        return None
    mechanism = _dict(raw.get("mechanism"))
    handled = mechanism.get("handled")
    stack = _dict(raw.get("stacktrace"))
    frames = [frame for item in _values(stack.get("frames")) if (frame := _frame(item)) is not None]
    return {
        "type": line(raw.get("type"), 200),
        "value": text(words(raw.get("value"), 4_000)),
        "module": words(raw.get("module"), 300),
        "handled": handled if isinstance(handled, bool) else None,
        "frames": frames[-120:],
        **{name: mechanism[name] for name in ("exception_id", "parent_id") if isinstance(mechanism.get(name), int)},
        **({"within": line(mechanism["source"], 100)} if mechanism.get("source") else {}),
    }


def _message(event: Json) -> Json:
    entry = event.get("logentry")
    if entry is None:
        entry = event.get("sentry.interfaces.Message", event.get("message"))
    if isinstance(entry, str):
        return {"template": text(words(entry, 4_000)), "params": [], "text": text(words(entry, 4_000))}
    entry = _dict(entry)
    template = words(entry.get("message") or entry.get("formatted"), 4_000)
    formatted = words(entry.get("formatted") or entry.get("message"), 4_000)
    params = entry.get("params")
    params = list(params.values()) if isinstance(params, dict) else params if isinstance(params, list) else []
    if not template:
        return {}
    return {"template": text(template), "params": bounded(scrub(params), limit=500, items=20), "text": text(formatted)}


def _request(raw: Any) -> Json:
    raw = _dict(raw)
    if not raw:
        return {}
    return {
        "method": line(raw.get("method"), 20),
        "url": text(words(raw.get("url"), 1_000)),
        "query": bounded(scrub(raw.get("query_string"))),
        "data": bounded(scrub(raw.get("data"))),
        "headers": bounded(scrub(_pairs(raw.get("headers"))), limit=500),
    }


def _argv(raw: Any) -> list[str]:
    """How a command was called, as Sentry's Python SDK tells it."""
    return [text(words(item, 2_000)) for item in raw[:50]] if isinstance(raw, list) else []


def _handled(exceptions: list[Json], level: str) -> bool | None:
    said = [item["handled"] for item in exceptions if item["handled"] is not None]
    if said:
        return all(said)
    return True if exceptions and level == "warning" else None


def event(raw: Any, *, source: str = "sentry", received: datetime | None = None) -> Incoming | None:
    """Read one event; None when it is nothing that could be an event."""
    if not isinstance(raw, dict):
        return None
    exceptions = [e for item in _values(raw.get("exception") or raw.get("sentry.interfaces.Exception"))
                  if (e := _exception(item)) is not None]  # fmt: skip
    message = _message(raw)
    if not exceptions and not message and not raw.get("event_id") and not raw.get("culprit"):
        return None
    level = line(raw.get("level"), 20).lower() or "error"
    level = {"critical": "fatal", "warn": "warning", "log": "info"}.get(level, level)
    level = level if level in LEVELS else "error"
    handled = _handled(exceptions, level)
    main = exceptions[-1] if exceptions else None
    request = _request(raw.get("request"))
    contexts = _dict(raw.get("contexts"))
    trace = _dict(contexts.get("trace"))
    tags = {k: line(v, 200) for k, v in list(_pairs(raw.get("tags")).items())[:50]}
    user = _dict(raw.get("user"))
    payload: Json = {
        "exceptions": exceptions,
        "message": message,
        "request": request,
        "tags": scrub(tags),
        "contexts": bounded(scrub({k: contexts[k] for k in ("runtime", "os", "browser", "device") if k in contexts})),
        "sdk": line(_dict(raw.get("sdk")).get("name"), 100),
        "breadcrumbs": bounded(scrub(_values(raw.get("breadcrumbs"))[-20:]), limit=300),
        "platform": line(raw.get("platform"), 40),
        "argv": _argv(_dict(raw.get("extra")).get("sys.argv")),
        "fingerprint": bounded(raw.get("fingerprint") if isinstance(raw.get("fingerprint"), list) else []),
    }
    entities = {
        "transaction": line(raw.get("transaction"), 300),
        "url": request.get("url", ""),
        "trace": line(trace.get("trace_id"), 64),
        "logger": line(raw.get("logger"), 200),
    }
    return Incoming(
        source=source,
        external_id=_identity(raw),
        at=moment(raw.get("timestamp"), received),
        kind="error" if exceptions else "message",
        title=_title(main, message, raw),
        body=message.get("text", "") or (main["value"] if main else ""),
        level=level,
        handled=handled,
        weight=weight(level, handled),
        user_key=user_key(user),
        release=line(raw.get("release"), 200) or None,
        environment=line(raw.get("environment"), 100) or None,
        entities={k: v for k, v in entities.items() if v},
        payload=_fit(payload),
    )


def _identity(raw: Json) -> str:
    said = line(raw.get("event_id"), 64).replace("-", "").lower()
    if said:
        return said
    return hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()[:32]


def _title(main: Json | None, message: Json, raw: Json) -> str:
    if main is not None:
        first = line(main["value"].split("\n", 1)[0], 300)
        name = main["type"] or "Error"
        return line(f"{name}: {first}" if first else name)
    return line(message.get("text") or raw.get("culprit") or "(no message)")


def _fit(payload: Json) -> Json:
    """The payload within its size: what helps least is dropped first, and the loss is noted."""
    dropped = []
    for victim in ("breadcrumbs", "contexts", "request", "tags"):
        if len(json.dumps(payload, ensure_ascii=False)) <= _MAX_PAYLOAD:
            break
        dropped.append(victim)
        payload[victim] = [] if victim == "breadcrumbs" else {}
    if len(json.dumps(payload, ensure_ascii=False)) > _MAX_PAYLOAD:
        dropped.append("frame variables of all but the last 5 frames")
        for exception in payload["exceptions"]:
            for frame in exception["frames"][:-5]:
                frame["vars"], frame["pre_context"], frame["post_context"] = {}, [], []
    if len(json.dumps(payload, ensure_ascii=False)) > _MAX_PAYLOAD:
        dropped.append("all frame variables")
        for exception in payload["exceptions"][-5:]:
            bare: Json = {"vars": {}, "pre_context": [], "post_context": []}
            exception["frames"] = [{**frame, **bare} for frame in exception["frames"][-40:]]
        payload["exceptions"] = payload["exceptions"][-5:]
    if dropped:
        payload["dropped"] = dropped
    return payload
