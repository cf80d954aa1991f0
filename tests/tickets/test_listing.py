"""A listing is right, and holds nobody up: the loop goes on while many tickets are looked through."""

import asyncio
import time
from collections.abc import Callable, Iterable

import pytest

from app.clock import monotonic_seconds
from app.kpi.partition import Partition
from app.tickets.listing import Lister, Listing
from app.tickets.query import Query
from tests.kpi.story import Desk, ms, record, records, rules

MANY = 300_000
COPY_LIMIT_SECONDS, SLICE_LIMIT_SECONDS = 0.06, 0.01


def desk(story: str, number: int = 0) -> Partition:
    made = Partition(number, 2, rules())
    made.apply(list(records(story)))
    made.take()
    return made


def lister(*partitions: Partition) -> Lister:
    return Lister(lambda: partitions, lambda channel: "other" if channel == "rare" else channel, monotonic_seconds)


def ids(listing: Listing) -> list[str]:
    return [found.ticket.ticket_id for found in listing.found]


async def test_tickets_of_all_partitions_come_oldest_first_with_where_they_are() -> None:
    one = desk("10:00 message ticket=a, 10:02 message ticket=c")
    other = desk("10:01 message ticket=b, 10:03 now", number=1)
    listing = await lister(one, other).oldest(Query())
    assert [(found.ticket.ticket_id, found.partition) for found in listing.found] == [("a", 0), ("b", 1), ("c", 0)]
    assert listing.partitions == [(0, ms("10:02"), 2), (1, ms("10:03"), 1)]
    assert not listing.has_more


async def test_a_channel_is_also_found_under_the_name_of_its_gauges() -> None:
    partition = desk("10:00 message ticket=a in=rare, 10:01 message ticket=b in=web")
    found = {name: ids(await lister(partition).oldest(Query(channel=name))) for name in ("rare", "other", "web", "x")}
    assert found == {"rare": ["a"], "other": ["a"], "web": ["b"], "x": []}


async def test_pages_follow_each_other_without_gap_or_repeat_and_know_the_total() -> None:
    story = ", ".join(
        f"10:{number % 7:02d} message ticket=t{number}" for number in sorted(range(500), key=lambda n: n % 7)
    )
    partition, after, pages = desk(story), None, []
    while True:
        listing = await lister(partition).oldest(Query(limit=33, after=after))
        assert listing.partitions[0].total == 500
        pages.append(ids(listing))
        if not listing.has_more:
            break
        after = listing.found[-1].ticket[:2]
    expected = sorted(range(500), key=lambda number: (number % 7, f"t{number}"))
    assert [each for page in pages for each in page] == [f"t{number}" for number in expected]
    assert [len(page) for page in pages] == [33] * 15 + [5]


async def test_what_happens_meanwhile_is_in_the_next_listing() -> None:
    partition = desk("10:00 message ticket=a, 10:01 message ticket=b")
    listing = asyncio.create_task(lister(partition).oldest(Query()))
    await asyncio.sleep(0)
    partition.apply(list(records("10:02 reply ticket=a, 10:03 message ticket=c", 10)))
    partition.take()
    assert ids(await listing) == ["a", "b"]
    assert ids(await lister(partition).oldest(Query())) == ["b", "c"]


async def test_listings_are_made_one_at_a_time() -> None:
    asked: list[str] = []

    def partitions() -> Iterable[Partition]:
        asked.append("begun")
        return (partition,)

    partition = crowd(20_000)
    made = Lister(partitions, lambda channel: channel, monotonic_seconds)
    first, second = (asyncio.create_task(made.oldest(Query())) for _ in range(2))
    await asyncio.sleep(0.005)
    assert asked == ["begun"]
    assert ids(await first) == ids(await second)
    assert asked == ["begun", "begun"]


async def test_a_listing_that_is_given_up_lets_the_next_one_begin() -> None:
    made = lister(crowd(20_000))
    given_up = asyncio.create_task(made.oldest(Query()))
    await asyncio.sleep(0.005)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert (await made.oldest(Query())).partitions[0].total == 20_000


def crowd(tickets: int) -> Partition:
    """A partition with so many waiting tickets at rest: copies of a few real ones under other names."""
    few = Desk("")
    few.read([record(number, _message(number)) for number in range(100)])
    few.take()
    partition = few.partition
    for name, encoded in list(partition.at_rest().tickets.items()):
        for copy in range(tickets // 100 - 1):
            partition.load(f"t{name}-{copy}".encode(), encoded)
    return partition


def _message(number: int) -> dict[str, object]:
    body = {"type": "message-received", "id": f"e{number}", "ticket_id": f"t{number}", "channel": "web"}
    return {**body, "occurred_at": f"2026-03-02T10:00:{number % 60:02d}Z"}


async def test_many_tickets_are_looked_through_while_the_loop_goes_on(record_property: Callable[..., None]) -> None:
    """300,000 tickets in one partition: one short copy, then slices. In processor time: others may use this machine too."""
    partition = crowd(MANY)
    pauses: list[float] = []
    done = asyncio.Event()

    async def heart() -> None:
        last_seconds = time.thread_time()
        while not done.is_set():
            await asyncio.sleep(0)
            now_seconds = time.thread_time()
            pauses.append(now_seconds - last_seconds)
            last_seconds = now_seconds

    beating = asyncio.create_task(heart())
    await asyncio.sleep(0)
    listing = await lister(partition).oldest(Query(limit=100))
    done.set()
    await beating
    assert listing.partitions[0].total == MANY
    assert len(listing.found) == 100
    pauses.sort(reverse=True)
    record_property("longest_pauses_seconds", pauses[:4])
    assert pauses[0] < COPY_LIMIT_SECONDS
    assert pauses[1] < SLICE_LIMIT_SECONDS
