"""Asking a service over HTTP: again after failures, as late as it asks for, and never anybody but it.

A key goes to the configured origin alone: a redirect or a next page elsewhere is an error. Waits that a service wants
are reckoned by its own clock (`Date` of the answer), so that a clock that is wrong here does no harm.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx
import stamina
from stamina.instrumentation import set_on_retry_hooks

from agents.collect import SourceError
from agents.text import one_line

_ATTEMPTS = 4
_PATIENCE = 20.0  # seconds that are waited for at most; longer waits are left to a later poll
_LONGEST = 86_400.0  # seconds of a wait that is believed
_BODY = 64_000_000  # bytes of an answer
_HOPS = 3  # redirects
_AGAIN = frozenset({408, 500, 502, 503, 504})

set_on_retry_hooks([])  # it would tell of retries on stderr, which belongs to the screen


@dataclass(frozen=True)
class Answer:
    """What a service answered: its status, headers and JSON, and the time there."""

    status: int
    headers: httpx.Headers
    json: Any
    at: datetime
    next: str = ""  # the `Link` to the next page


@dataclass(frozen=True)
class Manners:
    """What is particular to a service.

    Args:
        name: what to call it.
        wait: seconds that a refusal asks to wait; 0.0 when it says no number, None when it is no such refusal.
        after: seconds to wait before the next request, after an answer that was none; 0.0 for none.
        explain: the sentence for a status that is an error, with the next step.
        told: error statuses whose answers say in themselves what is wrong, and come back.
    """

    name: str
    wait: Callable[[Answer], float | None]
    after: Callable[[Answer], float]
    explain: Callable[[Answer], str]
    told: frozenset[int] = frozenset()


class _Later(Exception):
    """To be asked again, after `wait` seconds where the service said so."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


