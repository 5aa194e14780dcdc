"""The inbox: a Textual app and the `loop` command over `agents.inbox`."""
