"""The colours: dark, light, high contrast, and the sixteen of the terminal.

`tests/unit/tui/test_themes.py` holds the contrasts. A theme whose `loop-cursor-style` reverses draws the row under the
cursor in one colour: what it says is said by glyph and word anyway.
"""

from __future__ import annotations

from textual.theme import Theme


def _bar(thumb: str, ground: str) -> dict[str, str]:
    """A scroll bar that stays behind the text."""
    parts = (
        "scrollbar-background",
        "scrollbar-background-hover",
        "scrollbar-background-active",
        "scrollbar-corner-color",
    )
    return dict.fromkeys(("scrollbar", "scrollbar-hover", "scrollbar-active"), thumb) | dict.fromkeys(parts, ground)


_PLAIN = {"loop-cursor-style": "none", "loop-idle-style": "none", "loop-dim-style": "none", "loop-add-style": "none"}
DARK = Theme(
    name="loop-dark", dark=True, primary="#7aa2f7", secondary="#a9b1d6", accent="#7aa2f7", success="#8fbf6f",
    warning="#d9b26a", error="#e78888", foreground="#d5d8e2", background="#16181d", surface="#1d2027", panel="#23262e",
    boost="#262a33",
    variables={**_PLAIN, **_bar("#3a4150", "#16181d"),
               "loop-dim": "#878d9c", "loop-add": "#1c2620", "loop-del": "#2b1e21",
               "loop-cursor": "#27324c", "loop-tab": "#222b3f", "loop-add-ink": "#8fbf6f"},
)  # fmt: skip
LIGHT = Theme(
    name="loop-light", dark=False, primary="#2a58ba", secondary="#4b5263", accent="#2a58ba", success="#31691c",
    warning="#775400", error="#b3312f", foreground="#23262e", background="#fbfbf9", surface="#f0f0ec", panel="#e8e8e3",
    boost="#e6e6e0",
    variables={**_PLAIN, **_bar("#c6c9cf", "#fbfbf9"),
               "loop-dim": "#696e7a", "loop-add": "#e6f1df", "loop-del": "#f7e4e2",
               "loop-cursor": "#d7e1f6", "loop-tab": "#e1e8f7", "loop-add-ink": "#31691c"},
)  # fmt: skip
CONTRAST = Theme(
    name="loop-contrast", dark=True, primary="#8fd0ff", secondary="#ffffff", accent="#8fd0ff", success="#7dff7d",
    warning="#ffe14d", error="#ffa8a8", foreground="#ffffff", background="#000000", surface="#000000", panel="#1a1a1a",
    boost="#2e2e2e",
    variables={**_PLAIN, "loop-dim": "#cfcfcf", "loop-add": "#003300", "loop-del": "#4d0000",
               "loop-cursor": "#000000", "loop-tab": "#00334d", "loop-add-ink": "#7dff7d",
               "loop-cursor-style": "reverse"},
)  # fmt: skip
# Sixteen colours, as the terminal has set them, on whatever ground it has: only those that read on black and on white
# alike, no yellow, cyan or grey. What is dim is dim by attribute, an added line is bold.
ANSI = Theme(
    name="loop-ansi", ansi=True, dark=True, primary="ansi_bright_blue", secondary="ansi_default",
    accent="ansi_bright_blue", success="ansi_green", warning="ansi_magenta", error="ansi_red",
    foreground="ansi_default", background="ansi_default", surface="ansi_default", panel="ansi_default",
    boost="ansi_default",
    variables={"loop-dim": "ansi_default", "loop-add": "ansi_default", "loop-del": "ansi_default",
               "loop-cursor": "ansi_default", "loop-tab": "ansi_default", "loop-add-ink": "ansi_default",
               "loop-cursor-style": "reverse", "loop-idle-style": "bold", "loop-dim-style": "dim",
               "loop-add-style": "bold",
               "block-cursor-foreground": "ansi_default", "block-cursor-background": "ansi_default",
               "block-cursor-text-style": "reverse", "input-cursor-background": "ansi_default",
               "input-cursor-foreground": "ansi_default", "input-cursor-text-style": "reverse",
               "input-selection-background": "ansi_bright_blue", "input-selection-foreground": "ansi_default",
               "scrollbar": "ansi_bright_blue", "scrollbar-hover": "ansi_bright_blue",
               "scrollbar-active": "ansi_bright_blue", "scrollbar-background": "ansi_default",
               "scrollbar-background-hover": "ansi_default", "scrollbar-background-active": "ansi_default",
               "scrollbar-corner-color": "ansi_default", "border": "ansi_bright_blue",
               "border-blurred": "ansi_bright_black", "ansi-background": "ansi_default",
               "ansi-foreground": "ansi_default"},
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "ansi": ANSI}
