"""One process each: `python -m tests.bench.peers.NAME` reads a filled topic and prints the line of `steady.py`."""
