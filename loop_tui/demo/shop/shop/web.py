"""The shop over HTTP: a WSGI application that speaks JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

from shop import cart, catalogue, delivery, members, payments, stock


def list_products(query: dict, body: dict) -> dict:
    """GET /catalogue"""
    return {"products": catalogue.listing()}


def checkout(query: dict, body: dict) -> dict:
    """POST /checkout"""
    customer = body["customer"]
    amount = cart.subtotal(cart.lines(body["items"]))
    return {"total": members.checkout_total(customer, amount), "badge": members.badge(customer)}


def deliver(query: dict, body: dict) -> dict:
    """GET /delivery"""
    return {"price": delivery.delivery_price(query["country"], int(query["grams"]))}


def pay(query: dict, body: dict) -> dict:
    """POST /pay"""
    return {"charge": payments.charge(body["order"], body["amount"])}


def show_stock(query: dict, body: dict) -> dict:
    """GET /stock"""
    return {"level": stock.level(query["sku"], int(query["age"]))}


ROUTES: dict[tuple[str, str], Callable[[dict, dict], dict]] = {
    ("GET", "/catalogue"): list_products,
    ("POST", "/checkout"): checkout,
    ("GET", "/delivery"): deliver,
    ("POST", "/pay"): pay,
    ("GET", "/stock"): show_stock,
}


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """The WSGI entry."""
    handler = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    if handler is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is no such page.\n"]
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = json.loads(environ["wsgi.input"].read(length)) if length else {}
    answer = json.dumps(handler(query, body)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]
