"""Whole batches out of aiokafka's fetcher: one list per partition, with the position before and after.

aiokafka's own `getmany` makes a ConsumerRecord of every record and hides how far the position moved over holes in the
log. Here the records stay as its parser made them (they have offset, timestamp, key, value), and `start` and `end` are
the positions themselves, so that a lost or repeated record cannot pass for a hole.
"""

import asyncio
from collections.abc import Callable, Collection
from itertools import islice
from typing import Any

from aiokafka.consumer.fetcher import FetchResult

from app.engine.ports import Batch


async def drain(
    fetcher: Any,
    partitions: Collection[Any],
    max_records: int,
    timeout_seconds: float,
    is_raw: Callable[[Any], bool],
    is_current: Callable[[], bool] = lambda: True,
) -> dict[Any, Batch]:
    """What was fetched of these partitions, at most `max_records` of each; empty after the timeout.

    Runs in the loop of the fetcher. Raises what fetching a partition raised. Records of partitions that are not raw are
    ConsumerRecords as usual. Nothing is taken once `is_current` says no: taking moves the position, and after a rebalance
    that position is the next owner's, set to its marker.
    """
    # stands for Fetcher.fetched_records, which gives no positions
    try:
        async with asyncio.timeout(timeout_seconds):
            while True:
                if fetcher._subscriptions.reassignment_in_progress:
                    await fetcher._subscriptions.wait_for_assignment()
                if not is_current():
                    return {}
                drained = _drain_now(fetcher, partitions, max_records, is_raw)
                if drained:
                    return drained
                await fetcher._create_fetch_waiter()  # also raises authorization errors
    except TimeoutError:
        return {}


def _drain_now(
    fetcher: Any, partitions: Collection[Any], max_records: int, is_raw: Callable[[Any], bool]
) -> dict[Any, Batch]:
    drained: dict[Any, Batch] = {}
    for partition in list(fetcher._records):
        fetched = fetcher._records[partition]
        if partition not in partitions:
            if not fetcher._subscriptions.is_assigned(partition):
                del fetcher._records[partition]
            continue
        if isinstance(fetched, FetchResult):
            batch = _take(partition, fetched, max_records, is_raw(partition))
            if not fetched.has_more():
                _ask_for_more(fetcher, partition)
            if batch is not None:
                drained[partition] = batch
        elif not drained:  # an error waits until the records before it are out
            _ask_for_more(fetcher, partition)
            fetched.check_raise()
    return drained


def _ask_for_more(fetcher: Any, partition: Any) -> None:
    del fetcher._records[partition]
    fetcher._notify(fetcher._wait_consume_future)


def _take(partition: Any, fetched: Any, max_records: int, raw: bool) -> Batch | None:
    # stands for FetchResult.getall
    if not fetched.check_assignment(partition) or not fetched.has_more():
        return None
    parser = fetched._partition_records
    if raw:
        parser._consumer_record = _as_parsed  # looked up per record by the generator inside
    start = parser.next_fetch_offset
    records = list(islice(parser._records_iterator, max_records))
    fetched._update_position()
    if len(records) < max_records:
        fetched._partition_records = None
    end = parser.next_fetch_offset
    return Batch(partition.topic, partition.partition, start, end, records) if end > start else None


def _as_parsed(_partition: Any, record: Any) -> Any:
    return record