def trust(ca_bundle: str = "") -> ssl.SSLContext:
    """The authorities that httpx brings, those of this machine, and those of a file; blocking.

    Raises:
        SourceError: the file cannot be read.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    if ca_bundle:
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise SourceError(f"{ca_bundle} holds no certificates ({error}); mend ca_bundle in loop.toml.") from error
    return context


class Api:
    """A service, for as long as one poll takes.

    Args:
        base: its address, to which paths are added.
        headers: of each request, with the key.
        manners: what is particular to the service.
        timeout: seconds for one request.
        ca_bundle: a file of extra certificates.
        transport: what carries requests; None: the network.
    """

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        manners: Manners,
        *,
        timeout: float = 30.0,
        ca_bundle: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._manners = manners
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._transport = transport
        self._held: datetime | None = None  # no request before then
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Api:
        verify = await asyncio.to_thread(trust, self._ca_bundle) if self._transport is None else False
        self._client = httpx.AsyncClient(
            headers=self._headers, timeout=self._timeout, verify=verify, transport=self._transport
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        assert self._client is not None
        await self._client.aclose()

    async def get(self, where: str, params: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """GET a path, or an address that the service gave; 2xx and 304 come back.

        Raises:
            SourceError: anything else, after asking again where that is of use.
        """
        return await self._ask("GET", where, params=params, headers=headers)

    async def post(self, where: str, body: Any) -> Answer:
        """POST JSON; used for queries alone, so that asking twice does no harm.

        Raises:
            SourceError: as for `get`.
        """
        return await self._ask("POST", where, json=body)

    async def _ask(self, method: str, where: str, **more: Any) -> Answer:
        url = self._address(where)
        if self._held is not None and self._held > datetime.now(UTC):
            raise SourceError(self._limited(), retry_at=self._held)
        try:
            async for attempt in stamina.retry_context(
                on=_again, attempts=_ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=8.0, wait_jitter=0.5
            ):
                with attempt:
                    answer = await self._once(method, url, **more)
        except _Later as error:
            at = datetime.now(UTC) + timedelta(seconds=error.wait) if error.wait else None
            raise SourceError(str(error), retry_at=at) from error
        except (httpx.RequestError, TimeoutError) as error:
            raise SourceError(self._unreachable(error)) from error
        if wait := self._manners.after(answer):
            self._held = datetime.now(UTC) + timedelta(seconds=min(wait, _LONGEST))
        return answer

    async def _once(self, method: str, url: httpx.URL, **more: Any) -> Answer:
        for _ in range(_HOPS + 1):
            answer = await self._send(method, url, **more)
            if answer.status not in (301, 302, 303, 307, 308):
                return self._judged(answer)
            url = self._address(str(url.join(answer.headers.get("location", ""))))
            more.pop("params", None)  # they are in the address already
        raise SourceError(f"{self._manners.name} redirects without end; check its address in loop.toml.")

    async def _send(self, method: str, url: httpx.URL, **more: Any) -> Answer:
        assert self._client is not None
        body = bytearray()
        async with asyncio.timeout(self._timeout * 4), self._client.stream(method, url, **more) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _BODY:
                    raise SourceError(f"{self._manners.name} answers with over {_BODY} bytes; check its address.")
        following = response.links.get("next", {}).get("url", "")
        return Answer(response.status_code, response.headers, _json(bytes(body)), _date(response.headers), following)

    def _judged(self, answer: Answer) -> Answer:
        if (wait := self._manners.wait(answer)) is not None:
            raise _Later(self._limited(), min(max(wait, 1.0), _LONGEST) if wait else 60.0)
        if answer.status in _AGAIN:
            why = f"{self._manners.name} answers {answer.status}; it is asked again at the next poll."
            raise _Later(why, min(retry_after(answer) or 0.0, _LONGEST))
        if (
            answer.status == 304
            or answer.status in self._manners.told
            or (200 <= answer.status < 300 and answer.json is not None)
        ):
            return answer
        if 200 <= answer.status < 300:
            raise SourceError(f"{self._manners.name} answers with something that is no JSON; check its address.")
        raise SourceError(self._manners.explain(answer))

    def _address(self, where: str) -> httpx.URL:
        try:
            url = httpx.URL(where if "://" in where else self._base + where)
            own = httpx.URL(self._base)
        except httpx.InvalidURL as error:
            raise SourceError(f"{self._manners.name} names an address that is none: {one_line(where, 120)}.") from error
        if (url.scheme, url.host, url.port) != (own.scheme, own.host, own.port):
            told = one_line(url.host, 80)
            raise SourceError(
                f"{self._manners.name} points to another server ({told}), where your key does not go; "
                "check its address in loop.toml."
            )
        return url

    def _limited(self) -> str:
        return f"{self._manners.name} allows no more requests for now; it is asked again when it does."

    def _unreachable(self, error: Exception) -> str:
        why = one_line(error, 200).rstrip(".") or type(error).__name__
        host = one_line(httpx.URL(self._base).host, 80)
        return f"{self._manners.name} cannot be reached at {host} ({why}); it is tried again at the next poll."


def _again(error: Exception) -> bool | float:
    """Whether, or after how many seconds, to ask again."""
    if isinstance(error, _Later):
        return error.wait <= _PATIENCE and (error.wait or True)
    return isinstance(error, httpx.RequestError | TimeoutError)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _date(headers: httpx.Headers) -> datetime:
    """The time at the service; ours where it does not say."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.now(UTC)


def retry_after(answer: Answer) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or a date (RFC 9110, 10.2.3); None without it."""
    said = answer.headers.get("retry-after", "").strip()
    if not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said).astimezone(UTC) - answer.at).total_seconds())
    except (ValueError, TypeError):
        return None


def until(epoch: str, answer: Answer, *, unit: float = 1.0) -> float:
    """Seconds from an answer to the time that a header gives in `unit` seconds since 1970; 0.0 for none."""
    try:
        return max(0.0, float(epoch) * unit - answer.at.timestamp())
    except ValueError:
        return 0.0
