"""What a text of a person names that an error may name too: exceptions, files, addresses."""

from __future__ import annotations

import re

from agents.collect.clean import line

_MOST = 20  # of each
_READ = 20_000  # characters

_EXCEPTION = re.compile(r"\b(?:[a-z_]\w*\.)*([A-Z]\w{2,60}(?:Error|Exception|Warning|Exit|Interrupt|Fault|NotFound))\b")
_FILE = re.compile(
    r"(?<![\w/.@:-])((?:[\w.-]{1,60}/){0,8}[\w-][\w.-]{0,80}\.(?:py|pyi|js|jsx|ts|tsx|mjs|go|rb|rs|java|kt|cs|php|c|h|"
    r"cpp|hpp|swift|scala|ex|exs|sql|html|css|scss|vue|svelte|toml|ya?ml|json))(?![\w/-])"
)
_URL = re.compile(r"https?://[^\s<>()\[\]\"'`|\\]{3,500}")


def mentions(text: str) -> dict[str, list[str]]:
    """Exception names, file paths and addresses in a text, in the order of their first mention."""
    read = text[:_READ]
    urls = [url.rstrip(".,;:!?*_") for url in _URL.findall(read)]
    without = _URL.sub(" ", read)
    found = {"exceptions": _EXCEPTION.findall(without), "files": _FILE.findall(without), "urls": urls}
    return {kind: [line(name, 300) for name in dict.fromkeys(names)][:_MOST] for kind, names in found.items() if names}
