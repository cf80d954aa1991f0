"""Run many schedules: python -m tests.engine.model --subject tickets --seeds 10000 [--from 0] [--fault "no fencing"]."""

import argparse
import asyncio
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.engine.model.ports import CHAIN_FAULTS
from tests.engine.model.subject import toy
from tests.engine.model.tickets import tickets
from tests.engine.model.world import verdict

SUBJECTS = {"toy": toy, "tickets": tickets}
_SEEDS_AT_ONCE = 100


def run(subject: str, fault: str | None, seeds: range) -> list[str]:
    """What went wrong, a line a seed."""

    async def verdicts() -> list[str]:
        wrong = [(seed, await verdict(seed, SUBJECTS[subject], fault)) for seed in seeds]
        return [f"seed {seed}: {what}" for seed, what in wrong if what]

    return asyncio.run(verdicts())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.model", description=__doc__)
    parser.add_argument("--subject", choices=SUBJECTS, default="tickets", help="a toy, or the real core")
    parser.add_argument("--seeds", type=int, default=2000, help="how many schedules")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    parser.add_argument("--fault", choices=CHAIN_FAULTS, help="break the protocol on purpose")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many processes")
    options = parser.parse_args()
    end = options.first + options.seeds
    parts = [range(start, min(start + _SEEDS_AT_ONCE, end)) for start in range(options.first, end, _SEEDS_AT_ONCE)]
    failed = 0
    with ProcessPoolExecutor(options.jobs) as processes:
        for part, wrong in zip(parts, processes.map(partial(run, options.subject, options.fault), parts), strict=True):
            failed += len(wrong)
            sys.stdout.writelines(f"{line}\n" for line in wrong)
            sys.stderr.write(f"\r{part.stop - options.first} of {options.seeds} schedules, {failed} failed")
    sys.stdout.write(f"\n{options.seeds} schedules, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
