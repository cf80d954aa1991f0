"""The small job as Faust's documentation would have it: an agent, records, two tables.

python -m tests.bench.peers.naive_faust BOOTSTRAP TOPIC EVENTS
"""

import sys
import uuid
from tempfile import TemporaryDirectory
from typing import Any

import faust

from tests.bench.peers.steady import Steady
from tests.bench.small_job import MINUTE_MS, include, instant_ms, new_conversation, new_sums

PARTITIONS = 4


class Event(faust.Record, serializer="json"):  # type: ignore[call-arg, misc]  # Faust is untyped here
    """An event of the small job."""

    event_id: str
    type: str
    channel: str
    conversation_id: str
    occurred_at: str
    author: dict[str, str]


def make_app(bootstrap: str, topic: str, events: int, folder: str) -> Any:
    """Stock Faust, memory tables with changelogs; only what keeps it from waiting is set."""
    app = faust.App(
        f"naive-{uuid.uuid4().hex}",
        broker=f"kafka://{bootstrap}",
        store="memory://",
        datadir=folder,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        stream_wait_empty=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    conversations = app.Table("conversations", partitions=PARTITIONS)
    every_sums = app.Table("sums", partitions=PARTITIONS)
    steady = Steady(events)

    @app.agent(app.topic(topic, value_type=Event))  # type: ignore[untyped-decorator]  # Faust's
    async def work(stream: Any) -> None:
        async for event in stream:
            at_ms = instant_ms(event.occurred_at)
            key, place = event.conversation_id, f"{event.channel}|{at_ms - at_ms % MINUTE_MS}"
            conversation = conversations.get(key) or new_conversation(at_ms)
            sums = every_sums.get(place) or new_sums()
            if include(event.type, at_ms, conversation, sums):
                conversations.pop(key, None)
            else:
                conversations[key] = conversation
            every_sums[place] = sums
            steady.add(1)

    return app


if __name__ == "__main__":
    with TemporaryDirectory(prefix="naive-") as own_folder:
        naive = make_app(sys.argv[1], sys.argv[2], int(sys.argv[3]), own_folder)
        sys.argv = ["naive", "worker", "--loglevel", "error", "--without-web"]
        naive.main()
