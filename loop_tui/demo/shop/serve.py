"""Run the shop: `python serve.py PORT`. Errors and traces go to SENTRY_DSN."""

from __future__ import annotations

import logging
import os
import signal
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

from shop.web import application


class Quiet(WSGIRequestHandler):
    """No access log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def named(environ: dict, start_response: object) -> object:
    """Tell Sentry who asks for what."""
    sentry_sdk.get_current_scope().set_transaction_name(environ["PATH_INFO"], source="route")
    if user := environ.get("HTTP_X_USER"):
        sentry_sdk.set_user({"id": user})
    return application(environ, start_response)


def main() -> None:
    """Serve until SIGTERM, then send what is left."""
    sentry_sdk.init(
        dsn=os.environ.get("SENTRY_DSN"),
        release=os.environ.get("SHOP_RELEASE"),
        environment="production",
        traces_sample_rate=1.0,
        transport_queue_size=20_000,
        integrations=[LoggingIntegration(level=logging.INFO, event_level=logging.WARNING)],
    )
    server = make_server("127.0.0.1", int(sys.argv[1]), SentryWsgiMiddleware(named), handler_class=Quiet)

    def stop(number: int, frame: object) -> None:
        sentry_sdk.flush(timeout=60)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
