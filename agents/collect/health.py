"""Health checks: HTTP endpoints of `loop.toml`, probed on a schedule.

An outage is one episode: a signal when it begins, and again at its 2nd, 4th, 8th … probe, so that what lasts weighs
more without flooding the store. The episodes are the cursor.

A redirect is an answer like any other: where it leads is not looked at.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from agents.collect import Incoming, Json, Polled
from agents.collect.scrub import text as without_secrets
from agents.config import HealthCheck, HealthSettings
from agents.text import one_line

_AT_ONCE = 50  # probes
_BODY = 65_536  # bytes of an answer that have to arrive; the rest is not read

# The validity in a certificate: two times in the only forms that RFC 5280 allows.
_VALIDITY = re.compile(rb"\x30.(?:\x17\x0d\d{12}|\x18\x0f\d{14})Z(?:\x17\x0d(\d{12})|\x18\x0f(\d{14}))Z", re.DOTALL)

_WORDS = {
    "down": "is down",
    "slow": "is slow",
    "certificate": "has a certificate that ends soon",
    "untrusted": "has a certificate that clients refuse",
}


class HealthSource:
    """Probes every configured endpoint.

    Args:
        settings: the checks and how often they run.
    """

    name = "health"

    def __init__(self, settings: HealthSettings) -> None:
        self.interval = settings.interval
        self._checks = settings.check

    async def poll(self, cursor: Json) -> AsyncIterator[Polled]:
        """One round of probes; the cursor maps `check/trouble` to its episode."""
        if not self._checks:
            return
        slots = asyncio.Semaphore(_AT_ONCE)
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(verify=await asyncio.to_thread(_trust), timeout=None, limits=limits) as client:
            found = await asyncio.gather(*(_probe(client, slots, check) for check in self._checks))
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


def certificate_end(der: bytes) -> datetime | None:
    """When a certificate ends; read here because `ssl` decodes only what it trusts."""
    found = _VALIDITY.search(der)
    if found is None:
        return None
    short, long = found.groups()
    try:
        ends = datetime.strptime((long or short).decode(), "%Y%m%d%H%M%S" if long else "%y%m%d%H%M%S")
    except ValueError:
        return None
    return ends.replace(tzinfo=UTC)


def _trust() -> ssl.SSLContext:
    """The authorities that httpx brings and those of this machine."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


async def _probe(client: httpx.AsyncClient, slots: asyncio.Semaphore, check: HealthCheck) -> dict[str, str]:
    """What is wrong with one endpoint: each trouble with its detail."""
    async with slots:
        try:
            async with asyncio.timeout(check.timeout):
                return await _look(client, check)
        except TimeoutError:
            return {"down": f"no answer within {check.timeout:g} s"}
        except Exception as error:  # whatever an address or an answer provokes, the other checks go on
            causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return {"untrusted": await _refusal(check, cause)}
            if isinstance(cause, ConnectionRefusedError):
                return {"down": "nothing listens there"}
            if isinstance(cause, socket.gaierror):
                return {"down": "the name does not resolve"}
        said = (one_line(cause, 200).rstrip(".") for cause in causes)
        return {"down": next(filter(None, said), type(causes[0]).__name__)}


async def _look(client: httpx.AsyncClient, check: HealthCheck) -> dict[str, str]:
    troubles: dict[str, str] = {}
    began = time.monotonic()
    async with client.stream("GET", check.url) as answer:
        ends = _end_of(answer.extensions["network_stream"])
        if answer.status_code == check.status:
            # Not decoded, so that a small answer cannot become a large one.
            async for _ in answer.aiter_raw():
                if answer.num_bytes_downloaded >= _BODY:
                    break
    took = time.monotonic() - began
    if answer.status_code != check.status:
        troubles["down"] = f"answered {answer.status_code}, not {check.status}"
    elif took > check.slow:
        troubles["slow"] = f"answered in {took:.1f} s, over {check.slow:g} s"
    if ends is not None and ends - datetime.now(UTC) < timedelta(days=check.certificate_days):
        troubles["certificate"] = f"the certificate ends on {ends:%Y-%m-%d}"
    return troubles


async def _refusal(check: HealthCheck, error: ssl.SSLCertVerificationError) -> str:
    """Why a certificate was refused, and its end, which a second connection that trusts anybody reads."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    url = httpx.URL(check.url)
    ends = None
    try:
        async with asyncio.timeout(check.timeout):
            host = url.raw_host.decode()
            _, writer = await asyncio.open_connection(host, url.port or 443, ssl=context, server_hostname=host)
        ends = _end_of(writer)
        writer.transport.abort()
    except OSError:
        pass  # the refusal is worth telling without it
    why = one_line(error.verify_message, 200).rstrip(".")
    verb = "ended" if ends is not None and ends < datetime.now(UTC) else "ends"
    return f"the certificate is refused: {why}" + (f"; it {verb} on {ends:%Y-%m-%d}" if ends is not None else "")


def _end_of(stream: Any) -> datetime | None:
    """When the certificate at the other side of a connection ends; None without TLS."""
    tls = stream.get_extra_info("ssl_object")
    return certificate_end(tls.getpeercert(binary_form=True) or b"") if tls is not None else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _signal(check: HealthCheck, trouble: str, detail: str, episode: Json, at: datetime) -> Incoming:
    url, detail = one_line(without_secrets(check.url)), without_secrets(detail)
    severe = trouble in ("down", "untrusted")
    return Incoming(
        source="health",
        external_id=f"{check.name}/{trouble}/{episode['since']}/{episode['probes']}",
        at=at,
        kind="health",
        title=f"{one_line(check.name, 80)} {_WORDS[trouble]}",
        body=f"{url}: {detail}. Since {episode['since']}, probe {episode['probes']}.",
        level="error" if severe else "warning",
        weight=1.0 if severe else 0.5,
        entities={"url": url, "check": check.name, "trouble": trouble},
        payload={"text": detail},
    )
