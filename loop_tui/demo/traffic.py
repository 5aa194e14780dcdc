"""Seeded traffic: the shop runs as a real process from a clone of its own, and customers send it real requests."""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode


class ShopFailed(Exception):
    """The shop did not start; the message holds what it said."""


@dataclass
class Sent:
    """What was sent, by what it does to the shop, and how it was answered."""

    requests: int = 0
    checkouts: int = 0
    guests: int = 0  # checkouts without a membership
    abroad: int = 0  # delivery to a country without a rate
    payments: int = 0
    late_stock: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    guest_users: set[str] = field(default_factory=set)
    abroad_users: set[str] = field(default_factory=set)


def drive(repo: Path, dsn: str, *, requests: int = 300, seed: int = 1) -> Sent:
    """Serve the base branch of `repo` from a clone and send it `requests` requests; blocking.

    Raises:
        ShopFailed: the shop did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="loop-shop-"))
    quiet = {"check": True, "capture_output": True}
    subprocess.run(["git", "clone", "-q", "--branch", "main", str(repo), str(folder / "shop")], **quiet)  # type: ignore[call-overload]
    head = subprocess.run(
        ["git", "-C", str(folder / "shop"), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    env = {**os.environ, "SENTRY_DSN": dsn, "SHOP_RELEASE": head, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, "serve.py", "0"], cwd=folder / "shop", env=env, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said.startswith("listening on "):
            raise ShopFailed(f"The shop did not start (exit code {process.wait(10)}).")
        return _customers(int(said.split()[-1]), requests, random.Random(seed))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(90)
        shutil.rmtree(folder, ignore_errors=True)


def _customers(port: int, requests: int, chance: random.Random) -> Sent:
    sent = Sent()
    for _ in range(requests):
        user = f"customer-{chance.randrange(60)}"
        kind = chance.choices(
            (_browse, _checkout, _delivery, _pay, _stock), weights=(40, 34, 16, 4, 6)
        )[0]  # fmt: skip
        method, path, body = kind(sent, user, chance)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        data = json.dumps(body) if body is not None else None
        connection.request(method, path, data, {"X-User": user})
        sent.answers[connection.getresponse().status] += 1
        connection.close()
        sent.requests += 1
    return sent


_Request = tuple[str, str, dict[str, object] | None]


def _browse(sent: Sent, user: str, chance: random.Random) -> _Request:
    return "GET", "/catalogue", None


def _checkout(sent: Sent, user: str, chance: random.Random) -> _Request:
    sent.checkouts += 1
    membership: object = {"level": "gold", "percent": 10}
    if chance.random() < 0.25:
        membership = None
        sent.guests += 1
        sent.guest_users.add(user)
    items = {sku: chance.randint(1, 3) for sku in chance.sample(["mug", "tea", "pot", "tin"], 2)}
    return "POST", "/checkout", {"customer": {"name": user, "membership": membership}, "items": items}


def _delivery(sent: Sent, user: str, chance: random.Random) -> _Request:
    country = chance.choice(["DE", "AT", "NL", "CH"])
    if country == "CH":
        sent.abroad += 1
        sent.abroad_users.add(user)
    return "GET", f"/delivery?{urlencode({'country': country, 'grams': chance.randint(100, 4000)})}", None


def _pay(sent: Sent, user: str, chance: random.Random) -> _Request:
    sent.payments += 1
    return "POST", "/pay", {"order": f"order-{chance.randrange(10_000)}", "amount": chance.randint(500, 9000)}


def _stock(sent: Sent, user: str, chance: random.Random) -> _Request:
    sent.late_stock += 1
    return "GET", f"/stock?{urlencode({'sku': 'mug', 'age': chance.randint(20, 60)})}", None
