"""The protocol under 1,000 seeded schedules of a toy (of the real core: `test_model_tickets.py`); and proof that faults are seen."""

from collections import Counter

import pytest

from tests.engine.model.ports import FAULTS
from tests.engine.model.subject import toy
from tests.engine.model.world import World, verdict

SCHEDULES = 1000


async def test_state_and_outputs_are_exact_under_every_schedule() -> None:
    wrong = {seed: fault for seed in range(SCHEDULES) if (fault := await verdict(seed, toy))}
    assert not wrong, f"run one alone: python -m tests.engine.model --seeds 1 --from {min(wrong)}"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_protocol_is_caught(fault: str) -> None:
    for seed in range(SCHEDULES):
        if await verdict(seed, toy, fault):
            return
    pytest.fail(f"{SCHEDULES} schedules do not notice: {fault}")


async def test_the_schedules_go_into_every_corner() -> None:
    seen: Counter[str] = Counter()
    for seed in range(100):
        world = World(seed, toy)
        await world.run()
        seen += world.seen
    assert set(seen) == {
        "a worker was killed",
        "a zombie was fenced",
        "a loading partition was released",
        "a transaction timed out",
        "records came again",
    }


async def test_a_seed_is_one_schedule() -> None:
    seeds = range(20)
    first = [await verdict(seed, toy, FAULTS[0]) for seed in seeds]
    assert first == [await verdict(seed, toy, FAULTS[0]) for seed in seeds]
