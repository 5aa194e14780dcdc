"""The inbox in a browser, on this machine's loopback only: textual-serve behind a key.

Loopback keeps other machines out, not other people of this one, nor pages in one's own browser: a page may open a
websocket to any address. So every request needs the key of this run, the name of this machine and this very origin.
"""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from getpass import getuser
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from agents.inbox import Refused
from agents.text import one_line

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_PAGE, _SCRIPT = (Path(__file__).with_name(f"serve.{kind}") for kind in ("html", "js"))
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws://{host}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class InboxServer(Server):
    """Starts an inbox for each page that is opened.

    Args:
        repo: the repository.
        title: what the page is called.
        port: where it listens.
    """

    def __init__(self, repo: Path, title: str, port: int) -> None:
        command = shlex.join([sys.executable, "-m", "loop_tui", "--repo", str(repo)])
        super().__init__(f"exec {command}", host=HOST, port=port, title=title)
        self.key = secrets.token_urlsafe(24)
        self._cookie = f"loop-{port}"

    def initialize_logging(self) -> None:
        """Trouble alone, and no values of variables."""
        logging.basicConfig(level="ERROR", format="loop: %(message)s")

    async def on_startup(self, app: web.Application) -> None:
        """No banner: the command has said what there is to say."""

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.router.add_get("/inbox.js", self._script)
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(_harden)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Let those in who have the key, from pages of our own alone."""
        host = urlsplit(f"//{request.host}").hostname
        if host not in _NAMES or request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
            raise web.HTTPForbidden(text="This page belongs to another address.")
        if request.path == "/" and self._is_key(request.query.get("key", "")):
            # The key leaves the address bar, and with it the history.
            away = web.HTTPSeeOther("/")
            away.set_cookie(self._cookie, self.key, httponly=True, samesite="Strict")
            raise away
        if not self._is_key(request.cookies.get(self._cookie, "")):
            raise web.HTTPForbidden(text="Open the address that `loop serve` printed: it carries the key.")
        return await handler(request)

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.key.encode())

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page; textual-serve's own asks another company's server for a font."""
        socket_url = f"ws://{request.host}/ws"
        text = _PAGE.read_text(encoding="utf-8").replace("{title}", escape(self.title)).replace("{socket}", socket_url)
        return web.Response(text=text, content_type="text/html")

    async def _script(self, request: web.Request) -> web.Response:
        return web.Response(text=_SCRIPT.read_text(encoding="utf-8"), content_type="text/javascript")


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = _POLICY.format(host=request.host)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"


def tunnel(port: int) -> str:
    """The line that brings the page to the machine one sits at."""
    connection = os.environ.get("SSH_CONNECTION", "").split()
    host = connection[2] if len(connection) == 4 else socket.gethostname()
    return f"ssh -L {port}:{HOST}:{port} {getuser()}@{host}"


def serve(repo: Path, title: str, port: int, say: Callable[[str, str], None]) -> None:
    """Serve until it is stopped.

    Args:
        repo: the repository.
        title: what the page is called.
        port: where to listen; 0 takes a free one.
        say: gets the address and the tunnel's line once it listens.

    Raises:
        Refused: the port cannot be had.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise Refused(f"Port {port} cannot be had ({error}); give another one with --port, or 0 for any.") from error
    port = listening.getsockname()[1]
    # What a page shows does not depend on the terminal this was started in.
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    os.environ.pop("LOOP_PLAIN", None)
    server = InboxServer(repo, one_line(title, 60), port)
    server.initialize_logging()
    say(f"http://{HOST}:{port}/?key={server.key}", tunnel(port))
    web.run_app(server._make_app(), sock=listening, print=lambda *_: None, access_log=None)
