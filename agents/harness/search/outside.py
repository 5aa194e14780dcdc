"""Failures that are not the code's: a dependency that does not answer, a machine that is full."""

from __future__ import annotations

from agents.harness import Occurrence

_NETWORK = {
    "ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError",
    "ConnectTimeout", "ReadTimeout", "ConnectError", "ReadError", "WriteError", "PoolTimeout", "RemoteProtocolError",
    "Timeout", "TimeoutError", "TimeoutException", "MaxRetryError", "NewConnectionError", "NameResolutionError",
    "gaierror", "timeout", "SSLError", "SSLCertVerificationError", "URLError", "RemoteDisconnected",
    "ServerDisconnectedError",
    "ClientConnectorError", "EndpointConnectionError", "ServiceUnavailable", "BadGateway", "GatewayTimeout",
    "HTTPStatusError", "APIConnectionError", "APITimeoutError",
}  # fmt: skip
_MACHINE = {"MemoryError", "DiskFull", "TooManyConnections", "KeyboardInterrupt", "SystemExit"}
_STATUSES = ("502", "503", "504", "429", "500")
_ERRNOS = {"[Errno 28]": "the disk was full", "[Errno 24]": "too many files were open", "[Errno 12]": "memory ran out"}


def outside(occurrence: Occurrence) -> str | None:
    """What outside the code failed, as half a sentence; None when the code itself did."""
    name = occurrence.exception.rsplit(".", 1)[-1]
    if name in ("HTTPError", "HTTPStatusError", "APIStatusError"):
        code = next((status for status in _STATUSES if status in occurrence.message), None)
        return f"another service answered {code}" if code else None
    if name in _NETWORK:
        return f"another service did not answer ({name}: {occurrence.message[:120]})"
    if name in _MACHINE:
        return f"the machine gave out ({name})"
    return next((said for mark, said in _ERRNOS.items() if mark in occurrence.message), None)
