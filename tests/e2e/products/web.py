"""Requests, through the frameworks that answer them."""

from __future__ import annotations

from tests.e2e.products.making import one
from tests.e2e.recording import Product

FLASK = """
from flask import Flask, request

app = Flask(__name__)


@app.get("/rate/<name>")
def rate(name):
    return {"rate": 10 / int(request.args["by"])}


@app.post("/orders")
def order():
    lines = request.get_json()["lines"]
    return {"total": sum(line["price"] for line in lines)}


@app.post("/sign")
def sign():
    return {"name": request.form["name"].split()[1], "from": request.headers["X-Shop"]}


def create_app():
    made = Flask("made")

    @made.get("/half")
    def half():
        return str(1 / int(request.args.get("n", 0)))

    return made
"""

STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def rate(request):
    return JSONResponse({"rate": 10 / int(request.query_params["by"])})


async def order(request):
    body = await request.json()
    return JSONResponse({"total": sum(line["price"] for line in body["lines"])})


app = Starlette(routes=[Route("/rate", rate), Route("/orders", order, methods=["POST"])])
"""

FASTAPI = """
from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Line(BaseModel):
    name: str
    count: int = 1


class Order(BaseModel):
    lines: list[Line]
    pieces: int


@app.post("/orders")
async def order(order: Order):
    return {"mean": sum(line.count for line in order.lines) / order.pieces}


@app.get("/raw")
async def raw(request: Request):
    return {"by": 1 / int(request.query_params["by"])}
"""

SITE = {
    "manage.py": """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
""",
    "site_/__init__.py": "",
    "site_/settings.py": """
SECRET_KEY = "x"
ROOT_URLCONF = "site_.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
""",
    "site_/urls.py": """
from django.urls import path
from site_ import views

urlpatterns = [path("rate", views.rate), path("orders", views.orders)]
""",
    "site_/views.py": """
import json

from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt


def rate(request):
    return JsonResponse({"rate": 10 / int(request.GET["by"])})


@csrf_exempt
def orders(request):
    return JsonResponse({"total": json.loads(request.body)["total"] / 1})
""",
    "tests/test_views.py": """
def test_nothing():
    pass
""",
}

SERVED = """
import io, os
from wsgiref.util import setup_testing_defaults
os.environ["DJANGO_SETTINGS_MODULE"] = "site_.settings"
from django.core.wsgi import get_wsgi_application
def send(path, query="", body=b"", kind=""):
    environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "POST" if body else "GET"}
    environ |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    get_wsgi_application()(environ, lambda *a: None)
"""

HTTP = {
    "flask query": one(
        FLASK, "app.test_client().get('/rate/a?by=0')", '10 / int(request.args["by"])', "0", needs=("flask",)
    ),
    "flask json": one(
        FLASK,
        "app.test_client().post('/orders', json={'lines': [{'price': 1}, {}]})",
        'line["price"]',
        'line.get("price", 0)',
        needs=("flask",),
    ),
    "flask form and header": one(
        FLASK,
        "app.test_client().post('/sign', data={'name': 'Bo'}, headers={'X-Shop': 'a'})",
        ".split()[1]",
        ".split()[-1]",
        needs=("flask",),
    ),
    "flask factory": one(FLASK, "create_app().test_client().get('/half')", '"n", 0', '"n", 1', needs=("flask",)),
    "starlette query": one(
        STARLETTE,
        """
from starlette.testclient import TestClient
TestClient(app).get('/rate?by=0')""",
        '10 / int(request.query_params["by"])',
        "0",
        needs=("starlette",),
    ),
    "starlette json": one(
        STARLETTE,
        """
from starlette.testclient import TestClient
TestClient(app).post('/orders', json={'lines': [{}]})""",
        'line["price"]',
        'line.get("price", 0)',
        needs=("starlette",),
    ),
    "fastapi model": one(
        FASTAPI,
        """
from starlette.testclient import TestClient
TestClient(app).post('/orders', json={'lines': [{'name': 'a'}], 'pieces': 0})""",
        "/ order.pieces",
        "/ (order.pieces or 1)",
        needs=("fastapi",),
    ),
    "fastapi request": one(
        FASTAPI,
        """
from starlette.testclient import TestClient
TestClient(app).get('/raw?by=0')""",
        '1 / int(request.query_params["by"])',
        "0",
        needs=("fastapi",),
    ),
    "django query": Product(
        SITE,
        SERVED + "send('/rate', 'by=0')",
        ("site_/views.py", '10 / int(request.GET["by"])', "0"),
        needs=("django",),
    ),
    "django json": Product(
        SITE,
        SERVED + "send('/orders', body=b'{\"a\": 1}', kind='application/json')",
        ("site_/views.py", '["total"] / 1', '.get("total")'),
        needs=("django",),
    ),
    "wsgi": one(
        """
def application(environ, start_response):
    rate = 1 / int(environ['QUERY_STRING'].partition('=')[2])
    start_response('200 OK', [])
    return [str(rate).encode()]
""",
        """
from wsgiref.util import setup_testing_defaults
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
environ = {'QUERY_STRING': 'by=0', 'PATH_INFO': '/rate'}
setup_testing_defaults(environ)
list(SentryWsgiMiddleware(application)(environ, lambda *a: None))""",
        "1 / int(environ['QUERY_STRING'].partition('=')[2])",
        "0",
    ),
}
