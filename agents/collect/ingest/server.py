"""The endpoint as a server inside this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn

from agents.collect import CollectError
from agents.collect.hooks import Hook
from agents.collect.ingest.app import make_app
from agents.collect.ingest.writer import Sink, Writer
from agents.config import IngestSettings


class _Quiet(uvicorn.Server):
    """uvicorn without its signal handlers: the process belongs to the inbox."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class IngestServer:
    """Receives from SDKs and hands batches to a sink.

    Args:
        sink: stores a batch; the SDK's answer waits for it.
        key: what SDKs must present.
        settings: address and limits.
        hooks: the webhooks that are taken.
    """

    def __init__(self, sink: Sink, key: str, settings: IngestSettings, hooks: Sequence[Hook] = ()) -> None:
        self._settings = settings
        self._hooks = hooks
        self._key = key
        self._writer = Writer(sink)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.port = settings.port

    @property
    def dsn(self) -> str:
        """What an SDK is given."""
        host = self._settings.host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        return f"http://{self._key}@{shown}:{self.port}/1"

    async def start(self) -> int:
        """Listen; returns the port.

        Raises:
            CollectError: the address cannot be listened on.
        """
        listener = self._bind()
        self.port = int(listener.getsockname()[1])
        config = uvicorn.Config(
            make_app(self._writer, self._key, self._settings, self._hooks),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
            ws="none",
        )
        self._server = _Quiet(config)
        self._writer.start()
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="loop-ingest")
        while not self._server.started:
            if self._task.done():
                raise CollectError("The ingest endpoint ended while starting; see .loop/engine.log.")
            await asyncio.sleep(0.005)
        return self.port

    def _bind(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(512)
        except OSError as error:
            listener.close()
            remedy = "set [ingest] port in loop.toml or stop what uses it"
            raise CollectError(f"Cannot listen on {host}:{port} ({error.strerror}); {remedy}.") from error
        listener.setblocking(False)
        return listener

    async def stop(self) -> None:
        """Answer what has arrived, then stop listening."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._writer.stop()
