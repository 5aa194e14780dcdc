"""Sentry envelopes: decoding, framing, and what their items say.

Format: https://develop.sentry.dev/sdk/data-model/envelopes/.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agents.collect import CollectError, Item, Refused, Skipped, Traffic
from agents.collect.clean import line, words
from agents.collect.normalise import event, moment

Json = dict[str, Any]

_ITEMS = 1_000  # in one envelope
ITEM = 10_000_000  # bytes of one JSON document; SDKs send 1 MB at most, and objects take 30 times their text
_STEP = 16  # bytes of brotli at once: so many unpack to 48 MB at most
_BLOCK = 1_024  # bytes of zstd at once: 32 MB at most
_BLANK = re.compile(rb"[\r\n]*")
_RATE = 1e-6  # sample rates below it are no rates


class TooLarge(CollectError):
    """More bytes than are taken."""


class UnknownEncoding(CollectError):
    """A Content-Encoding that is not read."""


def _inflate(data: bytes, bits: int, limit: int) -> bytes:
    worker = zlib.decompressobj(bits)
    out = worker.decompress(data, limit + 1)
    if len(out) > limit:
        raise TooLarge(f"The body is over {limit} bytes when unpacked; send less in one envelope.")
    if not worker.eof:
        raise CollectError("The compressed body ends too early; send it again whole.")
    return out


def decode(data: bytes, encoding: str, limit: int) -> bytes:
    """Undo Content-Encoding, never holding more than `limit` bytes.

    Raises:
        TooLarge: it unpacks to more.
        UnknownEncoding: it is packed in another way than those known.
        CollectError: it is not what it says it is.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        # posthog-js and some proxies compress without saying so.
        if data[:2] != b"\x1f\x8b":
            return data
        name = "gzip"
    try:
        if name in ("gzip", "x-gzip"):
            return _inflate(data, 31, limit)
        if name == "deflate":
            try:
                return _inflate(data, 15, limit)
            except zlib.error:
                return _inflate(data, -15, limit)
        if name == "br":
            return _brotli(data, limit)
        if name == "zstd":
            return _zstd(data, limit)
    except zlib.error as error:
        raise CollectError(f"The body is not valid {name}: {error}.") from error
    said = line(encoding, 40)
    raise UnknownEncoding(f"Content-Encoding {said!r} is not known; use gzip, deflate, br, zstd or none.")


def _brotli(data: bytes, limit: int) -> bytes:
    import brotli

    worker = brotli.Decompressor()
    out = bytearray()
    try:
        for start in range(0, len(data), _STEP):
            out += worker.process(data[start : start + _STEP])
            if len(out) > limit:
                raise TooLarge(f"The body is over {limit} bytes when unpacked; send less in one envelope.")
    except brotli.error as error:
        raise CollectError("The body is not valid br.") from error
    if not worker.is_finished():
        raise CollectError("The compressed body ends too early; send it again whole.")
    return bytes(out)


def _zstd(data: bytes, limit: int) -> bytes:
    import zstandard

    worker = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
    out = bytearray()
    try:
        for start in range(0, len(data), _BLOCK):
            out += worker.decompress(data[start : start + _BLOCK])
            if len(out) > limit:
                raise TooLarge(f"The body is over {limit} bytes when unpacked; send less in one envelope.")
            if worker.eof:
                break
    except zstandard.ZstdError as error:
        raise CollectError("The body is not valid zstd.") from error
    if not worker.eof:
        raise CollectError("The compressed body ends too early; send it again whole.")
    return bytes(out)


def read_json(raw: bytes) -> Any:
    """A JSON document, whatever bytes are in its strings.

    Raises:
        TooLarge: it is longer than is taken.
        ValueError: it is no JSON.
        RecursionError: it is nested too deep.
    """
    if len(raw) > ITEM:
        raise TooLarge(f"over {ITEM} bytes in one JSON document; send less in it")
    return json.loads(raw.decode("utf-8", "replace"))


def header(data: bytes) -> Json:
    """The envelope's own header.

    Raises:
        CollectError: the first line is no JSON object.
    """
    try:
        end = data.find(b"\n")
        found = read_json(data if end < 0 else data[:end])
    except (ValueError, RecursionError, TooLarge):
        found = None
    if not isinstance(found, dict):
        raise CollectError("This is no envelope: its first line is no JSON object.")
    return found


