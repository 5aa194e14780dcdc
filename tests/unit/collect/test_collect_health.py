"""Health checks against real servers: plain, slow, broken and hostile ones, and TLS with every kind of certificate."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from agents.collect import Incoming
from agents.collect.health import HealthSource, certificate_end
from agents.config import HealthCheck, HealthSettings
from agents.models import Json, Report, Signal, SourceState
from agents.polling import poll_due
from agents.services import Services
from agents.text import visible

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers each request with what `answer` says now, and counts them."""

    def __init__(self, answer: bytes | Answer, pair: Path | None) -> None:
        self.answer = answer
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if pair else None
        if self.tls and pair:
            self.tls.load_cert_chain(pair)
        self.url = ""
        self.requests = 0
        self._handlers: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # A long backlog: one test connects many times at once.
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self.tls, backlog=200)
        self.url = f"http{'s' if self.tls else ''}://localhost:{server.sockets[0].getsockname()[1]}/"
        try:
            yield
        finally:
            server.close()
            for handler in self._handlers:
                handler.cancel()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.create_task(self._handle(reader, writer))
        self._handlers.add(handler)
        handler.add_done_callback(self._handlers.discard)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.answer(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the probe has seen enough
        finally:
            writer.close()


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    """No proxy, and one authority that is trusted; reading the real ones takes time."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """A function that starts a server on loopback, with TLS when given a certificate."""
    async with AsyncExitStack() as stack:

        async def start(answer: bytes | Answer, pair: Path | None = None) -> Server:
            server = Server(answer, pair)
            await stack.enter_async_context(server.running())
            return server

        yield start


def said(status: str = "200 OK", body: bytes = b"fine", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return head.encode("latin-1") + body


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def reset(writer: asyncio.StreamWriter) -> None:
    # With nothing to linger for, closing sends a reset.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def late(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.3)
    writer.write(said())


def check(server: Server | str, name: str = "shop", **more: Any) -> HealthCheck:
    return HealthCheck(name=name, url=server if isinstance(server, str) else server.url, **more)


async def look(*checks: HealthCheck, cursor: Json | None = None) -> tuple[list[Incoming], Json]:
    """One round of probes: its signals and its cursor."""
    async with asyncio.timeout(6):
        batches = [batch async for batch in HealthSource(HealthSettings(check=list(checks))).poll(cursor or {})]
    assert len(batches) == 1
    signals = [item for item in batches[0].items if isinstance(item, Incoming)]
    assert len(signals) == len(batches[0].items)
    for signal in signals:
        assert (signal.source, signal.kind) == ("health", "health")
        for text in (signal.title, signal.body):
            assert text == visible(text)
            assert "\n" not in text
            assert "_ssl.c" not in text
    return signals, batches[0].cursor


async def the_one(*checks: HealthCheck) -> Incoming:
    signals, _ = await look(*checks)
    assert len(signals) == 1
    return signals[0]


# Plain HTTP


@pytest.mark.parametrize(
    "answer",
    [
        said(),
        said("200 OK", b""),
        said("200 OK", b"\xff\xfe\x1b[31m[red]not utf-8", "Content-Type: text/html; charset=utf-8"),
        said("200 OK", b"this is not gzip", "Content-Encoding: gzip"),
        said("200 [red]\xff\x1b]0;title\x07", b"", "X: \xff[bold]"),
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    ],
)
async def test_a_healthy_endpoint_gives_nothing(serve: Serve, answer: bytes) -> None:
    assert await look(check(await serve(answer))) == ([], {})


async def test_no_checks_give_no_round() -> None:
    assert [batch async for batch in HealthSource(HealthSettings()).poll({})] == []


@pytest.mark.parametrize(
    ("status", "wanted", "detail"),
    [
        ("500 Internal Server Error", 200, "answered 500, not 200"),
        ("503 [red]\xff\x1b]0;title\x07", 200, "answered 503, not 200"),
        ("404 Not Found", 200, "answered 404, not 200"),
        ("204 No Content", 200, "answered 204, not 200"),
        ("200 OK", 401, "answered 200, not 401"),
        ("404 Not Found", 404, ""),
    ],
)
async def test_another_status_is_down(serve: Serve, status: str, wanted: int, detail: str) -> None:
    server = await serve(said(status, b"" if "204" in status else b"<b>\x1b[31moops"))
    signals, cursor = await look(check(server, status=wanted))
    if not detail:
        assert (signals, cursor) == ([], {})
        return
    (signal,) = signals
    assert (signal.title, signal.level, signal.weight) == ("shop is down", "error", 1.0)
    assert signal.payload == {"text": detail}
    assert signal.body.startswith(f"{server.url}: {detail}. Since ")
    assert signal.entities == {"url": server.url, "check": "shop", "trouble": "down"}
    assert list(cursor) == ["shop/down"]


async def test_a_slow_answer_is_slow(serve: Serve) -> None:
    signal = await the_one(check(await serve(late), slow=0.1))
    assert (signal.title, signal.level, signal.weight) == ("shop is slow", "warning", 0.5)
    assert re.fullmatch(r"answered in \d\.\d s, over 0\.1 s", signal.payload["text"])


async def test_silence_and_endless_dribble_are_down_in_time(serve: Serve) -> None:
    async def dribble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def dribbling_head(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    began = time.monotonic()
    servers = [await serve(silent), await serve(dribble), await serve(dribbling_head)]
    signals, _ = await look(*(check(server, f"s{n}", timeout=0.4) for n, server in enumerate(servers)))
    assert [signal.title for signal in signals] == ["s0 is down", "s1 is down", "s2 is down"]
    assert {signal.payload["text"] for signal in signals} == {"no answer within 0.4 s"}
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        reset,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"\x1b[2J\x1b[31m[bold]\xff\xfe\x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\x1b[31m[red]\xff: x\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\x1b[31m\xff/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://xn--a/\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    ],
)
async def test_a_broken_or_hostile_answer_is_down(serve: Serve, answer: bytes | Answer) -> None:
    signal = await the_one(check(await serve(answer)))
    assert signal.title == "shop is down"
    assert 0 < len(signal.payload["text"]) <= 200


async def test_nobody_there_is_told_in_words(serve: Serve, unused_tcp_port: int) -> None:
    # `name.invalid` can never resolve (RFC 6761).
    port = check(f"http://127.0.0.1:{unused_tcp_port}/", "port")
    signals, _ = await look(port, check("http://name.invalid/", "name"))
    assert [(signal.title, signal.payload["text"]) for signal in signals] == [
        ("port is down", "nothing listens there"),
        ("name is down", "the name does not resolve"),
    ]


async def test_addresses_that_cannot_be_stop_no_other_check(serve: Serve) -> None:
    wrong = [
        "", "shop", "ftp://localhost/", "http:///x", "http://[::1", "http://a..b/", "http://xn--a/", "http://é é/",
        "http://localhost:99999/", "http://x/\x1b[31m", f"http://{'a' * 70}.invalid/", "http://\udcff/",
    ]  # fmt: skip
    bad, good = await serve(said("500 No")), await serve(said())
    checks = [check(url, f"wrong {n}") for n, url in enumerate(wrong)]
    signals, cursor = await look(*checks, check(good, "good"), check(bad, "bad"))
    names = [f"wrong {n}" for n in range(len(wrong))] + ["bad"]
    assert [signal.title for signal in signals] == [f"{name} is down" for name in names]
    assert list(cursor) == [f"{name}/down" for name in names]
    assert all(signal.payload["text"] for signal in signals)


async def test_a_redirect_is_an_answer_and_a_loop_ends(serve: Serve) -> None:
    server = await serve(said("302 Found", b"", "Location: /"))
    assert (await the_one(check(server))).payload["text"] == "answered 302, not 200"
    assert server.requests == 1
    assert (await look(check(server, status=302)))[0] == []


@pytest.mark.parametrize("length", ["Content-Length: 400000000", "X: until the end"])
async def test_a_big_body_is_not_read_to_its_end(serve: Serve, length: str) -> None:
    sent = 0

    async def big(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        while sent < 400_000_000:
            writer.write(bytes(1_000_000))
            await writer.drain()
            sent += 1_000_000

    assert (await look(check(await serve(big))))[0] == []
    assert sent < 40_000_000  # what the kernel holds for both sides


async def test_many_probes_run_at_once_and_wait_for_no_other(serve: Serve) -> None:
    hanging, healthy = await serve(silent), await serve(said())
    checks = [check(hanging, f"h{n}", timeout=0.6) for n in range(110)]
    began = time.monotonic()
    # The healthy one comes last: having waited for its turn is not its fault.
    signals, _ = await look(*checks, check(healthy, "healthy", slow=0.5))
    assert [signal.title for signal in signals] == [f"h{n} is down" for n in range(110)]
    assert time.monotonic() - began < 4


async def test_names_and_addresses_are_told_clean_and_without_secrets(serve: Serve) -> None:
    server = await serve(said("500 No"))
    url = server.url.replace("//", "//admin:hunter22@") + "?token=abcdefgh"
    signal = await the_one(check(url, "shop\n\x1b[31m\u202e"))
    assert signal.title == "shop ␛[31m<U+202E> is down"
    for text in (signal.body, str(signal.entities), signal.external_id):
        assert "hunter22" not in text
        assert "abcdefgh" not in text


# Episodes


async def test_an_outage_is_told_at_its_1st_2nd_4th_and_8th_probe(serve: Serve) -> None:
    server = await serve(said("500 No"))
    cursor: Json = {}
    told: list[tuple[int, str]] = []
    for probe in range(1, 11):
        before = cursor
        signals, cursor = await look(check(server), cursor=before)
        told += [(probe, signal.external_id) for signal in signals]
        if probe == 2:  # a crash before the cursor was kept
            again, _ = await look(check(server), cursor=before)
            assert [signal.external_id for signal in again] == [signals[0].external_id]
    assert [probe for probe, _ in told] == [1, 2, 4, 8]
    since = cursor["shop/down"]["since"]
    assert [ident for _, ident in told] == [f"shop/down/{since}/{probe}" for probe in (1, 2, 4, 8)]

    server.answer = said()
    assert await look(check(server), cursor=cursor) == ([], {})
    server.answer = said("500 No")
    signals, cursor = await look(check(server), cursor={})
    assert cursor["shop/down"]["probes"] == 1
    assert signals[0].external_id not in {ident for _, ident in told}


async def test_the_store_keeps_one_report_through_outages(services: Services, serve: Serve) -> None:
    bad, good = await serve(said("500 No")), await serve(said())
    source = HealthSource(HealthSettings(check=[check(bad), check(good, "other")]))

    async def rounds(count: int) -> list[Signal]:
        for _ in range(count):
            await poll_due(services, [source], force=True)
        async with services.store.read() as session:
            return list((await session.exec(select(Signal).order_by(col(Signal.id)))).all())

    first = await rounds(10)
    assert [signal.external_id.rsplit("/", 1)[1] for signal in first] == ["1", "2", "4", "8"]
    assert len({signal.report_id for signal in first}) == 1
    bad.answer = said()
    assert len(await rounds(2)) == 4
    async with services.store.read() as session:
        assert (await session.get_one(SourceState, "health")).cursor == {}
    bad.answer = said("503 Busy")
    later = await rounds(1)
    assert len(later) == 5
    async with services.store.read() as session:
        reports = (await session.exec(select(Report))).all()
    assert [report.title for report in reports] == ["shop is down"]
    assert later[-1].report_id == reports[0].id


# Certificates

_CA = """
[ca]
default_ca = test
[test]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
unique_subject = no
copy_extensions = copy
x509_extensions = leaf
[names]
commonName = supplied
[req]
distinguished_name = asked
[asked]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Authority:
    """A certificate authority in a folder; made with the `openssl` command, the one tool every machine with git has."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.fail("no openssl command is installed: apt-get install openssl")
        self.folder = folder
        self.file = folder / "root.pem"
        (folder / "ca.cnf").write_text(_CA)
        (folder / "index").touch()
        self._key("root")
        self._run("req -x509 -config ca.cnf -extensions root -days 9000 -subj /CN=Test -key root.key -out root.pem")

    def _run(self, arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments.split()], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _key(self, name: str) -> None:
        self._run(f"ecparam -genkey -noout -name prime256v1 -out {name}.key")

    def certificate(self, name: str, days: float, *, host: str = "localhost", own: bool = False) -> Path:
        """Key and certificate in one file: it ends in so many days, and is signed by its own key if `own`."""
        ends = datetime.now(UTC) + timedelta(days=days)
        dates = f"-startdate 20200101000000Z -enddate {ends:%Y%m%d%H%M%S}Z"
        signer = f"-selfsign -keyfile {name}.key" if own else "-cert root.pem -keyfile root.key"
        self._key(name)
        names = f"-subj /CN={host} -addext subjectAltName=DNS:{host}"
        self._run(f"req -new -config ca.cnf -key {name}.key {names} -out {name}.csr")
        self._run(f"ca -batch -notext -config ca.cnf {signer} {dates} -in {name}.csr -out {name}.crt")
        pair = self.folder / f"{name}.pem"
        pair.write_text((self.folder / f"{name}.key").read_text() + (self.folder / f"{name}.crt").read_text())
        return pair


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that these tests trust."""
    return Authority(tmp_path_factory.mktemp("ca"))


def on(days: float) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


async def test_a_good_certificate_gives_nothing(serve: Serve, authority: Authority) -> None:
    server = await serve(said(), authority.certificate("good", 300))
    assert await look(check(server)) == ([], {})
    assert server.requests == 1
    # How many days are too few is the check's to say.
    assert (await the_one(check(server, certificate_days=301))).entities["trouble"] == "certificate"


async def test_a_certificate_that_ends_soon_is_a_warning(serve: Serve, authority: Authority) -> None:
    server = await serve(said(), authority.certificate("soon", 3.01))
    signal = await the_one(check(server))
    assert signal.title == "shop has a certificate that ends soon"
    assert (signal.level, signal.weight, signal.entities["trouble"]) == ("warning", 0.5, "certificate")
    assert signal.payload["text"] == f"the certificate ends on {on(3.01)}"
    # Whatever else is wrong with the endpoint, that is told too.
    server.answer = said("500 No")
    signals, cursor = await look(check(server.url.replace("https", "HTTPS")))
    assert [signal.entities["trouble"] for signal in signals] == ["down", "certificate"]
    assert list(cursor) == ["shop/down", "shop/certificate"]


@pytest.mark.parametrize(
    ("name", "days", "host", "own", "why", "ends"),
    [
        ("expired", -2.01, "localhost", False, "certificate has expired", "ended"),
        ("wrong", 300, "other.example", False, "certificate is not valid for 'localhost'", "ends"),
        ("own", 300, "localhost", True, "self-signed certificate", "ends"),
        ("own-soon", 3.01, "localhost", True, "self-signed certificate", "ends"),
        ("own-expired", -2.01, "localhost", True, "self-signed certificate", "ended"),
    ],
)
async def test_a_certificate_that_is_refused_says_why_and_when_it_ends(
    serve: Serve, authority: Authority, name: str, days: float, host: str, own: bool, why: str, ends: str
) -> None:
    server = await serve(said(), authority.certificate(name, days, host=host, own=own))
    signal = await the_one(check(server))
    assert signal.title == "shop has a certificate that clients refuse"
    assert (signal.level, signal.weight, signal.entities["trouble"]) == ("error", 1.0, "untrusted")
    text = signal.payload["text"].replace("self signed", "self-signed")  # OpenSSL 1.1 has no hyphen
    assert text.startswith("the certificate is refused: ")
    assert why in text
    assert text.endswith(f"; it {ends} on {on(days)}")
    assert server.requests == 0


async def test_an_unknown_authority_is_refused_and_the_others_are_probed(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # After 2049 certificates write their times in another form.
    unknown = authority.certificate("unknown", 365 * 40)
    own = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    refused, good = await serve(said(), unknown), await serve(said(), own.certificate("good", 300))
    bad = await serve(said("500 No"))
    signals, cursor = await look(check(refused, "refused"), check(good, "good"), check(bad, "bad"))
    assert [signal.title for signal in signals] == ["refused has a certificate that clients refuse", "bad is down"]
    assert "issuer certificate" in signals[0].payload["text"]
    assert signals[0].payload["text"].endswith(f"; it ends on {on(365 * 40)}")
    # The real authorities do not know it either; once its own is trusted, the episode is over.
    monkeypatch.delenv("SSL_CERT_FILE")
    again, cursor = await look(check(refused, "refused"), cursor=cursor)
    assert cursor["refused/untrusted"]["probes"] == 2
    assert again[0].payload == signals[0].payload
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert await look(check(refused, "refused"), cursor=cursor) == ([], {})


async def test_tls_that_is_none_is_down_in_time(serve: Serve) -> None:
    plain, mute = await serve(said()), await serve(said())
    mute.answer = silent
    checks = [
        check(server.url.replace("http", "https"), name, timeout=0.4)
        for server, name in ((plain, "plain"), (mute, "mute"))
    ]
    began = time.monotonic()
    signals, _ = await look(*checks)
    assert sorted(signal.title for signal in signals) == ["mute is down", "plain is down"]
    assert time.monotonic() - began < 2


async def test_a_refusal_is_told_even_when_the_second_look_fails(serve: Serve, authority: Authority) -> None:
    hellos = 0

    def once(*_: object) -> int | None:
        nonlocal hellos
        hellos += 1
        return None if hellos == 1 else ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    server = await serve(said(), authority.certificate("once", 300, own=True))
    assert server.tls is not None
    server.tls.sni_callback = once
    text = (await the_one(check(server))).payload["text"]
    assert text.replace("self signed", "self-signed") == "the certificate is refused: self-signed certificate"
    assert hellos == 2


def test_bytes_that_are_no_certificate_have_no_end() -> None:
    assert certificate_end(b"") is None
    assert certificate_end(b"\x30\x1e" + b"\x17\x0d200101000000Z" * 2) == datetime(2020, 1, 1, tzinfo=UTC)
    assert certificate_end(b"\x30\x1e\x17\x0d200101000000Z\x17\x0d209901000000Z") is None
