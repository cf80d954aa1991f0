"""`carebeat compute` on the events of the full job, without its progress bar.

python -m tests.bench.peers.compute FILE EVENTS FOLDER PARTITIONS
"""

import sys
from pathlib import Path

from app.compute import Compute
from tests.bench.core import default_rules
from tests.bench.peers.steady import Steady


def run(file: Path, events: int, folder: Path, partitions: int) -> None:
    """Compute until `Steady` has enough."""
    steady = Steady(events)
    told = 0

    def progress(count: int, _bytes_read: int) -> None:
        nonlocal told
        steady.add(count - told)
        told = count

    Compute(default_rules(), partitions, folder).run([file], None, progress)


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
