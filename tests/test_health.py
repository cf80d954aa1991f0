import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from app.engine.watch import PartitionSight, Snapshot, Watch
from app.errors import UnavailableError
from app.health import (
    Answer,
    Health,
    Limits,
    PageServer,
    Request,
    Stop,
    Watchdog,
    lag_records,
    pages,
    still,
    why_not_live,
    why_not_ready,
)

SIGHT = PartitionSight(
    job="track",
    topic="support.events",
    partition=4,
    is_loaded=True,
    next_offset=100,
    flushed_offset=100,
    flushed_at_seconds=990.0,
    end_offset=100,
)
WELL = Snapshot(
    taken_at_seconds=1000.0,
    started_at_seconds=500.0,
    loop_alive_at_seconds=999.5,
    heard_at_seconds=998.0,
    rejoin_needed_since_seconds=None,
    rebalancing_since_seconds=None,
    taken_over_seconds=0.2,
    partitions=(SIGHT,),
)
LIMITS = Limits()


def over_time(seconds: int, sight_at: Callable[[int], PartitionSight]) -> tuple[str, ...]:
    """What is wrong after looking every second for so long."""
    standing: dict[Stop, float] = {}
    snapshot = WELL
    for second in range(seconds + 1):
        now_seconds = WELL.taken_at_seconds + second
        snapshot = replace(
            WELL, taken_at_seconds=now_seconds, loop_alive_at_seconds=now_seconds, partitions=(sight_at(second),)
        )
        standing = still(standing, snapshot)
    return why_not_live(snapshot, standing, LIMITS)


# -- live -------------------------------------------------------------------------------------------------------------


def test_a_well_worker_is_live() -> None:
    assert why_not_live(WELL, {}, LIMITS) == ()


def test_a_blocked_loop_is_not_live() -> None:
    blocked = replace(WELL, loop_alive_at_seconds=989.0)
    assert why_not_live(blocked, {}, LIMITS) == ("the event loop is blocked since 11 s, limit 10 s",)


def test_a_worker_that_does_not_rejoin_is_not_live() -> None:
    outside = replace(WELL, rejoin_needed_since_seconds=939.0)
    assert why_not_live(outside, {}, LIMITS) == ("the group is to be joined again since 61 s, limit 60 s",)


def test_a_rebalance_may_take_twice_its_timeout() -> None:
    rebalancing = [replace(WELL, rebalancing_since_seconds=since_seconds) for since_seconds in (881.0, 879.0)]
    assert [len(why_not_live(snapshot, {}, LIMITS)) for snapshot in rebalancing] == [0, 1]


def test_loading_much_state_is_given_longer() -> None:
    loading = replace(WELL, rebalancing_since_seconds=800.0, partitions=(replace(SIGHT, is_loaded=False),))
    assert why_not_live(loading, {}, LIMITS) == ()


def test_standing_still_before_waiting_records_is_not_live() -> None:
    stuck = over_time(61, lambda second: replace(SIGHT, end_offset=101 + second))
    assert stuck == ("reading support.events/4 stands still at 100 since 61 s, limit 60 s",)


def test_standing_still_at_the_end_is_live() -> None:
    assert over_time(300, lambda _: SIGHT) == ()


