"""The AsyncAPI 3 document over the topics: who writes what, under which key, kept for how long."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.topics import DEFAULT_PREFIX, TOPICS, Topic, Writer

CONTRACT_VERSION: Final = "1.0.0"
"""From the first release on it grows when a record changes: last number for words, middle one for additions, first for what breaks readers."""

Json = dict[str, Any]

_BINDING_VERSION: Final = "0.5.0"
_READERS: Final[Mapping[str, tuple[Writer, ...]]] = {
    "events": ("worker",),
    "kpi-partials": ("worker",),
    "customers": ("worker",),
    "poll-cursors": ("gateway",),
}
"""Of ours: who reads what it does not only write for others."""
_ABOUT: Final = (
    "Support-channel events in, customer-support KPIs out. JSON, UTF-8, at most 64 KiB a record."
    " What the worker writes is transactional: read with isolation.level=read_committed."
    " Producers partition by murmur2 of the key."
    " State changelogs are private and not listed."
)


def document() -> Json:
    """The whole document; messages refer to the JSON Schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Carebeat", "version": CONTRACT_VERSION, "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {operation: body for topic in TOPICS for operation, body in _operations(topic).items()},
        "components": {"messages": {topic.name: _message(topic) for topic in TOPICS}},
    }


def _channel(topic: Topic) -> Json:
    prefix = {"description": "Several deployments share a broker by it.", "default": DEFAULT_PREFIX}
    return {
        "address": "{prefix}" + topic.name,
        "description": topic.about,
        "parameters": {"prefix": prefix},
        "messages": {topic.name: {"$ref": f"#/components/messages/{topic.name}"}},
        "bindings": {"kafka": _topic_binding(topic)},
    }


def _topic_binding(topic: Topic) -> Json:
    stamps = {"message.timestamp.type": "LogAppendTime"} if topic.append_time else {}
    kept = {"cleanup.policy": list(topic.clean_up), "retention.ms": topic.retention_ms, **stamps}
    partitions = {"partitions": 1} if topic.single_partition else {}
    return {**partitions, "topicConfiguration": kept, "bindingVersion": _BINDING_VERSION}


def _message(topic: Topic) -> Json:
    key = {"type": "string", "description": topic.key}
    payload = {"payload": {"$ref": f"./{topic.record}.json"}} if topic.record else {}
    return {
        "name": topic.name,
        "summary": topic.about,
        **payload,
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING_VERSION}},
    }


def _operations(topic: Topic) -> Json:
    """Named `worker-sends-sla`."""
    actions = [(writer, "send") for writer in topic.written_by]
    actions += [(reader, "receive") for reader in _READERS.get(topic.name, ())]
    channel = {"$ref": f"#/channels/{topic.name}"}
    return {f"{who}-{action}s-{topic.name}": {"action": action, "channel": channel} for who, action in actions}
