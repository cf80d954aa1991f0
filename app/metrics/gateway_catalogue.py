"""The metrics of a gateway: what can be on its `/metrics`, and what each figure means.

`connector` and `account` are the configured ones; a request for any other is counted under `none`.
"""

from typing import Final

from app.metrics.catalogue import BUILD
from app.metrics.catalogue import READY as WORKER_READY
from app.metrics.metric import Metric
from schemas.dead_letters import Reason

READY: Final = WORKER_READY._replace(meaning="1 if it listens and can keep what it takes, else 0")
OUTCOMES: Final = ("accepted", "spooled", "ignored", "handshake")
"""Of requests that were taken; the others are counted under the reason of their refusal."""
ENDINGS: Final = ("crowded-out", "refused", "too-slow", "head-too-large")

REQUESTS: Final = Metric(
    "carebeat_gateway_requests_total",
    "counter",
    "requests",
    ("connector", "outcome"),
    "requests; accepted: events are on Kafka, spooled: on disk, ignored: nothing of use in them, or all of it another's to tell; else why refused",
)
EVENTS: Final = Metric(
    "carebeat_gateway_events_total",
    "counter",
    "events",
    ("connector", "type"),
    "events that were taken, repeats included",
)
UNUSED: Final = Metric(
    "carebeat_gateway_unused_total", "counter", "items", ("connector",), "signed items of kinds that are of no use"
)
DROPPED: Final = Metric(
    "carebeat_gateway_dropped_total",
    "counter",
    "events",
    ("connector", "account", "type"),
    "signed events that another account is the authority for (`authority` in the configuration); they count nowhere",
)
INVALID: Final = Metric(
    "carebeat_gateway_invalid_events_total",
    "counter",
    "events",
    ("connector", "reason"),
    "signed events that break the contract",
    values=tuple(Reason),
)
SECRETS: Final = Metric(
    "carebeat_signature_secret_used_total",
    "counter",
    "requests",
    ("connector", "account", "secret"),
    "which of an account's secrets signed, by its place in the configuration: one that stays still can be withdrawn",
)
SIGNATURES_REFUSED: Final = Metric(
    "carebeat_signature_refused_total",
    "counter",
    "requests",
    ("connector", "account", "reason"),
    "requests whose signature was refused; a rise is an attack or a secret that was changed on one side only",
)
SECONDS: Final = Metric(
    "carebeat_gateway_request_seconds", "histogram", "seconds", (), "one request that was taken, from its head to safe"
)
CONNECTIONS: Final = Metric("carebeat_gateway_connections", "gauge", "connections", (), "open connections")
CONNECTIONS_ENDED: Final = Metric(
    "carebeat_gateway_connections_ended_total",
    "counter",
    "connections",
    ("reason",),
    "connections that were cut off: for newer ones, all places being busy, or because the sender was slow",
    values=ENDINGS,
)
SPOOL_EVENTS: Final = Metric("carebeat_spool_events", "gauge", "events", (), "events on disk that Kafka does not have")
SPOOL_BYTES: Final = Metric("carebeat_spool_bytes", "gauge", "bytes", (), "their size")
SPOOL_LIMIT: Final = Metric(
    "carebeat_spool_limit_events", "gauge", "events", (), "how many it holds; 0 without a spool"
)
SPOOL_WRITTEN: Final = Metric("carebeat_spool_written_total", "counter", "events", (), "events that went to the spool")
SPOOL_DRAINED: Final = Metric("carebeat_spool_drained_total", "counter", "events", (), "events from the spool to Kafka")
POLL_OUTCOMES: Final = ("done", "denied", "refused", "limited", "failed", "silent", "malformed", "kafka", "fault")
"""Of rounds: done, or why they were broken off."""
CALL_OUTCOMES: Final = ("answered", "gone", "limited", "failed", "silent", "malformed", "denied", "refused")
POLL_ROUNDS: Final = Metric(
    "carebeat_poll_rounds_total",
    "counter",
    "rounds",
    ("connector", "account", "outcome"),
    "rounds of polling; what was broken off is in the next",
    values=POLL_OUTCOMES,
)
POLL_REQUESTS: Final = Metric(
    "carebeat_poll_requests_total",
    "counter",
    "requests",
    ("connector", "account", "outcome"),
    "requests to a source's API; limited: it was too much, silent: no answer, failed: 5xx, gone: a ticket that is no more",
    values=CALL_OUTCOMES,
)
POLLED: Final = Metric(
    "carebeat_poll_events_total",
    "counter",
    "events",
    ("connector", "account", "type"),
    "events that polling brought first; most have a webhook on its way",
)
POLL_MALFORMED: Final = Metric(
    "carebeat_poll_malformed_total",
    "counter",
    "items",
    ("connector", "account"),
    "what a source's API said that nobody can read, and was left out",
)
MISSED_WEBHOOKS: Final = Metric(
    "carebeat_missed_webhooks_total",
    "counter",
    "events",
    ("connector", "account", "type"),
    "events that polling found and no webhook brought within ten minutes",
)
POLL_CURSOR: Final = Metric(
    "carebeat_poll_cursor_timestamp_seconds",
    "gauge",
    "seconds",
    ("connector", "account"),
    "up to when everything is read; only of the gateway that polls",
)

GATEWAY_METRICS: Final[tuple[Metric, ...]] = (
    REQUESTS,
    EVENTS,
    UNUSED,
    DROPPED,
    INVALID,
    SECRETS,
    SIGNATURES_REFUSED,
    SECONDS,
    CONNECTIONS,
    CONNECTIONS_ENDED,
    SPOOL_EVENTS,
    SPOOL_BYTES,
    SPOOL_LIMIT,
    SPOOL_WRITTEN,
    SPOOL_DRAINED,
    POLL_ROUNDS,
    POLL_REQUESTS,
    POLLED,
    POLL_MALFORMED,
    MISSED_WEBHOOKS,
    POLL_CURSOR,
    READY,
    BUILD,
)
"""In the order in which they are exported."""
