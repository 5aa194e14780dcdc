"""The HTTP endpoint that real SDKs send to."""
