"""How fast, how large, how soon back: ratios to peers in the same run. Not a test: `make bench` runs it."""