def test_slow_reading_is_live() -> None:
    slow = [replace(SIGHT, next_offset=offset, flushed_offset=offset, end_offset=999) for offset in range(100, 107)]
    assert over_time(300, lambda second: slow[second // 50]) == ()


def test_work_between_two_records_is_live() -> None:
    """A jump in time fires many timers: the state is flushed again and again at the same offset."""
    assert over_time(300, lambda second: replace(SIGHT, end_offset=999, flushed_at_seconds=1000.0 + second)) == ()


def test_reading_without_flushing_is_not_live() -> None:
    unflushed = over_time(31, lambda second: replace(SIGHT, next_offset=101 + second, end_offset=101 + second))
    assert unflushed == ("flushing support.events/4 stands still at 100 since 31 s, limit 30 s",)


def test_the_first_record_after_a_long_silence_is_no_missed_flush() -> None:
    """It is flushed soon, but the last flush was long ago when it comes."""
    silent = replace(SIGHT, flushed_at_seconds=10.0)
    assert over_time(300, lambda second: replace(silent, next_offset=101) if second == 300 else silent) == ()


def test_health_remembers_between_looks() -> None:
    waiting = replace(WELL, partitions=(replace(SIGHT, end_offset=101),))
    looks = iter([waiting, replace(waiting, taken_at_seconds=1061.0, loop_alive_at_seconds=1061.0)])
    health = Health(lambda: next(looks), LIMITS)
    assert [len(health.why_not_live()) for _ in range(2)] == [0, 1]


def test_the_engine_shows_what_the_rules_need() -> None:
    now_seconds = 5.0
    health = Health(Watch(lambda: now_seconds, 20.0, lambda: (SIGHT,)).snapshot, LIMITS)
    assert (health.why_not_live(), health.is_ready()) == ((), True)


# -- ready ------------------------------------------------------------------------------------------------------------


def test_a_worker_with_loaded_partitions_is_ready() -> None:
    assert why_not_ready(WELL) == ()


def test_a_worker_without_partitions_is_not_ready() -> None:
    assert why_not_ready(replace(WELL, partitions=())) == ("no partitions are assigned",)


def test_a_worker_that_loads_is_not_ready() -> None:
    loading = replace(WELL, rebalancing_since_seconds=990.0, partitions=(replace(SIGHT, is_loaded=False),))
    assert why_not_ready(loading) == ("the group rebalances", "loading support.events/4")


def test_lag_is_told_where_the_end_is_known() -> None:
    known, unknown = replace(SIGHT, end_offset=130), replace(SIGHT, partition=5, end_offset=None)
    other_topic = replace(SIGHT, topic="support.kpi-partials", partition=0)
    assert lag_records(replace(WELL, partitions=(known, unknown, other_topic)), "support.events") == {4: 30}


# -- watchdog ---------------------------------------------------------------------------------------------------------


def last_words(*looks: tuple[float, bool]) -> list[str]:
    """What the watchdog ends with, looking at these instants when the worker hangs or not."""
    said: list[str] = []
    instants = iter([at_seconds for at_seconds, _ in looks])
    hanging = iter([("stuck",) if hangs else () for _, hangs in looks])
    watchdog = Watchdog(lambda: next(hanging), lambda: next(instants), patience_seconds=5.0, end=said.append)
    for _ in looks:
        watchdog.look()
    return said


def test_the_watchdog_ends_what_hangs_for_long_enough() -> None:
    words = "hanging: stuck. Ending this process; the next one recovers"
    assert last_words((0.0, True), (4.0, True), (5.0, True)) == [words]


def test_the_watchdog_forgives_what_recovers() -> None:
    assert last_words((0.0, True), (4.0, False), (5.0, True), (9.0, True)) == []


def test_the_watchdog_looks_by_itself_even_after_a_failed_look() -> None:
    ended = threading.Event()
    looks = iter([ZeroDivisionError, None])

    def why_not_live_now() -> tuple[str, ...]:
        failure = next(looks, None)
        if failure is not None:
            raise failure
        return ("stuck",)

    watchdog = Watchdog(
        why_not_live_now, lambda: 0.0, patience_seconds=0.0, interval_seconds=0.0, end=lambda _: ended.set()
    )
    watchdog.start()
    assert ended.wait(10)
    watchdog.stop()


# -- HTTP -------------------------------------------------------------------------------------------------------------

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def serve() -> Iterator[Callable[[Snapshot], Ask]]:
    servers: list[PageServer] = []

    def start(snapshot: Snapshot) -> Ask:
        def exposition(accept: str) -> tuple[bytes, str]:
            if accept == "trouble":
                raise ZeroDivisionError
            return f"for {accept}\n".encode(), "text/special"

        server = PageServer("127.0.0.1", 0, pages(Health(lambda: snapshot, LIMITS), exposition))
        server.start()
        servers.append(server)

        def ask(path: str, method: str = "GET", accept: str = "me") -> tuple[int, str, str]:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
            connection.request(method, path, headers={"Accept": accept})
            response = connection.getresponse()
            body = response.read().decode()
            connection.close()
            return response.status, response.headers["Content-Type"], body

        return ask

    yield start
    for server in servers:
        server.stop()


Serve = Callable[[Snapshot], Ask]
TEXT = "text/plain; charset=utf-8"


def test_a_well_worker_says_so(serve: Serve) -> None:
    ask = serve(WELL)
    assert [ask("/healthz/live"), ask("/healthz/ready")] == [(200, TEXT, "live\n"), (200, TEXT, "ready\n")]


def test_a_hanging_worker_says_why(serve: Serve) -> None:
    ask = serve(replace(WELL, loop_alive_at_seconds=900.0))
    assert ask("/healthz/live") == (503, TEXT, "not live: the event loop is blocked since 100 s, limit 10 s\n")


def test_a_worker_that_is_not_ready_says_why(serve: Serve) -> None:
    assert serve(replace(WELL, partitions=()))("/healthz/ready") == (
        503,
        TEXT,
        "not ready: no partitions are assigned\n",
    )


def test_metrics_come_as_they_are_asked_for(serve: Serve) -> None:
    assert serve(WELL)("/metrics?x=1") == (200, "text/special", "for me\n")


def test_a_head_has_no_body(serve: Serve) -> None:
    assert serve(WELL)("/healthz/live", method="HEAD") == (200, TEXT, "")


def test_other_paths_are_not_there(serve: Serve) -> None:
    status, _, body = serve(WELL)("/")
    assert (status, body) == (404, "There are /metrics, /healthz/live, /healthz/ready\n")


def test_a_failure_is_told_and_the_server_goes_on(serve: Serve) -> None:
    ask = serve(WELL)
    assert [ask("/metrics", accept="trouble")[0], ask("/metrics")[0]] == [500, 200]


def test_crowds_are_turned_away_and_cannot_block_the_port_for_good() -> None:
    held, go_on = threading.Semaphore(0), threading.Event()

    def slow(_: Request) -> Answer:
        held.release()
        go_on.wait(10)
        return Answer(200, TEXT, b"")

    server = PageServer("127.0.0.1", 0, {"/": slow})
    server.start()
    connections = [HTTPConnection("127.0.0.1", server.port, timeout=10) for _ in range(17)]
    for connection in connections[:16]:
        connection.request("GET", "/")
        assert held.acquire(timeout=10)
    with pytest.raises(OSError):  # closed or reset
        connections[16].request("GET", "/")
        connections[16].getresponse()
    go_on.set()
    assert [connection.getresponse().status for connection in connections[:16]] == [200] * 16
    server.stop()


def test_a_taken_port_is_named_with_its_variable() -> None:
    first = PageServer("127.0.0.1", 0, {})
    with pytest.raises(UnavailableError, match=f"CAREBEAT_METRICS_PORT={first.port}: cannot be listened on"):
        PageServer("127.0.0.1", first.port, {})
    first.stop()


def test_a_stopped_server_gives_its_port_back() -> None:
    first = PageServer("127.0.0.1", 0, {})
    first.start()
    first.stop()
    PageServer("127.0.0.1", first.port, {}).stop()
