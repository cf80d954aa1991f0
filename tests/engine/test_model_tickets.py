"""The real core under 2,000 seeded schedules: tracks, and the merge over what they write."""

from collections import Counter

import pytest

from tests.engine.model.ports import CHAIN_FAULTS
from tests.engine.model.tickets import tickets
from tests.engine.model.world import World, verdict

SCHEDULES = 2000
AT_ONCE = 250


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
async def test_figures_are_exact_under_every_schedule(first: int) -> None:
    wrong = {seed: fault for seed in range(first, first + AT_ONCE) if (fault := await verdict(seed, tickets))}
    assert not wrong, f"run one alone: python -m tests.engine.model --subject tickets --seeds 1 --from {min(wrong)}"


@pytest.mark.parametrize("fault", CHAIN_FAULTS)
async def test_a_broken_protocol_is_caught(fault: str) -> None:
    for seed in range(SCHEDULES):
        if await verdict(seed, tickets, fault):
            return
    pytest.fail(f"{SCHEDULES} schedules do not notice: {fault}")


async def test_the_schedules_go_into_every_corner() -> None:
    seen: Counter[str] = Counter()
    for seed in range(100):
        world = World(seed, tickets)
        await world.run()
        seen += world.seen
    assert set(seen) >= {
        "a worker was killed",
        "a zombie was fenced",
        "a loading partition was released",
        "a transaction timed out",
        "records came again",
        "a flush in the middle of an advance",
        "an event was opened",
        "an event was orphaned",
        "an event was duplicate",
        "an event was conflicting",
        "an event was revised",
        "an event was revived",
        *(f"an event was rejected|{reason}" for reason in ("not-json", "wrong-key", "bad-value", "future", "ancient")),
    }


async def test_a_seed_is_one_schedule() -> None:
    seeds = range(8)
    first = [await verdict(seed, tickets, CHAIN_FAULTS[1]) for seed in seeds]
    assert first == [await verdict(seed, tickets, CHAIN_FAULTS[1]) for seed in seeds]
