"""Records a case's events: runs its `traffic.py` against its `repo/` under sentry-sdk and keeps what would be sent.

python tests/evals/record.py CASE...    writes CASE/events.jsonl anew

`traffic.py` has a function `traffic(sdk)`; `sdk` is a `Recorder`. Times, ids and paths are made the same on every
machine; all else is as the SDK serialised it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport
from sentry_sdk.utils import event_from_exception

START = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
ROOT = "/srv/app"  # where the product ran


class Keep(Transport):
    """A transport that keeps events and sends nothing."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        event = envelope.get_event()
        if event is not None:
            self.events.append(json.loads(json.dumps(event, default=str)))


class Recorder:
    """What `traffic.py` works with; each call is one request or job of the product, four minutes after the last."""

    def __init__(self, kept: Keep) -> None:
        self._kept = kept

    def crash(self, transaction: str, call: Callable[[], object], user: str = "", **request: Any) -> None:
        """A call that nobody catches: the web framework or the worker reports it."""
        with self._scope(transaction, user, request):
            try:
                call()
            except Exception as error:
                options = sentry_sdk.get_client().options
                event, hint = event_from_exception(
                    error, client_options=options, mechanism={"type": "wsgi", "handled": False}
                )
                sentry_sdk.capture_event(event, hint=hint)
                return
        raise AssertionError(f"{transaction} was to crash")

    def handled(self, transaction: str, call: Callable[[], object], user: str = "", **request: Any) -> None:
        """A call whose exception the product's outer layer answers, and reports."""
        with self._scope(transaction, user, request):
            try:
                call()
            except Exception as error:
                sentry_sdk.capture_exception(error)
                return
        raise AssertionError(f"{transaction} was to fail")

    def works(self, transaction: str, call: Callable[[], object], user: str = "", **request: Any) -> None:
        """A call that ends well; what it logs as a warning or an error is reported."""
        with self._scope(transaction, user, request):
            call()

    def _scope(self, transaction: str, user: str, request: dict[str, Any]) -> Any:
        scope = sentry_sdk.new_scope()
        inner = scope.__enter__()
        inner.set_transaction_name(transaction)
        if user:
            inner.set_user({"id": user})
        if request:
            inner.add_event_processor(lambda event, hint: {**event, "request": request})
        return _Scoped(scope)


class _Scoped:
    """A scope that was entered already."""

    def __init__(self, scope: Any) -> None:
        self._scope = scope

    def __enter__(self) -> None:
        return None

    def __exit__(self, *what: Any) -> None:
        self._scope.__exit__(*what)


def settled(events: list[dict[str, Any]], case: Path) -> list[str]:
    """The events as lines, without what differs from machine to machine."""
    repo, lines = str((case / "repo").resolve()), []
    for number, event in enumerate(events):
        event["event_id"] = uuid.uuid5(uuid.NAMESPACE_URL, f"{case.name}/{number}").hex
        event["timestamp"] = (START + timedelta(minutes=4 * number)).isoformat().replace("+00:00", "Z")
        event["server_name"] = "web-1"
        for name in ("modules", "extra", "breadcrumbs", "_meta"):
            event.pop(name, None)
        event["contexts"] = {"runtime": event.get("contexts", {}).get("runtime", {})}
        for each in event.get("exception", {}).get("values", []):
            stack = each.get("stacktrace") or {"frames": []}
            stack["frames"] = [f for f in stack["frames"] if not f["abs_path"].endswith(("/traffic.py", "/record.py"))]
            for frame in stack["frames"]:
                if not frame["abs_path"].startswith(repo):
                    frame["abs_path"] = f"/usr/lib/python3/{frame['filename']}"
        lines.append(json.dumps(event, ensure_ascii=False).replace(repo, ROOT))
    return lines


def record(case: Path) -> int:
    """Run one case's traffic; returns how many events were kept."""
    repo = case / "repo"
    os.chdir(repo)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(repo))
    kept = Keep()
    sentry_sdk.init(
        dsn="http://key@127.0.0.1:9/1", transport=kept, release="product@1.8.0", environment="production",
        default_integrations=False, integrations=[LoggingIntegration(event_level=logging.WARNING)],
        project_root=str(repo),
    )  # fmt: skip
    names: dict[str, Any] = {"__name__": "traffic"}
    path = case / "traffic.py"
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    names["traffic"](Recorder(kept))
    lines = settled(kept.events, case)
    (case / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        child = os.fork()  # so that no case sees another's modules
        if child == 0:
            case = Path(folder).resolve()
            print(f"{case.name}: {record(case)} events", flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"{folder} was not recorded")
