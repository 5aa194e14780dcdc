"""The sample product of `loop demo`: a shop with real bugs, its history, and its traffic."""
