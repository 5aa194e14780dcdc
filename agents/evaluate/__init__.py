"""How well a harness does on recorded cases whose truth is known."""
