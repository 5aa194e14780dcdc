"""The one process that Loop starts in a sandbox: it puts files, runs commands and hands back a tar.

Runs under whatever `python3` the sandbox has (3.8 or newer) with the standard library alone: these files are bound or
copied in as a package of their own, and must not import anything else of `agents`.
"""
