"""`loop --plain`: the same inbox line by line, for screen readers, dumb terminals and pipes."""
