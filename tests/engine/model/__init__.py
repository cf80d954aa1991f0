"""A model of the protocol: the real Owner over a log in memory, under a seeded scheduler that is out to break it.

    python -m tests.engine.model --subject tickets --seeds 10000

One seed is one schedule; it fails or passes the same way each time. What a correct end looks like is the subject's to
say: a toy, quick and easy to see through (`subject.py`), or the real core in two jobs, one reading what the other
writes (`tickets.py`).
"""
