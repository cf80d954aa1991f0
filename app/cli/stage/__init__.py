"""What `carebeat demo` puts on: a worker kept running, traffic, a tally of both sides, and whether they agree."""
