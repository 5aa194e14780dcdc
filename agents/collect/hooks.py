"""Which webhooks are taken, and how each service signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from agents.collect import Item, Json
from agents.collect.tracker import when
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


def signed_by_linear(headers: Mapping[str, str], data: bytes, secret: bytes, now: datetime) -> bool:
    """`Linear-Signature`: bare hex, of a body that says when it was sent (https://linear.app/developers/webhooks)."""
    wanted = hmac.new(secret, data, hashlib.sha256).hexdigest()
    return _same(headers.get("linear-signature", ""), wanted) and _recent(_sent(data), now)


def signed_by_zendesk(headers: Mapping[str, str], data: bytes, secret: bytes, now: datetime) -> bool:
    """Base64 of the time and the body (https://developer.zendesk.com/documentation/webhooks/verifying/)."""
    said = headers.get("x-zendesk-webhook-signature-timestamp", "")
    made = hmac.new(secret, said.encode("utf-8", "replace") + data, hashlib.sha256).digest()
    fits = _same(headers.get("x-zendesk-webhook-signature", ""), base64.b64encode(made).decode())
    return fits and _recent(when(said), now)


def _sent(data: bytes) -> datetime | None:
    """When Linear sent a body; read only once its signature fits."""
    try:
        return datetime.fromtimestamp(json.loads(data)["webhookTimestamp"] / 1000, UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None


def _recent(sent: datetime | None, now: datetime) -> bool:
    return sent is not None and abs(now - sent) <= _OLD


def hooks(settings: Settings) -> list[Hook]:
    """Those of the trackers that settings switch on."""
    found: list[Hook] = []
    if settings.github.repositories:
        from agents.collect import github_items

        take = partial(github_items.hook, frozenset(name.lower() for name in settings.github.repositories))
        found.append(Hook("github", "GITHUB_WEBHOOK_SECRET", "x-github-delivery", signed_by_github, take))
    if settings.linear.teams:
        from agents.collect import linear_items

        teams = frozenset(key.upper() for key in settings.linear.teams)
        take = partial(linear_items.hook, teams)
        found.append(Hook("linear", "LINEAR_WEBHOOK_SECRET", "linear-delivery", signed_by_linear, take))
    if settings.zendesk.subdomain:
        from agents.collect import zendesk_items

        take = partial(zendesk_items.hook, settings.zendesk.base, settings.zendesk.internal_notes)
        named = "x-zendesk-webhook-invocation-id"
        found.append(Hook("zendesk", "ZENDESK_WEBHOOK_SECRET", named, signed_by_zendesk, take))
    return found
