"""Which webhooks are taken, and how each service signs them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from agents.collect import Item, Json
from agents.config import Settings

_OLD = timedelta(minutes=5)  # by which a signed time may differ from ours


@dataclass(frozen=True)
class Hook:
    """One service's webhooks.

    Args:
        name: of its source.
        secret: the variable with the secret.
        delivery: the header that names a delivery; lower case.
        signed: whether (headers, bytes, secret, now) fit together.
        read: the items of (headers, payload, delivery).
    """

    name: str
    secret: str
    delivery: str
    signed: Callable[[Mapping[str, str], bytes, bytes, datetime], bool]
    read: Callable[[Mapping[str, str], Json, str], list[Item]]


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted.encode())


def signed_by_github(headers: Mapping[str, str], data: bytes, secret: bytes, _now: datetime) -> bool:
    """`X-Hub-Signature-256: sha256=` and hex (https://docs.github.com/webhooks/using-webhooks/validating)."""
    wanted = "sha256=" + hmac.new(secret, data, hashlib.sha256).hexdigest()
    return _same(headers.get("x-hub-signature-256", ""), wanted)


def hooks(settings: Settings) -> list[Hook]:
    """Those of the trackers that settings switch on."""
    found: list[Hook] = []
    if settings.github.repositories:
        from agents.collect.github_items import hook

        names = frozenset(name.lower() for name in settings.github.repositories)
        read = partial(hook, names)
        found.append(Hook("github", "GITHUB_WEBHOOK_SECRET", "x-github-delivery", signed_by_github, read))
    return found
