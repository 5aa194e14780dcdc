"""Health checks: HTTP endpoints of `loop.toml`, probed on a schedule.

An outage is one episode: a signal when it begins, and again at its 2nd, 4th, 8th … probe, so that what lasts weighs
more without flooding the store. The episodes are the cursor.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from agents.collect import Incoming, Json, Polled
from agents.collect.clean import line
from agents.config import HealthCheck, HealthSettings


class HealthSource:
    """Probes every configured endpoint.

    Args:
        settings: the checks and how often they run.
        transport: in tests, what answers instead of the network.
    """

    name = "health"

    def __init__(self, settings: HealthSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.interval = settings.interval
        self._checks = settings.check
        self._transport = transport

    async def poll(self, cursor: Json) -> AsyncIterator[Polled]:
        """One round of probes; the cursor maps `check/trouble` to its episode."""
        if not self._checks:
            return
        async with httpx.AsyncClient(transport=self._transport, follow_redirects=False) as client:
            found = await asyncio.gather(*(self._probe(client, check) for check in self._checks))
        at = datetime.now(UTC)
        episodes: Json = {}
        items: list[Any] = []
        for check, troubles in zip(self._checks, found, strict=True):
            for trouble, detail in troubles.items():
                key = f"{check.name}/{trouble}"
                episode = dict(cursor.get(key) or {"since": at.isoformat(), "probes": 0})
                episode["probes"] += 1
                episodes[key] = episode
                if episode["probes"] & (episode["probes"] - 1) == 0:
                    items.append(_signal(check, trouble, detail, episode, at))
        yield Polled(items, episodes)

    async def _probe(self, client: httpx.AsyncClient, check: HealthCheck) -> dict[str, str]:
        troubles: dict[str, str] = {}
        began = time.monotonic()
        try:
            answer = await client.get(check.url, timeout=check.timeout)
        except httpx.TimeoutException:
            return {"down": f"no answer within {check.timeout:g} s"}
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return {"down": line(str(error), 200) or type(error).__name__}
        took = time.monotonic() - began
        if answer.status_code != check.status:
            troubles["down"] = f"answered {answer.status_code}, not {check.status}"
        elif took > check.slow:
            troubles["slow"] = f"answered in {took:.1f} s, over {check.slow:g} s"
        if check.url.startswith("https:") and self._transport is None:
            days = await asyncio.to_thread(certificate_days, check.url, check.timeout)
            if days is not None and days < check.certificate_days:
                troubles["certificate"] = f"the certificate ends in {days} days"
        return troubles


def certificate_days(url: str, timeout: float = 10.0) -> int | None:
    """Whole days until the certificate of an https URL ends; None when it cannot be read."""
    import socket

    parts = urlsplit(url)
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), timeout) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except OSError:
        return None
    ends = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "Jan  1 00:00:00 1970 GMT")))
    return int((ends - time.time()) // 86400)


def _signal(check: HealthCheck, trouble: str, detail: str, episode: Json, at: datetime) -> Incoming:
    words = {"down": "is down", "slow": "is slow", "certificate": "has a certificate that ends soon"}[trouble]
    return Incoming(
        source="health",
        external_id=f"{check.name}/{trouble}/{episode['since']}/{episode['probes']}",
        at=at,
        kind="health",
        title=f"{check.name} {words}",
        body=f"{check.url}: {detail}. Since {episode['since']}, probe {episode['probes']}.",
        level="error" if trouble == "down" else "warning",
        weight=1.0 if trouble == "down" else 0.5,
        entities={"url": check.url, "check": check.name, "trouble": trouble},
        payload={"text": detail},
    )
