"""The request of an event sent again, through the test client of the framework that answered it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from agents.harness import Occurrence
from agents.harness.search.codemap import CodeMap
from agents.harness.search.reproduce.call import Call
from agents.harness.search.suspect import last_name

_FRAMEWORKS = {"Flask": "flask", "FastAPI": "starlette", "Starlette": "starlette"}
_SENT = {"accept", "accept-language", "content-type", "x-requested-with", "referer", "origin"}
_MOST = 3  # applications tried
_CUT = {"...", "…"}


def requests(code: CodeMap, occurrence: Occurrence) -> Iterator[Call | str]:
    """The calls that send an occurrence's request again, or why it cannot be sent."""
    if not occurrence.request.get("url"):
        return
    modules = {frame.module.split(".")[0] for frame in occurrence.frames}
    cut = _cut(occurrence.request)
    if cut:
        yield f"{cut} of the request was cut short by the SDK"
        return
    if "django" in modules:
        yield from _django(code, occurrence)
        return
    for path, name, factory, kind in _apps(code)[:_MOST]:
        if kind in modules or (kind == "starlette" and "fastapi" in modules):
            sent = _flask if kind == "flask" else _starlette
            yield sent(code.module(path), name, f"{name}()" if factory else name, occurrence, path)
    yield from _bare(code, occurrence)


def _apps(code: CodeMap) -> list[tuple[str, str, bool, str]]:
    """Applications that a module names, or that one of its functions makes without arguments."""
    named: list[tuple[str, str, bool, str]] = []
    made: list[tuple[str, str, bool, str]] = []
    for path in code.sources:
        parsed = code.parse(path) if any(f"{name}(" in code.text(path) for name in _FRAMEWORKS) else None
        for node in parsed[1].body if parsed else []:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if isinstance(node.value, ast.Call) and (kind := _FRAMEWORKS.get(last_name(node.value.func))):
                    named.append((path, node.targets[0].id, False, kind))
            elif isinstance(node, ast.FunctionDef) and len(node.args.args) == len(node.args.defaults):
                kinds = [_FRAMEWORKS.get(last_name(n.func)) for n in ast.walk(node) if isinstance(n, ast.Call)]
                made += [(path, node.name, True, kind) for kind in kinds if kind]
    return [*named, *made]


def _cut(request: dict[str, Any]) -> str:
    """Which part of a request is not whole."""
    data = request.get("data")
    if isinstance(data, str) and (data in _CUT or data.endswith("...")):
        return "the body"
    return ""


def _target(request: dict[str, Any]) -> str:
    """The path with its query."""
    url = urlsplit(str(request["url"]))
    query = request.get("query") or url.query
    if isinstance(query, dict):
        query = urlencode(query, doseq=True)
    elif isinstance(query, list):
        query = urlencode([(str(pair[0]), str(pair[1])) for pair in query if len(pair) == 2])
    return f"{url.path or '/'}?{query}" if query else url.path or "/"


def _headers(request: dict[str, Any], *, with_type: bool) -> dict[str, str]:
    """The headers that say what is asked for; what a client adds by itself is left to it."""
    found = {str(k): str(v) for k, v in (request.get("headers") or {}).items()}
    own = {
        k: v for k, v in found.items()
        if (k.lower() in _SENT or k.lower().startswith("x-")) and not k.lower().startswith(("x-forwarded", "x-real"))
    }  # fmt: skip
    plain = {k: v for k, v in own.items() if v not in ("*/*", "") and k.lower() != "content-type"}
    types = {k: v for k, v in own.items() if k.lower() == "content-type" and v}
    return {**plain, **types} if with_type else plain


def _content_type(request: dict[str, Any]) -> str:
    found = {str(k).lower(): str(v) for k, v in (request.get("headers") or {}).items()}
    return found.get("content-type", "").split(";")[0].strip()


def _form(data: Any) -> dict[str, Any] | None:
    """A form's fields, one value each where there is one."""
    if isinstance(data, dict):
        return {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in data.items()}
    if isinstance(data, str):
        return dict(parse_qsl(data, keep_blank_values=True))
    return None


def _body(request: dict[str, Any], keywords: tuple[str, str, str]) -> list[str]:
    """The body as arguments of a test client.

    Args:
        request: as captured.
        keywords: the client's for JSON, a form, and bytes.
    """
    data, kind = request.get("data"), _content_type(request)
    if data in (None, "", {}, []):
        return []
    if kind == "application/x-www-form-urlencoded" or kind == "multipart/form-data":
        return [f"{keywords[1]}={_form(data)!r}"]
    if isinstance(data, str) and kind.endswith("json"):
        try:
            return [f"{keywords[0]}={json.loads(data)!r}"]
        except ValueError:
            return [f"{keywords[2]}={data!r}"]
    return [f"{keywords[2]}={data!r}"] if isinstance(data, str) else [f"{keywords[0]}={data!r}"]


