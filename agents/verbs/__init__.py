"""What a person can do, a file for each kind of verb; `agents.inbox` is all of them together."""
