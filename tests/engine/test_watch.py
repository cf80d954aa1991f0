from app.engine.watch import PartitionSight, Watch
from tests.engine.fakes import Clock


def make(clock: Clock) -> Watch:
    return Watch(clock, session_timeout_seconds=20.0)


def test_the_worker_fences_itself_after_most_of_a_session_in_silence() -> None:
    clock = Clock()
    watch = make(clock)
    watch.heard(clock.seconds)
    clock.seconds += 15.9
    assert not watch.must_fence_itself
    clock.seconds += 0.2
    assert watch.must_fence_itself


def test_silence_while_joining_is_normal() -> None:
    clock = Clock()
    watch = make(clock)
    watch.heard(clock.seconds)
    watch.rebalance_started()
    clock.seconds += 60
    assert not watch.must_fence_itself
    watch.rebalance_ended()
    assert not watch.must_fence_itself


def test_a_needed_rejoin_keeps_the_time_it_began() -> None:
    clock = Clock()
    watch = make(clock)
    watch.loop_is_alive(is_rejoin_needed=True)
    clock.seconds += 30
    watch.loop_is_alive(is_rejoin_needed=True)
    assert watch.snapshot().rejoin_needed_since_seconds == 100.0
    watch.loop_is_alive(is_rejoin_needed=False)
    assert watch.snapshot().rejoin_needed_since_seconds is None


def test_a_snapshot_shows_a_loop_that_stands_still() -> None:
    clock = Clock()
    watch = make(clock)
    watch.loop_is_alive(is_rejoin_needed=False)
    clock.seconds += 11
    seen = watch.snapshot()
    assert seen.taken_at_seconds - seen.loop_alive_at_seconds == 11


def test_a_snapshot_shows_the_partitions() -> None:
    sight = PartitionSight("track", "events", 0, True, 5, 3, 100.0, 9)
    assert Watch(Clock(), 20.0, lambda: (sight,)).snapshot().partitions == (sight,)
