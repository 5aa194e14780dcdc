"""A search for the edit that mends failing tests; stands alone, because it is sent into the sandbox as it is."""
