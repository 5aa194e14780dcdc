"""The colours: dark, light, high contrast, and those of the terminal."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="loop-dark", dark=True, primary="#7aa2f7", secondary="#a9b1d6", accent="#7aa2f7", success="#8fbf6f",
    warning="#d9b26a", error="#e07a7a", foreground="#d5d8e2", background="#16181d", surface="#1d2027", panel="#23262e",
    boost="#262a33",
    variables={"loop-dim": "#878d9c", "loop-add": "#1c2620", "loop-del": "#2b1e21", "loop-cursor": "#27324c",
               "loop-tab": "#222b3f"},
)  # fmt: skip
LIGHT = Theme(
    name="loop-light", dark=False, primary="#2f5fc4", secondary="#4b5263", accent="#2f5fc4", success="#3d7a26",
    warning="#8a6100", error="#b3312f", foreground="#23262e", background="#fbfbf9", surface="#f0f0ec", panel="#e8e8e3",
    boost="#e6e6e0",
    variables={"loop-dim": "#696e7a", "loop-add": "#e6f1df", "loop-del": "#f7e4e2", "loop-cursor": "#d7e1f6",
               "loop-tab": "#e1e8f7"},
)  # fmt: skip
CONTRAST = Theme(
    name="loop-contrast", dark=True, primary="#8fd0ff", secondary="#ffffff", accent="#8fd0ff", success="#7dff7d",
    warning="#ffe14d", error="#ff8080", foreground="#ffffff", background="#000000", surface="#000000", panel="#1a1a1a",
    boost="#2e2e2e",
    variables={"loop-dim": "#cfcfcf", "loop-add": "#003300", "loop-del": "#4d0000", "loop-cursor": "#004a80",
               "loop-tab": "#00334d"},
)  # fmt: skip
# Sixteen colours, as the terminal has set them.
ANSI = Theme(
    name="loop-ansi", dark=True, primary="ansi_bright_blue", secondary="ansi_default", accent="ansi_bright_blue",
    success="ansi_green", warning="ansi_yellow", error="ansi_red", foreground="ansi_default",
    background="ansi_default", surface="ansi_default", panel="ansi_default", boost="ansi_bright_black",
    variables={"loop-dim": "ansi_bright_black", "loop-add": "ansi_default", "loop-del": "ansi_default",
               "loop-cursor": "ansi_blue", "loop-tab": "ansi_default"},
)  # fmt: skip
THEMES = {"dark": DARK, "light": LIGHT, "contrast": CONTRAST, "ansi": ANSI}