def _sent(client: str, occurrence: Occurrence, keywords: tuple[str, str, str]) -> str:
    request = occurrence.request
    body = _body(request, keywords)
    headers = _headers(request, with_type=bool(body) and body[0].startswith(f"{keywords[2]}="))
    given = [repr(_target(request)), *body, *([f"headers={headers!r}"] if headers else [])]
    return f"response = {client}.{_method(request)}({', '.join(given)})"


def _method(request: dict[str, Any]) -> str:
    found = str(request.get("method") or "GET").lower()
    return found if found in ("get", "post", "put", "patch", "delete", "options", "head") else "get"


def _call(path: str, occurrence: Occurrence, names: set[tuple[str, str]], before: list[str], body: str) -> Call:
    words = re.sub(r"[^a-z]+", "_", _target(occurrence.request).split("?")[0].lower()).strip("_")
    name = f"{_method(occurrence.request)}_{words or 'root'}"
    title = f"{_method(occurrence.request).upper()} {_target(occurrence.request)}"
    text = f"assert response.status_code < 500, {body}"
    return Call(path, name, frozenset(names), text, tuple(before), title=title)


def _flask(module: str, name: str, app: str, occurrence: Occurrence, path: str) -> Call:
    sent = _sent("client", occurrence, ("json", "data", "data"))
    before = [f"app = {app}"] if app != name else []
    before = [*before, "app.testing = True" if app != name else f"{name}.testing = True"]
    before += [f"client = {'app' if app != name else name}.test_client()", sent]
    return _call(path, occurrence, {(module, name)}, before, "response.text")


def _starlette(module: str, name: str, app: str, occurrence: Occurrence, path: str) -> Call:
    sent = _sent("client", occurrence, ("json", "data", "content"))
    names = {(module, name), ("starlette.testclient", "TestClient")}
    return _call(path, occurrence, names, [f"client = TestClient({app})", sent], "response.text")


def _django(code: CodeMap, occurrence: Occurrence) -> Iterator[Call | str]:
    settings = ""
    for path in code.files:
        if path.rsplit("/", 1)[-1] in ("manage.py", "wsgi.py", "asgi.py"):
            found = re.search(r"DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]+)", code.text(path))
            settings = settings or (found[1] if found else "")
    if not settings:
        yield "no manage.py, wsgi.py or asgi.py names Django's settings"
        return
    request = occurrence.request
    data, kind = request.get("data"), _content_type(request)
    given = [repr(_target(request))]
    if data not in (None, "", {}, []):
        form = kind in ("application/x-www-form-urlencoded", "multipart/form-data")
        body = _form(data) if form else data
        given += [f"data={body!r}"] + ([] if form else [f"content_type={kind or 'application/json'!r}"])
    if headers := _headers(request, with_type=False):
        given.append(f"headers={headers!r}")
    before = [
        f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")', "django.setup()",
        f"response = Client().{_method(request)}({', '.join(given)})",
    ]  # fmt: skip
    names = {("os", ""), ("django", ""), ("django.test", "Client")}
    own = [frame for frame in occurrence.frames if frame.path]
    yield _call(own[-1].path or "", occurrence, names, before, "response.content")


def _bare(code: CodeMap, occurrence: Occurrence) -> Iterator[Call | str]:
    """A WSGI callable of the repository's own, given the request as its environment."""
    for frame in occurrence.frames:
        if not frame.path or not {"environ", "start_response"} <= set(frame.vars):
            continue
        function = code.function_at(frame.path, frame.line, frame.function)
        if function is None or function.nested or function.owner:
            continue
        request = occurrence.request
        path, _, query = _target(request).partition("?")
        environ = {"REQUEST_METHOD": _method(request).upper(), "PATH_INFO": path, "QUERY_STRING": query}
        before, names = (
            ["environ = {}", "setup_testing_defaults(environ)"],
            {("wsgiref.util", "setup_testing_defaults")},
        )
        data = request.get("data")
        if data:
            raw = data if isinstance(data, str) else json.dumps(data)
            environ |= {"CONTENT_LENGTH": str(len(raw.encode())), "CONTENT_TYPE": _content_type(request)}
            before.append(f"environ['wsgi.input'] = io.BytesIO({raw.encode()!r})")
            names.add(("io", ""))
        before.append(f"environ.update({environ!r})")
        names.add((code.module(frame.path), function.name))
        arguments = "environ, lambda status, headers: None"
        yield Call(frame.path, function.name, frozenset(names), f"list({function.name}({arguments}))", tuple(before))
        return
