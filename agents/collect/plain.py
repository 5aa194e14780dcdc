"""Plain signals: one JSON object a line, for whatever has no format of its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from agents.collect import Incoming
from agents.collect.clean import bounded, line, words
from agents.collect.normalise import LEVELS, moment, user_key, weight
from agents.collect.scrub import scrub, text


def signal(raw: Any) -> Incoming | None:
    """Read one signal: {title, source?, id?, body?, at?, level?, user?, weight?, kind?, release?, entities?}.

    None without a title.
    """
    if not isinstance(raw, dict) or not line(raw.get("title")):
        return None
    level = line(raw.get("level"), 20).lower()
    level = level if level in LEVELS else "error"
    said = raw.get("weight")
    user = raw.get("user")
    identity = line(raw.get("external_id") or raw.get("id"), 200)
    if not identity:
        whole = json.dumps(raw, sort_keys=True, default=str)
        identity = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:32]
    number = isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said <= 1_000_000
    entities = raw.get("entities")
    return Incoming(
        source=line(raw.get("source"), 60) or "import",
        external_id=identity,
        at=moment(raw.get("at") or raw.get("timestamp")),
        kind=line(raw.get("kind"), 40) or "ticket",
        title=text(line(raw.get("title"))),
        body=text(words(raw.get("body"))),
        level=level,
        weight=float(said) if number else weight(level, None),  # type: ignore[arg-type]
        user_key=user_key(user if isinstance(user, dict) else {"id": user}),
        release=line(raw.get("release"), 200) or None,
        environment=line(raw.get("environment"), 100) or None,
        entities=bounded(scrub(entities)) if isinstance(entities, dict) else {},
        payload={"text": text(words(raw.get("body"))), "message": {"template": line(raw.get("title")), "params": []}},
    )
