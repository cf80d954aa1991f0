"""Ports that nobody listens on."""

import random
import socket

# Below the range from which systems take the ports of outgoing connections (Linux from 32768, others from 49152): a
# port found there could be gone again before Kafka listens, or between a stop and the next start.
_FIRST, _LAST = 12000, 32000


def free_port() -> int:
    """A port of 127.0.0.1 that was free at this instant."""
    dice = random.SystemRandom()
    for _ in range(1000):
        port = dice.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST} on 127.0.0.1")
