"""`loop serve` as a real process: who gets the page, where its parts come from, and that the inbox is behind it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import httpx
import pytest

from loop_tui import screenshots
from tests.conftest import git
from tests.e2e.product import command, environment

pytestmark = pytest.mark.e2e


class Served:
    def __init__(self, repo: Path) -> None:
        self.process = subprocess.Popen(
            command("serve", "--port", "0", "--json", repo=repo), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment(LOOP_SANDBOX_KIND="none", LOOP_PLAIN="1", TERM="dumb"),
        )  # fmt: skip
        assert self.process.stdout is not None
        said = ""
        while not said.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, self.process.stderr and self.process.stderr.read()
            said += line
        found = json.loads(said)
        self.url, self.tunnel = found["url"], found["tunnel"]
        self.base = self.url.partition("/?")[0]

    @contextmanager
    def client(self, *, key: bool = True, **headers: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.base, headers=headers, follow_redirects=True) as client:
            if key:
                client.get(self.url)
            yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("serve") / "shop-api"
    thread = threading.Thread(target=lambda: asyncio.run(screenshots.prepare(folder, True)))
    thread.start()
    thread.join()
    git(folder, "config", "user.name", "Browser")
    found = Served(folder)
    yield found
    found.process.send_signal(signal.SIGINT)
    found.process.communicate(timeout=30)


def test_it_listens_on_loopback_and_prints_the_tunnel(served: Served) -> None:
    port = served.base.rpartition(":")[2]
    assert served.url.startswith("http://127.0.0.1:")
    assert re.fullmatch(rf"ssh -L {port}:127.0.0.1:{port} \S+@\S+", served.tunnel)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; says which address this machine would send from
        except OSError:
            return
        outside = probe.getsockname()[0]
    if not outside.startswith("127."):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((outside, int(port)), timeout=5)


def test_the_page_and_all_it_loads_come_from_here(served: Served) -> None:
    with served.client() as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "key=" not in str(page.url)
        assert "<title>shop-api</title>" in page.text
        parts = re.findall(r'(?:src|href)="([^"]+)"|url\("([^"]+)"\)', page.text)
        names = [one or other for one, other in parts if one != "data:,"]
        assert len(names) >= 5
        assert all(name.startswith("/") and not name.startswith("//") for name in names)
        assert all(client.get(name).status_code == 200 for name in names)
        assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": "loop=guess"}, {"Origin": "https://example.com"}, {"Host": "example.com"}]
)
@pytest.mark.parametrize("path", ["/", "/?key=guess", "/ws", "/static/js/textual.js"])
def test_nobody_without_the_key_gets_in(served: Served, path: str, headers: dict[str, str]) -> None:
    with served.client(key=False, **headers) as client:
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Host": "rebound.example.com"}])
def test_a_page_of_somebody_else_does_not_get_in_with_the_cookie(served: Served, headers: dict[str, str]) -> None:
    with served.client() as client:
        assert client.get("/", headers=headers).status_code == 403
        assert client.get("/ws", headers=headers).status_code == 403


async def test_the_websocket_answers_with_the_inbox(served: Served) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(served.url) as page:
            text = await page.text()
        (address,) = re.findall(r'data-session-websocket-url="([^"]+)"', text)
        async with session.ws_connect(f"{address}?width=120&height=36", origin=served.base) as line:
            drawn = b""
            async with asyncio.timeout(60):
                while b"Invoice PDF" not in drawn:
                    message = await line.receive()
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
                    drawn += message.data if isinstance(message.data, bytes) else b""
                await line.send_json(["stdin", "?"])
                while b"Keys" not in drawn:
                    message = await line.receive()
                    drawn += message.data if isinstance(message.data, bytes) else b""


def test_a_port_that_is_taken_is_one_sentence(served: Served, tmp_path: Path) -> None:
    port = served.base.rpartition(":")[2]
    repo = tmp_path / "other"
    repo.mkdir()
    git(repo, "init", "-q")
    done = subprocess.run(command("serve", "--port", port, repo=repo), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        rf"loop: Port {port} cannot be had \(.*\); give another one with --port, or 0 for any\.\n", done.stderr
    )


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    code = "import sys; sys.modules['textual_serve'] = None\nfrom loop_tui.cli import main; main()"
    argv = [sys.executable, "-c", code, "serve", "--repo", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "loop: This needs one more package: pip install 'loop-inbox[serve]'.\n"
