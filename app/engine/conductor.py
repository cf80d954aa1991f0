"""Delivery of batches to the agents' queues."""

import asyncio
from typing import Any

from faust.transport.conductor import Conductor

from app.engine.topic import BatchTopic

FULL_QUEUE_POLL_SECONDS = 0.002


class BatchConductor(Conductor):
    """Replaces the delivery of single messages for batch topics; other topics keep Faust's own.

    Back-pressure is by asking the queue's size. Faust awaits `queue.put()`, and at a rebalance ThrowableQueue.clear()
    cancels whoever waits there: the fetcher dies of it and the worker stands still.
    """

    def is_batched(self, tp: Any) -> bool:
        """Whether this partition goes out in batches. Called from the consumer's thread too."""
        return tp.topic in self.app.sources()

    def _build_handler(self, tp: Any, channels: Any) -> Any:
        if not self.is_batched(tp):
            return super()._build_handler(tp, channels)
        if not all(isinstance(channel, BatchTopic) for channel in channels):
            raise ValueError(
                f"Topic {tp.topic} has a processor; an agent that wants single records needs another group"
            )
        app = self.app
        flow = app.flow_control

        async def on_batch(message: Any) -> None:
            await flow.acquire()
            while any(channel.queue.qsize() >= channel.maxsize for channel in channels):
                await asyncio.sleep(FULL_QUEUE_POLL_SECONDS)
                if not flow.is_active() or message.generation_id != app.consumer_generation_id:
                    return  # a rebalance; whoever owns the partition then reads from its marker
            message.incref(len(channels))
            event = await next(iter(channels)).decode(message)
            for channel in channels:
                channel.queue.force_put_nowait(event)

        return on_batch
