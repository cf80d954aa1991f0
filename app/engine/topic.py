"""A Faust topic whose stream yields whole batches."""

from typing import Any

from faust.topics import Topic

BATCHES_AHEAD = 4  # per agent: enough to keep it busy while the next fetch is under way


class BatchTopic(Topic):
    """Its stream's values are `Batch`es; each holds what one fetch brought of one partition.

    Replaces decoding: the value passes as it is (processors decode what they need). Acknowledging is off: Faust's
    account of offsets costs time per record, commits past work in progress, and decides nothing here; markers do.
    """

    def _compile_decode(self) -> None:
        create_event = self.app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001 - Faust's signature
            return create_event(message.key, message.value, None, message)

        self.decode = decode


def batch_topic(app: Any, name: str) -> BatchTopic:
    """The batch topic of that name; it must exist."""
    return BatchTopic(
        app,
        topics=[name],
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
        maxsize=BATCHES_AHEAD,
    )
