"""Run many schedules: python -m tests.engine.model --subject tickets --seeds 10000 [--from 0] [--fault "no fencing"]."""

import argparse
import asyncio
import sys

from tests.engine.model.ports import CHAIN_FAULTS
from tests.engine.model.subject import toy
from tests.engine.model.tickets import tickets
from tests.engine.model.world import verdict

SUBJECTS = {"toy": toy, "tickets": tickets}


async def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.model", description=__doc__)
    parser.add_argument("--subject", choices=SUBJECTS, default="tickets", help="a toy, or the real core")
    parser.add_argument("--seeds", type=int, default=2000, help="how many schedules")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--fault", choices=CHAIN_FAULTS, help="break the protocol on purpose")
    options = parser.parse_args()
    failed = 0
    for seed in range(options.first, options.first + options.seeds):
        wrong = await verdict(seed, SUBJECTS[options.subject], options.fault)
        if wrong:
            failed += 1
            sys.stdout.write(f"seed {seed}: {wrong}\n")
    sys.stdout.write(f"{options.seeds} schedules, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
