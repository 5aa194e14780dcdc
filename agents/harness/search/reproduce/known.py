"""Names of the standard library that the repr of a value may use, and what objects that cannot be rebuilt are."""

from __future__ import annotations

import builtins
import re

_DATES = ("datetime", "date", "time", "timedelta", "timezone")

# The name as a repr has it → where it is imported from, and under which name. Nothing else of a module can be reached.
CONSTRUCTORS: dict[str, tuple[str, str]] = {
    **{f"datetime.{name}": ("datetime", name) for name in _DATES},
    **{name: ("datetime", name) for name in ("timedelta", "timezone")},
    **{name: ("collections", name) for name in ("OrderedDict", "deque", "Counter", "defaultdict", "ChainMap")},
    **{name: ("pathlib", name) for name in ("Path", "PurePath", "PurePosixPath")},
    **{name: ("ipaddress", name) for name in ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network")},
    "PosixPath": ("pathlib", "Path"),
    "Decimal": ("decimal", "Decimal"),
    "Fraction": ("fractions", "Fraction"),
    "UUID": ("uuid", "UUID"),
    "zoneinfo.ZoneInfo": ("zoneinfo", "ZoneInfo"),
    "re.compile": ("re", "compile"),
    "namespace": ("types", "SimpleNamespace"),
    "SimpleNamespace": ("types", "SimpleNamespace"),
    "types.SimpleNamespace": ("types", "SimpleNamespace"),
    "mappingproxy": ("types", "MappingProxyType"),
    "array": ("array", "array"),
}
ENUMS = {name: ("http", name) for name in ("HTTPStatus", "HTTPMethod")}
BUILTINS = {
    "set", "frozenset", "bytearray", "complex", "range", "dict", "list", "tuple", "slice", "int", "float", "str",
    "bytes", "bool", "memoryview", "object",
}  # fmt: skip
EXCEPTIONS = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)
}
CONSTANTS = {"datetime.timezone.utc", "timezone.utc"}

_KINDS = (
    (r"_io\.|TemporaryFile|\bfile\b", "an open file"),
    (r"\bsocket\b|SSLSocket|StreamReader|StreamWriter", "an open socket"),
    (r"(?i)connection|cursor|\bsession\b|engine\b|sessionmaker|\bpool\b|database|transaction", "a database connection"),
    (r"(?i)request\b", "a request of the web framework"),
    (r"(?i)response\b", "a response of the web framework"),
    (r"\blocked|lock object|RLock|Semaphore|Event object|Condition", "a lock"),
    (r"generator object|iterator object|_iterator", "an iterator, whose items were not captured"),
    (r"coroutine object|Task |Future ", "a task that was under way"),
    (r"Thread|Process\b", "a running thread or process"),
    (r"^module ", "a module"),
    (r"(?i)mock", "a test's stand-in"),
)


def kind(text: str) -> str:
    """What an object is, for people, from what stood between the angle brackets; "" when that is not known."""
    return next((what for pattern, what in _KINDS if re.search(pattern, text)), "")