def frames(data: bytes) -> Iterator[tuple[Json, bytes] | str]:
    """The items of an envelope as (header, payload); a sentence where it breaks off."""
    position = data.find(b"\n") + 1 or len(data)
    for _ in range(_ITEMS):
        position = _BLANK.match(data, position).end()  # type: ignore[union-attr]
        if position >= len(data):
            return
        end = data.find(b"\n", position)
        end = len(data) if end < 0 else end
        try:
            head = read_json(data[position:end])
        except (ValueError, RecursionError, TooLarge):
            head = None
        if not isinstance(head, dict):
            yield "an item's header is no JSON object"
            return
        start = end + 1
        length = head.get("length")
        if isinstance(length, int) and not isinstance(length, bool) and length >= 0:
            if start + length > len(data):
                yield f"the last item is cut off: {max(0, len(data) - start)} of {length} bytes came"
                return
            position = start + length
        else:
            position = data.find(b"\n", start)
            position = len(data) if position < 0 else position
        yield head, data[start:position]
    yield f"more than {_ITEMS} items"


def parse(data: bytes, *, received: datetime | None = None) -> list[Item]:
    """The signals, traffic and refusals of an envelope, and how many of its items are of no use here.

    Raises:
        CollectError: it is no envelope at all.
    """
    top = header(data)
    items: list[Item] = []
    skipped = 0
    for found in frames(data):
        if isinstance(found, str):
            items.append(Refused("sentry", f"Envelope: {found}.", words(data[-500:].decode("utf-8", "replace"), 500)))
            break
        read = _item(top, *found, received)
        if read is None:
            skipped += 1
        else:
            items += read
    return [*items, Skipped("sentry", skipped)] if skipped else items


def _item(top: Json, head: Json, raw: bytes, received: datetime | None) -> list[Item] | None:
    kind = head.get("type")
    if kind not in ("event", "transaction", "session", "sessions"):
        return None
    try:
        body = read_json(raw)
    except TooLarge as error:
        sample = words(raw[:500].decode("utf-8", "replace"), 500)
        return [Refused("sentry", f"An item of type {kind} is too large: {error}.", sample)]
    except (ValueError, RecursionError) as error:
        sample = words(raw[:500].decode("utf-8", "replace"), 500)
        return [Refused("sentry", f"An item of type {kind} is no JSON: {type(error).__name__}.", sample)]
    if not isinstance(body, dict):
        sample = words(raw[:200].decode("utf-8", "replace"))
        return [Refused("sentry", f"An item of type {kind} is no JSON object.", sample)]
    if kind == "event":
        if not body.get("event_id") and isinstance(top.get("event_id"), str):
            body["event_id"] = top["event_id"]
        made = event(body, received=received)
        if made is None:
            return [Refused("sentry", "An event says neither what nor where.", words(str(body), 500))]
        return [made]
    if kind == "transaction":
        return transaction(body, _dict(top.get("trace")), received)
    return sessions(body, received)


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def transaction(body: Json, trace: Json, received: datetime | None) -> list[Item]:
    """A finished request as exposure: one request, or as many as its sample rate stands for."""
    try:
        rate = float(trace.get("sample_rate") or 1.0)
    except (TypeError, ValueError, OverflowError):
        rate = 1.0
    count = 1.0 / rate if _RATE <= rate <= 1.0 else 1.0
    at = moment(body.get("timestamp"), received)
    release = line(body.get("release"), 200)
    name = line(body.get("transaction"), 300)
    found: list[Item] = [Traffic("requests", at, count, release)]
    if name:
        found.append(Traffic(f"requests:{name}", at, count, release))
    return found


def sessions(body: Json, received: datetime | None) -> list[Item]:
    """Release health as exposure: sessions begun, single or aggregated."""
    attributes = _dict(body.get("attrs"))
    release = line(attributes.get("release"), 200)
    if "aggregates" in body:
        found: list[Item] = []
        for bucket in body["aggregates"] if isinstance(body["aggregates"], list) else []:
            if isinstance(bucket, dict):
                counts = [bucket.get(k) for k in ("exited", "errored", "abnormal", "crashed")]
                total = sum(c for c in counts if isinstance(c, int) and not isinstance(c, bool) and 0 < c < 2**53)
                found.append(Traffic("sessions", moment(bucket.get("started"), received), float(total), release))
        return found
    if body.get("init"):
        return [Traffic("sessions", moment(body.get("started"), received), 1.0, release)]
    return []
